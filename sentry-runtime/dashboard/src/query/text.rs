//! A trace as an indented text tree that takes few tokens.

use std::fmt::Write as _;

use super::Store;
use super::params::Params;
use super::waterfall::find;
use crate::analysis::finding::{Code, code_of};
use crate::analysis::rules::ms;
use crate::model::Index;
use crate::model::json::{hex64, hex128};
use crate::model::rows::{Event, Log};
use crate::model::text::cut;
use crate::model::trace::Trace;
use crate::model::tree::{self, Tree};

/// The lines that are written, unless the request says how many.
const LINES: usize = 200;
const MAX_LINES: usize = 5000;
/// More equal neighbours than this are written as one line.
const FOLD: usize = 3;

/// Writes a trace.
pub(crate) fn trace(store: &Store, id: &str, params: &Params) -> Option<String> {
    let (id, trace) = find(store, id)?;
    let lines = params.limit_or(LINES, MAX_LINES);
    let tree = tree::build(&store.index, trace, 20_000);
    let mut out = String::new();
    head(&mut out, id, trace);
    let mut writer =
        Writer { index: &store.index, tree: &tree, times: tree.self_times(), out, lines, left_out: 0 };
    let tops: Vec<usize> = (0..tree.nodes.len()).filter(|&at| tree.nodes[at].above.is_none()).collect();
    writer.level(&below(&tree), &tops);
    let (left_out, mut out) = (writer.left_out + tree.left_out, writer.out);
    if left_out > 0 {
        let _ = writeln!(out, "… {left_out} more spans (limit={})", lines.saturating_mul(4).min(MAX_LINES));
    }
    events(&store.index, trace, &mut out);
    for hint in trace.hints.iter().filter_map(|hint| store.hints.all.get(hint)) {
        let _ = writeln!(out, "hint {}: {}{}", hint.kind.text(), hint.title, place(&hint.code));
    }
    Some(out)
}

fn head(out: &mut String, id: u128, trace: &Trace) {
    let _ = write!(out, "trace {} {} {}", hex128(id), count(trace.spans, "span"), ms(trace.extent_ms()));
    if trace.errors > 0 {
        let _ = write!(out, " {}", count(trace.errors, "error"));
    }
    let services: Vec<&str> = trace.services.iter().map(|service| &**service).collect();
    let _ = writeln!(out, " [{}]", services.join(", "));
}

fn count(count: u32, of: &str) -> String {
    format!("{count} {of}{}", if count == 1 { "" } else { "s" })
}

/// For each node, what is written below it: children and orphans.
fn below(tree: &Tree<'_>) -> Vec<Vec<usize>> {
    let mut below = vec![Vec::new(); tree.nodes.len()];
    for (at, node) in tree.nodes.iter().enumerate() {
        if let Some(above) = node.above {
            below[above].push(at);
        }
    }
    below
}

struct Writer<'a> {
    index: &'a Index,
    tree: &'a Tree<'a>,
    times: Vec<f64>,
    out: String,
    lines: usize,
    left_out: usize,
}

