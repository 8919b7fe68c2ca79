//! Hints, metrics and sessions.

use serde_json::{Value, json};

use super::params::{Page, Params, page};
use super::search::{Field, Key, Search, Searched, Test, contains};
use super::{Store, list, place};
use crate::analysis::finding::{Code, Kind};
use crate::analysis::hints::Hint;
use crate::analysis::rules::ms;
use crate::model::issue::hash;
use crate::model::json::{hex64, hex128};
use crate::model::text::Text;
use crate::model::trace::Trace;

/// The number of seconds after which an open span is reported.
const OPEN: f64 = 60.0;

pub(crate) fn hints(store: &Store, params: &Params) -> Value {
    let search = Search::read(params.get("q").unwrap_or_default(), &store.index.texts);
    let open = open(store, params.now);
    let all = store.hints.all.values().chain(&open);
    let wanted = all.filter(|hint| {
        params.is_service(&hint.service)
            && params.get("kind").is_none_or(|kind| kind == hint.kind.text())
            && params.since().is_none_or(|since| hint.last_seen >= since)
            && params.until().is_none_or(|until| hint.first_seen <= until)
            && search.matches(&SearchedHint(hint))
    });
    let by = params.get("sort").unwrap_or("last_seen");
    let keyed = wanted.map(|hint| {
        let key = match by {
            "count" => hint.count as f64,
            "severity" => f64::from(weight(hint.severity)) * 1e10 + hint.last_seen,
            _ => hint.last_seen,
        };
        (key, u128::from(hint.id), hint)
    });
    let page = page(keyed.collect(), params);
    let rows = page.rows.into_iter().map(|hint| hint_row(store, hint)).collect();
    list("hints", Page { rows, total: page.total, next_cursor: page.next_cursor })
}

/// Returns the number of hints.
pub(crate) fn count_hints(store: &Store, now: f64) -> usize {
    store.hints.all.len() + open(store, now).len()
}

fn weight(severity: &str) -> u8 {
    match severity {
        "high" => 3,
        "medium" => 2,
        _ => 1,
    }
}

/// Returns the hints of one trace.
pub(crate) fn hints_of(store: &Store, id: u128, trace: &Trace, now: f64) -> Vec<Value> {
    let of_trace = trace.hints.iter().filter_map(|hint| store.hints.all.get(hint));
    let mut rows: Vec<Value> = of_trace.map(|hint| hint_row(store, hint)).collect();
    let mut open = Vec::new();
    open_of(id, trace, now, &mut open);
    rows.extend(open.iter().map(|hint| hint_row(store, hint)));
    rows
}

pub(crate) fn hint_row(store: &Store, hint: &Hint) -> Value {
    json!({
        "id": hex64(hint.id),
        "kind": hint.kind.text(),
        "title": hint.title,
        "detail": hint.detail,
        "severity": hint.severity,
        "count": hint.count,
        "service": &*hint.service,
        "trace_id": hex128(hint.trace),
        "span_id": hex64(hint.span),
        "code": place::code(store, &hint.service, &hint.code),
        "first_seen": hint.first_seen,
        "last_seen": hint.last_seen,
    })
}

/// Spans whose children came long ago and which have not come themselves. That depends on the time, so that it is found
/// when it is asked for.
pub(crate) fn open(store: &Store, now: f64) -> Vec<Hint> {
    let mut hints = Vec::new();
    for (id, trace) in store.index.traces.iter().filter(|(_, trace)| !trace.open.is_empty()) {
        open_of(*id, trace, now, &mut hints);
        if hints.len() >= 200 {
            break;
        }
    }
    hints
}

fn open_of(id: u128, trace: &Trace, now: f64, hints: &mut Vec<Hint>) {
    for open in trace.open.iter().filter(|open| now - open.since > OPEN) {
        let name = if open.name.is_empty() { "a span" } else { &*open.name };
        hints.push(Hint {
            id: hash(&("open", id, open.id)),
            kind: Kind::OpenSpan,
            title: format!("Open for {}: {name}", ms((now - open.since) * 1e3)),
            detail: format!(
                "Spans below `{name}` arrived, the first {} ago, but `{name}` itself has not ended: it hangs, still runs, or was lost.",
                ms((now - open.since) * 1e3)
            ),
            severity: "medium",
            count: 1,
            service: Text::clone(&open.service),
            trace: id,
            span: open.id,
            code: Code::default(),
            first_seen: open.since,
            last_seen: trace.end.max(open.since),
            changed: trace.changed,
        });
    }
}

