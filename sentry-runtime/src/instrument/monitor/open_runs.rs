//! The open runs, whose check-ins are handed to the pipeline here: at the end of a run, or of a program that ends
//! without destructors.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::base::callback;
use crate::base::diagnostics;
use crate::base::fork::PerProcess;
use crate::client::Client;
use crate::client::forgotten;
use crate::context::span_context::SpanContext;
use crate::intake::check_in::{self, CheckInContent, MadeCheckIn, MonitorRun, PendingCheckIn};
use crate::intake::queue;
use crate::protocol::{DataCategory, DiscardReason, MonitorCheckIn, Uuid};
use crate::trace::clock::{self, Ticks};
use crate::trace::ids::LocalId;
use crate::trace::record::JobMoment;

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
    /// Whether its first check-in is a record of its thread. Its last one may be a record too, or a message, which is
    /// read after the records.
    recorded: bool,
    /// Whether its end was sent already, because the program was about to end.
    failed: bool,
}

/// The unfinished runs of this process. A forked child has none: those that it inherits are its parent's.
static OPEN: PerProcess<Mutex<Vec<OpenRun>>> = PerProcess::new();

fn open() -> MutexGuard<'static, Vec<OpenRun>> {
    OPEN.get_or_make(|_| Mutex::default()).lock().unwrap_or_else(PoisonError::into_inner)
}

/// Records the check-in of a run that is a lazy root. Returns whether nothing is left to do.
fn record(run: &MonitorRun, moment: JobMoment, at: Ticks) -> bool {
    match run {
        MonitorRun::Lazy { root, site } if !callback::is_too_deep() => {
            !root.client.is_enabled() || check_in::record(root, site, moment, at)
        }
        _ => false,
    }
}

/// Sends the first check-in of a run, and keeps the run until it ends.
pub(super) fn begin(run: MonitorRun) {
    let recorded = record(&run, JobMoment::Began, run.started());
    if !recorded {
        hand_over(CheckInContent::Began(run.clone()));
    }
    open().push(OpenRun { key: run.key(), run, recorded, failed: false });
}

/// Sends the last check-in of a run, unless the run began before a fork. `is_lazy` says that it ends as a lazy root, on
/// the thread on which it began.
pub(super) fn end(key: LocalId, ok: bool, at: Ticks, is_lazy: bool) {
    let ended = {
        let mut open = open();
        // It is the last one of the list, unless several jobs run at the same time.
        open.iter().rposition(|open| open.key == key).map(|at| open.remove(at))
    };
    let Some(OpenRun { run, recorded, .. }) = ended else { return };
    let moment = if ok { JobMoment::Done } else { JobMoment::Failed };
    if !(is_lazy && recorded && record(&run, moment, at)) {
        hand_over(CheckInContent::of(run, moment, at));
    }
}

/// Returns the start of an open run.
pub(super) fn started(key: LocalId) -> Option<Ticks> {
    open().iter().find(|open| open.key == key).map(|open| open.run.started())
}

/// Ends every open run as failed, because the program is about to end.
pub(crate) fn fail_open_runs() {
    let running = |open: &mut OpenRun| (!std::mem::replace(&mut open.failed, true)).then(|| open.run.clone());
    let open: Vec<_> = open().iter_mut().filter_map(running).collect();
    for run in open {
        hand_over(CheckInContent::Ended { run, ok: false, at: clock::now() });
    }
}
