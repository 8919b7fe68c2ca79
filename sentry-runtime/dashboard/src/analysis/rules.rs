//! The rules by which a trace gives hints.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::finding::{Code, Finding, Kind, code_of};
use crate::model::Index;
use crate::model::function::Function;
use crate::model::rows::{Level, Status};
use crate::model::text::{Text, cut};
use crate::model::trace::Trace;
use crate::model::tree::{Node, Tree};
use crate::model::value::{Value, get};

/// The number of equal queries in a trace from which they are an N+1 problem.
const N_PLUS_ONE: usize = 5;
/// The factor over its usual duration, and the duration in milliseconds, from which a span is slower than usual.
const SLOWER: f64 = 5.0;
const SLOWER_MS: f64 = 20.0;
/// The minimum share of their parent's time that sequential calls take, and the minimum saving in milliseconds.
const SEQUENTIAL_SHARE: f64 = 0.6;
const SEQUENTIAL_MS: f64 = 5.0;
/// Logs of a trace that are looked at for errors.
const MAX_LOGS: usize = 200;

struct Rules<'a> {
    index: &'a Index,
    trace: &'a Trace,
    tree: &'a Tree<'a>,
    found: Vec<Finding>,
}

/// Applies all rules to a trace.
pub(crate) fn find(index: &Index, trace: &Trace, tree: &Tree<'_>) -> Vec<Finding> {
    let mut rules = Rules { index, trace, tree, found: Vec::new() };
    rules.n_plus_one();
    rules.sequential();
    rules.slower_than_usual();
    rules.cancelled();
    rules.swallowed_error();
    rules.found
}

