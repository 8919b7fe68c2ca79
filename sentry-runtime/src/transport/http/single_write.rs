//! One write for a request: its headers wait in the output buffer for its body.
//!
//! The HTTP library writes headers and body separately. Each write is a system call, wakes the server, and is at least
//! one packet, and with TLS one record; for an envelope, that is a good part of the cost of sending it. So a layer above
//! the connection leaves the headers at the start of the output buffer, offers the library the rest of it for the body,
//! and writes both together. A body that does not fit is written in pieces, as without the layer.
//!
//! The layer also leaves out the library's check for an open connection immediately after a response. The same check is
//! done before the next request, so that nothing that it could detect is missed.

use ureq::Error;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport,
};

/// The size of the buffer for responses, of which a few headers are read. It grows with the headers, up to the
/// library's limit for them.
const INPUT_BYTES: usize = 8 * 1024;

/// A connector that adds the layer to each connection.
#[derive(Debug)]
pub(super) struct SingleWrite;

impl<In: Transport> Connector<In> for SingleWrite {
    type Out = SingleWriteTransport<In>;

    fn connect(&self, _: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        Ok(chained.map(|inner| SingleWriteTransport {
            inner,
            // Output goes to the buffer of the connection.
            input: LazyBuffers::new(INPUT_BYTES, 1),
            waiting: 0,
            answered: false,
        }))
    }
}

/// A connection on which the headers of a request wait for its body.
#[derive(Debug)]
pub(super) struct SingleWriteTransport<T> {
    inner: T,
    input: LazyBuffers,
    /// The length of the headers at the start of the connection's output buffer that are not written yet.
    waiting: usize,
    /// Whether nothing was done since the last input arrived.
    answered: bool,
}

impl<T: Transport> SingleWriteTransport<T> {
    /// Writes headers that wait without a body.
    fn write_waiting(&mut self, timeout: NextTimeout) -> Result<(), Error> {
        match std::mem::take(&mut self.waiting) {
            0 => Ok(()),
            waiting => self.inner.transmit_output(waiting, timeout),
        }
    }

    /// Moves input from the connection's buffer. Returns whether there was any.
    fn take_input(&mut self) -> bool {
        let buffers = self.inner.buffers();
        let arrived = buffers.input();
        if !arrived.is_empty() && self.input.input_append_buf().is_empty() {
            // Headers are consumed when they are complete.
            let held = self.input.input();
            let mut larger = LazyBuffers::new(2 * held.len().max(INPUT_BYTES), 1);
            larger.input_append_buf()[..held.len()].copy_from_slice(held);
            larger.input_appended(held.len());
            self.input = larger;
        }
        let room = self.input.input_append_buf();
        let amount = arrived.len().min(room.len());
        room[..amount].copy_from_slice(&arrived[..amount]);
        buffers.input_consume(amount);
        self.input.input_appended(amount);
        amount > 0
    }
}

impl<T: Transport> Buffers for SingleWriteTransport<T> {
    fn output(&mut self) -> &mut [u8] {
        let output = self.inner.buffers().output();
        let waiting = self.waiting.min(output.len());
        &mut output[waiting..]
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        let (tmp, output) = self.inner.buffers().tmp_and_output();
        let waiting = self.waiting.min(output.len());
        (tmp, &mut output[waiting..])
    }

    fn input(&self) -> &[u8] {
        self.input.input()
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        self.input.input_append_buf()
    }

    fn input_appended(&mut self, amount: usize) {
        self.input.input_appended(amount);
    }

    fn input_consume(&mut self, amount: usize) {
        self.input.input_consume(amount);
    }

    fn can_use_input(&self) -> bool {
        self.input.can_use_input()
    }
}

