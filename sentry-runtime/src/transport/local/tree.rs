//! The tree of a trace: one row per span, with its operation, its duration and a bar on the trace's time line.
//!
//! Spans from all envelopes are joined by their parents. Siblings that repeat the same operation are folded into one
//! row, and so are their children: an N+1 query is one line with a number. Rows beyond the limit are counted.

use std::borrow::Cow;
use std::collections::HashMap;

use super::model::{Span, short};
use super::style::{Line, Paint, Style, clock, duration, end_of, width};
use crate::base::order::{of_float, sort_by_number};

/// The maximum number of rows per trace.
const ROWS: usize = 40;
/// The maximum number of levels; deeper spans are counted.
const DEPTH: usize = 24;
/// The number of equal siblings from which on they are folded.
const FOLD: usize = 3;
/// The maximum number of attributes shown per span, if there is room.
const ATTRIBUTES: usize = 4;
/// The maximum width of an attribute in columns; the rest of its value is cut.
const ATTRIBUTE: usize = 40;
/// The maximum number of errors named at one span.
const ERRORS: usize = 3;

/// The minimum width of a name, in columns.
const NAME: usize = 8;
/// The width of a name for which the other columns make room; a longer name is cut if necessary.
const READABLE: usize = 36;
/// The width from which on a terminal has more room than names need.
const WIDE: usize = 120;
/// The maximum width of the bar on a wide terminal.
const LONGEST_BAR: usize = 60;
/// The minimum widths of the bar and the operation when they make room.
const LEAST_BAR: usize = 12;
const LEAST_OP: usize = 16;
/// The width of a terminal below which the bar is left out if the names need its room.
const NARROW: usize = 60;

const DURATION_COLUMNS: usize = 8;

/// The data of a trace besides its spans.
pub(super) struct Of<'a> {
    pub(super) trace_id: &'a str,
    /// The note after the trace's length.
    pub(super) note: &'static str,
    /// The number of spans that are not among those given.
    pub(super) uncounted: usize,
}

/// An event in the tree, in one line.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    pub(super) title: String,
    pub(super) paint: Paint,
}

/// Returns the trace as lines, without an empty line at the end. `marks` are events, each with the id of its span.
pub(super) fn lines(of: &Of<'_>, spans: &[Span], marks: &[(String, Mark)], style: &Style) -> Vec<Line> {
    let tree = Tree::new(spans, marks, style);
    let uncounted = of.uncounted;
    let mut lines = vec![tree.header(of, spans.len() + uncounted)];
    let mut view = View { rows: Vec::new(), shown: 0 };
    for group in tree.groups(tree.roots.clone()) {
        tree.visit(group, "", None, 0, &mut view);
    }
    let columns = tree.columns(&view.rows);
    lines.extend(view.rows.into_iter().map(|row| match row {
        TreeRow::Spans(spans) => tree.row(spans, &columns),
        TreeRow::Error(line) => line,
    }));
    let hidden = spans.len() + uncounted - view.shown;
    if hidden > 0 {
        let plural = if hidden == 1 { "" } else { "s" };
        lines.push(Line::new().with(Paint::Dim, &format!("… and {hidden} more span{plural}")));
    }
    lines
}

/// Shortens the name of an outgoing request at its host: of `POST http://host/path`, the path says most.
fn fitting(name: &str, room: usize) -> Cow<'_, str> {
    match name.split_once(' ') {
        Some((method, url)) if width(name) > room => match url.split_once("://") {
            Some((_, rest)) => {
                let room = room.saturating_sub(width(method) + 1);
                Cow::Owned(format!("{method} {}", end_of(rest, room)))
            }
            None => Cow::Borrowed(name),
        },
        _ => Cow::Borrowed(name),
    }
}

struct Tree<'a> {
    spans: &'a [Span],
    roots: Vec<usize>,
    children: HashMap<usize, Vec<usize>>,
    errors: HashMap<&'a str, Vec<&'a Mark>>,
    start: f64,
    length: f64,
    style: &'a Style,
}

/// The widths of the columns of a row.
struct Columns {
    name: usize,
    op: usize,
    bar: usize,
}

struct View {
    rows: Vec<TreeRow>,
    /// The number of spans that the rows represent.
    shown: usize,
}

enum TreeRow {
    Spans(Spans),
    Error(Line),
}

/// The row of one span, or of equal siblings.
struct Spans {
    group: Vec<usize>,
    /// The branches in front of the name.
    lead: Line,
    root: bool,
    /// The number of spans, and the failure: readable whatever the length of the name.
    suffix: Line,
}

