//! The guard of `init`, which closes the client at the end of `main`.

use std::sync::Arc;

use crate::base::diagnostics;
use crate::client::{self, Client};

/// Holds the client that [`init`](crate::init) created. Dropping the guard sends what is not sent yet, waiting at most
/// for the option `shutdown_timeout`, and closes the client. Hold it until the end of `main`.
#[derive(Debug)]
#[must_use = "the client is closed when the guard is dropped: hold it to the end of main, as in `let _guard = …`"]
pub struct ClientInitGuard(pub(super) Arc<Client>);

impl ClientInitGuard {
    /// Returns whether the client captures data.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.0.is_enabled()
    }
}

impl std::ops::Deref for ClientInitGuard {
    type Target = Arc<Client>;

    fn deref(&self) -> &Arc<Client> {
        &self.0
    }
}

impl Drop for ClientInitGuard {
    fn drop(&mut self) {
        // A client that was closed before has already used the timeout of that call.
        let was_enabled = self.0.is_enabled();
        if was_enabled && !self.0.close(self.0.options().shutdown_timeout) {
            diagnostics::debug(format_args!("some data was not sent within the option shutdown_timeout"));
        }
        client::release_global(&self.0);
        let stats = self.0.stats();
        if was_enabled && stats.accepted.is_empty() && stats.dropped.is_empty() {
            client::forgotten::client_closed_unused();
        }
    }
}
