//! The start of a client: options are completed, integrations set up, forks and panics watched.

use std::sync::Arc;

#[cfg(feature = "crash")]
use super::crash::is_monitor_process as is_crash_monitor;
use super::guard::ClientInitGuard;
use super::startup_report::{self, Given};
use super::{forks, panic, transports};
use crate::base::{diagnostics, worker};
use crate::capture::session;
use crate::client::{self, Client, set_global};
use crate::context::{polls, recorder};
use crate::options::{ClientOptions, OptionsError, environment};
use crate::pipeline;
use crate::trace::clock;

impl Client {
    /// Creates a client without making it the client of the process; [`set_current_client`](crate::set_current_client)
    /// does that. Unlike [`init`](crate::init), dropping the client does not send what is not sent yet, so
    /// [`close`](Self::close) it; and no session is started.
    ///
    /// ```
    /// let client = sentry::Client::new("https://public@o1.ingest.sentry.io/1")?;
    /// sentry::set_current_client(Some(client));
    /// assert!(sentry::is_enabled());
    /// # sentry::set_current_client(None);
    /// # Ok::<(), sentry::OptionsError>(())
    /// ```
    ///
    /// # Errors
    /// Invalid options, as for [`try_init`](crate::try_init).
    pub fn new(options: impl Into<ClientOptions>) -> Result<Arc<Self>, OptionsError> {
        let client = Arc::new(Self::build(options)?);
        client.take_up();
        Ok(client)
    }

    /// Registers a client and sets up its integrations, unless that was done before.
    pub(crate) fn take_up(self: &Arc<Self>) {
        if self.introduce() {
            self.set_up_integrations();
        }
    }

    /// Sets up the integrations of the options.
    pub(crate) fn set_up_integrations(self: &Arc<Self>) {
        for integration in &self.options().integrations {
            self.integrations().add(self, Arc::clone(integration));
        }
    }

    pub(crate) fn build(options: impl Into<ClientOptions>) -> Result<Self, OptionsError> {
        let options = options.into();
        let given = Given::of(&options);
        let options = environment::complete(options)?;
        diagnostics::set_debug(options.debug.unwrap_or(false));
        worker::install(worker::Hooks { run: pipeline::run, prepare });
        clock::start();
        recorder::set_memory_limit(options.max_record_memory);
        let client = Self::assemble(options, transports::from_options)?;
        if !is_crash_monitor() {
            startup_report::print(&client, given);
        }
        for option in client.options().without_effect() {
            diagnostics::warning(format_args!(
                "{option} has no effect with TraceLifecycle::Stream; use before_send_span or ignore_spans instead"
            ));
        }
        Ok(client)
    }

    /// Adds the client to the living ones, with what it needs in the process. Returns whether it is new there.
    fn introduce(self: &Arc<Self>) -> bool {
        if self.transport().is_none() {
            // The program has called `init`: its annotated functions need not report a missing client.
            client::refresh_capture_mode();
            return self.integrations().version() == 0;
        }
        if self.options().spool_dir.is_some() {
            worker::ensure();
            pipeline::warm(self);
        }
        forks::watch();
        if self.options().capture_panics {
            panic::install();
        }
        let is_new = client::register(self);
        polls::refresh();
        is_new
    }
}

/// Makes the client of the process.
pub(crate) fn try_init(options: impl Into<ClientOptions>) -> Result<ClientInitGuard, OptionsError> {
    #[cfg(writes_minidumps)]
    if is_crash_monitor() {
        super::crash::run_monitor(options.into());
    }
    let client = Arc::new(Client::build(options)?);
    client.introduce();
    drop(set_global(Some(Arc::clone(&client))));
    #[cfg(feature = "crash")]
    super::crash::start(&client);
    client.set_up_integrations();
    session::client_started(&client);
    Ok(ClientInitGuard(client))
}

/// Like [`try_init`], but reports an error on stderr and disables the client.
pub(crate) fn init(options: impl Into<ClientOptions>) -> ClientInitGuard {
    try_init(options).unwrap_or_else(|error| {
        diagnostics::error(format_args!("Sentry is disabled: {error}"));
        let client = Arc::new(Client::disabled());
        client::refresh_capture_mode();
        drop(set_global(Some(Arc::clone(&client))));
        ClientInitGuard(client)
    })
}

/// Returns whether this process is the monitor of crash reports.
#[cfg(not(feature = "crash"))]
fn is_crash_monitor() -> bool {
    false
}

/// Runs in each process before its worker starts.
fn prepare() {
    #[cfg(feature = "crash")]
    super::crash::resume();
    #[cfg(all(unix, feature = "signals"))]
    if let Err(error) = super::signals::resume() {
        diagnostics::error(format_args!(
            "flush_on_signals does not work in this process; signals end it without sending data: {error}"
        ));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::transport::TestTransport;

    fn options() -> ClientOptions {
        let options = ClientOptions::new().dsn("https://public@test.invalid/1").traces_sample_rate(1.0);
        ClientOptions { transport: Some(Arc::new(TestTransport::new())), ..options }
    }

    /// Other threads start clients that do not count polls, and each start decides anew whether polls are recorded.
    #[test]
    fn polls_are_recorded_for_one_of_several_clients_that_start_together() {
        let ended = AtomicBool::new(false);
        std::thread::scope(|threads| {
            for _ in 0..3 {
                threads.spawn(|| {
                    while !ended.load(Ordering::Relaxed) {
                        drop(Client::new(options()));
                    }
                });
            }
            let recorded = (0..500).all(|_| {
                let client = Client::new(options().track_polls(true));
                client.is_ok() && polls::are_recorded()
            });
            ended.store(true, Ordering::Relaxed);
            assert!(recorded);
        });
    }
}
