//! The local view: what a server would get, printed for a person at a terminal.
//!
//! A transport like any other, it reads the payloads that HTTP would carry. Check-ins, logs and what belongs to
//! no trace are printed at once. A trace is held until it has been quiet for a moment, since its parts come in
//! several envelopes (the page, the order, the payment service, each with its own transaction): then its spans
//! are joined to one [`tree`], and its errors are marked at their spans and printed below. Spans that are sent one by
//! one while their root runs are held until the root has come; those that come after it are shown as late.
//!
//! [`model`] reads payloads, [`tree`], [`error`] and [`notes`] write what is seen, [`style`] knows the terminal.

mod error;
mod model;
mod one_liners;
mod style;
#[cfg(test)]
mod tests;
mod tree;

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

use self::error::ErrorEvent;
use self::model::Span;
use self::style::{Line, Style};
use self::tree::Mark;
use super::destination::{Delivery, Destination};
use crate::base::diagnostics;
use crate::protocol::{Envelope, EnvelopeItem, ItemType};

/// A trace is complete when nothing more of it came for so long.
const QUIET: Duration = Duration::from_millis(250);
/// A trace that never gets quiet is printed in parts.
const LONGEST_HOLD: Duration = Duration::from_secs(2);
/// A trace whose root still runs is printed in parts.
const LONGEST_RUN: Duration = Duration::from_secs(60);
/// Segments that are remembered, for spans that come late.
const SHOWN: usize = 256;
/// Traces that are held at the same time.
const HELD_TRACES: usize = 64;
/// Spans of one trace that are held; more are counted.
const HELD_SPANS: usize = 5_000;
/// Errors of one trace that are held; more are printed at once.
const HELD_ERRORS: usize = 50;
/// Errors that are remembered for a span that ends after they were printed.
const REMEMBERED: usize = 256;

/// How the local view looks.
#[derive(Debug, Clone, Default)]
pub(crate) struct LocalOptions {
    /// Whether to use colour; without a word, on a terminal (`NO_COLOR`, `FORCE_COLOR` and `CLICOLOR_FORCE` are
    /// respected).
    pub(crate) color: Option<bool>,
    /// Columns; without a number, those of `COLUMNS`, or 100.
    pub(crate) width: Option<usize>,
    /// A file to which every envelope is appended as it would go over the wire, uncompressed.
    pub(crate) raw_file: Option<PathBuf>,
}

/// Prints envelopes to stderr. Run it in a [`TransportThread`](super::TransportThread).
pub(crate) struct LocalView {
    out: Box<dyn Write + Send>,
    raw: Option<File>,
    style: Style,
    held: Vec<Held>,
    remembered: VecDeque<Remembered>,
    /// The ids of segments that were printed.
    shown: VecDeque<String>,
}

/// What came of a trace so far.
struct Held {
    trace_id: String,
    spans: Vec<Span>,
    /// Spans that came after there were too many.
    uncounted: usize,
    errors: Vec<ErrorEvent>,
    /// Roots of segments that run: some of their spans came, sent by themselves.
    awaited: Vec<String>,
    /// Roots of segments that came.
    roots: Vec<String>,
    /// There are spans of a segment that was printed before.
    is_late: bool,
    first: Instant,
    last: Instant,
}

impl Held {
    fn due(&self) -> Instant {
        if !self.awaited.is_empty() {
            return self.first + LONGEST_RUN;
        }
        (self.last + QUIET).min(self.first + LONGEST_HOLD)
    }

    /// Takes a span. Of one that came by itself, the root of its segment is awaited, unless it was seen.
    fn add(&mut self, span: Span, shown: &VecDeque<String>) {
        if self.spans.len() >= HELD_SPANS {
            self.uncounted += 1;
            // There would be no end to waiting.
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
        self.spans.push(span);
    }

    /// What is said of the trace beside its length.
    fn note(&self) -> &'static str {
        match (self.awaited.is_empty(), self.is_late) {
            (false, _) => " · still running",
            (true, true) if self.roots.is_empty() => " · late",
            _ => "",
        }
    }
}

/// An error that was printed before its span.
struct Remembered {
    trace_id: String,
    span_id: String,
    mark: Mark,
}

