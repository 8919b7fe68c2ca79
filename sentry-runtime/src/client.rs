//! The client: options, destination and counters of one `init`.
//!
//! The process has one; a context may have its own, as tests that run side by side do. Whether there is any at
//! all, and whether it traces, is one atomic for the hot path ([`level`]).

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};

use crate::backpressure::Backpressure;
use crate::integrations;
use crate::integrations::registry::{Integration, Integrations};
use crate::options::{ClientOptions, OptionsError};
use crate::pipeline::{self, bench::Bench};
use crate::protocol::{DataCategory, DiscardedEvents, Dsn};
use crate::session::{self, Sessions};
use crate::transport::ledger::Ledger;
use crate::transport::{self, QueueDepths, Transport};
use crate::{diagnostics, environment, trace};

/// How much work an annotated function has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Level {
    /// None: there is no client.
    Off,
    /// Errors, but no spans.
    Errors,
    /// Everything.
    Tracing,
}

static LEVEL: AtomicU8 = AtomicU8::new(0);
static GLOBAL: RwLock<Option<Arc<Client>>> = RwLock::new(None);
static ALL: Mutex<Vec<Weak<Client>>> = Mutex::new(Vec::new());

/// The most that any client of the process wants.
#[inline]
pub(crate) fn level() -> Level {
    match LEVEL.load(Ordering::Relaxed) {
        0 => Level::Off,
        1 => Level::Errors,
        _ => Level::Tracing,
    }
}

/// The client of the process.
pub(crate) fn global() -> Option<Arc<Client>> {
    GLOBAL.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Makes a client the one of the process, and answers with the one before.
pub(crate) fn set_global(client: Option<Arc<Client>>) -> Option<Arc<Client>> {
    std::mem::replace(&mut *GLOBAL.write().unwrap_or_else(PoisonError::into_inner), client)
}

/// All clients that live.
pub(crate) fn all() -> Vec<Arc<Client>> {
    ALL.lock().unwrap_or_else(PoisonError::into_inner).iter().filter_map(Weak::upgrade).collect()
}

fn refresh_level() {
    let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    let mut level = Level::Off;
    // Given back after the lock: who gives back the last handle of a client comes here again.
    let mut handles = Vec::with_capacity(all.len());
    all.retain(|client| match client.upgrade() {
        Some(client) => {
            level = level.max(client.level());
            handles.push(client);
            true
        }
        None => false,
    });
    LEVEL.store(level as u8, Ordering::Relaxed);
    drop(all);
    drop(handles);
}

/// Sends what is captured to one place, by one set of options.
///
/// Most programs never see it: [`init`](crate::init) makes one and the free functions use it.
pub struct Client {
    options: ClientOptions,
    transport: Option<Arc<dyn Transport>>,
    ledger: Arc<Ledger>,
    backpressure: Backpressure,
    closed: AtomicBool,
    bench: Mutex<Option<Bench>>,
    integrations: Integrations,
    sessions: Sessions,
}

/// What happened to telemetry so far, see [`Client::stats`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// How many items of each category were handed to delivery: they had passed sampling, callbacks and limits.
    /// Each of them is sent, dropped on the way, or still queued. What an earlier process left in the spool counts
    /// when it is taken up. A transport of your own is not counted.
    pub accepted: Vec<(DataCategory, u64)>,
    /// How many items of each category the server took.
    pub sent: Vec<(DataCategory, u64)>,
    /// How many were dropped, by reason and category. Traces that were not sampled are among them.
    pub dropped: Vec<DiscardedEvents>,
    /// How many bytes went over the wire, compressed as they were sent.
    pub bytes: u64,
    /// What waits to be sent.
    pub queued: QueueDepths,
}

impl Stats {
    /// How many items of a category were handed to delivery.
    #[must_use]
    pub fn accepted(&self, category: DataCategory) -> u64 {
        self.accepted.iter().filter(|(of, _)| *of == category).map(|(_, quantity)| quantity).sum()
    }

    /// How many items of a category the server took.
    #[must_use]
    pub fn sent(&self, category: DataCategory) -> u64 {
        self.sent.iter().filter(|(of, _)| *of == category).map(|(_, quantity)| quantity).sum()
    }

