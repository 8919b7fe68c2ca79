//! The client: options, destination and counters of one `init`.
//!
//! The process has one; a context may have its own, for tests that run side by side. For the hot path, one atomic holds
//! whether there is any client and whether it traces ([`capture_mode`]).

#[cfg(writes_minidumps)]
mod crashed;
pub(crate) mod forgotten;
pub(crate) mod hint;
pub(crate) mod integration;
pub(crate) mod pressure;
mod registry;
pub(crate) mod session;
mod stats;

#[cfg(writes_minidumps)]
pub(crate) use crashed::Receivers;
pub(crate) use registry::{
    CaptureMode, all, capture_mode, global, is_off, refresh_capture_mode, register, release_global,
    set_global, with_global,
};
pub use stats::Stats;

use std::any::Any;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use integration::{Integration, Integrations};
use session::Sessions;

use crate::base::diagnostics;
use crate::base::fork::PerProcess;
use crate::client::pressure::Pressure;
use crate::options::{ClientOptions, OptionsError};
use crate::protocol::{Attachment, DataCategory, DiscardReason, Dsn, DynamicSamplingContext};
use crate::scrub::Scrubber;
use crate::transport::Transport;
use crate::transport::ledger::Ledger;
use crate::transport::room::Room;

/// A function that builds the transports of the options.
pub(crate) type TransportFactory =
    fn(&ClientOptions, &Arc<Ledger>, &Arc<Room>) -> Result<Destinations, OptionsError>;

/// The transports of a client.
#[derive(Default)]
pub(crate) struct Destinations {
    /// The transport to all destinations; `None` if there is none.
    pub(crate) all: Option<Arc<dyn Transport>>,
    /// The transport to those that receive copies for a developer: the local view, Spotlight, the dashboard.
    #[cfg(writes_minidumps)]
    pub(crate) views: Option<Arc<dyn Transport>>,
}

/// A client: sends captured data to one destination, with one set of options.
///
/// Most programs never use it directly: [`init`](crate::init) creates one, and the free functions use it.
pub struct Client {
    options: ClientOptions,
    transport_factory: TransportFactory,
    parts: PerProcess<Parts>,
    integrations: Integrations,
    /// The entries of its options in dynamic sampling contexts.
    sampling_facts: DynamicSamplingContext,
    /// The filter for texts in the headers of outgoing requests, if the option `deny_names` has terms. Created with the
    /// client, since the first request may be made in the child of a fork.
    header_filter: Option<Box<Scrubber>>,
}

/// The parts of a client in one process. The child of a fork creates new ones: the parent's threads do not exist there,
/// the parent reports its own losses, and its locks may be held forever.
struct Parts {
    destinations: Destinations,
    ledger: Arc<Ledger>,
    room: Arc<Room>,
    pressure: Pressure,
    closed: AtomicBool,
    /// Whether the client was closed, and all its data was delivered or counted.
    finished: AtomicBool,
    #[cfg(writes_minidumps)]
    crashed: crashed::Crashed,
    /// The pipeline's state for this client, of a type that only the pipeline knows.
    pipeline_state: Mutex<PipelineState>,
    sessions: Sessions,
}

pub(crate) type PipelineState = Option<Box<dyn Any + Send>>;

impl Parts {
    fn new(options: &ClientOptions, factory: TransportFactory) -> Result<Self, OptionsError> {
        let ledger = Arc::new(Ledger::default());
        let room = Room::shared(options.queue_bytes);
        let destinations = factory(options, &ledger, &room)?;
        Ok(Self {
            destinations,
            ledger,
            room,
            closed: AtomicBool::new(false),
            finished: AtomicBool::new(false),
            #[cfg(writes_minidumps)]
            crashed: crashed::Crashed::default(),
            pipeline_state: Mutex::new(None),
            sessions: Sessions::default(),
            pressure: Pressure::default(),
        })
    }