impl Writer<'_> {
    /// Writes nodes and what is below them.
    fn level(&mut self, below: &[Vec<usize>], tops: &[usize]) {
        // Nodes with how many equal ones they stand for. A stack, for traces may be deep.
        let mut stack = self.folded(below, tops);
        stack.reverse();
        while let Some((at, count, total)) = stack.pop() {
            if self.lines == 0 {
                self.left_out += count;
                self.left_out += count_below(below, at);
                continue;
            }
            self.lines -= 1;
            self.line(at, count, total);
            let mut children = self.folded(below, &below[at]);
            children.reverse();
            stack.extend(children);
        }
    }

    /// Joins neighbours of one function that have nothing below them.
    fn folded(&self, below: &[Vec<usize>], nodes: &[usize]) -> Vec<(usize, usize, f64)> {
        let mut folded: Vec<(usize, usize, f64)> = Vec::new();
        let mut at = 0;
        while at < nodes.len() {
            let first = nodes[at];
            let function = self.tree.nodes[first].span.function;
            let is_equal = |&&node: &&usize| {
                let span = self.tree.nodes[node].span;
                span.function == function && below[node].is_empty() && !span.status.is_failed()
            };
            let count = nodes[at..].iter().take_while(is_equal).count();
            let take = if count > FOLD { count } else { 1 };
            let total =
                nodes[at..at + take].iter().map(|&node| self.tree.nodes[node].span.duration_ms()).sum();
            folded.push((first, take, total));
            at += take;
        }
        folded
    }

    fn line(&mut self, at: usize, count: usize, total: f64) {
        let node = &self.tree.nodes[at];
        let span = node.span;
        let function = self.index.functions.get(span.function);
        let general = function.map_or("", |function| &*function.name);
        let name = if count > 1 { general } else { span.description().map_or(general, |text| text) };
        let name = cut(name, 160).replace(['\n', '\r'], " ");
        let out = &mut self.out;
        let _ = write!(out, "{}{name}", "  ".repeat(node.depth.min(60)));
        if count > 1 {
            let _ = write!(out, " ×{count}");
        }
        if let Some(op) = function.map(|function| &*function.op).filter(|op| !op.is_empty() && *op != name) {
            let _ = write!(out, " ({})", cut(op, 60));
        }
        let _ = write!(out, " {}", ms(total));
        let self_ms = self.times[at];
        if count == 1 && !node.children.is_empty() && self_ms >= 0.05 * span.duration_ms() {
            let _ = write!(out, " self {}", ms(self_ms));
        }
        if let Some(status) = span.status.text().filter(|status| *status != "ok") {
            let _ = write!(out, " {status}");
        }
        if let Some(code) = span.http_status() {
            let _ = write!(out, " {code}");
        }
        let above = node.above.map(|above| &self.tree.nodes[above].batch.resource.service);
        if above.is_none_or(|above| *above != node.batch.resource.service) {
            let _ = write!(out, " [{}]", cut(&node.batch.resource.service, 60));
        }
        if node.is_orphan {
            out.push_str(" (parent missing)");
        }
        let code = place(&code_of(span));
        let _ = writeln!(out, "{code}");
    }
}

fn count_below(below: &[Vec<usize>], at: usize) -> usize {
    let (mut count, mut stack) = (0, below[at].clone());
    while let Some(node) = stack.pop() {
        count += 1;
        stack.extend(&below[node]);
    }
    count
}

fn place(code: &Code) -> String {
    match (&code.file, code.line) {
        (Some(file), Some(line)) => format!(" @ {}:{line}", cut(file, 200)),
        (Some(file), None) => format!(" @ {}", cut(file, 200)),
        _ => String::new(),
    }
}

fn events(index: &Index, trace: &Trace, out: &mut String) {
    for event in trace.events.iter().take(20).filter_map(|&number| index.events.get(number)) {
        let _ = writeln!(out, "{}", event_line(event));
    }
    let logs: Vec<&Log> =
        trace.logs.iter().rev().take(20).filter_map(|&number| index.logs.get(number)).collect();
    for log in logs.into_iter().rev() {
        let _ = writeln!(out, "{}", log_line(log));
    }
}

/// Writes an event in a line.
pub(crate) fn event_line(event: &Event) -> String {
    let mut line = format!("{} {}", event.level.text(), cut(&event.title(), 300).replace(['\n', '\r'], " "));
    if event.handled == Some(false) {
        line.push_str(" (unhandled)");
    }
    if let Some(file) = &event.file {
        let _ = write!(line, " @ {file}:{}", event.line.unwrap_or_default());
    }
    let _ = write!(line, " event={}", hex128(event.id));
    if event.span != 0 {
        let _ = write!(line, " span={}", hex64(event.span));
    }
    line
}

/// Writes a log in a line.
pub(crate) fn log_line(log: &Log) -> String {
    format!("log {} {}", log.level.text(), cut(&log.body, 300).replace(['\n', '\r'], " "))
}