    /// How many items were dropped for whatever reason but sampling.
    #[must_use]
    pub fn lost(&self) -> u64 {
        let sampling = crate::protocol::DiscardReason::SampleRate;
        self.dropped.iter().filter(|entry| entry.reason != sampling).map(|entry| entry.quantity).sum()
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
        let ledger = Arc::new(Ledger::default());
        let transport = transport::from_options(&options, &ledger)?;
        let client = Arc::new(Self {
            transport,
            ledger,
            backpressure: Backpressure::default(),
            closed: AtomicBool::new(false),
            bench: Mutex::new(None),
            integrations: Integrations::default(),
            sessions: Sessions::default(),
            options,
        });
        if client.transport.is_some() {
            if client.options.spool_dir.is_some() {
                pipeline::be_prompt(&client);
            }
            if client.options.capture_panics {
                integrations::panic::install();
            }
            ALL.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&client));
            refresh_level();
        }
        Ok(client)
    }

    /// A client that does nothing.
    pub(crate) fn disabled() -> Arc<Self> {
        Arc::new(Self {
            options: ClientOptions::default(),
            transport: None,
            ledger: Arc::default(),
            backpressure: Backpressure::default(),
            closed: AtomicBool::new(true),
            bench: Mutex::new(None),
            integrations: Integrations::default(),
            sessions: Sessions::default(),
        })
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
        self.transport.is_some() && !self.closed.load(Ordering::Relaxed)
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
        &self.ledger
    }

    pub(crate) fn backpressure(&self) -> &Backpressure {
        &self.backpressure
    }

    pub(crate) fn transport(&self) -> Option<&Arc<dyn Transport>> {
        self.transport.as_ref()
    }

    pub(crate) fn integrations(&self) -> &Integrations {
        &self.integrations
    }

    /// Adds an integration and sets it up, see [`add_integration`](crate::add_integration).
    pub fn add_integration(self: &Arc<Self>, integration: impl Integration) -> bool {
        self.integrations.add(self, Arc::new(integration))
    }

    pub(crate) fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// Another handle of the same client.
    pub(crate) fn handle(&self) -> Option<Arc<Self>> {
        all().into_iter().find(|client| std::ptr::eq(Arc::as_ptr(client), self))
    }

    /// The tools of the pipeline thread for this client.
    pub(crate) fn bench(&self) -> MutexGuard<'_, Option<Bench>> {
        self.bench.lock().unwrap_or_else(PoisonError::into_inner)
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
        let queued = self.transport.as_ref().map(|transport| transport.queue_depths()).unwrap_or_default();
        Stats {
            accepted: self.ledger.all_accepted(),
            queued: QueueDepths { captured: pipeline::depth(), ..queued },
            sent: self.ledger.all_sent(),
            dropped: self.ledger.all_lost(),
            bytes: self.ledger.all_bytes(),
        }
    }

    /// Waits until everything captured so far was delivered or lost, at most `timeout`. Answers whether it was. With the
    /// option `spool_dir`, what cannot be delivered now is left on disk instead of lost.
    pub fn flush(&self, timeout: Duration) -> bool {
        self.finish(timeout, |transport, rest| transport.flush(rest))
    }

    /// Flushes, then switches the client off for good.
    pub fn close(&self, timeout: Duration) -> bool {
        session::client_ends(self);
        let flushed = self.finish(timeout, |transport, rest| transport.shutdown(rest));
        self.closed.store(true, Ordering::Relaxed);
        refresh_level();
        flushed
    }

    fn finish(&self, timeout: Duration, end: impl FnOnce(&dyn Transport, Duration) -> bool) -> bool {
        let Some(transport) = self.transport.as_ref().filter(|_| self.is_enabled()) else {
            return true;
        };
        let started = Instant::now();
        let processed = pipeline::flush(timeout);
        end(&**transport, timeout.saturating_sub(started.elapsed())) && processed
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if self.transport.is_some() {
            self.closed.store(true, Ordering::Relaxed);
            refresh_level();
        }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("enabled", &self.is_enabled()).field("options", &self.options).finish()
    }
}

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
        let mut global = GLOBAL.write().unwrap_or_else(PoisonError::into_inner);
        if global.as_ref().is_some_and(|client| Arc::ptr_eq(client, &self.0)) {
            let _closed = global.take();
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
