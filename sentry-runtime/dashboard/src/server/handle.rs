//! The handle of a running dashboard.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::shared::Shared;
use crate::options::DEFAULT_ADDRESS;

/// The work that waits for the thread that reads envelopes.
pub(crate) enum Submitted {
    Envelope(Vec<u8>),
    /// Everything before it was read.
    Flush(SyncSender<()>),
}

/// A running dashboard. Dropping the handle stops it, without waiting for its threads.
pub struct Handle {
    pub(crate) shared: Arc<Shared>,
    pub(crate) address: SocketAddr,
    pub(crate) queue: SyncSender<Submitted>,
    pub(crate) stop: Option<tokio::sync::oneshot::Sender<()>>,
    pub(crate) server: Option<JoinHandle<()>>,
}

impl Handle {
    /// Returns the URL of the page, with the token.
    #[must_use]
    pub fn url(&self) -> String {
        let mut host = self.address;
        if host.ip().is_unspecified() {
            // A browser cannot open the address of "every interface".
            host.set_ip(DEFAULT_ADDRESS.ip());
        }
        format!("http://{host}/?token={}", self.shared.access.token())
    }

    /// Returns the address that the dashboard listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Hands over the bytes of an envelope. Never waits: if the dashboard cannot keep up, the envelope is dropped and
    /// counted, and `false` is returned.
    pub fn submit(&self, envelope: Vec<u8>) -> bool {
        let bytes = envelope.len();
        let taken = self.shared.reserve(bytes) && {
            let taken = self.queue.try_send(Submitted::Envelope(envelope)).is_ok();
            if !taken {
                self.shared.release(bytes);
            }
            taken
        };
        if !taken {
            self.shared.counts.dropped();
        }
        taken
    }

    /// Waits at most `timeout` until every envelope that was submitted before is shown, and written to the file if there
    /// is one. Returns whether that is the case.
    pub fn flush(&self, timeout: Duration) -> bool {
        // An `Instant` may not be able to hold the end of a longer wait.
        const FOREVER: Duration = Duration::from_secs(365 * 24 * 3600);
        let deadline = Instant::now() + timeout.min(FOREVER);
        let (done, flushed) = sync_channel(1);
        let mut mark = Submitted::Flush(done);
        while let Err(error) = self.queue.try_send(mark) {
            mark = match error {
                TrySendError::Full(mark) if Instant::now() < deadline => mark,
                TrySendError::Full(_) | TrySendError::Disconnected(_) => return false,
            };
            thread::sleep(Duration::from_millis(1));
        }
        flushed.recv_timeout(deadline.saturating_duration_since(Instant::now())).is_ok()
    }

    /// Returns the number of submitted envelopes that were dropped.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.shared.counts.facts().dropped
    }

    /// Waits until the server ends, which it does not do without an error of the system.
    pub fn join(mut self) {
        if let Some(server) = self.server.take() {
            let _ = server.join();
        }
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }
}
