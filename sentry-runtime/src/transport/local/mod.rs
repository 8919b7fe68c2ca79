//! The local view: prints the data that a server would receive for a person at a terminal.
//!
//! Like other transports, it reads the payloads that HTTP would carry. Logs and items without a trace are printed at
//! once. A trace is [`held`] until it has been quiet for 250 ms, since its parts arrive in several envelopes (the page,
//! the order, the payment service, each with its own transaction): then its spans are joined to one [`tree`], with its
//! check-ins and errors below; errors are also marked at their spans. Traces are printed in the order of their start.
//! Streamed spans are held until their root has arrived; later spans are shown as late. Successful traces that repeat
//! all the time are counted ([`repeats`]).
//!
//! [`model`] reads payloads, [`tree`], [`error`] and [`one_liners`] format the output, [`style`] builds lines, and
//! [`terminal`] knows their width.

mod crash;
mod error;
mod held;
mod model;
mod one_liners;
mod repeats;
mod style;
mod terminal;
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
use self::held::Held;
use self::model::Span;
use self::one_liners::CheckIn;
use self::repeats::Repeats;
use self::style::{Line, Style};
use self::terminal::Terminal;
use self::tree::Mark;
use super::destination::{Delivery, Destination};
use crate::base::diagnostics;
use crate::base::order::{of_float, sort_by_number};
use crate::base::stderr::Stderr;
use crate::protocol::{DiscardReason, Envelope, EnvelopeItem, ItemType};

/// The number of segments that are remembered for late spans.
const SHOWN: usize = 256;
/// The maximum number of traces that are held at the same time.
const HELD_TRACES: usize = 64;
/// The maximum number of errors held per trace; more are printed at once.
const HELD_ERRORS: usize = 50;
/// The maximum number of check-ins held per trace; more are printed at once.
const HELD_CHECK_INS: usize = 50;
/// The number of errors that are remembered for a span that ends after they were printed.
const REMEMBERED: usize = 256;

/// The options of the local view.
#[derive(Debug, Clone, Default)]
pub(crate) struct LocalOptions {
    /// Whether to use colour. By default colour is used on a terminal (`NO_COLOR`, `FORCE_COLOR`, `CLICOLOR_FORCE` and
    /// `CI` are respected).
    pub(crate) color: Option<bool>,
    /// The width in columns. The default is `COLUMNS`, or the width of the terminal, or 100.
    pub(crate) width: Option<usize>,
    /// Whether to print only failures.
    pub(crate) failures: bool,
    /// A file to which every envelope is appended in its wire form, uncompressed.
    pub(crate) raw_file: Option<PathBuf>,
}

/// A destination that prints envelopes to stderr. Run it in a [`TransportThread`](super::TransportThread).
pub(crate) struct LocalView {
    out: Box<dyn Write + Send>,
    raw: Option<File>,
    terminal: Terminal,
    style: Style,
    /// Whether only failures are printed.
    failures: bool,
    held: Vec<Held>,
    repeats: Repeats,
    remembered: VecDeque<Remembered>,
    /// The ids of segments that have been printed.
    shown: VecDeque<String>,
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
        let terminal = Terminal::detect(options.color, options.width, |name| std::env::var(name).ok());
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
        Self { failures: options.failures, ..Self::with(Box::new(Stderr), raw, terminal) }
    }

    fn with(out: Box<dyn Write + Send>, raw: Option<File>, terminal: Terminal) -> Self {
        Self {
            out,
            raw,
            terminal,
            style: terminal.style(),
            failures: false,
            held: Vec::new(),
            repeats: Repeats::default(),
            remembered: VecDeque::new(),
            shown: VecDeque::new(),
        }
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
            ItemType::Event => self.take_event(ErrorEvent::read(&payload), now),
            ItemType::Transaction => self.hold_spans(model::read_transaction(&payload), now),
            ItemType::Span => self.hold_spans(model::read_spans(&payload), now),
            ItemType::CheckIn => self.take_check_in(CheckIn::read(&payload), now),
            ItemType::Log => self.print(&one_liners::logs(&payload, self.failures, &self.style)),
            ItemType::Feedback => self.print(&one_liners::feedback(&payload, &self.style)),
            ItemType::TraceMetric if !self.failures => {
                self.print(&one_liners::metrics(&payload, &self.style));
            }
            ItemType::Session if !self.failures => self.print(&one_liners::session(&payload, &self.style)),
            ItemType::Sessions if !self.failures => self.print(&one_liners::sessions(&payload, &self.style)),
            ItemType::TraceMetric | ItemType::Session | ItemType::Sessions => {}
            // Not interesting for a person who watches the program.
            ItemType::Attachment | ItemType::ClientReport | ItemType::Unknown => {}
        }
    }

    fn take_event(&mut self, event: ErrorEvent, now: Instant) {
        let trace_id = event.trace_id.clone();
        if let Some(trace_id) = &trace_id {
            let held = self.hold(trace_id, now);
            if held.errors.len() < HELD_ERRORS {
                held.add_event(event);
                return;
            }
        }
        if !self.failures || event.is_failure() {
            self.print(&event.lines(&self.style, trace_id.as_deref()));
        }
    }

    fn take_check_in(&mut self, check_in: CheckIn, now: Instant) {
        if let Some(trace_id) = check_in.trace_id.clone() {
            let held = &mut self.hold(&trace_id, now).check_ins;
            if held.len() < HELD_CHECK_INS {
                check_in.join(held);
                return;
            }
        }
        if !self.failures || check_in.is_failure() {
            self.print(&[check_in.line(&self.style)]);
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
                self.held.push(Held::new(trace_id, now));
                self.held.len() - 1
            }
        };
        let held = &mut self.held[at];
        held.last = now;
        held
    }

    /// Prints the traces that are due, or all, in the order of their start.
    fn release(&mut self, now: Option<Instant>) {
        self.style = self.terminal.style();
        let due = held::due_times(&self.held);
        let (mut ready, mut waiting) = (Vec::new(), Vec::new());
        for (held, due) in std::mem::take(&mut self.held).into_iter().zip(due) {
            if now.is_none_or(|now| due <= now) { ready.push(held) } else { waiting.push(held) }
        }
        self.held = waiting;
        sort_by_number(&mut ready, |held| of_float(held.start));
        for held in ready {
            self.show(held);
        }
        let lines = self.repeats.due(now, &self.style);
        self.print(&lines);
    }

    fn show(&mut self, held: Held) {
        if self.failures {
            if !held.has_failure() {
                return self.remember_roots(held.roots);
            }
        } else {
            match self.repeats.take(&held, held.last, &self.style) {
                Ok(()) => return self.remember_roots(held.roots),
                Err(lines) => self.print(&lines),
            }
        }
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
        lines.extend(held.check_ins.iter().map(|check_in| check_in.line(&self.style)));
        if !lines.is_empty() && (!held.spans.is_empty() || !held.errors.is_empty()) {
            lines.push(Line::new());
        }
        for event in &held.errors {
            lines.extend(event.lines(&self.style, Some(&held.trace_id)));
        }
        self.print(&lines);
        self.remember_roots(held.roots);
    }

    fn remember_roots(&mut self, roots: Vec<String>) {
        self.shown.extend(roots);
        while self.shown.len() > SHOWN {
            self.shown.pop_front();
        }
    }
}

impl Destination for LocalView {
    /// No network is involved.
    fn reason_unsent(&self) -> DiscardReason {
        DiscardReason::QueueOverflow
    }

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
        let due = held::due_times(&self.held).into_iter().chain(self.repeats.next());
        due.map(|due| due.saturating_duration_since(now)).min()
    }
}
