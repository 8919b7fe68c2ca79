//! Delivery over HTTP: one POST per envelope, and the rate limits of each response applied.
//!
//! [`HttpSender`] sends an envelope and returns the response; it knows nothing of Sentry beyond the headers.
//! [`HttpDestination`] removes items that the server rate limits, adds the client report, and returns the outcome.
//!
//! [Spec, transport](https://develop.sentry.dev/sdk/foundations/transport/),
//! [authentication](https://develop.sentry.dev/sdk/foundations/transport/authentication/),
//! [rate limiting](https://develop.sentry.dev/sdk/foundations/transport/rate-limiting/),
//! [client reports](https://develop.sentry.dev/sdk/telemetry/client-reports/)

mod agents;
mod compress;
mod options;
#[cfg(feature = "_rustls")]
mod own_tls;
mod resolver;
mod sender;
mod single_write;
mod status_note;
#[cfg(test)]
mod tests;
pub(crate) mod tls;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

pub(crate) use self::options::HttpOptions;
pub(super) use self::sender::HttpSender;
use self::sender::Response;
use super::destination::{Delivery, Destination};
use super::ledger::Ledger;
use super::rate_limits::{LimitHeaders, RateLimits};
use crate::base::diagnostics;
use crate::protocol::{
    ClientReport, DataCategory, DiscardReason, DiscardedEvents, Envelope, EnvelopeItem, ItemType,
};
use crate::transport::error::TransportError;

/// The longest interval between client reports, if there are losses.
const REPORT_INTERVAL: Duration = Duration::from_secs(30);

/// A destination that is a Sentry server.
#[derive(Debug)]
pub(crate) struct HttpDestination {
    sender: HttpSender,
    limits: Arc<RateLimits>,
    ledger: Arc<Ledger>,
    client_reports: bool,
    last_report: Instant,
    /// The status that was last reported to the user, each once in a row; below 100 for the reasons of
    /// [`NoAnswer::explain`](sender::NoAnswer::explain).
    complained: Option<u16>,
    /// Whether the server has answered.
    answered: bool,
}

impl HttpDestination {
    /// Creates the destination, or fails if the proxy or the certificates cannot be used.
    pub(crate) fn new(options: HttpOptions, ledger: Arc<Ledger>) -> Result<Self, TransportError> {
        let client_reports = options.client_reports;
        Ok(Self {
            sender: HttpSender::new(options)?,
            limits: Arc::default(),
            ledger,
            client_reports,
            last_report: Instant::now(),
            complained: None,
            answered: false,
        })
    }

    /// Removes rate-limited items. Attachments are removed with their event.
    fn drop_limited(&self, envelope: &mut Envelope) {
        let mut event_dropped = false;
        let mut dropped = envelope.split_off(|item| {
            let limited =
                item.quantities().first().is_some_and(|&(category, _)| self.limits.is_limited(category));
            event_dropped |= limited && matches!(item.ty(), ItemType::Event | ItemType::Feedback);
            !limited
        });
        if event_dropped {
            dropped.extend(envelope.split_off(|item| item.ty() != ItemType::Attachment));
        }
        for item in &dropped {
            self.ledger.lost_item(DiscardReason::RatelimitBackoff, item);
        }
    }

    /// Takes the losses since the last report, unless reports are disabled or rate limited.
    fn take_report(&self) -> Vec<DiscardedEvents> {
        if self.client_reports && !self.limits.is_limited(DataCategory::Internal) {
            self.ledger.take_unreported()
        } else {
            Vec::new()
        }
    }

    /// Sends an envelope with a client report, and returns the outcome of the envelope.
    fn post(&mut self, mut envelope: Envelope, losses: &[DiscardedEvents]) -> Delivery {
        for item in report_items(losses) {
            envelope.add_item(item);
        }
        self.last_report = Instant::now();
        let delivery = match self.sender.post(&envelope) {
            Ok(answer) => self.judge(&answer),
            Err(no_answer) => {
                no_answer.explain("the server", &mut self.complained);
                no_answer.delivery()
            }
        };
        if !matches!(delivery, Delivery::Sent { .. }) {
            self.ledger.put_back(losses);
        }
        delivery
    }

    fn judge(&mut self, answer: &Response) -> Delivery {
        let headers = LimitHeaders {
            rate_limits: answer.rate_limits.as_deref(),
            retry_after: answer.retry_after.as_deref(),
            date: answer.date.as_deref(),
        };
        self.limits.update(answer.status, headers);
        match answer.status {
            200..=299 => {
                self.complained = None;
                if !std::mem::replace(&mut self.answered, true) {
                    diagnostics::debug(format_args!(
                        "the server accepted the first envelope: status {}, {} bytes sent",
                        answer.status, answer.sent
                    ));
                }
                return Delivery::Sent { bytes: answer.sent };
            }
            429 => {
                diagnostics::debug(format_args!(
                    "the server answered 429: sending pauses until its rate limit ends"
                ));
                return Delivery::Refused;
            }
            // The user can fix these.
            300..=399 if self.complained != Some(answer.status) => {
                let location = answer.location.as_deref().unwrap_or("nowhere");
                diagnostics::error(format_args!(
                    "the server answered {}, a redirect to {location}: nothing is sent, since following it would \
                     pass the key on; set the DSN to the address that answers without a redirect",
                    answer.status
                ));
            }
            401 | 403 | 404 | 413 if self.complained != Some(answer.status) => {
                let fix = match answer.status {
                    413 => "an envelope was too large: send fewer or smaller attachments and contexts",
                    _ => "check the key, host and project of the DSN",
                };
                let detail = answer.detail.trim();
                diagnostics::error(format_args!("the server answered {}: {fix} {detail}", answer.status));
            }
            status if self.complained != Some(status) => {
                diagnostics::error(format_args!(
                    "the server answered {status}, and the data is lost (printed once): {}",
                    answer.detail.trim()
                ));
            }
            status => {
                diagnostics::debug(format_args!("the server answered {status}: {}", answer.detail.trim()));
            }
        }
        self.complained = Some(answer.status);
        Delivery::Lost(DiscardReason::SendError)
    }
}

/// The number of entries that keeps a report below its limit of 4 KiB.
const ENTRIES_PER_REPORT: usize = 40;

fn report_items(losses: &[DiscardedEvents]) -> impl Iterator<Item = EnvelopeItem> {
    losses.chunks(ENTRIES_PER_REPORT).filter_map(|losses| {
        let report = ClientReport { timestamp: SystemTime::now(), discarded_events: losses.to_vec() };
        let payload = serde_json::to_vec(&report).ok()?;
        Some(EnvelopeItem::json(ItemType::ClientReport, payload, DataCategory::Internal))
    })
}

impl Destination for HttpDestination {
    fn deliver(&mut self, envelope: &mut Envelope) -> Delivery {
        self.drop_limited(envelope);
        if envelope.items().is_empty() {
            return Delivery::Empty;
        }
        let losses = self.take_report();
        self.post(envelope.clone(), &losses)
    }

    fn flush(&mut self) {
        let losses = self.take_report();
        if !losses.is_empty() {
            self.post(Envelope::new(), &losses);
        }
    }

    fn idle(&mut self) -> Option<Duration> {
        if !self.client_reports {
            return None;
        }
        if self.last_report.elapsed() >= REPORT_INTERVAL {
            self.last_report = Instant::now();
            self.flush();
        }
        Some(REPORT_INTERVAL.saturating_sub(self.last_report.elapsed()))
    }

    fn rate_limits(&self) -> Option<Arc<RateLimits>> {
        Some(Arc::clone(&self.limits))
    }
}
