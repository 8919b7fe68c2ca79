//! A trace whose parts arrive one after the other.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::error::ErrorEvent;
use super::model::Span;
use super::one_liners::CheckIn;

/// The time without new data after which a trace is complete.
pub(super) const QUIET: Duration = Duration::from_millis(250);
/// The time that an event or a check-in waits for the spans of its trace. They are sent when the root has ended, and later
/// than a check-in while the pipeline waits for the symbols of an error.
pub(super) const ALONE: Duration = Duration::from_secs(1);
/// The time after which a trace that never becomes quiet is printed in parts.
pub(super) const LONGEST_HOLD: Duration = Duration::from_secs(2);
/// The time after which a trace whose root still runs is printed in parts.
pub(super) const LONGEST_RUN: Duration = Duration::from_secs(60);
/// The maximum number of spans held per trace; more are counted.
pub(super) const HELD_SPANS: usize = 5_000;

/// The parts of a trace that have arrived.
pub(super) struct Held {
    pub(super) trace_id: String,
    pub(super) spans: Vec<Span>,
    /// The number of spans that arrived after the limit was reached.
    pub(super) uncounted: usize,
    pub(super) errors: Vec<ErrorEvent>,
    pub(super) check_ins: Vec<CheckIn>,
    /// Roots of running segments, some of whose streamed spans have arrived.
    awaited: Vec<String>,
    /// Roots of segments that have arrived.
    pub(super) roots: Vec<String>,
    /// Whether there are spans of a segment that has been printed.
    is_late: bool,
    /// The earliest start of a span or time of an event, in seconds since 1970.
    pub(super) start: f64,
    pub(super) first: Instant,
    pub(super) last: Instant,
}

impl Held {
    pub(super) fn new(trace_id: &str, now: Instant) -> Self {
        Self {
            trace_id: trace_id.to_owned(),
            spans: Vec::new(),
            uncounted: 0,
            errors: Vec::new(),
            check_ins: Vec::new(),
            awaited: Vec::new(),
            roots: Vec::new(),
            is_late: false,
            start: f64::INFINITY,
            first: now,
            last: now,
        }
    }

    /// Returns when the trace counts as complete.
    fn due(&self) -> Instant {
        if !self.awaited.is_empty() {
            return self.first + LONGEST_RUN;
        }
        let quiet = if self.spans.is_empty() && self.waits_for_spans() { ALONE } else { QUIET };
        (self.last + quiet).min(self.first + LONGEST_HOLD)
    }

    fn waits_for_spans(&self) -> bool {
        let in_span = self.errors.iter().any(|event| event.span_id.is_some());
        in_span || !self.check_ins.is_empty()
    }

    /// Adds a span. For a streamed span, the root of its segment is awaited, unless it was printed.
    pub(super) fn add(&mut self, span: Span, shown: &VecDeque<String>) {
        if self.spans.len() >= HELD_SPANS {
            self.uncounted += 1;
            // An awaited root may be among the spans that are not held.
            self.awaited.clear();
            return;
        }
        if let Some(segment) = &span.segment {
            if span.id == *segment {
                self.awaited.retain(|awaited| awaited != segment);
                self.roots.push(segment.clone());
            } else if shown.contains(segment) {
                self.is_late = true;
            } else if !self.roots.contains(segment) && !self.awaited.contains(segment) {
                self.awaited.push(segment.clone());
            }
        }
        self.start = self.start.min(span.start);
        self.spans.push(span);
    }

    /// Adds an event.
    pub(super) fn add_event(&mut self, event: ErrorEvent) {
        self.start = self.start.min(event.timestamp.unwrap_or(f64::INFINITY));
        self.errors.push(event);
    }

    /// Returns the note after the trace's length.
    pub(super) fn note(&self) -> &'static str {
        match (self.awaited.is_empty(), self.is_late) {
            (false, _) => " · still running",
            (true, true) if self.roots.is_empty() => " · late",
            _ => "",
        }
    }

    /// Returns whether anything in the trace failed or reports a failure.
    pub(super) fn has_failure(&self) -> bool {
        self.errors.iter().any(ErrorEvent::is_failure)
            || self.check_ins.iter().any(CheckIn::is_failure)
            || self
                .spans
                .iter()
                .any(|span| span.failure.is_some() || span.http_status.is_some_and(|status| status >= 400))
    }
}

/// Returns when each trace is printed: not before the traces that started before it, if these are complete soon.
pub(super) fn due_times(held: &[Held]) -> Vec<Instant> {
    let due = |trace: &Held| {
        let earlier = held.iter().filter(|other| other.awaited.is_empty() && other.start < trace.start);
        let after = earlier.map(Held::due).max().unwrap_or(trace.first);
        trace.due().max(after.min(trace.first + LONGEST_HOLD))
    };
    held.iter().map(due).collect()
}
