//! The table of functions, and how two runs of a program differ.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::params::{Page, Params, page};
use super::search::{Field, Key, Search, Searched, Test, contains};
use super::{Store, list, place};
use crate::analysis::finding::code_of;
use crate::analysis::statistics::{Buckets, quantile, round};
use crate::model::Index;
use crate::model::function::{Function, Kind};
use crate::model::json::hex128;
use crate::model::rows::{Batch, Span};

/// The calls of a function.
#[derive(Default)]
pub(crate) struct Calls<'a> {
    /// Duration in milliseconds and start of each call.
    durations: Vec<f32>,
    starts: Vec<f64>,
    errors: u64,
    self_ms: f64,
    newest: Option<(&'a Batch, &'a Span)>,
    slowest: Option<(&'a Batch, &'a Span)>,
}

/// Collects the calls of all functions in `wanted`, of spans that pass a test. By the function's number.
fn collect<'a>(
    index: &'a Index,
    wanted: &[bool],
    mut passes: impl FnMut(&'a Batch, &'a Span) -> bool,
) -> Vec<Calls<'a>> {
    let mut calls: Vec<Calls<'a>> = std::iter::repeat_with(Calls::default).take(wanted.len()).collect();
    for batch in index.batches.iter() {
        for span in &batch.spans {
            let number = span.function as usize;
            if !wanted.get(number).is_some_and(|wanted| *wanted) || !passes(batch, span) {
                continue;
            }
            let Some(of) = calls.get_mut(number) else { continue };
            of.durations.push(span.duration_ms() as f32);
            of.starts.push(span.start);
            of.errors += u64::from(span.status.is_failed());
            of.self_ms += f64::from(span.self_ms);
            if of.newest.is_none_or(|(_, newest)| span.start >= newest.start) {
                of.newest = Some((batch, span));
            }
            if of.slowest.is_none_or(|(_, slowest)| span.duration > slowest.duration) {
                of.slowest = Some((batch, span));
            }
        }
    }
    calls
}

pub(crate) fn is_of_tab(kind: Kind, tab: &str) -> bool {
    match tab {
        "handlers" => kind == Kind::Handler,
        "queries" => kind == Kind::Query,
        "requests" => kind == Kind::Request,
        "jobs" => kind == Kind::Job,
        "functions" => kind == Kind::Function,
        _ => true,
    }
}

pub(crate) fn answer(store: &Store, params: &Params) -> Value {
    let index = &store.index;
    let search = Search::read(params.get("q").unwrap_or_default(), &index.texts);
    let tab = params.get("tab").unwrap_or("all");
    let wanted: Vec<bool> = (0..index.functions.end())
        .map(|number| {
            index.functions.get(number as u32).is_some_and(|function| {
                is_of_tab(function.kind, tab)
                    && params.is_service(&function.service)
                    && search.matches(&SearchedFunction(function))
            })
        })
        .collect();
    let calls = collect(index, &wanted, |_, span| params.is_within(span.start));
    let by = params.get("sort").unwrap_or("total_ms");
    let is_ascending = by.starts_with('-');
    let by = by.trim_start_matches('-');
    let mut rows = Vec::new();
    for (number, calls) in calls.into_iter().enumerate().filter(|(_, calls)| !calls.durations.is_empty()) {
        let count = calls.durations.len() as f64;
        let key = match by {
            "calls" => count,
            "errors" => calls.errors as f64,
            "error_share" => calls.errors as f64 / count,
            "p50_ms" => quantile(&mut calls.durations.clone(), 0.5).unwrap_or(0.0),
            "p95_ms" => quantile(&mut calls.durations.clone(), 0.95).unwrap_or(0.0),
            "max_ms" => calls.durations.iter().copied().map(f64::from).fold(0.0, f64::max),
            "self_ms" => calls.self_ms,
            // By name, from a to z: the first letters as a number.
            "name" => index.functions.get(number as u32).map_or(0.0, |function| -letters(&function.name)),
            _ => calls.durations.iter().copied().map(f64::from).sum(),
        };
        rows.push((if is_ascending { -key } else { key }, number as u128, (number, calls)));
    }
    let page = page(rows, params);
    let times = page.rows.iter().flat_map(|(_, calls)| calls.starts.iter().copied());
    let (first, last) =
        times.fold((f64::INFINITY, 0.0), |(first, last): (f64, f64), at| (first.min(at), last.max(at)));
    let buckets = Buckets::new(params.since().unwrap_or(first), params.until().unwrap_or(last));
    let rows = page
        .rows
        .into_iter()
        .filter_map(|(number, calls)| Some(row(store, index.functions.get(number as u32)?, calls, &buckets)))
        .collect();
    let mut answer = list("rows", Page { rows, total: page.total, next_cursor: page.next_cursor });
    if first.is_finite() {
        answer["range"] = json!([params.since().unwrap_or(first), params.until().unwrap_or(last)]);
    }
    answer
}

fn letters(name: &str) -> f64 {
    name.bytes()
        .chain([0; 6])
        .take(6)
        .fold(0.0, |sum, byte| sum * 256.0 + f64::from(byte.to_ascii_lowercase()))
}