impl<'a> Tree<'a> {
    fn new(spans: &'a [Span], marks: &'a [(String, Mark)], style: &'a Style) -> Self {
        let by_id: HashMap<&str, usize> =
            spans.iter().enumerate().map(|(index, span)| (span.id.as_str(), index)).collect();
        let mut roots = Vec::new();
        let mut children: HashMap<usize, Vec<usize>> = HashMap::new();
        for (index, span) in spans.iter().enumerate() {
            match span.parent.as_deref().and_then(|parent| by_id.get(parent)) {
                Some(&parent) if parent != index => children.entry(parent).or_default().push(index),
                _ => roots.push(index),
            }
        }
        let mut errors: HashMap<&str, Vec<&Mark>> = HashMap::new();
        for (span_id, mark) in marks {
            errors.entry(span_id).or_default().push(mark);
        }
        let start = spans.iter().map(|span| span.start).fold(f64::INFINITY, f64::min);
        let end = spans.iter().map(|span| span.end).fold(f64::NEG_INFINITY, f64::max);
        Self { spans, roots, children, errors, start, length: (end - start).max(1e-9), style }
    }

    /// Computes the widths. The bar and the operation make room for names, the bar first.
    fn columns(&self, rows: &[TreeRow]) -> Columns {
        let (mut bar, op) = match self.style.width {
            // The name matters more than the operation.
            ..80 => (12, 0),
            80..100 => (18, 16),
            _ => (22, 22),
        };
        let mut op = self.spans.iter().map(|span| width(&span.op)).max().unwrap_or(0).min(op);
        let gaps = 4 + if op > 0 { 2 } else { 0 };
        let room = self.style.width - DURATION_COLUMNS - gaps;
        let needed = rows.iter().map(|row| match row {
            TreeRow::Spans(row) => {
                let name = width(&self.spans[row.group[0]].name).min(READABLE);
                row.lead.width() + name + row.suffix.width()
            }
            TreeRow::Error(_) => 0,
        });
        let needed = needed.max().unwrap_or(0);
        let mut missing = needed.saturating_sub(room - bar - op);
        for (column, least) in [(&mut bar, LEAST_BAR), (&mut op, LEAST_OP)] {
            let given = missing.min(column.saturating_sub(least));
            *column -= given;
            missing -= given;
        }
        // A bar of a few columns shows nothing.
        if missing > 0 && self.style.width < NARROW {
            bar = 0;
        }
        let names = if bar > 0 { room - bar - op } else { room - op + 2 };
        if self.style.width <= WIDE {
            return Columns { name: names, op, bar };
        }
        // The time line is drawn finer, and names stay near their durations.
        let needed = rows.iter().map(|row| self.longest(row)).max().unwrap_or(0).max(READABLE);
        bar = bar.max((room - op).saturating_sub(needed).min(LONGEST_BAR));
        Columns { name: needed.min(room - bar - op), op, bar }
    }

    /// Returns the width of a row's name with everything that can follow it.
    fn longest(&self, row: &TreeRow) -> usize {
        let TreeRow::Spans(row) = row else { return 0 };
        let span = &self.spans[row.group[0]];
        let mut length = row.lead.width() + width(&span.name) + row.suffix.width();
        if row.group.len() == 1 {
            let attributes = span.path.iter().chain(span.attributes.iter().take(ATTRIBUTES));
            length += attributes.map(|attribute| 2 + width(attribute).min(ATTRIBUTE)).sum::<usize>();
        }
        length
    }

    fn header(&self, of: &Of<'_>, count: usize) -> Line {
        let plural = if count == 1 { "" } else { "s" };
        let mut line = Line::new().with(Paint::Dim, "── trace ").with(Paint::Cyan, short(of.trace_id));
        line.push(Paint::Dim, &format!(" · {count} span{plural} · {}{} ", duration(self.length), of.note));
        let clock = format!(" {} ──", clock(self.start));
        if let Some(fill) = self.style.width.checked_sub(line.width() + width(&clock)) {
            line.push(Paint::Dim, &("─".repeat(fill) + &clock));
        }
        line.cut(self.style.width);
        line
    }

    /// Groups equal siblings, in the order of their first start.
    fn groups(&self, siblings: Vec<usize>) -> Vec<Vec<usize>> {
        let mut by_look: HashMap<_, Vec<usize>> = HashMap::new();
        for index in siblings {
            let span = &self.spans[index];
            // A span with an error is not folded.
            let alone = self.errors.contains_key(span.id.as_str()).then_some(index);
            by_look
                .entry((&span.op, &span.name, &span.failure, span.http_status, alone))
                .or_default()
                .push(index);
        }
        let start = |index: usize| of_float(self.spans[index].start);
        let mut groups = Vec::new();
        for mut group in by_look.into_values() {
            sort_by_number(&mut group, |&index| index as u64);
            sort_by_number(&mut group, |&index| start(index));
            if group.len() >= FOLD {
                groups.push(group);
            } else {
                groups.extend(group.into_iter().map(|index| vec![index]));
            }
        }
        sort_by_number(&mut groups, |group: &Vec<usize>| group[0] as u64);
        sort_by_number(&mut groups, |group| start(group[0]));
        groups
    }