impl<'a> Rules<'a> {
    fn function(&self, node: &Node<'_>) -> Option<&'a Function> {
        self.index.functions.get(node.span.function)
    }

    /// The place of a span in the code, or of the nearest one above it that tells one.
    fn code(&self, at: usize) -> Code {
        let mut at = Some(at);
        for _ in 0..64 {
            let Some(node) = at.and_then(|at| self.tree.nodes.get(at)) else { break };
            let code = code_of(node.span);
            if !code.is_empty() {
                return code;
            }
            at = node.above;
        }
        Code::default()
    }

    fn name(&self, node: &Node<'_>) -> &'a str {
        self.function(node).map_or("", |function| &function.name)
    }

    fn push(
        &mut self,
        kind: Kind,
        at: usize,
        about: String,
        title: String,
        detail: String,
        severity: &'static str,
    ) {
        let Some(node) = self.tree.nodes.get(at) else { return };
        let (service, span) = (Text::clone(&node.batch.resource.service), node.span.id);
        let code = self.code(at);
        self.found.push(Finding { kind, about, title, detail, severity, service, span, code });
    }

    /// The same query or request many times, one after another or not: a list that is loaded one by one.
    fn n_plus_one(&mut self) {
        let mut groups: HashMap<(u32, u64), Vec<usize>> = HashMap::new();
        for (at, node) in self.tree.nodes.iter().enumerate() {
            let is_outside = self.function(node).is_some_and(|function| function.kind.is_outside());
            if is_outside && !is_transaction_control(self.name(node)) {
                groups.entry((node.span.function, self.segment(at))).or_default().push(at);
            }
        }
        let mut groups: Vec<Vec<usize>> =
            groups.into_values().filter(|group| group.len() >= N_PLUS_ONE || self.is_marked(group)).collect();
        groups.sort_unstable_by_key(|group| (std::cmp::Reverse(group.len()), group.first().copied()));
        for group in groups {
            let Some(&first) = group.first() else { continue };
            let node = &self.tree.nodes[first];
            let name = cut(self.name(node), 300);
            let total: f64 = group.iter().map(|&at| self.tree.nodes[at].span.duration_ms()).sum();
            let above =
                node.above.and_then(|above| self.tree.nodes.get(above)).map_or("", |above| self.name(above));
            let whole = self.trace.duration_ms();
            let severity = if group.len() >= 50 || total > whole * 0.3 { "high" } else { "medium" };
            let title = format!("Repeated {}× in one trace: {}", group.len(), cut(name, 120));
            let mut detail = format!("{} calls of `{name}`, {} in all", group.len(), ms(total));
            if !above.is_empty() {
                let _ = write!(detail, ", below `{}`", cut(above, 200));
            }
            detail.push_str(". Load them all with one call.");
            self.push(Kind::NPlusOne, first, name.to_owned(), title, detail, severity);
        }
    }

    /// Returns whether the program marked the parent of these calls as one of repeated calls: its threshold may be lower.
    fn is_marked(&self, group: &[usize]) -> bool {
        let parent = |at: &usize| self.tree.nodes.get(self.tree.nodes.get(*at)?.above?);
        group.len() > 1
            && group
                .first()
                .and_then(parent)
                .is_some_and(|parent| get(&parent.span.attributes, "repeated.count").is_some())
    }

    /// The root of the program's part of the trace above a span.
    fn segment(&self, at: usize) -> u64 {
        let mut node = &self.tree.nodes[at];
        for _ in 0..256 {
            match node.above.and_then(|above| self.tree.nodes.get(above)) {
                Some(above) if !node.span.is_segment => node = above,
                _ => break,
            }
        }
        // The parent of spans that came before it.
        if node.above.is_none() && node.span.parent != 0 { node.span.parent } else { node.span.id }
    }

    /// Reads that wait for each other though none says that it needs the one before.
    fn sequential(&mut self) {
        for at in 0..self.tree.nodes.len() {
            let node = &self.tree.nodes[at];
            let calls: Vec<&Node<'_>> = node.children.iter().map(|&child| &self.tree.nodes[child]).collect();
            let calls: Vec<&Node<'_>> = calls.into_iter().filter(|call| self.is_read(call)).collect();
            let is_one_after_another =
                calls.windows(2).all(|pair| pair[1].span.start >= pair[0].span.end() - 1e-6);
            let mut functions: Vec<u32> = calls.iter().map(|call| call.span.function).collect();
            functions.sort_unstable();
            functions.dedup();
            // The same call again and again is another hint.
            if calls.len() < 2 || functions.len() < 2 || !is_one_after_another {
                continue;
            }
            let sum: f64 = calls.iter().map(|call| call.span.duration_ms()).sum();
            let longest = calls.iter().map(|call| call.span.duration_ms()).fold(0.0, f64::max);
            if sum < node.span.duration_ms() * SEQUENTIAL_SHARE || sum - longest < SEQUENTIAL_MS {
                continue;
            }
            let name = cut(self.name(node), 200).to_owned();
            let mut detail = format!("{} calls never overlap:", calls.len());
            for call in calls.iter().take(5) {
                let _ = write!(detail, " `{}` {},", cut(self.name(call), 80), ms(call.span.duration_ms()));
            }
            detail.pop();
            let _ = write!(
                detail,
                ". If none needs the result of another, running them concurrently saves up to {}.",
                ms(sum - longest)
            );
            let severity = if sum - longest > 100.0 { "medium" } else { "low" };
            let title = format!("Calls that could run at once: {name}");
            self.push(Kind::Sequential, at, name, title, detail, severity);
        }
    }

    fn is_read(&self, node: &Node<'_>) -> bool {
        let Some(function) = self.function(node) else { return false };
        let text = function.name.trim_start();
        let word: String =
            text.chars().take_while(|c| c.is_ascii_alphabetic()).collect::<String>().to_ascii_uppercase();
        let is_write = matches!(
            word.as_str(),
            "INSERT"
                | "UPDATE"
                | "DELETE"
                | "MERGE"
                | "BEGIN"
                | "COMMIT"
                | "ROLLBACK"
                | "SAVEPOINT"
                | "RELEASE"
                | "SET"
                | "START"
                | "POST"
                | "PUT"
                | "PATCH"
                | "CONNECT"
                | "DEL"
                | "CREATE"
                | "DROP"
                | "ALTER"
                | "LOCK"
        );
        function.kind.is_outside() && !is_write
    }

    fn slower_than_usual(&mut self) {
        let excess = |node: &Node<'_>| {
            let usual = f64::from(self.function(node)?.usual_ms()?);
            let took = node.span.duration_ms();
            (took > usual * SLOWER && took > SLOWER_MS).then_some((took, usual))
        };
        let all: Vec<Option<(f64, f64)>> = self.tree.nodes.iter().map(excess).collect();
        let mut seen = Vec::new();
        for (at, node) in self.tree.nodes.iter().enumerate() {
            let Some((took, usual)) = all[at] else { continue };
            // If a child explains it, the child has the hint.
            let explained = node
                .children
                .iter()
                .filter_map(|&child| all[child])
                .any(|(child, usual_child)| child - usual_child > (took - usual) / 2.0);
            if explained || seen.contains(&node.span.function) {
                continue;
            }
            if seen.len() >= 8 {
                break;
            }
            seen.push(node.span.function);
            let name = cut(self.name(node), 300).to_owned();
            let factor = took / usual.max(0.001);
            let factor = if factor < 1000.0 { format!("{factor:.0}×") } else { "Over 1000×".to_owned() };
            let title = format!("{factor} slower than usual: {}", cut(&name, 120));
            let detail = format!("`{name}` took {}, usually it takes {}.", ms(took), ms(usual));
            self.push(Kind::SlowerThanUsual, at, name, title, detail, "medium");
        }
    }

    fn cancelled(&mut self) {
        for at in 0..self.tree.nodes.len() {
            let node = &self.tree.nodes[at];
            let above = node.above.and_then(|above| self.tree.nodes.get(above));
            if !node.span.status.is_cancelled() || above.is_some_and(|above| above.span.status.is_cancelled())
            {
                continue;
            }
            let name = cut(self.name(node), 300).to_owned();
            let title = format!("Cancelled: {}", cut(&name, 120));
            let detail = format!(
                "`{name}` was cancelled after {}: its future was dropped, or the client disconnected.",
                ms(node.span.duration_ms())
            );
            self.push(Kind::Cancelled, at, name, title, detail, "low");
        }
    }

    /// A span failed, and neither an event nor a log nor the root says so.
    fn swallowed_error(&mut self) {
        let Some(root) = self.trace.root.as_ref() else { return };
        if self.trace.errors > 0 || root.status.is_failed() || root.status.is_cancelled() {
            return;
        }
        let mut logs =
            self.trace.logs.iter().rev().take(MAX_LOGS).filter_map(|&number| self.index.logs.get(number));
        if logs.any(|log| log.level >= Level::Error) {
            return;
        }
        for at in 0..self.tree.nodes.len() {
            let node = &self.tree.nodes[at];
            let child_failed =
                node.children.iter().any(|&child| self.tree.nodes[child].span.status.is_failed());
            if !is_failure(node.span.status) || child_failed || node.span.id == root.id {
                continue;
            }
            let name = cut(self.name(node), 300).to_owned();
            let status = node.span.status.text().unwrap_or("error");
            let title = format!("Swallowed error: {}", cut(&name, 120));
            let detail = format!(
                "`{name}` ended with {status}, but `{}` succeeded and no error was captured.",
                cut(&root.name, 200)
            );
            self.push(Kind::SwallowedError, at, name, title, detail, "high");
        }
    }
}

/// Returns whether a state is a fault. That something is not there (yet) is an answer.
fn is_failure(status: Status) -> bool {
    status.is_failed() && !matches!(status.text(), Some("not_found" | "already_exists" | "aborted"))
}

fn is_transaction_control(query: &str) -> bool {
    let word = query.split([' ', ';']).next().unwrap_or_default();
    ["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "START"]
        .iter()
        .any(|known| word.eq_ignore_ascii_case(known))
}

/// Writes a duration with a fitting unit.
pub(crate) fn ms(ms: f64) -> String {
    match ms {
        ms if ms <= 0.0 => "0 ms".to_owned(),
        ms if ms >= 60_000.0 => format!("{:.1} min", ms / 60_000.0),
        ms if ms >= 1000.0 => format!("{:.2} s", ms / 1000.0),
        ms if ms >= 100.0 => format!("{ms:.0} ms"),
        ms if ms >= 1.0 => format!("{ms:.1} ms"),
        ms if ms >= 0.01 => format!("{:.0} µs", ms * 1000.0),
        ms => format!("{:.1} µs", ms * 1000.0),
    }
}

/// Returns an attribute as text.
pub(crate) fn text_of(value: &Value) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        value => value.json().to_string(),
    }
}
