//! The keys that can be searched and their frequent values: suggestions for the search box.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::Store;
use super::params::Params;
use crate::analysis::rules::text_of;
use crate::model::text::Text;
use crate::model::value::Value as Attribute;

/// The most keys that are answered, and values of each.
const MAX_KEYS: usize = 200;
const MAX_VALUES: usize = 10;
/// The rows that are looked at, the newest.
const MAX_ROWS: usize = 2000;

/// The number of occurrences of each value of each key.
type Seen = HashMap<Text, (u64, HashMap<String, u64>)>;

pub(crate) fn answer(store: &Store, params: &Params) -> Value {
    let mut seen = Seen::new();
    let index = &store.index;
    let is_of_logs = params.get("for") == Some("logs");
    let fixed: &[&str] = if is_of_logs {
        for (_, _, log) in index.logs.newest_first().take(MAX_ROWS) {
            note(&mut seen, &log.attributes);
            note(&mut seen, &log.resource.attributes);
        }
        &["level", "message", "service", "trace", "release", "environment"]
    } else {
        let spans = index
            .batches
            .newest_first()
            .flat_map(|(_, _, batch)| batch.spans.iter().map(move |span| (batch, span)));
        for (batch, span) in spans.take(MAX_ROWS) {
            note(&mut seen, &span.attributes);
            note(&mut seen, &batch.resource.attributes);
        }
        for (_, _, event) in index.events.newest_first().take(MAX_ROWS / 4) {
            note(&mut seen, &event.tags);
        }
        &[
            "name",
            "op",
            "span",
            "service",
            "status",
            "level",
            "duration",
            "trace",
            "release",
            "environment",
            "error",
        ]
    };
    let mut keys: Vec<Value> =
        fixed.iter().map(|key| json!({ "key": key, "values": known(store, key) })).collect();
    let mut seen: Vec<_> = seen.into_iter().filter(|(key, _)| !fixed.contains(&&**key)).collect();
    seen.sort_by(|(a, (of_a, _)), (b, (of_b, _))| of_b.cmp(of_a).then(a.cmp(b)));
    for (key, (_, values)) in seen.into_iter().take(MAX_KEYS - keys.len()) {
        keys.push(json!({ "key": &*key, "values": frequent(values) }));
    }
    json!({ "keys": keys })
}

fn note(seen: &mut Seen, attributes: &[(Text, Attribute)]) {
    for (key, value) in attributes {
        let (count, values) = seen.entry(Arc::clone(key)).or_default();
        *count += 1;
        let text = text_of(value);
        if text.len() <= 100 && (values.len() < 200 || values.contains_key(&text)) {
            *values.entry(text).or_default() += 1;
        }
    }
}

fn frequent(values: HashMap<String, u64>) -> Vec<String> {
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_by(|(a, of_a), (b, of_b)| of_b.cmp(of_a).then(a.cmp(b)));
    values.into_iter().take(MAX_VALUES).map(|(value, _)| value).collect()
}

/// The values of a key that every row has.
fn known(store: &Store, key: &str) -> Vec<String> {
    let index = &store.index;
    let mut values: HashMap<String, u64> = HashMap::new();
    let mut add = |text: &str| {
        if !text.is_empty() && text.len() <= 200 {
            *values.entry(text.to_owned()).or_default() += 1;
        }
    };
    match key {
        "service" => index.programs.services.keys().for_each(|service| add(service)),
        "release" | "environment" => {
            for service in index.programs.services.values() {
                add(if key == "release" { &service.release } else { &service.environment }
                    .as_deref()
                    .unwrap_or_default());
            }
        }
        "level" => {
            ["trace", "debug", "info", "warning", "error", "fatal"].iter().for_each(|level| add(level))
        }
        "error" => add("true"),
        "name" | "op" | "status" => {
            for root in index.traces.values().filter_map(|trace| trace.root.as_ref()).take(MAX_ROWS) {
                match key {
                    "name" => add(&root.name),
                    "op" => add(&root.op),
                    _ => add(root.status.text().unwrap_or_default()),
                }
            }
        }
        "span" => {
            let functions = (0..index.functions.end().min(MAX_ROWS))
                .filter_map(|number| index.functions.get(number as u32));
            functions.for_each(|function| add(&function.name));
        }
        _ => {}
    }
    frequent(values)
}
