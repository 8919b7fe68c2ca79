//! One trace, and two of them side by side.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::params::Params;
use super::{Store, events, logs, others, place, traces};
use crate::analysis::finding::code_of;
use crate::analysis::statistics::round;
use crate::analysis::{compare as comparison, critical};
use crate::model::json::{hex64, hex128, parse_id128};
use crate::model::rows::DESCRIPTION;
use crate::model::trace::Trace;
use crate::model::tree::{self, Node, Tree};
use crate::model::value::{get, write};

/// The most spans of a trace that are shown.
const SPANS: usize = 20_000;
/// The events and logs of a trace that are shown.
const MAX_EVENTS: usize = 500;
const MAX_LOGS: usize = 2000;

/// Returns the trace of an id, or of the beginning of one (8 digits at least).
pub(crate) fn find<'a>(store: &'a Store, id: &str) -> Option<(u128, &'a Trace)> {
    let traces = &store.index.traces;
    if let Some(id) = parse_id128(id).filter(|_| id.len() >= 32) {
        return traces.get(&id).map(|trace| (id, trace));
    }
    let start = id.to_ascii_lowercase();
    let is_start = (8..32).contains(&start.len()) && start.bytes().all(|byte| byte.is_ascii_hexdigit());
    let found = traces.iter().filter(|_| is_start).filter(|(id, _)| hex128(**id).starts_with(&start));
    found.max_by(|(_, a), (_, b)| a.changed.cmp(&b.changed)).map(|(id, trace)| (*id, trace))
}

pub(crate) fn answer(store: &Store, id: &str, params: &Params) -> Option<Value> {
    let (id, trace) = find(store, id)?;
    let index = &store.index;
    let tree = tree::build(index, trace, params.limit_or(SPANS, SPANS));
    let self_times = tree.self_times();
    let critical = critical::path(&tree);
    let mut events_of: HashMap<u64, Vec<String>> = HashMap::new();
    let newest = trace.events.iter().rev().take(MAX_EVENTS).filter_map(|&number| index.events.get(number));
    let mut briefs = Vec::new();
    for event in newest {
        events_of.entry(event.span).or_default().push(hex128(event.id));
        briefs.push((event.at, events::brief(event)));
    }
    briefs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let newest = trace.logs.iter().rev().take(MAX_LOGS).filter_map(|&number| index.logs.get(number));
    let mut logs: Vec<(f64, Value)> = newest.map(|log| (log.at, logs::row(store, log))).collect();
    logs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let spans: Vec<Value> = tree
        .nodes
        .iter()
        .zip(self_times)
        .zip(critical)
        .map(|((node, self_ms), critical)| span(store, &tree, node, self_ms, critical, &events_of))
        .collect();
    let hints = others::hints_of(store, id, trace, params.now);
    Some(json!({
        "trace": traces::row(id, trace),
        "spans": spans,
        "truncated": tree.left_out,
        "events": briefs.into_iter().map(|(_, event)| event).collect::<Vec<_>>(),
        "logs": logs.into_iter().map(|(_, log)| log).collect::<Vec<_>>(),
        "hints": hints,
        "open": trace.open.iter().map(|open| json!({
            "span_id": hex64(open.id), "name": &*open.name, "service": &*open.service, "since": open.since,
        })).collect::<Vec<_>>(),
    }))
}

fn span(
    store: &Store,
    tree: &Tree<'_>,
    node: &Node<'_>,
    self_ms: f64,
    critical: bool,
    events: &HashMap<u64, Vec<String>>,
) -> Value {
    let span = node.span;
    let function = store.index.functions.get(span.function);
    let name = span.description().or(function.map(|function| &function.name));
    let mut attributes = Map::new();
    write(&span.attributes, &mut attributes);
    write(&node.batch.resource.attributes, &mut attributes);
    let origin = attributes.remove("sentry.origin");
    if let Some(function) = function
        && get(&span.attributes, DESCRIPTION).is_some()
    {
        attributes.remove(DESCRIPTION);
        attributes.insert("sentry.normalized_description".to_owned(), Value::from(&*function.name));
    }
    let above = node.above.and_then(|above| tree.nodes.get(above));
    let mut row = json!({
        "span_id": hex64(span.id),
        "parent_span_id": (span.parent != 0).then(|| hex64(span.parent)),
        "depth": node.depth,
        "name": name.map(|name| &**name),
        "function": function.map(|function| &*function.name),
        "op": function.map(|function| &*function.op).filter(|op| !op.is_empty()),
        "start": span.start,
        "duration_ms": round(span.duration_ms()),
        "self_ms": round(self_ms),
        "status": span.status.text(),
        "service": &*node.batch.resource.service,
        "origin": origin,
        "segment": span.is_segment,
        "attributes": attributes,
        "code": place::code(store, &node.batch.resource.service, &code_of(span)),
        "event_ids": events.get(&span.id).cloned().unwrap_or_default(),
        "critical": critical,
    });
    if node.is_orphan {
        row["orphan"] = true.into();
        row["below"] = above.map(|above| hex64(above.span.id)).into();
    }
    row
}

/// Answers which spans took longer in one trace than in another.
pub(crate) fn compare(store: &Store, params: &Params) -> Option<Value> {
    let sides = [params.get("a")?, params.get("b")?];
    let [a, b] = sides.map(|id| find(store, id));
    let ((a_id, a), (b_id, b)) = (a?, b?);
    let limit = params.limit_or(SPANS, SPANS);
    let [tree_a, tree_b] = [a, b].map(|trace| tree::build(&store.index, trace, limit));
    let rows = comparison::rows(&store.index, [&tree_a, &tree_b]);
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            let [a, b] = row.sides;
            json!({
                "path": row.path,
                "depth": row.depth,
                "name": &*row.name,
                "op": &*row.op,
                "a_count": a.count,
                "b_count": b.count,
                "a_ms": round(a.ms),
                "b_ms": round(b.ms),
                "a_self_ms": round(a.self_ms),
                "b_self_ms": round(b.self_ms),
                "delta_ms": round(b.ms - a.ms),
            })
        })
        .collect();
    Some(json!({ "a": traces::row(a_id, a), "b": traces::row(b_id, b), "rows": rows }))
}
