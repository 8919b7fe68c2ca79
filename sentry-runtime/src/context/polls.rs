//! The polls of annotated futures, recorded for the pipeline: when each began and ended, and on which thread.
//!
//! Nothing is recorded unless a client asks for it, by `track_polls` or by a limit for blocked threads. Then each poll
//! costs two clock readings and two records. The pipeline counts polls, and sees which are not over yet.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::local::local;
use super::recorder::{self, RecordKind};
use super::{active, thread_context::Context};
use crate::base::fork::PerProcess;
use crate::client;
use crate::options::ClientOptions;
use crate::trace::callsite::Callsite;
use crate::trace::clock;
use crate::trace::ids::LocalId;
use crate::trace::record::{Record, WatchedPoll};

/// Polls are counted.
const COUNTED: u8 = 1;
/// Polls are watched while they run.
const WATCHED: u8 = 2;

static MODE: AtomicU8 = AtomicU8::new(0);

fn wishes(options: &ClientOptions) -> u8 {
    let watched = if options.blocked_poll_limit().is_some() { WATCHED } else { 0 };
    let counted = if options.counts_polls() { COUNTED } else { 0 };
    counted | watched
}

/// Turns recording on or off, as the living clients ask for it, after a client was added.
pub(crate) fn refresh() {
    // Clients that start at the same time take turns: the last of them sees them all.
    static TURN: PerProcess<Mutex<()>> = PerProcess::new();
    let turn = TURN.get_or_make(|_| Mutex::default()).lock().unwrap_or_else(PoisonError::into_inner);
    let mode = client::all()
        .iter()
        .filter(|client| client.is_enabled())
        .fold(0, |all, client| all | wishes(client.options()));
    MODE.store(mode, Ordering::Relaxed);
    drop(turn);
}

/// Returns whether polls are recorded.
#[inline]
pub(crate) fn are_recorded() -> bool {
    MODE.load(Ordering::Relaxed) != 0
}

/// Returns whether polls are watched while they run.
pub(crate) fn are_watched() -> bool {
    MODE.load(Ordering::Relaxed) & WATCHED != 0
}

/// Records the beginning of a poll, inside the context of the polled work. `span` is zero if no span is recorded.
#[cold]
pub(crate) fn begin(span: LocalId, site: Option<&'static Callsite>) {
    active::with(|context: &Context| {
        let Some(segment) = context.segment() else { return };
        let at = clock::now();
        let record = if are_watched() {
            Record::PollWatched(Box::new(WatchedPoll {
                segment: Arc::clone(segment),
                isolation: Arc::clone(&context.isolation),
                current: Arc::clone(&context.current),
                span,
                site,
                at,
            }))
        } else {
            Record::PollBegin { span, at }
        };
        recorder::push_made(local(), RecordKind::More, || record);
    });
}

/// Records the end of a poll, inside the same context as its beginning.
#[cold]
pub(crate) fn end(span: LocalId) {
    let segment = active::position().0;
    if segment != 0 {
        let at = clock::now();
        recorder::push_made(local(), RecordKind::More, || Record::PollEnd { segment, span, at });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn options_ask_for_counts_or_for_a_watch() {
        assert_eq!(wishes(&ClientOptions::new()), 0);
        assert_eq!(wishes(&ClientOptions { track_polls: true, ..ClientOptions::new() }), COUNTED);
        let limit = Some(Duration::from_secs(1));
        for watched in [
            ClientOptions { blocked_poll_warning: limit, ..ClientOptions::new() },
            ClientOptions { blocked_poll_event: limit, ..ClientOptions::new() },
        ] {
            assert_eq!(wishes(&watched), COUNTED | WATCHED, "a watched poll is also counted");
        }
    }
}
