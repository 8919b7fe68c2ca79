//! The list of traces.

use serde_json::{Value, json};

use super::params::{Params, page};
use super::search::{Field, Key, Search, Searched, Term, Test, contains};
use super::{Store, list};
use crate::analysis::statistics::round;
use crate::model::Index;
use crate::model::json::{hex64, hex128};
use crate::model::rows::{Batch, Event, Span};
use crate::model::trace::Trace;
use crate::model::value::get_interned;

pub(crate) fn answer(store: &Store, params: &Params) -> Value {
    let rows = select(store, params, params.get("q").unwrap_or_default(), 0);
    let by = params.get("sort").unwrap_or("start");
    let keyed = rows.into_iter().map(|(id, trace)| {
        let key = match by {
            "duration" => trace.duration_ms(),
            "spans" => f64::from(trace.spans),
            "errors" => f64::from(trace.errors),
            _ => trace.start,
        };
        (key, id, (id, trace))
    });
    let page = page(keyed.collect(), params);
    let rows = page.rows.into_iter().map(|(id, trace)| row(id, trace)).collect();
    list("traces", super::params::Page { rows, total: page.total, next_cursor: page.next_cursor })
}

/// Returns the traces that a request asks for and that grew after a change, in any order.
pub(crate) fn select<'a>(store: &'a Store, params: &Params, q: &str, after: u64) -> Vec<(u128, &'a Trace)> {
    let index = &store.index;
    let search = Search::read(q, &index.texts);
    let functions = functions_of(index, &search);
    let traces = index
        .traces
        .iter()
        .filter(|(_, trace)| trace.spans > 0 && trace.changed > after && params.is_within(trace.start));
    let service = params.get("service");
    traces
        .filter(|(_, trace)| {
            service.is_none_or(|wanted| trace.services.iter().any(|service| **service == *wanted))
        })
        .filter(|(id, trace)| {
            search.is_empty()
                || search.matches(&SearchedTrace { index, id: **id, trace, functions: &functions })
        })
        .map(|(id, trace)| (*id, trace))
        .collect()
}

/// Returns the row of a trace.
pub(crate) fn row(id: u128, trace: &Trace) -> Value {
    let root = trace.root.as_ref();
    let status = root.and_then(|root| root.status.text());
    json!({
        "trace_id": hex128(id),
        "name": root.map(|root| &*root.name),
        "op": root.map(|root| &*root.op).filter(|op| !op.is_empty()),
        "start": trace.start.is_finite().then_some(trace.start),
        "duration_ms": round(trace.duration_ms()),
        "extent_ms": round(trace.extent_ms()),
        "status": status,
        "http_status": root.and_then(|root| root.http_status),
        "service": root.map(|root| &*root.service),
        "services": trace.services.iter().map(|service| &**service).collect::<Vec<_>>(),
        "spans": trace.spans,
        "errors": trace.errors,
        "logs": trace.logs.len(),
        "hints": trace.hints.len(),
        "root_span_id": root.map(|root| hex64(root.id)),
        "complete": trace.is_complete(),
        "partial": trace.is_partial,
        "pinned": trace.is_pinned,
    })
}

/// For each term of a search that asks for names of spans: which functions match.
pub(crate) fn functions_of(index: &Index, search: &Search) -> Vec<Vec<bool>> {
    let functions = 0..index.functions.end();
    search
        .terms
        .iter()
        .map(|term| {
            let matches = |function: &crate::model::function::Function| match term {
                Term::Word { text, .. } => contains(&function.name, text),
                Term::Key { key, test, .. } => match key.name.as_str() {
                    "span" | "span.description" => test.matches(Field::Text(&function.name)),
                    "op" | "span.op" => test.matches(Field::Text(&function.op)),
                    _ => false,
                },
            };
            let is_of_spans = match term {
                Term::Word { .. } => true,
                Term::Key { key, .. } => {
                    matches!(key.name.as_str(), "span" | "span.description" | "op" | "span.op")
                }
            };
            if !is_of_spans {
                return Vec::new();
            }
            functions.clone().map(|number| index.functions.get(number as u32).is_some_and(matches)).collect()
        })
        .collect()
}