    fn none() -> Self {
        Self {
            destinations: Destinations::default(),
            ledger: Arc::default(),
            room: Room::separate(0),
            closed: AtomicBool::new(true),
            finished: AtomicBool::new(true),
            #[cfg(writes_minidumps)]
            crashed: crashed::Crashed::default(),
            pipeline_state: Mutex::new(None),
            sessions: Sessions::default(),
            pressure: Pressure::default(),
        }
    }

    /// Returns whether the client is enabled for the report of a crash, although it was closed.
    #[cfg(not(writes_minidumps))]
    #[expect(clippy::unused_self, reason = "there are no reports of crashes")]
    fn reports_crash(&self) -> bool {
        false
    }

    /// Creates the parts for the child of a fork.
    fn inherit(parent: Option<&Self>, options: &ClientOptions, factory: TransportFactory) -> Self {
        match parent {
            Some(parent) if parent.destinations.all.is_some() && !parent.closed.load(Ordering::Relaxed) => {
                Self::new(options, factory).unwrap_or_else(|error| {
                    diagnostics::error(format_args!("Sentry is disabled in this child of a fork: {error}"));
                    Self::none()
                })
            }
            _ => Self::none(),
        }
    }
}

impl Client {
    /// Creates a client from complete options, without registering it.
    pub(crate) fn assemble(
        options: ClientOptions,
        transport_factory: TransportFactory,
    ) -> Result<Self, OptionsError> {
        let parts = PerProcess::of(Parts::new(&options, transport_factory)?);
        Ok(Self::of(options, transport_factory, parts))
    }

    fn of(options: ClientOptions, transport_factory: TransportFactory, parts: PerProcess<Parts>) -> Self {
        let deny_names = &options.deny_names;
        Self {
            sampling_facts: sampling_facts(&options),
            header_filter: (!deny_names.is_empty()).then(|| Box::new(Scrubber::new(deny_names))),
            options,
            transport_factory,
            parts,
            integrations: Integrations::default(),
        }
    }

    /// Returns a client that does nothing.
    pub(crate) fn disabled() -> Self {
        Self::without_destination(ClientOptions::default())
    }

    fn without_destination(options: ClientOptions) -> Self {
        Self::of(options, |_, _, _| Ok(Destinations::default()), PerProcess::of(Parts::none()))
    }

    /// Returns a client with the same options that sends nothing.
    pub(crate) fn stand_in(&self) -> Self {
        Self::without_destination(self.options.clone())
    }

    fn parts(&self) -> &Parts {
        self.parts.get_or_make(|parent| Parts::inherit(parent, &self.options, self.transport_factory))
    }

    fn capture_mode(&self) -> CaptureMode {
        match (self.is_enabled(), self.options.traces()) {
            (false, _) => CaptureMode::Off,
            (true, false) => CaptureMode::Errors,
            (true, true) => CaptureMode::Tracing,
        }
    }

    /// Returns the options, completed from the environment.
    #[must_use]
    pub fn options(&self) -> &ClientOptions {
        &self.options
    }

    /// Returns the DSN, if there is one.
    #[must_use]
    pub fn dsn(&self) -> Option<&Dsn> {
        self.options.dsn.as_ref()
    }

    /// Returns the entries of the options in the dynamic sampling context of every trace that begins here.
    pub(crate) fn sampling_facts(&self) -> &DynamicSamplingContext {
        &self.sampling_facts
    }

    /// Returns the filter for texts in the headers of outgoing requests, if it differs from the default one.
    pub(crate) fn header_filter(&self) -> Option<&Scrubber> {
        self.header_filter.as_deref()
    }

