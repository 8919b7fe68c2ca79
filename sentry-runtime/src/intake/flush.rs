//! Flushes: a caller waits until the pipeline has processed everything that was handed over before.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::bounded;

use super::flight::{FlightRecord, FlightRequest};
use super::message::{FlushRequest, Message, Progress};
use super::queue::{Queues, queues};
use super::refused;
use crate::base::{diagnostics, worker};
use crate::client::{self, Client};
use crate::context::active;
use crate::context::recorder::{self, Source};
use crate::context::span_context::SpanContext;
use crate::protocol::{DataCategory, DiscardReason};
use crate::scope::request_events;
use crate::trace::record::{Detail, Record};

/// The time for which a caller waits for its flight record.
const FLIGHT_PATIENCE: Duration = Duration::from_secs(1);

impl Queues {
    /// Counts everything that waits as lost, if no pipeline thread can be started that would process it.
    #[cold]
    fn lose_all(&self) {
        const REASON: DiscardReason = DiscardReason::InternalSdkError;
        std::iter::from_fn(|| self.next_event()).for_each(|capture| capture.lost(REASON));
        std::iter::from_fn(|| self.next_feedback()).for_each(|feedback| feedback.lost(REASON));
        std::iter::from_fn(|| self.next_log()).for_each(|record| record.lost(REASON));
        std::iter::from_fn(|| self.next_metric()).for_each(|record| record.lost(REASON));
        for check_in in std::iter::from_fn(|| self.next_check_in()) {
            check_in.content.client().ledger().lost(REASON, DataCategory::Monitor, 1);
        }
        for session in std::iter::from_fn(|| self.next_session()) {
            session.client.ledger().lost(REASON, DataCategory::Session, 1);
        }
        let (mut sources, global) = (recorder::take_fresh(), client::global());
        sources.retain_mut(|Source { records, around, .. }| {
            !records.drain(|record| match record {
                Record::ProcessScopes(announced) => *around = Some(announced),
                Record::LazyRootEnd(root) => lose_root(&root.client),
                Record::JobEnd(check_in, _) => {
                    lose_root(&check_in.client);
                    check_in.client.ledger().lost(REASON, DataCategory::Monitor, 1);
                }
                Record::End { segment, .. } => {
                    if !segment.is_streamed() {
                        segment.client.ledger().lost(REASON, DataCategory::Transaction, 1);
                    }
                    segment.client.ledger().lost(REASON, DataCategory::Span, 1);
                }
                Record::CheckIn(check_in) => {
                    check_in.client.ledger().lost(REASON, DataCategory::Monitor, 1);
                }
                Record::Span { .. } => lose_span(global.as_deref()),
                Record::Detail { detail, .. } if matches!(*detail, Detail::Span(_)) => {
                    lose_span(global.as_deref());
                }
                Record::Detail { .. }
                | Record::Attribute { .. }
                | Record::Attributes { .. }
                | Record::Response { .. }
                | Record::Status { .. }
                | Record::Form { .. }
                | Record::Start { .. }
                | Record::SpanWatched(_)
                | Record::PollBegin { .. }
                | Record::PollWatched(_)
                | Record::PollEnd { .. } => {}
            })
        });
        recorder::put_back(sources);
        refused::count();
    }
}

/// Counts a transaction and its root span as lost.
fn lose_root(client: &Client) {
    client.ledger().lost(DiscardReason::InternalSdkError, DataCategory::Transaction, 1);
    lose_span(Some(client));
}

/// Counts a span as lost. The record of a child span does not name a client, so it is counted for that of the process.
fn lose_span(client: Option<&Client>) {
    if let Some(client) = client {
        client.ledger().lost(DiscardReason::InternalSdkError, DataCategory::Span, 1);
    }
}

/// Waits at most `timeout` until the pipeline has processed everything handed over before. Returns whether it has, as far
/// as the client's transport has room: the result says how many segments wait for more. If the closing client is given, it
/// sends nothing afterwards, and nothing of it waits.
pub(crate) fn flush(client: &Client, closing: Option<Arc<Client>>, timeout: Duration) -> Option<Progress> {
    hand_over(std::ptr::from_ref(client).addr(), closing, None, timeout)
}

/// Returns the flight record of this thread, the current one; `None` without the option `flight_recorder`.
pub(crate) fn flight_record(thread: u64) -> Option<FlightRecord> {
    let client = active::client()?;
    if !client.is_enabled() || client.options().flight_recorder.is_none() {
        return None;
    }
    let span_context = SpanContext::current();
    let request = Arc::new(FlightRequest { client, span_context, thread, record: Mutex::new(None) });
    hand_over(0, None, Some(Arc::clone(&request)), FLIGHT_PATIENCE);
    request.record.lock().unwrap_or_else(PoisonError::into_inner).take()
}

fn hand_over(
    client: usize,
    closing: Option<Arc<Client>>,
    flight: Option<Arc<FlightRequest>>,
    timeout: Duration,
) -> Option<Progress> {
    if worker::is_this_thread() {
        // A callback asks for the completion of the work that it is part of.
        diagnostics::debug(format_args!("ignoring a flush inside a callback: it would wait for itself"));
        return None;
    }
    if flight.is_none() {
        request_events::send_all(client);
    }
    let queues = queues();
    if !worker::is_running() {
        let has_records = queues.waiting_logs() + queues.waiting_metrics() > 0;
        if !queues.has_messages() && !has_records && !recorder::has_fresh() {
            // Nothing was ever recorded.
            return Some(Progress::default());
        }
        worker::ensure();
        if !worker::is_running() {
            // No thread can be started. The caller may end the program, so what waits is counted now.
            queues.lose_all();
            return Some(Progress::default());
        }
    }
    let (answer, (done, finished)) = (Arc::default(), bounded(1));
    let request = FlushRequest { answer: Arc::clone(&answer), done, client, closing, flight };
    if queues.flushes.push(Message::Flush(Box::new(request))).is_err() {
        return None;
    }
    let waiting = Waiting::new(queues, timeout);
    worker::wake();
    let is_done = finished.recv_timeout(timeout).is_ok();
    drop(waiting);
    is_done.then(|| answer.get().copied()).flatten()
}

/// A pending flush: registered while the value lives.
struct Waiting<'a>(&'a Queues, Instant);

impl<'a> Waiting<'a> {
    fn new(queues: &'a Queues, timeout: Duration) -> Self {
        let now = Instant::now();
        queues.waiting.lock().unwrap_or_else(PoisonError::into_inner).push((now, timeout));
        queues.waiters.fetch_add(1, Ordering::SeqCst);
        Self(queues, now)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiters.fetch_sub(1, Ordering::SeqCst);
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = waiting.iter().position(|(since, _)| *since == self.1) {
            waiting.swap_remove(at);
        }
    }
}

/// Returns whether a flush has used up half of its timeout: slow work should then be skipped, so that the rest is sent in
/// time.
pub(crate) fn is_hurried() -> bool {
    let queues = queues();
    queues.waiters.load(Ordering::SeqCst) > 0
        && queues
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .any(|(since, timeout)| since.elapsed() > *timeout / 2)
}
