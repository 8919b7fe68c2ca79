//! The overview: counts, services, runs, and memory.

use serde_json::{Value, json};

use super::params::Params;
use super::{Facts, Store, others};
use crate::model::programs::Run;

pub(crate) fn answer(store: &Store, facts: &Facts, params: &Params) -> Value {
    let index = &store.index;
    let mut services: Vec<_> = index.programs.services.iter().collect();
    services.sort_by(|(_, a), (_, b)| b.last_seen.total_cmp(&a.last_seen));
    let services: Vec<Value> = services
        .into_iter()
        .map(|(name, service)| {
            json!({
                "name": &**name,
                "platform": service.platform.as_deref(),
                "sdk": service.sdk.as_deref(),
                "release": service.release.as_deref(),
                "environment": service.environment.as_deref(),
                "first_seen": service.first_seen,
                "last_seen": service.last_seen,
            })
        })
        .collect();
    let runs: Vec<Value> = index.programs.runs.iter().rev().map(run).collect();
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "started": facts.started,
        "counts": {
            "traces": index.traces.values().filter(|trace| trace.spans > 0).count(),
            "spans": index.spans(),
            "issues": index.issues.len(),
            "events": index.events.len(),
            "logs": index.logs.len(),
            "metrics": index.metrics.series.len(),
            "jobs": index.jobs.len(),
            "sessions": index.sessions.releases.values().map(|counts| counts.all()).sum::<u64>(),
            "hints": others::count_hints(store, params.now),
        },
        "memory": { "bytes": index.bytes(), "budget": index.limits.memory, "evicted": index.evicted },
        "keep": facts.keep,
        "services": services,
        "runs": runs,
        "editor": facts.editor,
    })
}

pub(crate) fn run(run: &Run) -> Value {
    json!({
        "id": run.id(),
        "service": &*run.service,
        "release": run.release.as_deref(),
        "started": run.started,
        "last_seen": run.last_seen,
        "file": run.file.as_deref(),
    })
}