    /// Returns whether the client captures data: it has a destination and was not closed.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        let parts = self.parts();
        parts.destinations.all.is_some() && (!parts.closed.load(Ordering::Relaxed) || parts.reports_crash())
    }

    /// Returns whether a crash is being reported, for which even a closed client is enabled.
    pub(crate) fn reports_crash(&self) -> bool {
        self.parts().reports_crash()
    }

    /// Returns whether an outgoing request to this URL receives trace headers, by the option `trace_propagation_targets`.
    ///
    /// ```
    /// let options = sentry::ClientOptions::new().trace_propagation_targets(["shop.example"]);
    /// let guard = sentry::init(("http://key@localhost:1/7", options));
    /// assert!(guard.should_propagate("https://api.shop.example/orders"));
    /// assert!(!guard.should_propagate("https://elsewhere.example/"));
    /// ```
    ///
    /// [Spec](https://develop.sentry.dev/sdk/foundations/trace-propagation/).
    #[must_use]
    pub fn should_propagate(&self, url: &str) -> bool {
        let targets = &self.options.trace_propagation_targets;
        targets.as_ref().is_none_or(|targets| targets.iter().any(|target| target.matches(url)))
    }

    /// Returns whether spans are recorded.
    pub(crate) fn is_tracing(&self) -> bool {
        self.is_enabled() && self.options.traces()
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.parts().ledger
    }

    /// Returns the memory for what waits.
    pub(crate) fn room(&self) -> &Room {
        &self.parts().room
    }

    /// Counts an event or feedback as lost, with its attachments.
    pub(crate) fn lost_with<'a>(
        &self,
        reason: DiscardReason,
        category: DataCategory,
        attachments: impl IntoIterator<Item = &'a Arc<Attachment>>,
    ) {
        self.ledger().lost(reason, category, 1);
        self.ledger().lost(reason, DataCategory::Attachment, Attachment::bytes_of(attachments));
    }

    pub(crate) fn pressure(&self) -> &Pressure {
        &self.parts().pressure
    }

    pub(crate) fn transport(&self) -> Option<&Arc<dyn Transport>> {
        self.parts().destinations.all.as_ref()
    }

    /// Returns the transport to the views of a developer, which do not need a report from the monitor of crashes.
    #[cfg(writes_minidumps)]
    pub(crate) fn views(&self) -> Option<&Arc<dyn Transport>> {
        self.parts().destinations.views.as_ref()
    }

    pub(crate) fn integrations(&self) -> &Integrations {
        &self.integrations
    }

    /// Adds an integration and sets it up, see [`add_integration`](crate::add_integration). Returns whether it was
    /// added.
    pub fn add_integration(self: &Arc<Self>, integration: impl Integration) -> bool {
        self.integrations.add(self, Arc::new(integration))
    }

    pub(crate) fn sessions(&self) -> &Sessions {
        &self.parts().sessions
    }

    /// Returns another handle of the same client.
    pub(crate) fn handle(&self) -> Option<Arc<Self>> {
        all().into_iter().find(|client| std::ptr::eq(Arc::as_ptr(client), self))
    }

    /// The pipeline thread's state for this client.
    pub(crate) fn pipeline_state(&self) -> MutexGuard<'_, PipelineState> {
        self.parts().pipeline_state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether the client was closed, and everything that it captured was delivered or counted.
    pub(crate) fn is_finished(&self) -> bool {
        self.parts().finished.load(Ordering::Relaxed)
    }

    pub(crate) fn set_finished(&self) {
        self.parts().finished.store(true, Ordering::Relaxed);
    }

    /// Disables the client permanently.
    pub(crate) fn switch_off(&self) {
        self.parts().closed.store(true, Ordering::Relaxed);
        refresh_capture_mode();
    }
}

fn sampling_facts(options: &ClientOptions) -> DynamicSamplingContext {
    let mut facts = DynamicSamplingContext::default();
    let public_key = options.dsn.as_ref().map(Dsn::public_key);
    let entries = [
        ("public_key", public_key),
        ("release", options.release.as_deref()),
        ("environment", options.environment.as_deref()),
    ];
    for (key, value) in entries {
        value.into_iter().for_each(|value| facts.set(key, value));
    }
    if let Some(org_id) = options.effective_org_id() {
        facts.set("org_id", org_id);
    }
    facts
}

impl Drop for Client {
    fn drop(&mut self) {
        if let Some(parts) = self.parts.get().filter(|parts| parts.destinations.all.is_some()) {
            parts.closed.store(true, Ordering::Relaxed);
            refresh_capture_mode();
        }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("enabled", &self.is_enabled()).field("options", &self.options).finish()
    }
}
