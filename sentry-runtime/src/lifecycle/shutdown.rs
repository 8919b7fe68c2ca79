//! The end of a client: flush and close, within the time that the caller has.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::final_report;
use crate::base::{callback, diagnostics, thread, thread_role};
use crate::capture::session;
use crate::client::Client;
use crate::intake::flush;
use crate::intake::message::Progress;
use crate::transport::Transport;

/// The time that even an idle thread needs to answer.
const MOMENT: Duration = Duration::from_millis(50);

impl Client {
    /// Waits until everything captured so far was delivered or lost, at most for `timeout`. Returns whether that
    /// succeeded in time. With the option `spool_dir`, data that cannot be delivered now stays on disk instead of being
    /// lost.
    ///
    /// The default of `timeout` is the option `shutdown_timeout`.
    pub fn flush(&self, timeout: impl Into<Option<Duration>>) -> bool {
        self.flush_within(timeout.into().unwrap_or(self.options().shutdown_timeout))
    }

    fn flush_within(&self, timeout: Duration) -> bool {
        let Some(transport) = self.unfinished_transport() else { return true };
        let rest = time_left(timeout);
        let processed = self.process(transport, &rest) == Processed::Everything;
        self.end(transport, rest(), |transport, rest| transport.flush(rest)) && processed
    }

    /// Flushes the pipeline. It hands over as much as the transport has room for; while segments wait for more, the
    /// transport and the pipeline are flushed in turns.
    fn process(&self, transport: &Arc<dyn Transport>, rest: &impl Fn() -> Duration) -> Processed {
        // Segments that end after the first turn are not part of this flush.
        let mut target = None;
        loop {
            let Some(Progress { added, removed }) = flush::flush(self, None, rest()) else {
                return Processed::Late;
            };
            // Nothing waits, even if the counts began anew after a failure of the pipeline.
            if removed >= *target.get_or_insert(added) || removed == added {
                return Processed::Everything;
            }
            if !self.end(transport, rest(), |transport, rest| transport.flush(rest)) || rest().is_zero() {
                return Processed::SomeWait;
            }
        }
    }

    /// Flushes, then disables the client permanently. Returns whether everything was delivered or lost in time, like
    /// [`flush`](Self::flush); if not, call it again to wait longer.
    pub fn close(&self, timeout: impl Into<Option<Duration>>) -> bool {
        self.close_within(timeout.into().unwrap_or(self.options().shutdown_timeout))
    }

    fn close_within(&self, timeout: Duration) -> bool {
        let finished = self.try_close(timeout);
        // Until here, crashes are reported.
        #[cfg(writes_minidumps)]
        self.set_close_returned();
        finished
    }

    fn try_close(&self, timeout: Duration) -> bool {
        // The report of a crash ends the session.
        if !self.reports_crash() {
            session::client_ends(self);
        }
        let Some(transport) = self.unfinished_transport() else { return true };
        let rest = time_left(timeout);
        // Events that callbacks capture are part of this flush, so the client is still enabled.
        let first = self.process(transport, &rest);
        let processed = first == Processed::Everything && {
            self.switch_off();
            // Items captured in the meantime are sent, too.
            flush::flush(self, self.handle(), rest()).is_some()
        };
        if first == Processed::SomeWait {
            self.switch_off();
            // Data that waits for room in the transport is handed over or counted before the transport ends.
            flush::flush(self, self.handle(), MOMENT);
        }
        let ended = self.end(transport, rest(), |transport, rest| transport.shutdown(rest));
        self.switch_off();
        // Items that were on their way to the queue when the client was switched off are counted.
        let finished = flush::flush(self, self.handle(), rest().max(MOMENT)).is_some() && processed && ended;
        if finished {
            self.set_finished();
        }
        final_report::print(self);
        finished
    }

    fn unfinished_transport(&self) -> Option<&Arc<dyn Transport>> {
        self.transport().filter(|_| !self.is_finished())
    }

    fn end(
        &self,
        transport: &Arc<dyn Transport>,
        rest: Duration,
        end: fn(&dyn Transport, Duration) -> bool,
    ) -> bool {
        match &self.options().transport {
            None => end(&**transport, rest),
            Some(own) => with_deadline(own, rest, end),
        }
    }
}

/// The extent to which the pipeline has finished in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Processed {
    Everything,
    /// Segments still wait for room in the transport.
    SomeWait,
    Late,
}

/// Starts a timeout, and returns a function that returns the rest of it.
fn time_left(timeout: Duration) -> impl Fn() -> Duration {
    let started = Instant::now();
    move || timeout.saturating_sub(started.elapsed())
}

/// Ends the user's own transport, which may hang or panic, on a thread that can be abandoned.
fn with_deadline(
    own: &Arc<dyn Transport>,
    rest: Duration,
    end: fn(&dyn Transport, Duration) -> bool,
) -> bool {
    let own = Arc::clone(own);
    let (done, is_done) = crossbeam_channel::bounded(1);
    let ask = move || {
        thread_role::mark();
        if callback::contain(|| end(&*own, rest)).unwrap_or(false) {
            let _ = done.try_send(());
        }
    };
    let asked = thread::spawn("sentry-flush", Box::new(ask));
    if let Err(error) = &asked {
        diagnostics::error(format_args!(
            "the thread that flushes your transport could not be started ({error}): the transport is not flushed"
        ));
    }
    asked.is_ok() && is_done.recv_timeout(rest.max(MOMENT)).is_ok()
}
