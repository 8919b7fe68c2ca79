//! The flight recorder: the spans that ended last, kept for a while, for errors in work that is not sent.
//!
//! With the option `flight_recorder` spans are recorded also where the sample rate selects nothing. They are not sent,
//! but stay here for a while. An error that is captured in such work takes the spans of its trace along, or those of its
//! thread if no span is active, as an attachment.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::client_state;
use super::span::buffer::{BufferedSpan, Child};
use super::span::details;
use super::transaction::Ended;
use crate::base::order::{of_time, sort_by_number};
use crate::capture::event::number_of;
use crate::client::Client;
use crate::context::span_context::SpanContext;
use crate::intake::flight::{FlightRecord, FlightRequest, FlightSpan};
use crate::intake::message::Capture;
use crate::protocol::limits::truncated;
use crate::protocol::{Attachment, Level, SpanId, SpanStatus, TraceId};
use crate::trace::clock::Anchor;
use crate::trace::ids::{self, IdMap};
use crate::trace::segment::Segment;

/// The maximum number of spans that are kept, of all threads.
const MAX_KEPT: usize = 4096;
/// The maximum number of spans of one record.
const MAX_SPANS: usize = 256;
/// The maximum length of a name, in bytes.
const MAX_NAME: usize = 256;
/// The file name of a record that is attached to an event.
const FILE: &str = "flight-record.json";

/// A span that has ended.
#[derive(Debug)]
struct KeptSpan {
    kept_at: Instant,
    /// The address of the client that recorded it.
    client: usize,
    thread: u64,
    trace_id: TraceId,
    id: SpanId,
    parent: Option<SpanId>,
    name: Box<str>,
    op: Box<str>,
    status: SpanStatus,
    start: SystemTime,
    end: SystemTime,
}

/// The spans that ended last, the oldest first.
#[derive(Default)]
pub(super) struct FlightRecorder {
    kept: VecDeque<KeptSpan>,
}

impl FlightRecorder {
    /// Keeps the spans of a transaction that has ended.
    pub(super) fn keep(&mut self, ended: &Ended, children: &[Child]) {
        let segment = &ended.segment;
        let Some(back) = segment.client.options().flight_recorder else { return };
        let (now, anchor) = (Instant::now(), Anchor::take());
        self.forget(now, back);
        for span in of_ended(ended, children, &anchor) {
            if self.kept.len() >= MAX_KEPT {
                self.kept.pop_front();
            }
            self.kept.push_back(span);
        }
    }

    fn forget(&mut self, now: Instant, back: Duration) {
        let is_old = |span: &KeptSpan| now.saturating_duration_since(span.kept_at) > back;
        while self.kept.front().is_some_and(is_old) {
            self.kept.pop_front();
        }
    }

    /// Attaches the record to an error whose trace is not sent.
    pub(super) fn attach(&mut self, capture: &mut Capture, unfinished: &Unfinished<'_>) {
        let options = capture.client.options();
        let is_sent =
            capture.span_context.segment().is_some_and(|segment| segment.sampled) || options.keep.is_some();
        if options.flight_recorder.is_none() || capture.level < Level::Error || is_sent {
            return;
        }
        let record = self.record(&capture.client, &capture.span_context, capture.thread.id, unfinished);
        if record.spans.is_empty() {
            return;
        }
        if let Ok(json) = serde_json::to_vec(&record) {
            let file = Attachment {
                buffer: json,
                filename: FILE.to_owned(),
                content_type: Some("application/json".to_owned()),
                ty: None,
            };
            capture.hint.get_or_insert_default().attachments.push(Arc::new(file));
        }
    }

    /// Answers the request of a thread.
    pub(super) fn answer(&mut self, request: &FlightRequest, unfinished: &Unfinished<'_>) {
        let record = self.record(&request.client, &request.span_context, request.thread, unfinished);
        *request.record.lock().unwrap_or_else(PoisonError::into_inner) = Some(record);
    }

