//! The open runs, whose check-ins are handed to the pipeline here: at the end of a run, or of a program that ends
//! without destructors.
//!
//! A run that begins as a lazy root is in the [place of its thread](run_of_thread). All others are in a list.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::run_of_thread::{self, Left};
use crate::base::callback;
use crate::base::diagnostics;
use crate::base::fork::PerProcess;
use crate::client::Client;
use crate::client::forgotten;
use crate::context::lazy_root;
use crate::context::local::Local;
use crate::context::span_context::SpanContext;
use crate::intake::check_in::{self, CheckInContent, MadeCheckIn, MonitorRun, PendingCheckIn};
use crate::intake::queue;
use crate::protocol::{DataCategory, DiscardReason, MonitorCheckIn, Uuid};
use crate::trace::clock::{self, Ticks};
use crate::trace::ids::LocalId;
use crate::trace::monitor_site::MonitorSite;
use crate::trace::record::{JobMoment, OpenRoot, SpanOutcome};

/// Hands a check-in of the program to the pipeline. Returns its id, or `None` without a client.
pub(crate) fn submit(
    client: Option<Arc<Client>>,
    check_in: MonitorCheckIn,
    span_context: SpanContext,
) -> Option<Uuid> {
    forgotten::check();
    let client = client?;
    let id = check_in.check_in_id;
    let made = MadeCheckIn { check_in, span_context, client };
    hand_over(CheckInContent::Made(Box::new(made))).then_some(id)
}

/// Hands a check-in to the pipeline. Returns whether its client takes it.
fn hand_over(content: CheckInContent) -> bool {
    let client = content.client();
    if !client.is_enabled() {
        return false;
    }
    if callback::is_too_deep() {
        diagnostics::debug(format_args!(
            "dropped a check-in captured inside before_send_check_in while it was handling such a check-in (recursion)"
        ));
        client.ledger().lost(DiscardReason::InternalSdkError, DataCategory::Monitor, 1);
        return false;
    }
    queue::send_check_in(PendingCheckIn { content, depth: callback::depth() });
    true
}

/// A run that has not ended.
struct OpenRun {
    key: LocalId,
    run: MonitorRun,
    /// Whether its end was sent already, because the program was about to end.
    failed: bool,
}

/// The unfinished runs of this process, except for those in the places of the threads. A forked child has none: those that
/// it inherits are its parent's.
static OPEN: PerProcess<Mutex<Vec<OpenRun>>> = PerProcess::new();

fn open() -> MutexGuard<'static, Vec<OpenRun>> {
    OPEN.get_or_make(|_| Mutex::default()).lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sends the first check-in of a run that is the open lazy root of this thread, and keeps the run until it ends.
#[inline]
pub(super) fn begin_lazy(local: &Local, key: LocalId, site: &'static MonitorSite) {
    let Some(client) = lazy_root::owner(local) else { return };
    let values = lazy_root::values(local, key);
    if !run_of_thread::begin(values, &client, site) {
        return begin(MonitorRun::Lazy { root: OpenRoot { values, client }, site });
    }
    if let Err(client) = check_in::record(local, values, client, site, JobMoment::Began, values.start) {
        run_of_thread::set_unrecorded();
        hand_over(CheckInContent::Began(MonitorRun::Lazy { root: OpenRoot { values, client }, site }));
    }
}

/// Sends the first check-in of a run, and keeps the run until it ends.
pub(super) fn begin(run: MonitorRun) {
    hand_over(CheckInContent::Began(run.clone()));
    open().push(OpenRun { key: run.key(), run, failed: false });
}

/// Ends a run that is the open lazy root of this thread, and sends its last check-in.
#[inline]
pub(super) fn end_lazy(local: &Local, key: LocalId, outcome: SpanOutcome) {
    if check_in::may_end_with_root(local)
        && let Some(site) = run_of_thread::end_recorded(key)
    {
        return check_in::end_with_root(local, site, outcome);
    }
    end_apart(local, key, outcome);
}

/// The same, for a run whose last check-in and the end of whose root are not one record.
#[inline(never)]
fn end_apart(local: &Local, key: LocalId, outcome: SpanOutcome) {
    let end_root = || (lazy_root::owner(local), lazy_root::end(local, outcome));
    let Some((client, at)) = callback::contain(end_root) else { return };
    let ok = outcome == SpanOutcome::Ok;
    let Some(client) = client else { return end(key, ok, at) };
    let Some(Left { site, recorded }) = run_of_thread::end(key) else { return end(key, ok, at) };
    let values = lazy_root::values(local, key);
    let moment = JobMoment::end(ok);
    let rest = if recorded { check_in::record(local, values, client, site, moment, at) } else { Err(client) };
    if let Err(client) = rest {
        let root = OpenRoot { values, client };
        hand_over(CheckInContent::of(MonitorRun::Lazy { root, site }, moment, at));
    }
}

/// Sends the last check-in of a run, unless the run began before a fork.
pub(super) fn end(key: LocalId, ok: bool, at: Ticks) {
    let take = || {
        let mut open = open();
        // It is the last one of the list, unless several jobs run at the same time.
        open.iter().rposition(|open| open.key == key).map(|at| open.remove(at))
    };
    let ended = take().or_else(|| {
        share(key);
        take()
    });
    let Some(OpenRun { run, .. }) = ended else { return };
    hand_over(CheckInContent::of(run, JobMoment::end(ok), at));
}

/// Takes a run out of the place of its thread into the list, because it may end on another thread. Called by its thread.
pub(super) fn share(key: LocalId) {
    // At no time is the run in both, or in neither, for whoever holds the lock.
    let mut open = open();
    if let Some(place) = run_of_thread::find(key) {
        if let Some((run, failed)) = place.run() {
            open.push(OpenRun { key, run, failed });
        }
        place.end();
    }
}

/// Returns the start of an open run.
pub(super) fn started(key: LocalId) -> Option<Ticks> {
    share(key);
    open().iter().find(|open| open.key == key).map(|open| open.run.started())
}

/// Ends every open run as failed, because the program is about to end.
pub(crate) fn fail_open_runs() {
    let running = |open: &mut OpenRun| (!std::mem::replace(&mut open.failed, true)).then(|| open.run.clone());
    let runs: Vec<_> = {
        let mut open = open();
        open.iter_mut().filter_map(running).chain(run_of_thread::fail_all()).collect()
    };
    for run in runs {
        hand_over(CheckInContent::Ended { run, ok: false, at: clock::now() });
    }
}
