//! The list of issues, and one of them.

use serde_json::{Value, json};

use super::params::{Page, Params, page};
use super::search::{Field, Key, Search, Searched, Test, contains};
use super::{Store, events, list};
use crate::analysis::statistics::Buckets;
use crate::model::Index;
use crate::model::issue::Issue;
use crate::model::json::{hex64, hex128, parse_id64};
use crate::model::rows::{Event, Level};
use crate::model::value::get_interned;

pub(crate) fn answer(store: &Store, params: &Params) -> Value {
    let index = &store.index;
    let search = Search::read(params.get("q").unwrap_or_default(), &index.texts);
    let service = params.get("service");
    let issues = index.issues.iter().filter_map(|(id, issue)| Some((*id, issue, newest(index, issue)?)));
    let wanted = issues
        .filter(|(_, issue, _)| service.is_none_or(|wanted| issue.services.iter().any(|of| **of == *wanted)))
        .filter(|(_, issue, _)| {
            params.since().is_none_or(|since| issue.last_seen >= since)
                && params.until().is_none_or(|until| issue.first_seen <= until)
        })
        .filter(|(id, issue, event)| search.matches(&SearchedIssue { id: *id, issue, event }));
    let by = params.get("sort").unwrap_or("last_seen");
    let keyed = wanted.map(|(id, issue, event)| {
        let key = match by {
            "count" => issue.count as f64,
            "first_seen" => issue.first_seen,
            _ => issue.last_seen,
        };
        (key, u128::from(id), (id, issue, event))
    });
    let page = page(keyed.collect(), params);
    let buckets = buckets(index, params.now);
    let rows =
        page.rows.into_iter().map(|(id, issue, event)| row(index, id, issue, event, &buckets)).collect();
    list("issues", Page { rows, total: page.total, next_cursor: page.next_cursor })
}

pub(crate) fn one(store: &Store, id: &str) -> Option<Value> {
    let index = &store.index;
    let id = parse_id64(id)?;
    let issue = index.issues.get(&id)?;
    let event = newest(index, issue)?;
    let mut of: Vec<&Event> =
        issue.events.iter().rev().take(100).filter_map(|&number| index.events.get(number)).collect();
    of.sort_by(|a, b| b.at.total_cmp(&a.at));
    Some(json!({
        "issue": row(index, id, issue, event, &buckets(index, super::now())),
        "event_ids": of.iter().map(|event| hex128(event.id)).collect::<Vec<_>>(),
        "event": events::full(event),
    }))
}

fn newest<'a>(index: &'a Index, issue: &Issue) -> Option<&'a Event> {
    issue.events.back().and_then(|&number| index.events.get(number))
}

/// The time from the first event that is held to now: all issues have the same, so that they compare.
fn buckets(index: &Index, now: f64) -> Buckets {
    let first = index.issues.values().map(|issue| issue.first_seen).fold(f64::INFINITY, f64::min);
    let last = index.issues.values().map(|issue| issue.last_seen).fold(0.0, f64::max);
    // Of what was read from a file, now is long after. A minute at least, so that two events make two bars.
    let to = if now - last > 86_400.0 || last > now { last } else { now };
    Buckets::new(first.min(to - 60.0).max(to - 7.0 * 86_400.0), to)
}

pub(crate) fn row(index: &Index, id: u64, issue: &Issue, event: &Event, buckets: &Buckets) -> Value {
    let mut histogram = [0_u64; Buckets::COUNT];
    for event in issue.events.iter().filter_map(|&number| index.events.get(number)) {
        histogram[buckets.of(event.at)] += 1;
    }
    json!({
        "id": hex64(id),
        "type": event.kind.as_deref(),
        "value": &*event.value,
        "culprit": event.culprit.as_deref(),
        "file": event.file.as_deref(),
        "line": event.line,
        "level": issue.level.text(),
        "handled": event.handled,
        "count": issue.count,
        "histogram": histogram,
        "first_seen": issue.first_seen,
        "last_seen": issue.last_seen,
        "services": issue.services.iter().map(|service| &**service).collect::<Vec<_>>(),
        "trace_id": (event.trace != 0).then(|| hex128(event.trace)),
        "event_id": hex128(event.id),
        "feedback": event.is_feedback,
    })
}

struct SearchedIssue<'a> {
    id: u64,
    issue: &'a Issue,
    event: &'a Event,
}

impl Searched for SearchedIssue<'_> {
    fn contains(&self, word: &str, _number: usize) -> bool {
        let event = self.event;
        contains(&event.title(), word)
            || event.culprit.as_ref().is_some_and(|culprit| contains(culprit, word))
            || event.file.as_ref().is_some_and(|file| contains(file, word))
    }

    fn any(&self, key: &Key, test: &Test, _number: usize) -> bool {
        searched_event(self.event, key, test).unwrap_or_else(|| match key.name.as_str() {
            "id" | "issue" => test.matches(Field::Text(&hex64(self.id))),
            "service" | "service.name" => self.issue.services.iter().any(|of| test.matches(Field::Text(of))),
            "count" => test.matches(Field::Number(self.issue.count as f64)),
            _ => false,
        })
    }
}

/// Tests the fields of an event; `None` if it has none of that name.
pub(crate) fn searched_event(event: &Event, key: &Key, test: &Test) -> Option<bool> {
    let text = |text: &str| test.matches(Field::Text(text));
    let optional = |text: Option<&str>| text.is_some_and(|text| test.matches(Field::Text(text)));
    Some(match key.name.as_str() {
        "name" | "title" | "message" | "value" => test.is_in(&event.title()),
        "type" | "error.type" => optional(event.kind.as_deref()),
        "error" => test.matches(Field::Bool(event.level >= Level::Error)) || test.is_in(&event.title()),
        "level" => text(event.level.text()),
        "culprit" | "transaction" => optional(event.culprit.as_deref()),
        "file" | "filename" => event.file.as_ref().is_some_and(|file| test.is_in(file)),
        "handled" | "error.handled" => {
            event.handled.is_some_and(|handled| test.matches(Field::Bool(handled)))
        }
        "trace" | "trace_id" => event.trace != 0 && text(&hex128(event.trace)),
        "event" | "event_id" => text(&hex128(event.id)),
        "release" => optional(event.resource.release.as_deref()),
        "environment" => optional(event.resource.environment.as_deref()),
        "id" | "issue" | "service" | "service.name" | "count" => return None,
        _ => {
            let of = |attributes| key.interned.as_ref().and_then(|key| get_interned(attributes, key));
            let value = of(&event.tags).or_else(|| of(&event.resource.attributes));
            value.and_then(Field::of).is_some_and(|field| test.matches(field))
        }
    })
}

/// An event of its own.
pub(crate) struct SearchedEvent<'a>(pub(crate) &'a Event);

impl Searched for SearchedEvent<'_> {
    fn contains(&self, word: &str, _number: usize) -> bool {
        contains(&self.0.title(), word)
            || self.0.culprit.as_ref().is_some_and(|culprit| contains(culprit, word))
    }

    fn any(&self, key: &Key, test: &Test, _number: usize) -> bool {
        searched_event(self.0, key, test).unwrap_or_else(|| match key.name.as_str() {
            "id" | "issue" => test.matches(Field::Text(&hex64(self.0.issue))),
            "service" | "service.name" => test.matches(Field::Text(&self.0.resource.service)),
            _ => false,
        })
    }
}
