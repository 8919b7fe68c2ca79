//! The client: options, destination and counters of one `init`.
//!
//! The process has one; a context may have its own, as tests that run side by side do. Whether there is any at
//! all, and whether it traces, is one atomic for the hot path ([`level`]).

mod guard;
mod registry;
mod stats;

pub use guard::ClientInitGuard;
pub(crate) use guard::{init, try_init};
pub(crate) use registry::{Level, all, global, level, set_global, watch_forks};
pub use stats::Stats;

use registry::{known, refresh_level};

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::backpressure::Backpressure;
use crate::base::fork::PerProcess;
use crate::base::{callback, diagnostics};
use crate::integrations;
use crate::integrations::registry::{Integration, Integrations};
use crate::options::{ClientOptions, OptionsError};
use crate::pipeline::{self, bench::Bench};
use crate::protocol::Dsn;
use crate::session::{self, Sessions};
use crate::transport::ledger::Ledger;
use crate::transport::{self, QueueDepths, Transport};
use crate::{environment, trace};

/// Sends what is captured to one place, by one set of options.
///
/// Most programs never see it: [`init`](crate::init) makes one and the free functions use it.
pub struct Client {
    options: ClientOptions,
    parts: PerProcess<Parts>,
    integrations: Integrations,
}

/// What a client has in one process. The child of a fork makes its own: the parent's threads are not there, its
/// losses are reported by itself, and its locks may be held for good.
struct Parts {
    transport: Option<Arc<dyn Transport>>,
    ledger: Arc<Ledger>,
    backpressure: Backpressure,
    closed: AtomicBool,
    bench: Mutex<Option<Bench>>,
    sessions: Sessions,
}

impl Parts {
    fn new(options: &ClientOptions) -> Result<Self, OptionsError> {
        let ledger = Arc::new(Ledger::default());
        let transport = transport::from_options(options, &ledger)?;
        Ok(Self {
            transport,
            ledger,
            closed: AtomicBool::new(false),
            bench: Mutex::new(None),
            sessions: Sessions::default(),
            backpressure: Backpressure::default(),
        })
    }

    fn none() -> Self {
        Self {
            transport: None,
            ledger: Arc::default(),
            closed: AtomicBool::new(true),
            bench: Mutex::new(None),
            sessions: Sessions::default(),
            backpressure: Backpressure::default(),
        }
    }

    /// Those of the child of a fork.
    fn inherit(parent: Option<&Self>, options: &ClientOptions) -> Self {
        match parent {
            Some(parent) if parent.transport.is_some() && !parent.closed.load(Ordering::Relaxed) => {
                Self::new(options).unwrap_or_else(|error| {
                    diagnostics::error(format_args!("{error}. Nothing is captured in this process."));
                    Self::none()
                })
            }
            _ => Self::none(),
        }
    }
}

impl Client {
    /// Makes a client that belongs to nothing yet: [`set_current_client`](crate::set_current_client) makes it the one
    /// of the process. What [`init`](crate::init) does beside that is left out: what is not yet sent is not sent when
    /// it is dropped, so [`close`](Self::close) it; and no session is started.
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
    /// Options that cannot be used as given, as of [`try_init`](crate::try_init).
    pub fn new(options: impl Into<ClientOptions>) -> Result<Arc<Self>, OptionsError> {
        let client = Self::make(options)?;
        client.set_up_integrations();
        Ok(client)
    }

    /// Sets up the integrations of the options.
    fn set_up_integrations(self: &Arc<Self>) {
        for integration in &self.options.integrations {
            self.integrations.add(self, Arc::clone(integration));
        }
    }

    fn make(options: impl Into<ClientOptions>) -> Result<Arc<Self>, OptionsError> {
        let options = environment::complete(options.into())?;
        diagnostics::set_debug(options.debug.unwrap_or(false));
        trace::clock::start();
        trace::recorder::set_memory_limit(options.max_record_memory);
        let parts = PerProcess::of(Parts::new(&options)?);
        let client = Arc::new(Self { options, parts, integrations: Integrations::default() });
        if client.parts().transport.is_some() {
            if client.options.spool_dir.is_some() {
                pipeline::be_prompt(&client);
            }
            watch_forks();
            if client.options.capture_panics {
                integrations::panic::install();
            }
            known().push(Arc::downgrade(&client));
            refresh_level();
        }
        Ok(client)
    }

    /// A client that does nothing.
    pub(crate) fn disabled() -> Arc<Self> {
        Arc::new(Self {
            options: ClientOptions::default(),
            parts: PerProcess::of(Parts::none()),
            integrations: Integrations::default(),
        })
    }

    fn parts(&self) -> &Parts {
        self.parts.get_or_make(|parent| Parts::inherit(parent, &self.options))
    }

    fn level(&self) -> Level {
        match (self.is_enabled(), self.options.traces()) {
            (false, _) => Level::Off,
            (true, false) => Level::Errors,
            (true, true) => Level::Tracing,
        }
    }

    /// The options, as completed from the environment.
    #[must_use]
    pub fn options(&self) -> &ClientOptions {
        &self.options
    }

