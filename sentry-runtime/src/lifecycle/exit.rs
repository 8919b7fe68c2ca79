//! The end of the program by `std::process::exit`, which runs no destructors: what the guard of `init` would do is done
//! first.

use std::time::Instant;

use crate::client;
use crate::instrument::monitor;

/// Ends the running monitored jobs as failed, closes all clients, and ends the process. The clients share one deadline,
/// the longest `shutdown_timeout`, so that a server that hangs does not delay the end once for each of them.
pub(crate) fn exit(code: i32) -> ! {
    let clients: Vec<_> = client::all().into_iter().filter(|client| client.is_enabled()).collect();
    if let Some(patience) = clients.iter().map(|client| client.options().shutdown_timeout).max() {
        monitor::fail_open_runs();
        let started = Instant::now();
        for client in clients {
            client.close(patience.saturating_sub(started.elapsed()));
        }
    }
    std::process::exit(code)
}
