//! Deadlines for clients with a spool: captured data must be on disk within 50 ms, so that it survives a crash.
//!
//! Traces take two rounds of the pipeline, so the rounds are kept short ([`moment`]). The names of functions can take
//! long to find when the program's debug information is read for the first time: reading begins at the start
//! ([`warm`]), and an event does not wait for names that are not found in time ([`is_late`]): the server can find
//! them by the addresses.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::client_state;
use crate::base::{thread, thread_role};
use crate::client::Client;
use crate::intake::message::Capture;

/// The longest time that traces wait before they are written, while there is work.
const LONGEST_ROUND: Duration = Duration::from_millis(50);
/// The same with a spool.
const SHORT_ROUND: Duration = Duration::from_millis(15);
/// The time after its capture at which an event is sent without names that are not found yet.
const LATE: Duration = Duration::from_millis(25);

static PROMPT: AtomicBool = AtomicBool::new(false);

/// Returns how long a round may take, while there is work.
pub(super) fn longest_round() -> Duration {
    if PROMPT.load(Ordering::Relaxed) { SHORT_ROUND } else { LONGEST_ROUND }
}

/// Returns whether an event has to be written now, with the names found so far.
pub(super) fn is_late(capture: &Capture) -> bool {
    // A clock that was set back does not count as late.
    capture.client.options().spool_dir.is_some()
        && capture.timestamp.elapsed().is_ok_and(|elapsed| elapsed > LATE)
}

/// Prepares for a client with a spool. Returns at once: slow work is done on a thread that ends afterwards.
pub(crate) fn warm(client: &Arc<Client>) {
    PROMPT.store(true, Ordering::Relaxed);
    let client = Arc::clone(client);
    let warm = move || {
        thread_role::mark();
        client_state::with(&client, |state| state.resolver.warm());
    };
    // Without the thread the first error takes longer.
    drop(thread::spawn("sentry-symbols", Box::new(warm)));
}