    fn record(
        &mut self,
        client: &Client,
        at: &SpanContext,
        thread: u64,
        unfinished: &Unfinished<'_>,
    ) -> FlightRecord {
        let back = client.options().flight_recorder.unwrap_or_default();
        self.forget(Instant::now(), back);
        let trace_id = at.trace_id();
        let anchor = Anchor::take();
        let children = |key| unfinished.open.get(&key).map_or(&[][..], |spans| &spans.children);
        // Of the running transaction, the spans that have ended.
        let running = at.segment().map(|segment| {
            let children = children(segment.key);
            last(children).iter().map(|child| of_child(segment, child, &anchor))
        });
        let ended = unfinished.ended.iter().chain(unfinished.ending);
        let ended = ended
            .filter(|ended| at.segment().is_none_or(|segment| segment.key != ended.segment.key))
            .flat_map(|ended| of_ended(ended, children(ended.segment.key), &anchor));
        let recent: Vec<_> = running.into_iter().flatten().chain(ended).collect();
        let in_trace = at.segment().is_some();
        let since = SystemTime::now().checked_sub(back).unwrap_or(UNIX_EPOCH);
        let (own, ignored) = (std::ptr::from_ref(client).addr(), &client.options().ignore_spans);
        let is_ignored =
            |span: &KeptSpan| ignored.iter().any(|filter| filter.matches(&span.name, &span.op, &[]));
        let belongs = |span: &&KeptSpan| {
            span.client == own
                && span.end >= since
                && !is_ignored(span)
                && if in_trace { span.trace_id == trace_id } else { span.thread == thread }
        };
        let mut spans: Vec<&KeptSpan> = self.kept.iter().chain(&recent).filter(belongs).collect();
        sort_by_number(&mut spans, |span| of_time(span.end));
        let first = spans.len().saturating_sub(MAX_SPANS);
        let scrubber = client_state::with(client, |state| Arc::clone(&state.scrubber));
        let spans = spans.get(first..).unwrap_or_default().iter().map(|span| FlightSpan {
            trace_id: span.trace_id,
            span_id: span.id,
            parent_span_id: span.parent,
            name: scrubber.scrub_text(&span.name).into_owned(),
            op: span.op.clone().into_string(),
            status: span.status.to_string(),
            start: span.start.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64(),
            duration_ms: span.end.duration_since(span.start).unwrap_or_default().as_secs_f64() * 1e3,
        });
        FlightRecord { version: 1, trace_id, spans: spans.collect() }
    }
}

/// The spans that have been read and do not belong to a finished transaction yet.
pub(super) struct Unfinished<'a> {
    pub(super) open: &'a IdMap<BufferedSpan>,
    /// The transactions whose root has ended.
    pub(super) ended: &'a [Ended],
    pub(super) ending: &'a [Ended],
}

/// Returns the last spans of a list.
fn last(children: &[Child]) -> &[Child] {
    children.get(children.len().saturating_sub(MAX_SPANS)..).unwrap_or_default()
}

/// Returns the last spans of a transaction that has ended. The root is the last of them.
fn of_ended<'a>(
    ended: &'a Ended,
    children: &'a [Child],
    anchor: &'a Anchor,
) -> impl Iterator<Item = KeptSpan> + 'a {
    let thread = number_of(ended.thread);
    let children = last(children).iter().map(|child| of_child(&ended.segment, child, anchor));
    let root = std::iter::once_with(|| of_root(ended, anchor));
    children.chain(root).map(move |span| KeptSpan { thread, ..span })
}

/// Returns a child span of a segment.
fn of_child(segment: &Segment, child: &Child, anchor: &Anchor) -> KeptSpan {
    let parent = if child.parent() == 0 { segment.key } else { child.parent() };
    let (name, op, outcome, start, end) = match child {
        Child::Call(call) => {
            let (start, end) = (anchor.wall(call.start), anchor.wall(call.end));
            (call.site.display_name(), call.site.operation(), call.outcome, start, end)
        }
        Child::Dynamic(_, span) => {
            let (start, end) = (details::wall(span.start, anchor), details::wall(span.end, anchor));
            (&*span.name, &*span.op, span.outcome, start, end)
        }
    };
    KeptSpan {
        kept_at: Instant::now(),
        client: Arc::as_ptr(&segment.client).addr(),
        thread: 0,
        trace_id: segment.trace_id(),
        id: ids::wire(child.id()),
        parent: Some(ids::wire(parent)),
        name: truncated(name, MAX_NAME).into(),
        op: truncated(op, MAX_NAME).into(),
        status: outcome.status(),
        start,
        end,
    }
}

fn of_root(ended: &Ended, anchor: &Anchor) -> KeptSpan {
    let segment = &ended.segment;
    KeptSpan {
        kept_at: Instant::now(),
        client: Arc::as_ptr(&segment.client).addr(),
        thread: 0,
        trace_id: segment.trace_id(),
        id: ids::wire(segment.key),
        parent: segment.parent,
        name: truncated(&segment.name().0, MAX_NAME).into(),
        op: truncated(&segment.root.op(), MAX_NAME).into(),
        status: ended.outcome.status(),
        start: details::wall(segment.start, anchor),
        end: details::wall(ended.end, anchor),
    }
}
