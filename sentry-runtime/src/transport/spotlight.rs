//! Delivery to Spotlight: a copy of everything for a development tool on the same machine.
//!
//! It must not disturb delivery to the server: it has its own thread, counts nothing, and reports once that the
//! sidecar is not available. After a failure no envelope is sent for one second, then twice as long each time, a
//! minute at most; envelopes of that time are not shown.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/client/integrations/spotlight/)

use std::time::{Duration, Instant};

use super::destination::{Delivery, Destination};
use super::http::{HttpOptions, HttpSender};
use crate::base::diagnostics;
use crate::protocol::{DiscardReason, Envelope};
use crate::transport::config::Compression;
use crate::transport::error::TransportError;

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// A destination that is a Spotlight sidecar. Run it in a [`TransportThread`](super::TransportThread) without a ledger.
#[derive(Debug)]
pub(crate) struct Spotlight {
    sender: HttpSender,
    url: String,
    complained: bool,
    pause: Duration,
    paused_until: Option<Instant>,
}

impl Spotlight {
    /// Creates the destination for a sidecar at a URL.
    pub(crate) fn new(url: &str, user_agent: &str) -> Result<Self, TransportError> {
        let mut options = HttpOptions::new(url, None, user_agent);
        options.compression = Compression::Off;
        options.connect_timeout = Duration::from_secs(2);
        options.read_timeout = Duration::from_secs(2);
        options.total_timeout = Duration::from_secs(4);
        let sender = HttpSender::new(options)?;
        Ok(Self { sender, url: url.to_owned(), complained: false, pause: FIRST_PAUSE, paused_until: None })
    }

    fn failed(&mut self, why: std::fmt::Arguments<'_>) -> Delivery {
        if !self.complained {
            diagnostics::error(format_args!(
                "Spotlight at {} does not accept envelopes: {why}; start it, or unset the option spotlight",
                self.url
            ));
            self.complained = true;
        }
        self.paused_until = Some(Instant::now() + self.pause);
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        Delivery::Lost(DiscardReason::NetworkError)
    }
}

impl Destination for Spotlight {
    fn deliver(&mut self, envelope: &mut Envelope) -> Delivery {
        if self.paused_until.is_some_and(|until| Instant::now() < until) {
            return Delivery::Lost(DiscardReason::NetworkError);
        }
        match self.sender.post(envelope) {
            Ok(answer) if (200..300).contains(&answer.status) => {
                self.complained = false;
                self.pause = FIRST_PAUSE;
                self.paused_until = None;
                Delivery::Sent { bytes: answer.sent }
            }
            Ok(answer) => self.failed(format_args!("status {}", answer.status)),
            Err(no_answer) => self.failed(format_args!("{no_answer}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use sentry_fake_server::{Answer, FakeSentry};

    use super::*;
    use crate::protocol::{DataCategory, EnvelopeItem, ItemType};

    fn envelope() -> Envelope {
        let mut envelope = Envelope::new();
        let payload = concat!(
            r#"{"sid":"00000000000000000000000000000001","started":"2026-11-21T05:34:08.000Z","#,
            r#""status":"ok","attrs":{"release":"a"}}"#
        );
        envelope.add_item(EnvelopeItem::json(ItemType::Session, payload, DataCategory::Session));
        envelope
    }

    #[test]
    fn a_sidecar_gets_every_envelope_without_key_and_compression() {
        let server = FakeSentry::start();
        let mut spotlight = Spotlight::new(&server.spotlight_url(), "test/1").unwrap();
        assert!(matches!(spotlight.deliver(&mut envelope()), Delivery::Sent { .. }));
        server.assert_valid();
        assert_eq!(server.requests()[0].path, "/stream");
    }

    #[test]
    fn after_a_failure_the_next_attempts_wait() {
        let server = FakeSentry::start();
        server.answer_next(Answer::status(500));
        let mut spotlight = Spotlight::new(&server.spotlight_url(), "test/1").unwrap();
        let lost = Delivery::Lost(DiscardReason::NetworkError);
        assert_eq!(spotlight.deliver(&mut envelope()), lost);
        assert!(spotlight.complained);
        assert_eq!(spotlight.deliver(&mut envelope()), lost);
        assert_eq!(server.requests().len(), 1, "the second was not even tried");
        assert_eq!(spotlight.pause, FIRST_PAUSE * 2);
        spotlight.paused_until = None;
        assert!(matches!(spotlight.deliver(&mut envelope()), Delivery::Sent { .. }));
        assert_eq!((spotlight.pause, spotlight.complained), (FIRST_PAUSE, false));
    }
}
