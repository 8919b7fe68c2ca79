//! A note of the status line, as soon as it arrives.
//!
//! The HTTP library returns a response when all of its headers have arrived, and nothing of it if they do not arrive in
//! time. But the server has decided about the envelope once it has sent the status: an envelope that was accepted must
//! neither be counted as lost nor be sent again. So a layer above the connection looks at the bytes as they arrive.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use ureq::Error;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

/// The status of the response to the current request; 0 if it has not arrived.
#[derive(Debug, Clone, Default)]
pub(super) struct StatusNote(Arc<AtomicU16>);

impl StatusNote {
    /// Clears the note: a request begins.
    pub(super) fn clear(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// Returns the status, if it has arrived.
    pub(super) fn status(&self) -> Option<u16> {
        Some(self.0.load(Ordering::Relaxed)).filter(|status| *status != 0)
    }
}

/// A connector that adds the layer to each connection.
#[derive(Debug)]
pub(super) struct Noting(pub(super) StatusNote);

impl<In: Transport> Connector<In> for Noting {
    type Out = NotingTransport<In>;

    fn connect(&self, _: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        Ok(chained.map(|inner| NotingTransport { inner, note: self.0.clone(), awaits_status: false }))
    }
}

/// A connection whose response's status is noted.
#[derive(Debug)]
pub(super) struct NotingTransport<T> {
    inner: T,
    note: StatusNote,
    /// Whether a request was sent whose status has not arrived. Requests are recognised by their method: a proxy is asked
    /// by CONNECT before, and its answer says nothing about the envelope.
    awaits_status: bool,
}

impl<T: Transport> NotingTransport<T> {
    fn look(&mut self) {
        if self.awaits_status
            && let Some(status) = final_status(self.inner.buffers().input())
        {
            self.note.0.store(status, Ordering::Relaxed);
            self.awaits_status = false;
        }
    }
}

impl<T: Transport> Transport for NotingTransport<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let output = self.inner.buffers().output();
        self.awaits_status |= output.get(..amount).is_some_and(|output| output.starts_with(b"POST "));
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        // The library may have consumed an informational response that arrived together with the final one.
        self.look();
        let progress = self.inner.await_input(timeout)?;
        self.look();
        Ok(progress)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

/// Returns the status of a response that begins like this, if it is complete and final.
///
/// [Spec](https://www.rfc-editor.org/rfc/rfc9112#name-status-line)
fn final_status(input: &[u8]) -> Option<u16> {
    let [_minor, b' ', code @ ..] = input.strip_prefix(b"HTTP/1.")? else { return None };
    let (code, rest) = code.split_at_checked(3)?;
    let ends = rest.first().is_none_or(|next| matches!(next, b' ' | b'\r' | b'\n'));
    let status = std::str::from_utf8(code).ok()?.parse().ok()?;
    // Informational responses are followed by the final one.
    (ends && (200..1000).contains(&status)).then_some(status)
}

#[cfg(test)]
mod tests {
    use super::final_status;

    #[test]
    fn only_a_whole_and_final_status_counts() {
        for (input, status) in [
            ("HTTP/1.1 200 OK\r\nDate: x", Some(200)),
            ("HTTP/1.1 200", Some(200)),
            ("HTTP/1.0 429\r\n", Some(429)),
            ("HTTP/1.1 20", None),
            ("HTTP/1.1 2000 OK", None),
            ("HTTP/1.1 103 Early Hints\r\n", None),
            ("HTTP/1.1 +20 OK", None),
            ("{\"id\":\"HTTP/1.1 200 OK\"}", None),
            ("HTTP/2 200", None),
            ("", None),
        ] {
            assert_eq!(final_status(input.as_bytes()), status, "{input}");
        }
    }
}
