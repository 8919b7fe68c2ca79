//! Delivery over HTTP: one POST an envelope, with the answer's rate limits taken to heart.
//!
//! [`HttpSender`] turns an envelope into an answer and knows nothing of Sentry beyond the headers.
//! [`HttpDestination`] takes out what the server does not want now, adds the report of what was lost, and says
//! what became of the envelope.
//!
//! Spec: `foundations/transport/index.mdx`, `foundations/transport/authentication.mdx`,
//! `foundations/transport/rate-limiting.mdx`, `telemetry/client-reports.mdx`.

mod agents;
mod compress;
mod options;
mod resolver;
mod sender;
#[cfg(test)]
mod tests;

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

/// Losses are reported at least this often.
const REPORT_INTERVAL: Duration = Duration::from_secs(30);

/// A Sentry server.
#[derive(Debug)]
pub(crate) struct HttpDestination {
    sender: HttpSender,
    limits: Arc<RateLimits>,
    ledger: Arc<Ledger>,
    client_reports: bool,
    last_report: Instant,
    /// The status that was complained about last: each new one is said once. 0: its certificate.
    complained: Option<u16>,
}

impl HttpDestination {
    /// Fails when the proxy or the certificates cannot be used.
    pub(crate) fn new(options: HttpOptions, ledger: Arc<Ledger>) -> Result<Self, TransportError> {
        let client_reports = options.client_reports;
        Ok(Self {
            sender: HttpSender::new(options)?,
            limits: Arc::default(),
            ledger,
            client_reports,
            last_report: Instant::now(),
            complained: None,
        })
    }

    /// Takes out what the server does not want now. Attachments go with the event that they belong to.
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

    /// What was lost since the last report, unless reports are off or not wanted now.
    fn take_report(&self) -> Vec<DiscardedEvents> {
        if self.client_reports && !self.limits.is_limited(DataCategory::Internal) {
            self.ledger.take_unreported()
        } else {
            Vec::new()
        }
    }

    /// Sends an envelope with a report, and says what became of the envelope.
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
                return Delivery::Sent { bytes: answer.sent };
            }
            429 => {
                diagnostics::debug(format_args!("the server asks for a pause (429)"));
                return Delivery::Refused;
            }
            // These the user can do something about.
            300..=399 if self.complained != Some(answer.status) => {
                let location = answer.location.as_deref().unwrap_or("nowhere");
                diagnostics::error(format_args!(
                    "the server answered {}, a redirect to {location}, which is not followed as the key would go \
                     along: nothing arrives; let the DSN name the address that answers itself",
                    answer.status
                ));
            }
            401 | 403 | 404 | 413 if self.complained != Some(answer.status) => {
                let fix = match answer.status {
                    413 => "an envelope was too large; send fewer or smaller attachments and contexts",
                    _ => "check the DSN: its key, host and project",
                };
                let detail = answer.detail.trim();
                diagnostics::error(format_args!("the server answered {}: {fix} {detail}", answer.status));
            }
            status => {
                diagnostics::debug(format_args!("the server answered {status}: {}", answer.detail.trim()));
            }
        }
        self.complained = Some(answer.status);
        Delivery::Lost(DiscardReason::SendError)
    }
}

/// So many entries stay below the 4 KiB that a report may have.
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