/// Opens the raw file. What it makes only this user may read: it holds what a server would be sent.
fn open_raw(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

impl LocalView {
    /// A view on stderr. A raw file that cannot be opened is said, and done without.
    pub(crate) fn new(options: LocalOptions) -> Self {
        let style = Style::detect(options.color, options.width, |name| std::env::var(name).ok());
        let raw = options.raw_file.and_then(|path| {
            let opened = open_raw(&path).inspect_err(|error| {
                diagnostics::error(format_args!(
                    "the file for raw envelopes, {}, cannot be opened: {error}; check that its directory exists and \
                     may be written to",
                    path.display()
                ));
            });
            opened.ok()
        });
        Self::with(Box::new(io::stderr()), raw, style)
    }

    fn with(out: Box<dyn Write + Send>, raw: Option<File>, style: Style) -> Self {
        let (remembered, shown) = (VecDeque::new(), VecDeque::new());
        Self { out, raw, style, held: Vec::new(), remembered, shown }
    }

    /// Nobody at the other end is no reason to fail.
    fn print(&mut self, lines: &[Line]) {
        let mut text = String::new();
        for line in lines {
            line.write(&self.style, &mut text);
        }
        if !text.is_empty() {
            // One write, so that lines of other threads do not come between.
            let _ = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
        }
    }

    fn take_item(&mut self, item: &EnvelopeItem, now: Instant) {
        let Ok(payload) = serde_json::from_slice::<Value>(item.payload()) else {
            return;
        };
        match item.ty() {
            ItemType::Event => {
                let event = ErrorEvent::read(&payload);
                let lines = match event.trace_id.clone() {
                    Some(trace_id) => {
                        let errors = &mut self.hold(&trace_id, now).errors;
                        if errors.len() < HELD_ERRORS {
                            errors.push(event);
                            return;
                        }
                        event.lines(&self.style, Some(&trace_id))
                    }
                    None => event.lines(&self.style, None),
                };
                self.print(&lines);
            }
            ItemType::Transaction => self.hold_spans(model::read_transaction(&payload), now),
            ItemType::Span => self.hold_spans(model::read_spans(&payload), now),
            ItemType::CheckIn => self.print(&one_liners::check_in(&payload, &self.style)),
            ItemType::Log => self.print(&one_liners::logs(&payload, &self.style)),
            ItemType::TraceMetric => self.print(&one_liners::metrics(&payload, &self.style)),
            ItemType::Feedback => self.print(&one_liners::feedback(&payload, &self.style)),
            ItemType::Session => self.print(&one_liners::session(&payload, &self.style)),
            ItemType::Sessions => self.print(&one_liners::sessions(&payload, &self.style)),
            // Of no interest to a person who watches the program at work.
            ItemType::Attachment | ItemType::ClientReport => {}
        }
    }

    fn hold_spans(&mut self, spans: Vec<(String, Span)>, now: Instant) {
        for (trace_id, span) in spans {
            // A trace that this pushes out is remembered before the list is taken away.
            self.hold(&trace_id, now);
            let shown = std::mem::take(&mut self.shown);
            self.hold(&trace_id, now).add(span, &shown);
            self.shown = shown;
        }
    }

    /// The trace as it is held; a new one may push out the oldest.
    fn hold(&mut self, trace_id: &str, now: Instant) -> &mut Held {
        let at = match self.held.iter().position(|held| held.trace_id == trace_id) {
            Some(at) => at,
            None => {
                if self.held.len() >= HELD_TRACES {
                    let oldest = self.held.remove(0);
                    self.show(oldest);
                }
                self.held.push(Held {
                    trace_id: trace_id.to_owned(),
                    spans: Vec::new(),
                    uncounted: 0,
                    errors: Vec::new(),
                    awaited: Vec::new(),
                    roots: Vec::new(),
                    is_late: false,
                    first: now,
                    last: now,
                });
                self.held.len() - 1
            }
        };
        let held = &mut self.held[at];
        held.last = now;
        held
    }

    /// Prints the traces that are due, or all.
    fn release(&mut self, now: Option<Instant>) {
        let (due, held) = std::mem::take(&mut self.held)
            .into_iter()
            .partition(|held| now.is_none_or(|now| held.due() <= now));
        self.held = held;
        let due: Vec<Held> = due;
        for held in due {
            self.show(held);
        }
    }

    fn show(&mut self, held: Held) {
        let mut marks: Vec<(String, Mark)> = Vec::new();
        self.remembered.retain(|known| {
            let here =
                known.trace_id == held.trace_id && held.spans.iter().any(|span| span.id == known.span_id);
            if here {
                marks.push((known.span_id.clone(), known.mark.clone()));
            }
            !here
        });
        for event in &held.errors {
            let Some(span_id) = &event.span_id else { continue };
            if held.spans.iter().any(|span| &span.id == span_id) {
                marks.push((span_id.clone(), event.mark()));
            } else {
                if self.remembered.len() >= REMEMBERED {
                    self.remembered.pop_front();
                }
                self.remembered.push_back(Remembered {
                    trace_id: held.trace_id.clone(),
                    span_id: span_id.clone(),
                    mark: event.mark(),
                });
            }
        }
        let mut lines = Vec::new();
        if !held.spans.is_empty() {
            let of = tree::Of { trace_id: &held.trace_id, note: held.note(), uncounted: held.uncounted };
            lines = tree::lines(&of, &held.spans, &marks, &self.style);
        }
        for event in &held.errors {
            lines.extend(event.lines(&self.style, Some(&held.trace_id)));
        }
        self.print(&lines);
        self.shown.extend(held.roots);
        while self.shown.len() > SHOWN {
            self.shown.pop_front();
        }
    }
}

impl Destination for LocalView {
    fn deliver(&mut self, envelope: &mut Envelope) -> Delivery {
        let bytes = envelope.to_bytes(SystemTime::now());
        if let Some(raw) = &mut self.raw {
            let _ = raw.write_all(&bytes);
        }
        let now = Instant::now();
        for item in envelope.items() {
            self.take_item(item, now);
        }
        self.release(Some(now));
        Delivery::Sent { bytes: bytes.len() }
    }

    fn flush(&mut self) {
        self.release(None);
    }

    fn idle(&mut self) -> Option<Duration> {
        let now = Instant::now();
        self.release(Some(now));
        self.held.iter().map(|held| held.due().saturating_duration_since(now)).min()
    }
}