pub(crate) struct SearchedHint<'a>(pub(crate) &'a Hint);

impl Searched for SearchedHint<'_> {
    fn contains(&self, word: &str, _number: usize) -> bool {
        contains(&self.0.title, word) || contains(&self.0.detail, word)
    }

    fn any(&self, key: &Key, test: &Test, _number: usize) -> bool {
        let text = |text: &str| test.matches(Field::Text(text));
        match key.name.as_str() {
            "kind" | "type" | "hint" => text(self.0.kind.text()),
            "severity" | "level" => text(self.0.severity),
            "name" | "title" | "message" => test.is_in(&self.0.title),
            "service" | "service.name" => text(&self.0.service),
            "trace" | "trace_id" => text(&hex128(self.0.trace)),
            "count" => test.matches(Field::Number(self.0.count as f64)),
            "file" => self.0.code.file.as_ref().is_some_and(|file| test.is_in(file)),
            _ => false,
        }
    }
}

struct SearchedName<'a> {
    name: &'a str,
    service: &'a str,
    kind: &'a str,
}

impl Searched for SearchedName<'_> {
    fn contains(&self, word: &str, _number: usize) -> bool {
        contains(self.name, word)
    }

    fn any(&self, key: &Key, test: &Test, _number: usize) -> bool {
        match key.name.as_str() {
            "name" => test.matches(Field::Text(self.name)),
            "service" | "service.name" => test.matches(Field::Text(self.service)),
            "type" | "kind" => test.matches(Field::Text(self.kind)),
            _ => false,
        }
    }
}

pub(crate) fn metrics(store: &Store, params: &Params) -> Value {
    let search = Search::read(params.get("q").unwrap_or_default(), &store.index.texts);
    let series = store.index.metrics.series.iter().filter(|(key, _)| {
        let named = SearchedName { name: &key.name, service: &key.service, kind: &key.kind };
        params.is_service(&key.service) && search.matches(&named)
    });
    let mut series: Vec<_> = series.collect();
    series.sort_by(|(a, _), (b, _)| (&b.name, &b.service, &b.kind).cmp(&(&a.name, &a.service, &a.kind)));
    let page = page(series.into_iter().enumerate().map(|(at, of)| (0.0, at as u128, of)).collect(), params);
    let rows = page.rows.into_iter().filter_map(|(key, series)| {
        let points = series.points.iter().filter(|point| params.is_within(point.at));
        let mut all = *points.clone().next()?;
        for point in points.clone().skip(1) {
            all.merge(point);
        }
        let points: Vec<Value> = points
            .map(|point| {
                json!({
                    "t": point.at, "count": point.count, "sum": point.sum, "min": point.min, "max": point.max,
                    "last": point.last,
                })
            })
            .collect();
        Some(json!({
            "name": &*key.name,
            "type": &*key.kind,
            "unit": key.unit.as_deref(),
            "service": &*key.service,
            "points": points,
            "count": all.count,
            "sum": all.sum,
            "min": all.min,
            "max": all.max,
            "last": all.last,
        }))
    });
    list("metrics", Page { rows: rows.collect(), total: page.total, next_cursor: page.next_cursor })
}

pub(crate) fn sessions(store: &Store, params: &Params) -> Value {
    let releases = store
        .index
        .sessions
        .releases
        .iter()
        .filter(|(release, counts)| params.is_service(&release.service) && counts.all() > 0);
    let mut releases: Vec<_> = releases.collect();
    releases.sort_by(|(a, _), (b, _)| {
        (&a.service, &a.release, &a.environment).cmp(&(&b.service, &b.release, &b.environment))
    });
    let page = page(releases.into_iter().enumerate().map(|(at, of)| (0.0, at as u128, of)).collect(), params);
    let rows = page.rows.into_iter().map(|(release, counts)| {
        let all = counts.all();
        json!({
            "service": &*release.service,
            "release": release.release.as_deref(),
            "environment": release.environment.as_deref(),
            "sessions": all,
            "healthy": counts.healthy,
            "errored": counts.errored,
            "crashed": counts.crashed,
            "abnormal": counts.abnormal,
            "crash_free": 1.0 - counts.crashed as f64 / all.max(1) as f64,
        })
    });
    list("releases", Page { rows: rows.collect(), total: page.total, next_cursor: page.next_cursor })
}