impl<T: Transport> Transport for SingleWriteTransport<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.answered = false;
        let output = self.inner.buffers().output();
        let filled = self.waiting + amount;
        // Most of the buffer is left for the body.
        if self.waiting == 0 && filled <= output.len() / 2 && is_head_of_post(&output[..filled]) {
            self.waiting = filled;
            return Ok(());
        }
        self.waiting = 0;
        self.inner.transmit_output(filled, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.write_waiting(timeout)?;
        let progress = self.take_input() || (self.inner.await_input(timeout)? && self.take_input());
        self.answered = progress;
        Ok(progress)
    }

    fn is_open(&mut self) -> bool {
        // What arrived after the response is no response to the next request.
        self.inner.buffers().input().is_empty()
            && (std::mem::take(&mut self.answered) || self.inner.is_open())
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

/// Returns whether these are the complete headers of a request with a body.
fn is_head_of_post(output: &[u8]) -> bool {
    output.starts_with(b"POST ") && output.ends_with(b"\r\n\r\n")
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    type Writes = Arc<Mutex<Vec<String>>>;

    /// A connection that notes every write, and of which one response arrives.
    #[derive(Debug)]
    struct Wire {
        buffers: LazyBuffers,
        writes: Writes,
        probes: Arc<Mutex<usize>>,
        response: &'static [u8],
    }

    impl Transport for Wire {
        fn buffers(&mut self) -> &mut dyn Buffers {
            &mut self.buffers
        }

        fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
            let written = String::from_utf8_lossy(&self.buffers.output()[..amount]).into_owned();
            self.writes.lock().unwrap().push(written);
            Ok(())
        }

        fn await_input(&mut self, _: NextTimeout) -> Result<bool, Error> {
            let response = std::mem::take(&mut self.response);
            self.buffers.input_append_buf()[..response.len()].copy_from_slice(response);
            self.buffers.input_appended(response.len());
            Ok(!response.is_empty())
        }

        fn is_open(&mut self) -> bool {
            *self.probes.lock().unwrap() += 1;
            true
        }
    }

    fn connection(response: &'static [u8]) -> (SingleWriteTransport<Wire>, Writes, Arc<Mutex<usize>>) {
        let (writes, probes) = (Writes::default(), Arc::default());
        let buffers = LazyBuffers::new(64 * 1024, 256);
        let inner = Wire { buffers, writes: Arc::clone(&writes), probes: Arc::clone(&probes), response };
        let input = LazyBuffers::new(INPUT_BYTES, 1);
        (SingleWriteTransport { inner, input, waiting: 0, answered: false }, writes, probes)
    }

    fn write(transport: &mut SingleWriteTransport<Wire>, text: &str) {
        let output = transport.buffers().tmp_and_output().1;
        output[..text.len()].copy_from_slice(text.as_bytes());
        transport.transmit_output(text.len(), NextTimeout::default()).unwrap();
    }

    const HEAD: &str = "POST /api/1/envelope/ HTTP/1.1\r\nContent-Length: 4\r\n\r\n";

    #[test]
    fn headers_and_body_are_one_write() {
        let (mut transport, writes, _) = connection(b"");
        for _ in 0..2 {
            write(&mut transport, HEAD);
            write(&mut transport, "{}\n\n");
        }
        assert_eq!(*writes.lock().unwrap(), vec![format!("{HEAD}{{}}\n\n"); 2]);
    }

    #[test]
    fn a_body_in_pieces_follows_its_headers_in_order() {
        let (mut transport, writes, _) = connection(b"");
        write(&mut transport, HEAD);
        let room = transport.buffers().output().len();
        assert_eq!(room, 256 - HEAD.len());
        write(&mut transport, &"a".repeat(room));
        assert_eq!(transport.buffers().output().len(), 256, "only the first piece shares the buffer");
        write(&mut transport, "b");
        assert_eq!(*writes.lock().unwrap(), [format!("{HEAD}{}", "a".repeat(room)), "b".to_owned()]);
    }

    #[test]
    fn headers_without_a_body_are_written_before_the_response_is_awaited() {
        let (mut transport, writes, _) = connection(b"HTTP/1.1 200 OK\r\n\r\n");
        write(&mut transport, HEAD);
        assert!(writes.lock().unwrap().is_empty());
        assert!(transport.await_input(NextTimeout::default()).unwrap());
        assert_eq!(*writes.lock().unwrap(), [HEAD]);
        assert_eq!(transport.buffers().input(), b"HTTP/1.1 200 OK\r\n\r\n");
    }

    #[test]
    fn other_requests_and_headers_in_pieces_pass_through() {
        for text in ["GET / HTTP/1.1\r\n\r\n", "CONNECT a:1 HTTP/1.1\r\n\r\n", "POST / HTTP/1.1\r\nA: b"] {
            let (mut transport, writes, _) = connection(b"");
            write(&mut transport, text);
            assert_eq!(*writes.lock().unwrap(), [text]);
        }
    }

    #[test]
    fn a_long_response_arrives_whole() {
        static LONG: [u8; 3 * INPUT_BYTES] = [b'x'; 3 * INPUT_BYTES];
        let (mut transport, ..) = connection(&LONG);
        let mut read = 0;
        while transport.await_input(NextTimeout::default()).unwrap() {
            let amount = transport.buffers().input().len();
            transport.buffers().input_consume(amount);
            read += amount;
        }
        assert_eq!(read, LONG.len());
    }

    #[test]
    fn headers_that_exceed_the_buffer_arrive_whole() {
        static LONG: [u8; 5 * INPUT_BYTES] = [b'x'; 5 * INPUT_BYTES];
        let (mut transport, ..) = connection(&LONG);
        // The library consumes nothing until the headers are complete.
        while transport.maybe_await_input(NextTimeout::default()).unwrap() {
            transport.buffers().input_consume(0);
        }
        assert_eq!(transport.buffers().input().len(), LONG.len());
        transport.buffers().input_consume(LONG.len());
        assert!(transport.is_open());
    }

    #[test]
    fn a_connection_with_more_than_the_response_is_not_used_again() {
        static LONG: [u8; 2 * INPUT_BYTES] = [b'x'; 2 * INPUT_BYTES];
        let (mut transport, ..) = connection(&LONG);
        assert!(transport.await_input(NextTimeout::default()).unwrap());
        let amount = transport.buffers().input().len();
        transport.buffers().input_consume(amount);
        assert!(!transport.is_open());
    }

    #[test]
    fn the_connection_is_checked_once_before_each_request() {
        let (mut transport, _, probes) = connection(b"HTTP/1.1 200 OK\r\n\r\n");
        assert!(transport.is_open());
        write(&mut transport, HEAD);
        write(&mut transport, "{}\n\n");
        assert!(transport.await_input(NextTimeout::default()).unwrap());
        assert!(transport.is_open(), "back to the pool");
        assert_eq!(*probes.lock().unwrap(), 1);
        assert!(transport.is_open(), "out of the pool");
        assert_eq!(*probes.lock().unwrap(), 2);
    }
}
