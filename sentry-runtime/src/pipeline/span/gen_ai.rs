//! Completion of AI spans: the name that the product expects, and the agent that the span works for.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/traces/modules/ai-agents/)

use std::borrow::Cow;
use std::collections::HashMap;

use super::record::{Carrier, SpanData, SpanRecord};
use crate::protocol::{AttributeValue, SpanId};
use crate::trace::gen_ai::is_gen_ai;

/// The attributes that spans under an agent inherit.
const INHERITED: [&str; 2] = ["gen_ai.agent.name", "gen_ai.pipeline.name"];
/// The maximum number of ancestors among which an agent is searched for.
const MAX_DEPTH: usize = 64;

fn text<'a>(span: &'a SpanData, key: &str) -> Option<&'a str> {
    span.attributes.iter().find(|(known, _)| *known == key).and_then(|(_, value)| value.as_str())
}

/// Names an AI span that has no name: `chat gpt-4o`, `invoke_agent Weather Agent`, `execute_tool query`. A root keeps
/// its name: events and other services know the transaction by it.
pub(crate) fn name(span: &mut SpanData, unnamed: bool) {
    if !unnamed || !is_gen_ai(&span.op) {
        return;
    }
    let Some(operation) = text(span, "gen_ai.operation.name") else { return };
    let of = match operation {
        "invoke_agent" | "create_agent" => "gen_ai.agent.name",
        "execute_tool" => "gen_ai.tool.name",
        _ => "gen_ai.request.model",
    };
    if let Some(of) = text(span, of) {
        span.name = Cow::Owned(format!("{operation} {of}"));
    }
}

/// Copies the inherited attributes that an open span around an AI span has so far.
pub(crate) fn inherit(span: &mut SpanData, around: &[(Cow<'static, str>, AttributeValue)]) {
    if !is_gen_ai(&span.op) {
        return;
    }
    for key in INHERITED {
        if let Some((_, value)) = around.iter().find(|(known, _)| known == key)
            && text(span, key).is_none()
        {
            span.attributes.push((Cow::Borrowed(key), value.clone()));
        }
    }
}

/// Copies the names of an agent and its pipeline to the spans under the agent.
pub(crate) fn complete<C: Carrier>(mut root: Option<&mut SpanData>, rows: &mut [C]) {
    let is_ai = |row: &C| matches!(row.row(), SpanRecord::Full(span) if is_gen_ai(&span.op));
    if !rows.iter().any(is_ai) {
        return;
    }
    for key in INHERITED {
        let mut known: HashMap<SpanId, AttributeValue> = HashMap::new();
        let mut note = |span: &SpanData| {
            let value = span.attributes.iter().find(|(known, _)| *known == key);
            known.extend(value.map(|(_, value)| (span.id, value.clone())));
        };
        root.iter_mut().for_each(|span| note(span));
        rows.iter().for_each(|row| {
            if let SpanRecord::Full(span) = row.row() {
                note(span);
            }
        });
        if known.is_empty() {
            continue;
        }
        let parents: HashMap<SpanId, Option<SpanId>> =
            rows.iter().map(|row| (row.row().id(), row.row().parent())).collect();
        for row in rows.iter_mut() {
            let SpanRecord::Full(span) = row.row_mut() else { continue };
            if !is_gen_ai(&span.op) || known.contains_key(&span.id) {
                continue;
            }
            let above = std::iter::successors(span.parent, |id| parents.get(id).copied().flatten());
            if let Some(value) = above.take(MAX_DEPTH).find_map(|id| known.get(&id)) {
                span.attributes.push((Cow::Borrowed(key), value.clone()));
            }
        }
    }
}
