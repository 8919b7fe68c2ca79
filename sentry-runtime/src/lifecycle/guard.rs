//! The client of the process, from `init` to the end of `main`.

use std::sync::Arc;

use crate::base::diagnostics;
use crate::client::{self, Client};

/// Keeps the client that [`init`](crate::init) made. When it is dropped, what is not yet sent is sent, for at most
/// the option `shutdown_timeout`, and the client is closed. Hold it to the end of `main`.
#[derive(Debug)]
#[must_use = "the client is closed when the guard is dropped: hold it to the end of main, as in `let _guard = …`"]
pub struct ClientInitGuard(pub(super) Arc<Client>);

impl ClientInitGuard {
    /// Whether the client captures anything.
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
        let in_time = self.0.close(self.0.options().shutdown_timeout);
        if !in_time {
            diagnostics::debug(format_args!("not everything was sent within the option shutdown_timeout"));
        }
        client::release_global(&self.0);
    }
}
