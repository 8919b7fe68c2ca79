//! The end of a client: flush and close, within the time that the caller has.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::base::{callback, thread_role};
use crate::capture::session;
use crate::client::Client;
use crate::intake::queue;
use crate::transport::Transport;

impl Client {
    /// Waits until everything captured so far was delivered or lost, at most for `timeout`. Returns whether that
    /// succeeded in time. With the option `spool_dir`, data that cannot be delivered now stays on disk instead of being
    /// lost.
    pub fn flush(&self, timeout: Duration) -> bool {
        self.finish(timeout, |timeout| queue::flush(None, timeout), |transport, rest| transport.flush(rest))
    }

    /// Flushes, then disables the client permanently. Returns whether the flush succeeded in time.
    pub fn close(&self, timeout: Duration) -> bool {
        session::client_ends(self);
        let process = |timeout| queue::flush(self.handle(), timeout);
        let flushed = self.finish(timeout, process, |transport, rest| transport.shutdown(rest));
        self.switch_off();
        flushed
    }

    fn finish(
        &self,
        timeout: Duration,
        process: impl FnOnce(Duration) -> bool,
        end: fn(&dyn Transport, Duration) -> bool,
    ) -> bool {
        let Some(transport) = self.transport().filter(|_| self.is_enabled()) else {
            return true;
        };
        let started = Instant::now();
        let processed = process(timeout);
        let rest = timeout.saturating_sub(started.elapsed());
        let ended = match &self.options().transport {
            None => end(&**transport, rest),
            Some(own) => with_deadline(own, rest, end),
        };
        ended && processed
    }
}

/// Ends the user's own transport, which may hang or panic, on a thread that can be abandoned.
fn with_deadline(
    own: &Arc<dyn Transport>,
    rest: Duration,
    end: fn(&dyn Transport, Duration) -> bool,
) -> bool {
    /// The time that even an idle transport needs to answer.
    const MOMENT: Duration = Duration::from_millis(50);
    let own = Arc::clone(own);
    let (say, said) = crossbeam_channel::bounded(1);
    let asked = std::thread::Builder::new().name("sentry-flush".to_owned()).spawn(move || {
        thread_role::mark();
        if callback::contain(|| end(&*own, rest)).unwrap_or(false) {
            let _ = say.try_send(());
        }
    });
    asked.is_ok() && said.recv_timeout(rest.max(MOMENT)).is_ok()
}
