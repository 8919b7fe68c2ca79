//! What is captured must be on disk within 50 ms where there is a spool: then it outlives the process.
//!
//! Traces take two rounds of the pipeline, so the rounds are kept short ([`moment`]). Names of functions can take long to
//! find when the program's debug information is read for the first time: that is begun at the start ([`warm`]), and what is
//! not found in time goes without ([`is_late`]): the server can find the names by the addresses.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::client_state;
use crate::base::thread_role;
use crate::client::Client;
use crate::intake::message::Capture;

/// How long traces may lie before they are written, while there is work.
const MOMENT: Duration = Duration::from_millis(50);
/// The same where there is a spool.
const SHORT_MOMENT: Duration = Duration::from_millis(15);
/// So long after its capture an event has to go without what is not found yet.
const LATE: Duration = Duration::from_millis(25);

static PROMPT: AtomicBool = AtomicBool::new(false);

/// How long a round may take, while there is work.
pub(super) fn moment() -> Duration {
    if PROMPT.load(Ordering::Relaxed) { SHORT_MOMENT } else { MOMENT }
}

/// Whether an event has to be written now, with what is known of it.
pub(super) fn is_late(capture: &Capture) -> bool {
    // A clock that was set back says nothing.
    capture.client.options().spool_dir.is_some()
        && capture.timestamp.elapsed().is_ok_and(|elapsed| elapsed > LATE)
}

/// Prepares for a client with a spool. Returns at once: what takes time is done on a thread that ends with it.
pub(crate) fn warm(client: &Arc<Client>) {
    PROMPT.store(true, Ordering::Relaxed);
    let client = Arc::clone(client);
    let warm = move || {
        thread_role::mark();
        client_state::with(&client, |state| state.resolver.warm());
    };
    // Without the thread the first error is slower.
    drop(std::thread::Builder::new().name("sentry-symbols".to_owned()).spawn(warm));
}
