//! The newest matching row after a change, for `/api/wait` and `wait_for`.

use serde_json::Value;

use super::logs::{self, SearchedLog};
use super::search::Search;
use super::{Params, Store, events, issues, jobs, now, others, traces};
use crate::analysis::schedule::outlook;

/// Returns the newest row of a kind (`trace`, `span`, `error`, `log`, `job`, `hint`) that a search matches and that came
/// or changed after a change of the store.
pub(crate) fn find(store: &Store, kind: &str, q: &str, after: u64) -> Option<Value> {
    let index = &store.index;
    if index.seq <= after {
        return None;
    }
    let search = Search::read(q, &index.texts);
    match kind {
        "log" | "logs" => {
            let mut new = index.logs.newest_first().take_while(|(_, stamp, _)| *stamp > after);
            new.find(|(_, _, log)| search.matches(&SearchedLog(log))).map(|(_, _, log)| logs::row(store, log))
        }
        "error" | "errors" | "event" | "issue" => {
            let mut new = index.events.newest_first().take_while(|(_, stamp, _)| *stamp > after);
            let found = new.find(|(_, _, event)| search.matches(&issues::SearchedEvent(event)));
            found.map(|(_, _, event)| events::brief(event))
        }
        "job" | "jobs" => {
            let mut changed: Vec<_> = index.jobs.values().filter(|job| job.changed > after).collect();
            changed.sort_by_key(|job| std::cmp::Reverse(job.changed));
            changed.into_iter().find_map(|job| {
                let outlook = outlook(job, now());
                let is_wanted = search.matches(&jobs::SearchedJob { job, outlook: &outlook });
                is_wanted.then(|| jobs::row(index, job, &outlook))
            })
        }
        "hint" | "hints" => {
            let changed = store.hints.all.values().filter(|hint| hint.changed > after);
            let found = changed.filter(|hint| search.matches(&others::SearchedHint(hint)));
            found.max_by_key(|hint| hint.changed).map(|hint| others::hint_row(store, hint))
        }
        _ => {
            let found = traces::select(store, &Params::default(), q, after);
            let newest = found.into_iter().max_by_key(|(_, trace)| trace.changed);
            newest.map(|(id, trace)| traces::row(id, trace))
        }
    }
}
