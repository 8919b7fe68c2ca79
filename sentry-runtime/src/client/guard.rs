//! The client of the process, from `init` to the end of `main`.

use std::sync::{Arc, PoisonError};

use super::registry::slot;
use super::{Client, set_global};
use crate::base::diagnostics;
use crate::options::{ClientOptions, OptionsError};
use crate::session;
use crate::trace::light;

/// Keeps the client that [`init`](crate::init) made. When it is dropped, what is not yet sent is sent, for at most
/// the option `shutdown_timeout`, and the client is closed. Hold it to the end of `main`.
#[derive(Debug)]
#[must_use = "the client is closed when the guard is dropped: hold it to the end of main, as in `let _guard = …`"]
pub struct ClientInitGuard(Arc<Client>);

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
        let in_time = self.0.close(self.0.options.shutdown_timeout);
        if !in_time {
            diagnostics::debug(format_args!("not everything was sent within the option shutdown_timeout"));
        }
        let mut global = slot().write().unwrap_or_else(PoisonError::into_inner);
        if global.as_ref().is_some_and(|client| Arc::ptr_eq(client, &self.0)) {
            let _closed = global.take();
            light::begin_epoch();
        }
    }
}

/// Makes the client of the process.
pub(crate) fn try_init(options: impl Into<ClientOptions>) -> Result<ClientInitGuard, OptionsError> {
    let client = Client::make(options)?;
    drop(set_global(Some(Arc::clone(&client))));
    client.set_up_integrations();
    session::client_started(&client);
    Ok(ClientInitGuard(client))
}

/// The same, with an error told on stderr and the client disabled.
pub(crate) fn init(options: impl Into<ClientOptions>) -> ClientInitGuard {
    try_init(options).unwrap_or_else(|error| {
        diagnostics::error(format_args!("{error}. Nothing is captured until this is mended."));
        let client = Client::disabled();
        drop(set_global(Some(Arc::clone(&client))));
        ClientInitGuard(client)
    })
}