    /// Where it sends to, if it sends to a server.
    #[must_use]
    pub fn dsn(&self) -> Option<&Dsn> {
        self.options.dsn.as_ref()
    }

    /// Whether anything is captured: there is somewhere to send to, and the client was not closed.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        let parts = self.parts();
        parts.transport.is_some() && !parts.closed.load(Ordering::Relaxed)
    }

    /// Whether an outgoing request to this URL is told of the trace: by the option `trace_propagation_targets`.
    ///
    /// ```
    /// let options = sentry::ClientOptions::new().trace_propagation_targets(["shop.example"]);
    /// let guard = sentry::init(("http://key@localhost:1/7", options));
    /// assert!(guard.should_propagate("https://api.shop.example/orders"));
    /// assert!(!guard.should_propagate("https://elsewhere.example/"));
    /// ```
    ///
    /// Spec: `foundations/trace-propagation/index.mdx`.
    #[must_use]
    pub fn should_propagate(&self, url: &str) -> bool {
        let targets = &self.options.trace_propagation_targets;
        targets.as_ref().is_none_or(|targets| targets.iter().any(|target| target.matches(url)))
    }

    /// Whether spans are recorded.
    pub(crate) fn is_tracing(&self) -> bool {
        self.is_enabled() && self.options.traces()
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.parts().ledger
    }

    pub(crate) fn backpressure(&self) -> &Backpressure {
        &self.parts().backpressure
    }

    pub(crate) fn transport(&self) -> Option<&Arc<dyn Transport>> {
        self.parts().transport.as_ref()
    }

    pub(crate) fn integrations(&self) -> &Integrations {
        &self.integrations
    }

    /// Adds an integration and sets it up, see [`add_integration`](crate::add_integration).
    pub fn add_integration(self: &Arc<Self>, integration: impl Integration) -> bool {
        self.integrations.add(self, Arc::new(integration))
    }

    pub(crate) fn sessions(&self) -> &Sessions {
        &self.parts().sessions
    }

    /// Another handle of the same client.
    pub(crate) fn handle(&self) -> Option<Arc<Self>> {
        all().into_iter().find(|client| std::ptr::eq(Arc::as_ptr(client), self))
    }

    /// The tools of the pipeline thread for this client.
    pub(crate) fn bench(&self) -> MutexGuard<'_, Option<Bench>> {
        self.parts().bench.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was accepted, sent and dropped so far, and what still waits.
    ///
    /// ```
    /// let _guard = sentry::init("");
    /// let client = sentry::get_client().unwrap();
    /// assert_eq!(client.stats().lost(), 0);
    /// ```
    #[must_use]
    pub fn stats(&self) -> Stats {
        let queued = self.transport().map(|transport| transport.queue_depths()).unwrap_or_default();
        let ledger = self.ledger();
        Stats {
            accepted: ledger.all_accepted(),
            queued: QueueDepths { captured: pipeline::depth(), ..queued },
            sent: ledger.all_sent(),
            dropped: ledger.all_lost(),
            bytes: ledger.all_bytes(),
        }
    }

    /// Waits until everything captured so far was delivered or lost, at most `timeout`. Answers whether it was. With the
    /// option `spool_dir`, what cannot be delivered now is left on disk instead of lost.
    pub fn flush(&self, timeout: Duration) -> bool {
        self.finish(timeout, pipeline::flush, |transport, rest| transport.flush(rest))
    }

    /// Flushes, then switches the client off for good.
    pub fn close(&self, timeout: Duration) -> bool {
        session::client_ends(self);
        let process = |timeout| pipeline::close(self.handle(), timeout);
        let flushed = self.finish(timeout, process, |transport, rest| transport.shutdown(rest));
        self.parts().closed.store(true, Ordering::Relaxed);
        refresh_level();
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
        let ended = match &self.options.transport {
            None => end(&**transport, rest),
            Some(own) => patiently(own, rest, end),
        };
        ended && processed
    }
}

/// Asks a transport of the user's, which may hang or panic, from a thread that can be left behind.
fn patiently(own: &Arc<dyn Transport>, rest: Duration, end: fn(&dyn Transport, Duration) -> bool) -> bool {
    /// What even a transport that is done needs to say so.
    const MOMENT: Duration = Duration::from_millis(50);
    let own = Arc::clone(own);
    let (say, said) = crate::answer::owed();
    let asked = std::thread::Builder::new().name("sentry-flush".to_owned()).spawn(move || {
        crate::base::thread_role::mark();
        let ended = callback::contain(|| end(&*own, rest)).unwrap_or(false);
        say.give(ended);
    });
    asked.is_ok() && said.wait(rest.max(MOMENT)).unwrap_or(false)
}

impl Drop for Client {
    fn drop(&mut self) {
        if let Some(parts) = self.parts.get().filter(|parts| parts.transport.is_some()) {
            parts.closed.store(true, Ordering::Relaxed);
            refresh_level();
        }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("enabled", &self.is_enabled()).field("options", &self.options).finish()
    }
}
