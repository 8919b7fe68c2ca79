//! The client: options, destination and counters of one `init`.
//!
//! The process has one; a context may have its own, as tests that run side by side do. Whether there is any at
//! all, and whether it traces, is one atomic for the hot path ([`level`]).

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};

use crate::backpressure::Backpressure;
use crate::fork::{self, PerProcess};
use crate::integrations;
use crate::integrations::registry::{Integration, Integrations};
use crate::options::{ClientOptions, OptionsError};
use crate::pipeline::{self, bench::Bench};
use crate::protocol::{DataCategory, DiscardedEvents, Dsn};
use crate::scope::{active, context::Context, during_fork};
use crate::session::{self, Sessions};
use crate::transport::ledger::Ledger;
use crate::transport::{self, QueueDepths, Transport};
use crate::{callback, diagnostics, environment, trace};

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
static GLOBAL: PerProcess<RwLock<Option<Arc<Client>>>> = PerProcess::new();
static ALL: PerProcess<Mutex<Vec<Weak<Client>>>> = PerProcess::new();

/// The child of a fork goes on with its parent's client, unless that was being replaced at that moment.
fn slot() -> &'static RwLock<Option<Arc<Client>>> {
    GLOBAL.get_or_make(|parent| {
        RwLock::new(parent.and_then(|parent| parent.try_read().ok().and_then(|client| client.clone())))
    })
}

fn known() -> MutexGuard<'static, Vec<Weak<Client>>> {
    let all = ALL.get_or_make(|parent| {
        Mutex::new(
            parent.and_then(|parent| parent.try_lock().ok().map(|all| all.clone())).unwrap_or_default(),
        )
    });
    all.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lets the toolkit begin anew in every child of a fork.
pub(crate) fn watch_forks() {
    // What every fork looks at is there before the first.
    Context::default_ref();
    fork::watch(fork::Hooks {
        before: during_fork::hold,
        in_parent: during_fork::release,
        in_child: || {
            during_fork::release();
            trace::recorder::begin_anew();
            trace::ids::begin_anew();
            active::begin_anew();
            #[cfg(all(unix, feature = "signals"))]
            integrations::signals::begin_anew();
        },
    });
}

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
    slot().read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Makes a client the one of the process, and answers with the one before.
pub(crate) fn set_global(client: Option<Arc<Client>>) -> Option<Arc<Client>> {
    std::mem::replace(&mut *slot().write().unwrap_or_else(PoisonError::into_inner), client)
}

/// All clients that live.
pub(crate) fn all() -> Vec<Arc<Client>> {
    known().iter().filter_map(Weak::upgrade).collect()
}

fn refresh_level() {
    let mut all = known();
    all.retain(|client| client.strong_count() > 0);
    let living: Vec<_> = all.iter().filter_map(Weak::upgrade).collect();
    let level = living.iter().map(|client| client.level()).max().unwrap_or(Level::Off);
    LEVEL.store(level as u8, Ordering::Relaxed);
    // One of these may be the last of its client, which asks for this lock as it goes.
    drop(all);
    drop(living);
}

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
    /// Makes a client. Options that cannot be used as given are an error.
    pub(crate) fn new(options: impl Into<ClientOptions>) -> Result<Arc<Self>, OptionsError> {
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
        self.finish(timeout, |transport, rest| transport.flush(rest))
    }

    /// Flushes, then switches the client off for good.
    pub fn close(&self, timeout: Duration) -> bool {
        session::client_ends(self);
        let flushed = self.finish(timeout, |transport, rest| transport.shutdown(rest));
        self.parts().closed.store(true, Ordering::Relaxed);
        refresh_level();
        flushed
    }

    fn finish(&self, timeout: Duration, end: fn(&dyn Transport, Duration) -> bool) -> bool {
        let Some(transport) = self.transport().filter(|_| self.is_enabled()) else {
            return true;
        };
        let started = Instant::now();
        let processed = pipeline::flush(timeout);
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
    let (say, said) = crossbeam_channel::bounded(1);
    let asked = std::thread::Builder::new().name("sentry-flush".to_owned()).spawn(move || {
        let ended = callback::contain(|| end(&*own, rest)).unwrap_or(false);
        // Who asked may have given up waiting.
        let _ = say.send(ended);
    });
    asked.is_ok() && said.recv_timeout(rest.max(MOMENT)).unwrap_or(false)
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
        }
    }
}

/// Makes the client of the process.
pub(crate) fn try_init(options: impl Into<ClientOptions>) -> Result<ClientInitGuard, OptionsError> {
    let client = Client::new(options)?;
    drop(set_global(Some(Arc::clone(&client))));
    for integration in &client.options.integrations {
        client.integrations.add(&client, Arc::clone(integration));
    }
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
