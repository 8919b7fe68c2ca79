//! Trace summaries, updated with each item that arrives, in any order, without reading the spans again.

use std::collections::VecDeque;

use super::rows::{Batch, Span, Status, microseconds};
use super::text::Text;

/// The span that a trace is named after.
#[derive(Debug)]
pub(crate) struct Root {
    /// Smaller is better: without a parent, else a segment, else any span; of equals the earliest.
    rank: (u8, f64),
    pub(crate) id: u64,
    pub(crate) name: Text,
    pub(crate) op: Text,
    pub(crate) service: Text,
    pub(crate) duration: f64,
    pub(crate) status: Status,
    pub(crate) http_status: Option<u16>,
}

/// A segment whose children have arrived, but not its own span.
#[derive(Debug)]
pub(crate) struct OpenSegment {
    pub(crate) id: u64,
    pub(crate) name: Text,
    pub(crate) service: Text,
    /// The start of its earliest known child.
    pub(crate) since: f64,
}

/// A trace.
#[derive(Debug)]
pub(crate) struct Trace {
    /// The numbers of its rows, oldest first.
    pub(crate) batches: VecDeque<u64>,
    pub(crate) events: VecDeque<u64>,
    pub(crate) logs: VecDeque<u64>,
    pub(crate) spans: u32,
    /// Events of level error or fatal.
    pub(crate) errors: u32,
    pub(crate) start: f64,
    pub(crate) end: f64,
    pub(crate) root: Option<Root>,
    pub(crate) services: Vec<Text>,
    pub(crate) open: Vec<OpenSegment>,
    /// Rows of it were dropped.
    pub(crate) is_partial: bool,
    pub(crate) is_pinned: bool,
    /// The change at which it last grew.
    pub(crate) changed: u64,
    /// The bytes of its rows.
    pub(crate) bytes: usize,
    /// The number of spans at its last analysis.
    pub(crate) analysed: u32,
    /// The number of errors at its last analysis.
    pub(crate) analysed_errors: u32,
    /// Whether it was complete then.
    pub(crate) was_complete: bool,
    /// The hints that its analysis gave.
    pub(crate) hints: Vec<u64>,
}

/// The bytes of a trace, without its rows.
pub(crate) const TRACE_BYTES: usize = size_of::<Trace>() + 160;

/// The most services and open segments that a trace remembers.
const MAX_SERVICES: usize = 32;
const MAX_OPEN: usize = 16;

impl Trace {
    pub(crate) fn new() -> Self {
        Self {
            batches: VecDeque::new(),
            events: VecDeque::new(),
            logs: VecDeque::new(),
            spans: 0,
            errors: 0,
            start: f64::INFINITY,
            end: f64::NEG_INFINITY,
            root: None,
            services: Vec::new(),
            open: Vec::new(),
            is_partial: false,
            is_pinned: false,
            changed: 0,
            bytes: 0,
            analysed: 0,
            analysed_errors: 0,
            was_complete: false,
            hints: Vec::new(),
        }
    }

    /// Takes the spans of a batch into account. `name` gives name and operation of a function.
    pub(crate) fn grow(&mut self, batch: &Batch, name: impl Fn(&Span) -> (Text, Text)) {
        self.add_service(&batch.resource.service);
        for span in &batch.spans {
            self.spans += 1;
            self.start = self.start.min(span.start);
            self.end = self.end.max(span.end());
            self.open.retain(|open| open.id != span.id);
            let rank = (u8::from(span.parent != 0) * (2 - u8::from(span.is_segment)), span.start);
            if self.root.as_ref().is_none_or(|root| rank < root.rank) {
                let (name, op) = name(span);
                self.root = Some(Root {
                    rank,
                    id: span.id,
                    name,
                    op,
                    service: Text::clone(&batch.resource.service),
                    duration: span.duration,
                    status: span.status,
                    http_status: span.http_status(),
                });
            }
        }
    }

    pub(crate) fn add_service(&mut self, service: &Text) {
        if self.services.len() < MAX_SERVICES && !self.services.contains(service) {
            self.services.push(Text::clone(service));
        }
    }

    /// Notes a segment that has not arrived.
    pub(crate) fn note_open(&mut self, id: u64, name: Text, service: Text, since: f64) {
        if let Some(open) = self.open.iter_mut().find(|open| open.id == id) {
            open.since = open.since.min(since);
        } else if self.open.len() < MAX_OPEN {
            self.open.push(OpenSegment { id, name, service, since });
        }
    }

    /// Returns whether the span without a parent has arrived, and no row of it was dropped.
    pub(crate) fn is_complete(&self) -> bool {
        !self.is_partial && self.open.is_empty() && self.root.as_ref().is_some_and(|root| root.rank.0 == 0)
    }

    /// Returns whether nothing of it is held.
    pub(crate) fn is_empty(&self) -> bool {
        self.batches.is_empty() && self.events.is_empty() && self.logs.is_empty()
    }

    /// Returns the time between the first start and the last end, in milliseconds.
    pub(crate) fn extent_ms(&self) -> f64 {
        if self.end >= self.start { microseconds(self.end - self.start) * 1e3 } else { 0.0 }
    }

    /// Returns the duration of the root, in milliseconds; of the whole as long as only inner spans came.
    pub(crate) fn duration_ms(&self) -> f64 {
        match &self.root {
            Some(root) if root.rank.0 < 2 => root.duration * 1e3,
            _ => self.extent_ms(),
        }
    }
}