struct SearchedTrace<'a> {
    index: &'a Index,
    id: u128,
    trace: &'a Trace,
    functions: &'a [Vec<bool>],
}

impl SearchedTrace<'_> {
    fn spans(&self) -> impl Iterator<Item = (&Batch, &Span)> {
        let batches = self.trace.batches.iter().filter_map(|&number| self.index.batches.get(number));
        batches.flat_map(|batch| batch.spans.iter().map(move |span| (batch, span)))
    }

    fn events(&self) -> impl Iterator<Item = &Event> {
        self.trace.events.iter().filter_map(|&number| self.index.events.get(number))
    }

    fn has_function(&self, number: usize) -> bool {
        let Some(functions) = self.functions.get(number) else { return false };
        self.spans().any(|(_, span)| functions.get(span.function as usize).is_some_and(|matches| *matches))
    }
}

impl Searched for SearchedTrace<'_> {
    fn contains(&self, word: &str, number: usize) -> bool {
        self.trace.root.as_ref().is_some_and(|root| contains(&root.name, word))
            || self.has_function(number)
            || (word.len() >= 6 && hex128(self.id).starts_with(&word.to_ascii_lowercase()))
            || self.trace.services.iter().any(|service| contains(service, word))
            || self.events().any(|event| contains(&event.title(), word))
            || self.spans().any(|(_, span)| span.description().is_some_and(|text| contains(text, word)))
    }

    fn any(&self, key: &Key, test: &Test, number: usize) -> bool {
        let trace = self.trace;
        let root = trace.root.as_ref();
        let text = |text: &str| test.matches(Field::Text(text));
        let number_of = |number: f64| test.matches(Field::Number(number));
        match key.name.as_str() {
            "name" | "transaction" => root.is_some_and(|root| text(&root.name)),
            "op" if matches!(test, Test::Has) => root.is_some_and(|root| !root.op.is_empty()),
            "op" | "span.op" => self.has_function(number),
            "span" | "span.description" => {
                self.has_function(number)
                    || self.spans().any(|(_, span)| span.description().is_some_and(|of| text(of)))
            }
            "service" | "service.name" => trace.services.iter().any(|service| text(service)),
            "status" => match root.and_then(|root| root.status.text()) {
                Some(status) => text(status),
                None => text(if trace.errors > 0 { "error" } else { "" }),
            },
            "duration" | "duration_ms" => number_of(trace.duration_ms()),
            "trace" | "trace_id" => text(&hex128(self.id)),
            "spans" => number_of(f64::from(trace.spans)),
            "errors" => number_of(f64::from(trace.errors)),
            "logs" => number_of(trace.logs.len() as f64),
            "hints" | "hint" => number_of(trace.hints.len() as f64),
            "error" => {
                let failed = trace.errors > 0 || root.is_some_and(|root| root.status.is_failed());
                test.matches(Field::Bool(failed)) || self.events().any(|event| test.is_in(&event.title()))
            }
            "complete" => test.matches(Field::Bool(trace.is_complete())),
            "pinned" => test.matches(Field::Bool(trace.is_pinned)),
            "level" => self.events().any(|event| text(event.level.text())),
            "http_status" => {
                root.and_then(|root| root.http_status).is_some_and(|code| number_of(f64::from(code)))
            }
            "release" | "environment" => {
                let batches = trace.batches.iter().filter_map(|&number| self.index.batches.get(number));
                let resources =
                    batches.map(|batch| &batch.resource).chain(self.events().map(|event| &event.resource));
                let mut values = resources.filter_map(|of| {
                    if key.name == "release" { of.release.as_ref() } else { of.environment.as_ref() }
                });
                values.any(|value| text(value))
            }
            _ => {
                let Some(key) = &key.interned else { return false };
                let matches = |value: &crate::model::value::Value| {
                    Field::of(value).is_some_and(|field| test.matches(field))
                };
                self.spans().any(|(batch, span)| batch.attribute(span, key).is_some_and(matches))
                    || self.events().any(|event| get_interned(&event.tags, key).is_some_and(matches))
            }
        }
    }
}
