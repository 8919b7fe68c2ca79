//! Delivery of spans to an OpenTelemetry Collector, or another receiver of OTLP over HTTP.
//!
//! With the option `otlp_endpoint` spans are not sent to the Sentry server: [`Split`] passes transactions and batches
//! of spans to the thread of [`Collector`], which posts them as OTLP JSON ([`json`](self::json)), and everything else
//! to the other transport. Retryable responses and network errors are retried; no request is sent before the time
//! that a response names.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/traces/otlp/); OTLP 1.x, "OTLP/HTTP".

mod json;

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::destination::{Delivery, Destination};
use super::fanout::ask_all;
use super::http::{HttpOptions, HttpSender};
use super::{QueueDepths, Transport};
use crate::base::diagnostics;
use crate::protocol::{DataCategory, DiscardReason, Envelope, EnvelopeItem, ItemType};
use crate::transport::error::TransportError;

/// A destination that is a collector. Run it in a [`TransportThread`](super::TransportThread).
#[derive(Debug)]
pub(crate) struct Collector {
    sender: HttpSender,
    headers: Vec<(String, String)>,
    /// The status that was last reported to the user, each once in a row.
    complained: Option<u16>,
    /// The time until which the collector accepts no request.
    paused_until: Option<Instant>,
}

/// Returns the URL for traces: the standard path of OTLP is appended to an endpoint without a path.
pub(crate) fn traces_url(endpoint: &str) -> String {
    let authority = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    match authority.split_once('/') {
        None => format!("{endpoint}/v1/traces"),
        Some((_, "")) => format!("{endpoint}v1/traces"),
        Some(_) => endpoint.to_owned(),
    }
}

impl Collector {
    /// Creates the destination, or fails if the proxy or the certificates cannot be used.
    pub(crate) fn new(options: HttpOptions, headers: Vec<(String, String)>) -> Result<Self, TransportError> {
        Ok(Self { sender: HttpSender::new(options)?, headers, complained: None, paused_until: None })
    }
}

impl Destination for Collector {
    fn deliver(&mut self, envelope: &mut Envelope) -> Delivery {
        if self.paused_until.is_some_and(|until| Instant::now() < until) {
            return Delivery::Failed(DiscardReason::RatelimitBackoff);
        }
        let Some(body) = json::request(envelope) else {
            return Delivery::Lost(DiscardReason::InternalSdkError);
        };
        let answer = match self.sender.post_body(&body, "application/json", &self.headers) {
            Ok(answer) => answer,
            Err(no_answer) => {
                no_answer.explain("the collector", &mut self.complained);
                return no_answer.delivery();
            }
        };
        match answer.status {
            200..=299 => {
                self.complained = None;
                Delivery::Sent { bytes: answer.sent }
            }
            // OTLP specifies that these can be retried.
            429 | 502..=504 => match answer.pause() {
                Some(pause) => {
                    self.paused_until = Some(Instant::now() + pause);
                    Delivery::Failed(DiscardReason::RatelimitBackoff)
                }
                None => Delivery::Failed(DiscardReason::NetworkError),
            },
            status => {
                if self.complained != Some(status) {
                    diagnostics::error(format_args!(
                        "the collector answered {status}: check the options otlp_endpoint and otlp_headers"
                    ));
                    self.complained = Some(status);
                }
                Delivery::Lost(DiscardReason::SendError)
            }
        }
    }
}

/// A transport that passes spans to one transport, and everything else to another, if there is one.
pub(crate) struct Split {
    spans: Arc<dyn Transport>,
    rest: Option<Arc<dyn Transport>>,
}

fn is_of_spans(item: &EnvelopeItem) -> bool {
    matches!(item.ty(), ItemType::Transaction | ItemType::Span)
}

impl Split {
    pub(crate) fn new(spans: Arc<dyn Transport>, rest: Option<Arc<dyn Transport>>) -> Self {
        Self { spans, rest }
    }

    fn both(&self) -> Vec<&dyn Transport> {
        [Some(&self.spans), self.rest.as_ref()].into_iter().flatten().map(|transport| &**transport).collect()
    }
}

impl Transport for Split {
    fn send_envelope(&self, mut envelope: Envelope) {
        if !envelope.items().is_empty() && envelope.items().iter().all(is_of_spans) {
            return self.spans.send_envelope(envelope);
        }
        let spans = envelope.split_off(|item| !is_of_spans(item));
        if !spans.is_empty() {
            let mut of_spans = Envelope::new();
            spans.into_iter().for_each(|item| of_spans.add_item(item));
            self.spans.send_envelope(of_spans);
        }
        if let Some(rest) = &self.rest {
            rest.send_envelope(envelope);
        }
    }

    fn flush(&self, timeout: Duration) -> bool {
        ask_all(&self.both(), &|transport| transport.flush(timeout))
    }

    fn shutdown(&self, timeout: Duration) -> bool {
        ask_all(&self.both(), &|transport| transport.shutdown(timeout))
    }

    fn is_rate_limited(&self, category: DataCategory) -> bool {
        match category {
            DataCategory::Transaction | DataCategory::Span => self.spans.is_rate_limited(category),
            _ => self.rest.as_ref().is_some_and(|rest| rest.is_rate_limited(category)),
        }
    }

    fn queue_depths(&self) -> QueueDepths {
        let spans = self.spans.queue_depths();
        let rest = self.rest.as_ref().map(|rest| rest.queue_depths()).unwrap_or_default();
        let (envelopes, bytes) = (spans.envelopes + rest.envelopes, spans.bytes + rest.bytes);
        QueueDepths { envelopes, bytes, traces: spans.traces, full: spans.full, ..rest }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    /// A transport that is done when the other one is asked as well.
    struct Meets(Arc<Barrier>);

    impl Transport for Meets {
        fn send_envelope(&self, _: Envelope) {}

        fn flush(&self, _: Duration) -> bool {
            self.0.wait();
            true
        }
    }

    #[test]
    fn neither_uses_up_the_time_of_the_other() {
        let barrier = Arc::new(Barrier::new(2));
        let meets = || -> Arc<dyn Transport> { Arc::new(Meets(Arc::clone(&barrier))) };
        let split = Split::new(meets(), Some(meets()));
        // If they were asked one after the other, this would never end.
        assert!(split.flush(Duration::from_secs(1)) && split.shutdown(Duration::from_secs(1)));
    }

    #[test]
    fn an_endpoint_without_a_path_is_the_base() {
        assert_eq!(traces_url("http://h:4318"), "http://h:4318/v1/traces");
        assert_eq!(traces_url("http://h:4318/"), "http://h:4318/v1/traces");
        assert_eq!(traces_url("http://h:4318/own"), "http://h:4318/own");
    }
}