fn row(store: &Store, function: &Function, mut calls: Calls<'_>, buckets: &Buckets) -> Value {
    let mut per: Vec<Vec<f32>> = vec![Vec::new(); Buckets::COUNT];
    for (&start, &duration) in calls.starts.iter().zip(&calls.durations) {
        per[buckets.of(start)].push(duration);
    }
    let sparkline: Vec<usize> = per.iter().map(Vec::len).collect();
    let slow: Vec<Option<f64>> = per.iter_mut().map(|values| quantile(values, 0.95).map(round)).collect();
    let count = calls.durations.len();
    let total: f64 = calls.durations.iter().copied().map(f64::from).sum();
    let max = calls.durations.iter().copied().map(f64::from).fold(0.0, f64::max);
    json!({
        "name": &*function.name,
        "op": &*function.op,
        "service": &*function.service,
        "kind": kind_text(function.kind),
        "calls": count,
        "errors": calls.errors,
        "error_share": calls.errors as f64 / count.max(1) as f64,
        "p50_ms": quantile(&mut calls.durations, 0.5).map(round),
        "p95_ms": quantile(&mut calls.durations, 0.95).map(round),
        "max_ms": round(max),
        "total_ms": round(total),
        "self_ms": round(calls.self_ms),
        "sparkline": sparkline,
        "slow": slow,
        "last_seen": calls.newest.map(|(_, span)| span.start),
        "trace_id": calls.newest.map(|(batch, _)| hex128(batch.trace)),
        "slowest_trace_id": calls.slowest.map(|(batch, _)| hex128(batch.trace)),
        "code": calls.newest.map(|(_, span)| place::code(store, &function.service, &code_of(span))),
    })
}

fn kind_text(kind: Kind) -> &'static str {
    match kind {
        Kind::Handler => "handlers",
        Kind::Query => "queries",
        Kind::Request => "requests",
        Kind::Job => "jobs",
        Kind::Function => "functions",
    }
}

/// Answers what became slower or faster from one run to another.
pub(crate) fn compare_runs(store: &Store, params: &Params) -> Option<Value> {
    let index = &store.index;
    let run = |key: &str| {
        let wanted = params.get(key)?;
        index.programs.runs.iter().find(|run| run.id() == wanted)
    };
    let (a, b) = (run("a")?, run("b")?);
    let wanted = vec![true; index.functions.end()];
    let [of_a, of_b] = [a, b].map(|run| collect(index, &wanted, |batch, _| batch.run == run.number));
    let search = Search::read(params.get("q").unwrap_or_default(), &index.texts);
    // Two runs may be of other service names (of other releases of a program that names itself by them).
    let mut rows: HashMap<(&str, &str), [Option<Calls<'_>>; 2]> = HashMap::new();
    for (side, calls) in [of_a, of_b].into_iter().enumerate() {
        for (number, calls) in calls.into_iter().enumerate().filter(|(_, calls)| !calls.durations.is_empty())
        {
            let Some(function) = index.functions.get(number as u32) else { continue };
            if search.matches(&SearchedFunction(function)) {
                rows.entry((&function.name, &function.op)).or_default()[side] = Some(calls);
            }
        }
    }
    let keyed = rows.into_iter().map(|((name, op), sides)| {
        let sides = sides.map(|calls| calls.map(Summary::of));
        let total = |side: &Option<Summary>| side.as_ref().map_or(0.0, |side| side.total);
        let p50 = |side: &Option<Summary>| side.as_ref().and_then(|side| side.p50);
        let delta = match (p50(&sides[0]), p50(&sides[1])) {
            (Some(a), Some(b)) => Some(b - a),
            _ => None,
        };
        // The greatest change in total comes first.
        let calls = sides.iter().flatten().map(|side| side.calls).min().unwrap_or(0) as f64;
        let key = delta.map_or(total(&sides[0]).max(total(&sides[1])) / 1e6, |delta| delta.abs() * calls);
        (key, u128::from(crate::model::issue::hash(&(name, op))), (name, op, sides, delta))
    });
    let page = page(keyed.collect(), params);
    let rows: Vec<Value> = page
        .rows
        .iter()
        .map(|(name, op, [a, b], delta)| {
            let mut row = json!({ "name": name, "op": op, "delta_ms": delta.map(round) });
            for (prefix, side) in [("a", a), ("b", b)] {
                row[format!("{prefix}_calls")] = side.as_ref().map_or(0, |side| side.calls).into();
                row[format!("{prefix}_errors")] = side.as_ref().map_or(0, |side| side.errors).into();
                row[format!("{prefix}_p50_ms")] = side.as_ref().and_then(|side| side.p50).map(round).into();
                row[format!("{prefix}_p95_ms")] = side.as_ref().and_then(|side| side.p95).map(round).into();
                row[format!("{prefix}_self_ms")] = side.as_ref().map(|side| round(side.self_ms)).into();
            }
            row
        })
        .collect();
    Some(json!({
        "a": super::overview::run(a),
        "b": super::overview::run(b),
        "rows": rows,
        "total": page.total,
        "next_cursor": page.next_cursor,
    }))
}

struct Summary {
    calls: usize,
    errors: u64,
    p50: Option<f64>,
    p95: Option<f64>,
    total: f64,
    self_ms: f64,
}

impl Summary {
    fn of(mut calls: Calls<'_>) -> Self {
        Self {
            calls: calls.durations.len(),
            errors: calls.errors,
            total: calls.durations.iter().copied().map(f64::from).sum(),
            p50: quantile(&mut calls.durations, 0.5),
            p95: quantile(&mut calls.durations, 0.95),
            self_ms: calls.self_ms,
        }
    }
}

struct SearchedFunction<'a>(&'a Function);

impl Searched for SearchedFunction<'_> {
    fn contains(&self, word: &str, _number: usize) -> bool {
        contains(&self.0.name, word)
    }

    fn any(&self, key: &Key, test: &Test, _number: usize) -> bool {
        match key.name.as_str() {
            "name" | "span" | "function" => test.matches(Field::Text(&self.0.name)),
            "op" => test.matches(Field::Text(&self.0.op)),
            "service" | "service.name" => test.matches(Field::Text(&self.0.service)),
            _ => false,
        }
    }
}
