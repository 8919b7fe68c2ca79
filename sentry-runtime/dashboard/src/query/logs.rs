//! Logs, newest first.

use serde_json::{Map, Value, json};

use super::params::{Page, Params, page};
use super::search::{Field, Key, Search, Searched, Test, contains};
use super::{Store, list, place};
use crate::analysis::finding::code_in;
use crate::model::json::{hex64, hex128, parse_id128};
use crate::model::rows::{Level, Log};
use crate::model::value::{get_interned, write};

pub(crate) fn answer(store: &Store, params: &Params) -> Value {
    let index = &store.index;
    let search = Search::read(params.get("q").unwrap_or_default(), &index.texts);
    let trace = params.get("trace").or_else(|| params.get("trace_id")).map(parse_id128);
    let least = params.get("level").and_then(Level::read);
    let rows = index.logs.newest_first();
    let rows =
        rows.filter(|(_, _, log)| params.is_within(log.at) && params.is_service(&log.resource.service));
    let rows = rows.filter(|(_, _, log)| trace.is_none_or(|trace| trace == Some(log.trace)));
    let rows = rows.filter(|(_, _, log)| least.is_none_or(|least| log.level >= least));
    let rows = rows.filter(|(_, _, log)| search.is_empty() || search.matches(&SearchedLog(log)));
    let page = page(rows.map(|(number, _, log)| (log.at, u128::from(number), log)).collect(), params);
    let rows = page.rows.into_iter().map(|log| row(store, log)).collect();
    list("logs", Page { rows, total: page.total, next_cursor: page.next_cursor })
}

pub(crate) fn row(store: &Store, log: &Log) -> Value {
    let mut attributes = Map::new();
    write(&log.attributes, &mut attributes);
    write(&log.resource.attributes, &mut attributes);
    json!({
        "timestamp": log.at,
        "level": log.level.text(),
        "body": &*log.body,
        "service": &*log.resource.service,
        "trace_id": (log.trace != 0).then(|| hex128(log.trace)),
        "span_id": (log.span != 0).then(|| hex64(log.span)),
        "attributes": attributes,
        "code": place::code(store, &log.resource.service, &code_in(&log.attributes)),
    })
}

pub(crate) struct SearchedLog<'a>(pub(crate) &'a Log);

impl Searched for SearchedLog<'_> {
    fn contains(&self, word: &str, _number: usize) -> bool {
        contains(&self.0.body, word)
    }

    fn any(&self, key: &Key, test: &Test, _number: usize) -> bool {
        let log = self.0;
        let text = |text: &str| test.matches(Field::Text(text));
        match key.name.as_str() {
            "level" => text(log.level.text()) || (log.level == Level::Warning && text("warn")),
            "message" | "body" | "name" => test.is_in(&log.body),
            "service" | "service.name" => text(&log.resource.service),
            "trace" | "trace_id" => log.trace != 0 && text(&hex128(log.trace)),
            "span" | "span_id" => log.span != 0 && text(&hex64(log.span)),
            "release" => log.resource.release.as_ref().is_some_and(|release| text(release)),
            "environment" => log.resource.environment.as_ref().is_some_and(|environment| text(environment)),
            "error" => test.matches(Field::Bool(log.level >= Level::Error)),
            _ => {
                let of = |attributes| key.interned.as_ref().and_then(|key| get_interned(attributes, key));
                let value = of(&log.attributes).or_else(|| of(&log.resource.attributes));
                value.and_then(Field::of).is_some_and(|field| test.matches(field))
            }
        }
    }
}
