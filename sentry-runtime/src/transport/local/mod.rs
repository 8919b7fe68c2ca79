//! The local view: prints the data that a server would receive for a person at a terminal.
//!
//! Like other transports, it reads the payloads that HTTP would carry. Check-ins, logs and items without a trace are
//! printed at once. A trace is held until it has been quiet for 250 ms, since its parts arrive in several envelopes
//! (the page, the order, the payment service, each with its own transaction): then its spans are joined to one
//! [`tree`], and its errors are marked at their spans and printed below. Streamed spans are held until their root has
//! arrived; later spans are shown as late.
//!
//! [`model`] reads payloads, [`tree`], [`error`] and [`one_liners`] format the output, [`style`] handles the terminal.

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

/// The time without new data after which a trace is complete.
const QUIET: Duration = Duration::from_millis(250);
/// The time after which a trace that never becomes quiet is printed in parts.
const LONGEST_HOLD: Duration = Duration::from_secs(2);
/// The time after which a trace whose root still runs is printed in parts.
const LONGEST_RUN: Duration = Duration::from_secs(60);
/// The number of segments that are remembered for late spans.
const SHOWN: usize = 256;
/// The maximum number of traces that are held at the same time.
const HELD_TRACES: usize = 64;
/// The maximum number of spans held per trace; more are counted.
const HELD_SPANS: usize = 5_000;
/// The maximum number of errors held per trace; more are printed at once.
const HELD_ERRORS: usize = 50;
/// The number of errors that are remembered for a span that ends after they were printed.
const REMEMBERED: usize = 256;

/// The options of the local view.
#[derive(Debug, Clone, Default)]
pub(crate) struct LocalOptions {
    /// Whether to use colour. By default colour is used on a terminal (`NO_COLOR`, `FORCE_COLOR` and `CLICOLOR_FORCE`
    /// are respected).
    pub(crate) color: Option<bool>,
    /// The width in columns. The default is `COLUMNS`, or 100.
    pub(crate) width: Option<usize>,
    /// A file to which every envelope is appended in its wire form, uncompressed.
    pub(crate) raw_file: Option<PathBuf>,
}

/// A destination that prints envelopes to stderr. Run it in a [`TransportThread`](super::TransportThread).
pub(crate) struct LocalView {
    out: Box<dyn Write + Send>,
    raw: Option<File>,
    style: Style,
    held: Vec<Held>,
    remembered: VecDeque<Remembered>,
    /// The ids of segments that have been printed.
    shown: VecDeque<String>,
}

/// The parts of a trace that have arrived.
struct Held {
    trace_id: String,
    spans: Vec<Span>,
    /// The number of spans that arrived after the limit was reached.
    uncounted: usize,
    errors: Vec<ErrorEvent>,
    /// Roots of running segments, some of whose streamed spans have arrived.
    awaited: Vec<String>,
    /// Roots of segments that have arrived.
    roots: Vec<String>,
    /// Whether there are spans of a segment that has been printed.
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

    /// Adds a span. For a streamed span, the root of its segment is awaited, unless it was printed.
    fn add(&mut self, span: Span, shown: &VecDeque<String>) {
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
        self.spans.push(span);
    }

    /// Returns the note after the trace's length.
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

/// Opens the raw file. A new file is readable by this user only, since it holds the data that a server would receive.
fn open_raw(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

impl LocalView {
    /// Creates a view on stderr. A raw file that cannot be opened is reported and not used.
    pub(crate) fn new(options: LocalOptions) -> Self {
        let style = Style::detect(options.color, options.width, |name| std::env::var(name).ok());
        let raw = options.raw_file.and_then(|path| {
            let opened = open_raw(&path).inspect_err(|error| {
                diagnostics::error(format_args!(
                    "cannot open the file for raw envelopes, {}: {error}; check that its directory exists and is \
                     writable",
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

    /// Prints lines. A closed stderr is not an error.
    fn print(&mut self, lines: &[Line]) {
        let mut text = String::new();
        for line in lines {
            line.write(&self.style, &mut text);
        }
        if !text.is_empty() {
            // One write, so that lines of other threads are not mixed in.
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
            // Not interesting for a person who watches the program.
            ItemType::Attachment | ItemType::ClientReport => {}
        }
    }

    fn hold_spans(&mut self, spans: Vec<(String, Span)>, now: Instant) {
        for (trace_id, span) in spans {
            // A trace that this displaces is remembered before the list is taken.
            self.hold(&trace_id, now);
            let shown = std::mem::take(&mut self.shown);
            self.hold(&trace_id, now).add(span, &shown);
            self.shown = shown;
        }
    }

    /// Returns the held trace; a new one may displace the oldest.
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
