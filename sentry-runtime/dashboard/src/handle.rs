//! The handle of a running dashboard.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::thread::JoinHandle;

use crate::server::Shared;

/// A running dashboard. Dropping the handle stops it, without waiting for its threads.
pub struct Handle {
    pub(crate) shared: Arc<Shared>,
    pub(crate) address: SocketAddr,
    pub(crate) queue: SyncSender<Vec<u8>>,
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
            host.set_ip(crate::DEFAULT_ADDRESS.ip());
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
            let taken = self.queue.try_send(envelope).is_ok();
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
