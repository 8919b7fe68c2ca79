//! The pipeline: one thread of the process that turns what callers recorded into envelopes.
//!
//! Events and check-ins come through bounded queues, spans through the threads' recorders. The thread
//! sleeps when there is nothing to do; events wake it, traces wake it at most once in a while, so that a trace
//! does not cost a wake-up. Per client it keeps a [`state`](client_state::ClientState) of tools: symbols, names to filter.
//!
//! `queue` → `worker` → (`event`, `check_in`, `feedback`, `sessions`, `batch` → `logs`, `collector` → `transaction` or
//! `stream`) → `output` → transport.

mod backpressure;
mod batch;
mod check_in;
mod client_state;
mod collector;
pub(crate) mod contexts;
mod event;
mod feedback;
mod hooks;
mod logs;
mod output;
mod queue;
mod sessions;
mod span;
mod stream;
mod transaction;
mod warmup;
mod worker;

pub(crate) use check_in::PendingCheckIn;
pub(crate) use feedback::PendingFeedback;
pub(crate) use queue::Message;
pub(crate) use sessions::{PendingSession, SessionChange};

use std::sync::Arc;
use std::time::Duration;

use crate::base::callback;
use crate::capture::logger::record::LogRecord;
use crate::capture::metrics::MetricRecord;
use crate::client::Client;

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz {
    //! See [`crate::fuzz`].

    use std::borrow::Cow;

    use crate::scrub::Scrubber;

    pub(crate) fn scrubbing(text: &str) {
        const SECRET: &str = "hunter2value";
        let scrubber = Scrubber::new(&[]);
        for (scrub, before) in [
            (Scrubber::scrub_message as for<'a> fn(&Scrubber, &'a str) -> Cow<'a, str>, "\npassword="),
            (Scrubber::scrub_message, "\nBearer "),
            (Scrubber::scrub_message, " {\"password\":\""),
            (Scrubber::scrub_message, " {\\\"password\\\": \\\""),
            (Scrubber::scrub_cookies, ";sid="),
            (Scrubber::scrub_query, "&token="),
            (Scrubber::scrub_body, "&token="),
            (Scrubber::scrub_url, " https://host/?token="),
            (Scrubber::scrub_url, " https://user:hunter2value@host/?page="),
        ] {
            let text = format!("{text}{before}{SECRET}");
            let scrubbed = scrub(&scrubber, &text);
            assert!(before.contains(SECRET) || !scrubbed.contains(SECRET), "{text:?} became {scrubbed:?}");
            assert!(!scrubbed.contains("user:hunter2value"), "{text:?} became {scrubbed:?}");
        }
    }
}

/// Starts the thread, if it does not run: whoever hands over the first message or record does.
pub(crate) fn start() {
    queue::ensure_worker();
}

/// What this client captures is wanted on disk within 50 ms.
pub(crate) fn be_prompt(client: &Arc<Client>) {
    start();
    warmup::warm(client);
}

/// Hands a message over, or counts its loss when there is no room.
pub(crate) fn send(message: Message) {
    queue::send(message);
}

/// A segment began whose spans are to be sent while it runs: from now on the pipeline looks from time to time.
pub(crate) fn segment_began() {
    queue::nudge();
}

/// Hands a log over, or counts its loss when there is no room.
pub(crate) fn send_log(record: LogRecord) {
    batch::push(record);
}

/// Hands a metric over, or counts its loss when there is no room.
pub(crate) fn send_metric(record: MetricRecord) {
    batch::push(record);
}

/// Whether this is the pipeline's own thread, which cannot wait for itself.
pub(crate) fn is_own_thread() -> bool {
    queue::is_own_thread()
}

/// How many messages wait.
pub(crate) fn depth() -> usize {
    queue::depth()
}

/// A segment was recorded: the pipeline looks at it soon.
pub(crate) fn segment_ended() {
    queue::nudge();
}

/// A thread recorded so much that the pipeline should look now.
#[cold]
#[inline(never)]
pub(crate) fn chunk_filled() {
    // Who calls this does not unwind.
    callback::contain(queue::wake_for_chunk);
}

/// Waits until everything recorded so far was handed to the transports of its clients.
pub(crate) fn flush(timeout: Duration) -> bool {
    queue::flush(None, timeout)
}

/// The same before a client closes: what is recorded of its traces that are still open is counted as lost.
pub(crate) fn close(client: Option<Arc<Client>>, timeout: Duration) -> bool {
    queue::flush(client, timeout)
}
