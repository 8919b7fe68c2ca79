//! Monitors with their runs.

use serde_json::{Value, json};

use super::params::{Page, Params, page};
use super::search::{Field, Key, Search, Searched, Test, contains};
use super::{Store, list};
use crate::analysis::schedule::{Outlook, outlook};
use crate::analysis::statistics::{quantile, round};
use crate::model::Index;
use crate::model::job::{Job, Run, RunStatus};
use crate::model::json::hex128;
use crate::model::rows::{Event, Level};

pub(crate) fn answer(store: &Store, params: &Params) -> Value {
    let search = Search::read(params.get("q").unwrap_or_default(), &store.index.texts);
    let jobs = store.index.jobs.values().filter(|job| params.is_service(&job.service));
    let mut rows: Vec<(&Job, Outlook)> = jobs
        .map(|job| (job, outlook(job, params.now)))
        .filter(|(job, outlook)| search.matches(&SearchedJob { job, outlook }))
        .collect();
    rows.sort_by(|(a, _), (b, _)| {
        (&b.slug, &b.service, &b.environment).cmp(&(&a.slug, &a.service, &a.environment))
    });
    let keyed = rows.into_iter().enumerate().map(|(at, row)| (0.0, at as u128, row));
    let page = page(keyed.collect(), params);
    let rows = page.rows.iter().map(|(job, outlook)| row(&store.index, job, outlook)).collect();
    list("jobs", Page { rows, total: page.total, next_cursor: page.next_cursor })
}

pub(crate) fn row(index: &Index, job: &Job, outlook: &Outlook) -> Value {
    let runs: Vec<Value> = outlook.runs.iter().map(|run| run_row(index, run)).collect();
    let count = |status| outlook.runs.iter().filter(|run| run.status == status).count();
    let mut durations: Vec<f32> = outlook
        .runs
        .iter()
        .filter(|run| matches!(run.status, RunStatus::Ok | RunStatus::Error))
        .filter_map(|run| Some(run.duration_ms? as f32))
        .collect();
    let last = outlook.runs.last();
    json!({
        "slug": &*job.slug,
        "service": &*job.service,
        "environment": job.environment.as_deref(),
        "schedule": outlook.schedule,
        "schedule_text": outlook.text,
        "timezone": job.timezone.as_deref(),
        "margin_min": job.margin_min,
        "max_runtime_min": job.max_runtime_min,
        "status": last.map(|run| run.status.text()),
        "last_run": outlook.runs.iter().rev().find(|run| run.status != RunStatus::Missed).map(|run| run.start),
        "next_run": outlook.next_run,
        "first_seen": job.first_seen,
        "runs": runs,
        "stats": {
            "ok": count(RunStatus::Ok),
            "error": count(RunStatus::Error),
            "missed": count(RunStatus::Missed),
            "timeout": count(RunStatus::Timeout),
            "running": count(RunStatus::Running),
            "p50_ms": quantile(&mut durations, 0.5).map(round),
        },
    })
}

fn run_row(index: &Index, run: &Run) -> Value {
    let event = error_of(index, run);
    json!({
        "check_in_id": (run.id != 0).then(|| hex128(run.id)),
        "start": run.start,
        "duration_ms": run.duration_ms.map(round),
        "status": run.status.text(),
        "trace_id": (run.trace != 0).then(|| hex128(run.trace)),
        "event_id": event.map(|event| hex128(event.id)),
        "error": event.map(Event::title),
    })
}

/// Returns the error of a failed run: the first of its trace.
fn error_of<'a>(index: &'a Index, run: &Run) -> Option<&'a Event> {
    if !matches!(run.status, RunStatus::Error | RunStatus::Timeout) {
        return None;
    }
    let trace = index.traces.get(&run.trace)?;
    let mut events = trace.events.iter().take(50).filter_map(|&number| index.events.get(number));
    let of_this_run = |event: &&Event| event.at >= run.start - 1.0 && event.level >= Level::Error;
    events.find(of_this_run)
}

pub(crate) struct SearchedJob<'a> {
    pub(crate) job: &'a Job,
    pub(crate) outlook: &'a Outlook,
}

impl Searched for SearchedJob<'_> {
    fn contains(&self, word: &str, _number: usize) -> bool {
        contains(&self.job.slug, word)
    }

    fn any(&self, key: &Key, test: &Test, _number: usize) -> bool {
        let text = |text: Option<&str>| text.is_some_and(|text| test.matches(Field::Text(text)));
        match key.name.as_str() {
            "name" | "slug" | "job" | "monitor" => text(Some(&self.job.slug)),
            "service" | "service.name" => text(Some(&self.job.service)),
            "environment" => text(self.job.environment.as_deref()),
            "status" => text(self.outlook.runs.last().map(|run| run.status.text())),
            "error" => {
                let failed = self.outlook.runs.last().is_some_and(|run| {
                    matches!(run.status, RunStatus::Error | RunStatus::Missed | RunStatus::Timeout)
                });
                test.matches(Field::Bool(failed))
            }
            _ => false,
        }
    }
}