    /// Adds the row of a group and those below it. `lead` is the text before the row's own branch; a root has no
    /// branch.
    fn visit(&self, group: Vec<usize>, lead: &str, last: Option<bool>, depth: usize, view: &mut View) {
        if view.rows.len() >= ROWS || depth >= DEPTH {
            return;
        }
        let (branch, below) = match last {
            None => ("", ""),
            Some(false) => ("├─ ", "│  "),
            Some(true) => ("└─ ", "   "),
        };
        let children = group.iter().flat_map(|index| self.children.get(index).into_iter().flatten().copied());
        let children = self.groups(children.collect());
        let errors = group.iter().filter_map(|&index| self.errors.get(self.spans[index].id.as_str()));
        let errors: Vec<&Mark> = errors.flatten().take(ERRORS).copied().collect();
        view.shown += group.len();
        view.rows.push(TreeRow::Spans(Spans {
            lead: Line::new().with(Paint::Dim, &format!("{lead}{branch}")),
            root: depth == 0,
            suffix: self.suffix(&group),
            group,
        }));
        let lead = format!("{lead}{below}");
        let spine = if children.is_empty() { "   " } else { "│  " };
        for Mark { title, paint } in errors {
            let mut line = Line::new().with(Paint::Dim, &format!("{lead}{spine}"));
            line.push(*paint, title);
            line.cut(self.style.width);
            view.rows.push(TreeRow::Error(line));
        }
        let count = children.len();
        for (number, child) in children.into_iter().enumerate() {
            self.visit(child, &lead, Some(number + 1 == count), depth + 1, view);
        }
    }

    fn suffix(&self, group: &[usize]) -> Line {
        let mut suffix = Line::new();
        if group.len() > 1 {
            let total = group.iter().map(|&index| self.spans[index].end - self.spans[index].start).sum();
            suffix.push(Paint::Yellow, &format!(" ×{}", group.len()));
            suffix.push(Paint::Dim, &format!(" (total {})", duration(total)));
        }
        let span = &self.spans[group[0]];
        match (&span.failure, span.http_status) {
            // The failure of such a span is only the name of the status.
            (Some(_), Some(status @ 400..)) => suffix.push(Paint::Red, &format!(" ✗ {status}")),
            (Some(failure), _) => suffix.push(Paint::Red, &format!(" ✗ {failure}")),
            (None, Some(status @ 400..)) => suffix.push(Paint::Yellow, &format!(" {status}")),
            (None, Some(status)) => suffix.push(Paint::Dim, &format!(" {status}")),
            (None, None) => {}
        }
        suffix
    }

    fn row(&self, row: Spans, columns: &Columns) -> Line {
        let Spans { group, lead: mut line, root, suffix } = row;
        let span = &self.spans[group[0]];
        let failed = span.failure.is_some();
        let paint = match (failed, root) {
            (true, _) => Paint::Red,
            (false, true) => Paint::Bold,
            (false, false) => Paint::Plain,
        };
        let room = columns.name.saturating_sub(line.width() + suffix.width()).max(NAME);
        let mut name = Line::new().with(paint, &fitting(&span.name, room));
        name.cut(room);
        line.append(name);
        line.append(suffix);
        if group.len() == 1 {
            if let Some(path) = &span.path {
                let room = columns.name.saturating_sub(line.width() + 2).min(ATTRIBUTE);
                if room >= NAME.min(width(path)) {
                    line.push(Paint::Plain, &format!("  {}", end_of(path, room)));
                }
            }
            // Only complete attributes, as many as fit: half an attribute is useless.
            for attribute in span.attributes.iter().take(ATTRIBUTES) {
                let mut piece = Line::new().with(Paint::Dim, &format!("  {attribute}"));
                piece.cut(ATTRIBUTE);
                if line.width() + piece.width() <= columns.name {
                    line.append(piece);
                }
            }
        }
        line.cut(columns.name);
        line.pad(columns.name + 2);

        if columns.op > 0 {
            let mut op = Line::new().with(Paint::Dim, &span.op);
            op.cut(columns.op);
            op.pad(columns.op + 2);
            line.append(op);
        }

        let start = group.iter().map(|&index| self.spans[index].start).fold(f64::INFINITY, f64::min);
        let end = group.iter().map(|&index| self.spans[index].end).fold(f64::NEG_INFINITY, f64::max);
        line.push(Paint::Plain, &format!("{:>DURATION_COLUMNS$}", duration(end - start)));
        if columns.bar > 0 {
            line.push(Paint::Plain, "  ");
            line.push(if failed { Paint::Red } else { Paint::Cyan }, self.bar(&group, columns).trim_end());
        }
        line
    }

    /// Draws the spans of the group on the time line of the trace, with a resolution of half a column.
    fn bar(&self, group: &[usize], columns: &Columns) -> String {
        let halves = columns.bar * 2;
        let mut on = vec![false; halves];
        for &index in group {
            let span = &self.spans[index];
            let place = |time: f64| {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    clippy::cast_precision_loss,
                    reason = "clamped to a few dozen columns"
                )]
                let place =
                    (((time - self.start) / self.length).clamp(0.0, 1.0) * halves as f64).round() as usize;
                place
            };
            let first = place(span.start).min(halves - 1);
            let end = place(span.end).clamp(first + 1, halves);
            on[first..end].fill(true);
        }
        on.chunks(2)
            .map(|halves| match (halves[0], halves[1]) {
                (true, true) => '━',
                (true, false) => '╸',
                (false, true) => '╺',
                (false, false) => ' ',
            })
            .collect()
    }
}
