//! Repetitions: traces of a job that runs every second, or of a health check, are counted instead of printed.
//!
//! A successful trace is printed the first few times. If more of the same kind follow, they are counted, and one line
//! every few seconds says how many there were. A trace with a failure is always printed, and so are the next successful
//! ones. A pause ends the repetition, so that a person who tries something out sees every trace.

use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher as _};
use std::time::{Duration, Instant};

use super::held::Held;
use super::model::Span;
use super::one_liners::CheckIn;
use super::style::{Line, Paint, Style, duration, width};
use crate::base::order::sort_pairs;

/// The number of traces of one kind that are printed before more are counted.
const PRINTED: u32 = 3;
/// The time within which a trace of the same kind is a repetition.
const FORGOTTEN: Duration = Duration::from_secs(5);
/// The time between two lines about one kind.
const EVERY: Duration = Duration::from_secs(10);
/// The maximum number of kinds that are known at the same time.
const KINDS: usize = 64;

/// The kinds of traces that were seen recently.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    kinds: Vec<Kind>,
}

#[derive(Debug)]
struct Kind {
    look: u64,
    name: String,
    printed: u32,
    last: Instant,
    counted: Option<Counted>,
}

/// Repetitions that were not reported yet.
#[derive(Debug)]
struct Counted {
    number: u32,
    since: Instant,
    shortest: f64,
    longest: f64,
}

impl Repeats {
    /// Returns whether the trace is a repetition, which is counted. If it is not, returns lines to be printed before it.
    pub(super) fn take(&mut self, held: &Held, now: Instant, style: &Style) -> Result<(), Vec<Line>> {
        let Some((look, name)) = look(held) else { return Err(Vec::new()) };
        if held.has_failure() || !held.errors.is_empty() || !held.note().is_empty() {
            let (of_name, others) =
                std::mem::take(&mut self.kinds).into_iter().partition(|kind| kind.name == name);
            self.kinds = others;
            let of_name: Vec<Kind> = of_name;
            return Err(of_name.iter().filter_map(|kind| kind.line(style)).collect());
        }
        let mut lines = Vec::new();
        let at = self.kinds.iter().position(|kind| kind.look == look);
        let at = at.unwrap_or_else(|| {
            if self.kinds.len() >= KINDS {
                lines.extend(self.kinds.remove(0).line(style));
            }
            self.kinds.push(Kind { look, name, printed: 0, last: now, counted: None });
            self.kinds.len() - 1
        });
        let kind = &mut self.kinds[at];
        if now.saturating_duration_since(kind.last) >= FORGOTTEN {
            kind.printed = 0;
            lines.extend(kind.line(style));
            kind.counted = None;
        }
        kind.last = now;
        if kind.printed < PRINTED {
            kind.printed += 1;
            return Err(lines);
        }
        kind.count(length(held), now);
        Ok(())
    }

    /// Returns the lines that are due, or all.
    pub(super) fn due(&mut self, now: Option<Instant>, style: &Style) -> Vec<Line> {
        let mut lines = Vec::new();
        for kind in &mut self.kinds {
            if kind.due().is_some_and(|due| now.is_none_or(|now| due <= now)) {
                lines.extend(kind.line(style));
                kind.counted = None;
            }
        }
        lines
    }

    /// Returns when the next line is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.kinds.iter().filter_map(Kind::due).min()
    }
}

impl Kind {
    fn count(&mut self, length: f64, now: Instant) {
        let counted = self.counted.get_or_insert(Counted {
            number: 0,
            since: now,
            shortest: f64::INFINITY,
            longest: 0.0,
        });
        counted.number += 1;
        counted.shortest = counted.shortest.min(length);
        counted.longest = counted.longest.max(length);
    }

    fn due(&self) -> Option<Instant> {
        self.counted.as_ref().map(|counted| counted.since + EVERY)
    }

    /// Returns the line about the repetitions that were counted.
    fn line(&self, style: &Style) -> Option<Line> {
        let counted = self.counted.as_ref()?;
        let lengths = match (duration(counted.shortest), duration(counted.longest)) {
            (shortest, longest) if shortest == longest => shortest,
            (shortest, longest) => format!("{shortest} to {longest}"),
        };
        let end = format!(" × {} · as before · {lengths}", counted.number);
        let mut line = Line::new().with(Paint::Green, "✓ ").with(Paint::Plain, &self.name);
        line.cut(style.width.saturating_sub(width(&end)));
        line.push(Paint::Dim, &end);
        Some(line)
    }
}

/// Returns what traces of one kind have in common, and the name of the root; without spans, of the job. `None` for an
/// event alone.
fn look(held: &Held) -> Option<(u64, String)> {
    let ids: HashSet<&str> = held.spans.iter().map(|span| span.id.as_str()).collect();
    let is_root = |parent: Option<&str>| parent.is_none_or(|parent| !ids.contains(parent));
    let roots = held.spans.iter().filter(|span| is_root(span.parent.as_deref()));
    let root = roots.min_by(|a, b| a.start.total_cmp(&b.start)).map(|root| root.name.as_str());
    let name = root.or_else(|| Some(held.check_ins.first()?.slug()))?;
    // The number of equal spans varies with the data, and so does their order.
    let of_span = |span: &Span| (hash(&(&span.op, &span.name, &span.path, span.http_status)), 0);
    let mut spans: Vec<(u64, u64)> = held.spans.iter().map(of_span).collect();
    sort_pairs(&mut spans);
    spans.dedup();
    let running = held.check_ins.iter().filter(|check_in| check_in.is_running()).count();
    Some((hash(&(name, spans, running)), name.to_owned()))
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Returns the length of a trace in seconds; without spans, that of the job.
fn length(held: &Held) -> f64 {
    let end = held.spans.iter().map(|span| span.end).fold(f64::NEG_INFINITY, f64::max);
    let of_job = held.check_ins.iter().filter_map(CheckIn::seconds).fold(0.0, f64::max);
    (end - held.start).max(of_job)
}
