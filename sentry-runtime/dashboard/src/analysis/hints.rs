//! Hints: what a programmer would want to know of the traces, counted over all of them.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::finding::{Code, Finding, Kind};
use super::rules;
use crate::model::Index;
use crate::model::text::Text;
use crate::model::tree;

/// A hint, for all traces in which it was found.
#[derive(Debug, Clone)]
pub(crate) struct Hint {
    pub(crate) id: u64,
    pub(crate) kind: Kind,
    pub(crate) title: String,
    /// Of the latest trace.
    pub(crate) detail: String,
    pub(crate) severity: &'static str,
    /// The number of traces that are held and have it.
    pub(crate) count: u64,
    pub(crate) service: Text,
    pub(crate) trace: u128,
    pub(crate) span: u64,
    pub(crate) code: Code,
    pub(crate) first_seen: f64,
    pub(crate) last_seen: f64,
    pub(crate) changed: u64,
}

/// All hints.
#[derive(Debug, Default)]
pub(crate) struct Hints {
    pub(crate) all: HashMap<u64, Hint>,
    bytes: usize,
    /// The number of spans that may be analysed again for traces that have just become complete.
    allowance: usize,
}

/// Traces up to this size are analysed whenever they grow; larger ones when they have grown by an eighth, and very large
/// ones by half: the work stays in proportion to the number of spans.
const SMALL: u32 = 64;
const LARGE: u32 = 1000;
/// The spans of a trace that are analysed, the earliest. A larger trace is not analysed again.
const MAX_SPANS: usize = 20_000;
/// The most hints of a trace.
const MAX_HINTS: usize = 24;

impl Hints {
    /// Analyses the traces that changed: how long each span worked itself, and what there is to hint at. Returns whether
    /// hints changed.
    pub(crate) fn update(&mut self, index: &mut Index) -> bool {
        let mut changed = false;
        for id in index.take_withdrawn() {
            self.withdraw(id);
            changed = true;
        }
        for id in index.take_touched() {
            changed |= self.update_trace(index, id);
        }
        index.extra_bytes = self.bytes;
        changed
    }

    fn update_trace(&mut self, index: &mut Index, id: u128) -> bool {
        let Some(trace) = index.traces.get(&id) else { return false };
        let grown = trace.spans.saturating_sub(trace.analysed);
        let has_new_errors = trace.errors != trace.analysed_errors;
        self.allowance = (self.allowance + grown.min(SMALL) as usize * 16).min(MAX_SPANS * 2);
        let share = if trace.spans <= LARGE { 8 } else { 3 };
        let is_large_enough = grown > 0 && (trace.spans <= SMALL || grown >= trace.spans / share);
        let is_complete = trace.is_complete();
        let affordable = trace.spans as usize <= self.allowance;
        let is_wanted =
            (grown > 0 && is_complete && !trace.was_complete) || (has_new_errors && trace.spans > 0);
        let was_cut = trace.analysed as usize >= MAX_SPANS;
        let is_due = is_large_enough || (is_wanted && affordable);
        if was_cut || !is_due {
            return false;
        }
        if !is_large_enough {
            self.allowance -= trace.spans as usize;
        }
        let tree = tree::build(index, trace, MAX_SPANS);
        let self_times = tree.self_times();
        let findings = rules::find(index, trace, &tree);
        let times: Vec<((u64, usize), f64)> =
            tree.nodes.iter().map(|node| node.place).zip(self_times).collect();
        let at = if trace.end.is_finite() { trace.end } else { 0.0 };
        drop(tree);
        for ((number, position), self_ms) in times {
            let batch = index.batches.get_mut(number);
            if let Some(span) = batch.and_then(|batch| batch.spans.get_mut(position)) {
                span.self_ms = self_ms as f32;
            }
        }
        let seq = index.seq;
        let Some(trace) = index.traces.get_mut(&id) else { return false };
        trace.analysed = trace.spans;
        trace.analysed_errors = trace.errors;
        trace.was_complete = is_complete;
        let old = std::mem::take(&mut trace.hints);
        let mut new = Vec::new();
        for finding in findings.into_iter().take(MAX_HINTS) {
            let key = key(&finding);
            if !new.contains(&key) {
                self.note(key, finding, id, at, seq, !old.contains(&key));
                new.push(key);
            }
        }
        for gone in old.iter().filter(|hint| !new.contains(hint)) {
            self.withdraw(*gone);
        }
        let changed = old != new || !new.is_empty();
        trace.hints = new;
        changed
    }

    fn note(&mut self, key: u64, finding: Finding, trace: u128, at: f64, seq: u64, is_new: bool) {
        match self.all.get_mut(&key) {
            Some(hint) => {
                hint.count += u64::from(is_new);
                hint.first_seen = hint.first_seen.min(at);
                if at >= hint.last_seen {
                    self.bytes = (self.bytes + finding.detail.len()).saturating_sub(hint.detail.len());
                    hint.last_seen = at;
                    hint.detail = finding.detail;
                    hint.trace = trace;
                    hint.span = finding.span;
                    hint.severity = finding.severity;
                }
                if is_new {
                    hint.changed = seq;
                }
            }
            None => {
                let Finding { kind, title, detail, severity, service, span, code, .. } = finding;
                let hint = Hint {
                    id: key,
                    kind,
                    title,
                    detail,
                    severity,
                    count: 1,
                    service,
                    trace,
                    span,
                    code,
                    first_seen: at,
                    last_seen: at,
                    changed: seq,
                };
                self.bytes += bytes(&hint);
                self.all.insert(key, hint);
            }
        }
    }

    fn withdraw(&mut self, key: u64) {
        if let Some(hint) = self.all.get_mut(&key) {
            hint.count = hint.count.saturating_sub(1);
            if hint.count == 0 {
                self.bytes = self.bytes.saturating_sub(bytes(hint));
                self.all.remove(&key);
            }
        }
    }
}

fn bytes(hint: &Hint) -> usize {
    size_of::<Hint>() + 64 + hint.title.len() + hint.detail.len()
}

fn key(finding: &Finding) -> u64 {
    let mut hasher = DefaultHasher::new();
    (finding.kind, &finding.service, &finding.about).hash(&mut hasher);
    hasher.finish()
}
