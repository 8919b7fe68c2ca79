//! The pipeline: one thread per process that turns recorded data into envelopes.
//!
//! Events and check-ins arrive through bounded queues, spans and the check-ins of lazy roots through the threads'
//! recorders. The thread sleeps when there is nothing to do; events and the start of a job wake it at once, traces at
//! most once per interval, so that a trace does not cost a wake-up. Per client it keeps a
//! [`state`](client_state::ClientState): the symbolicator, the scrubber and the contexts.
//!
//! `queue` → `worker` → (`event`, `check_in`, `feedback`, `sessions`, `batch` → `logs`, `collector` → `transaction` or
//! `stream`) → `output` → transport.

mod backlog;
mod backpressure;
mod batch;
mod check_in;
mod client_state;
mod collector;
mod containment;
pub(crate) mod contexts;
pub(crate) mod event;
mod feedback;
mod flight;
mod hooks;
mod keep;
mod kept_per_second;
mod logs;
mod output;
mod overdue;
mod polls;
mod remembered;
mod sessions;
mod span;
mod stream;
mod transaction;
mod unwinding;
mod warmup;
mod warnings;
mod worker;

#[cfg(walks_crashed_threads)]
pub(crate) use event::crashed_stack as crash_stack;
#[cfg(writes_minidumps)]
pub(crate) use event::envelope as crash_envelope;
pub(crate) use warmup::warm;
pub(crate) use worker::run;

#[cfg(test)]
mod tests;

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz {
    //! See [`crate::fuzz`].

    use std::borrow::Cow;

    use crate::scrub::Scrubber;

    pub(crate) fn scrubbing(text: &str) {
        const SECRET: &str = "hunter2value";
        let scrubber = Scrubber::new(&[]);
        for (scrub, before) in [
            (Scrubber::scrub_text as for<'a> fn(&Scrubber, &'a str) -> Cow<'a, str>, "\npassword="),
            (Scrubber::scrub_text, "\nBearer "),
            (Scrubber::scrub_text, "\npassword: "),
            (Scrubber::scrub_text, "\n--password "),
            (Scrubber::scrub_text, "\n-----BEGIN PRIVATE KEY-----"),
            (Scrubber::scrub_text, " {\"password\":\""),
            (Scrubber::scrub_text, " {\\\"password\\\": \\\""),
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
