//! The context: all current state of a piece of work, behind one pointer.
//!
//! A context is immutable; work that needs another one derives it from the old one and activates it. Futures carry
//! their context from poll to poll, so that it is the right one on every thread that polls them.

use std::sync::{Arc, OnceLock};

use crate::client::Client;
use crate::context::boundary::CaptureBoundary;
use crate::scope::{Scope, ScopeCell, Scopes};
use crate::trace::ids::LocalId;
use crate::trace::propagation::Propagation;
use crate::trace::segment::Segment;

/// The kind of a new span in a context, decided once for the hot path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Mode {
    /// No span is active: a new span becomes the root of a segment.
    Root,
    /// The active segment is not recorded, or tracing is suppressed: nothing is recorded.
    Unsampled,
    /// A new span becomes a child of the active span.
    Sampled,
    /// The same, unless a filter of the option `ignore_spans` matches it.
    Filtered,
    /// The active segment is ignored, or streamed and not sampled: nothing is recorded, and every span is counted.
    Counted,
}

impl Mode {
    fn of(segment: &Segment) -> Self {
        match segment {
            segment if segment.counts_lost_children() => Self::Counted,
            Segment { filters: true, .. } => Self::Filtered,
            Segment { recorded: true, .. } => Self::Sampled,
            _ => Self::Unsampled,
        }
    }

    /// Returns whether a new span may be recorded as a child of the active one.
    #[inline]
    pub(crate) fn records_children(self) -> bool {
        matches!(self, Self::Sampled | Self::Filtered)
    }
}

/// Whether spans are recorded in a context; later variants take precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Recording {
    /// According to the options.
    Asked,
    /// Not recorded. Trace headers do not show that: a continued trace is passed on as it came.
    Silenced,
    /// Not recorded, and trace headers say that the trace is not sampled.
    Suppressed,
}

/// The relation of a context to that of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ContextOrigin {
    /// It is the context of the process.
    Default,
    /// It differs from that only in its segment.
    Child,
    Other,
}

/// Isolation scope, current scope, segment, propagation and client of a piece of work.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) client: Option<Arc<Client>>,
    pub(crate) isolation: Arc<ScopeCell>,
    pub(crate) current: Arc<ScopeCell>,
    pub(crate) propagation: Arc<Propagation>,
    segment: Option<Arc<Segment>>,
    /// The innermost boundary of an annotated function that captures errors, see [`crate::capture::errors`].
    pub(crate) boundary: CaptureBoundary,
    /// The enclosing boundary of that one.
    pub(crate) outer_boundary: CaptureBoundary,
    recording: Recording,
    /// Derived from the fields above, for the hot path.
    mode: Mode,
    key: LocalId,
    /// The relation to the context of the process.
    kin: ContextOrigin,
    /// Whether root spans continue `propagation`. Outside any request, each root span starts a new trace.
    pub(crate) continues: bool,
}

impl Context {
    /// Returns the context of work without a context of its own: one per process.
    pub(crate) fn default_ref() -> &'static Arc<Self> {
        static DEFAULT: OnceLock<Arc<Context>> = OnceLock::new();
        DEFAULT.get_or_init(|| {
            let client = crate::client::global();
            let inherited = Propagation::from_environment(client.as_ref().map(|client| client.options()));
            let continues = inherited.is_some();
            Arc::new(Self {
                client: None,
                isolation: Arc::new(ScopeCell::of_process()),
                current: Arc::new(ScopeCell::of_process()),
                propagation: Arc::new(inherited.unwrap_or_else(Propagation::new)),
                segment: None,
                boundary: CaptureBoundary::NONE,
                outer_boundary: CaptureBoundary::NONE,
                recording: Recording::Asked,
                mode: Mode::Root,
                key: 0,
                kin: ContextOrigin::Default,
                continues,
            })
        })
    }

    /// Returns the context of work with a client of its own, without any surrounding data.
    pub(crate) fn of_client(client: Arc<Client>) -> Self {
        Self {
            client: Some(client),
            isolation: Arc::default(),
            current: Arc::default(),
            propagation: Arc::new(Propagation::new()),
            boundary: CaptureBoundary::NONE,
            outer_boundary: CaptureBoundary::NONE,
            continues: false,
            recording: Recording::Asked,
            kin: ContextOrigin::Other,
            ..Self::clone(Self::default_ref())
        }
        .sealed()
    }

    /// Returns what a new span becomes.
    #[inline]
    pub(crate) fn mode(&self) -> Mode {
        self.mode
    }

    /// Returns the key of the active segment, zero without one.
    #[inline]
    pub(crate) fn key(&self) -> LocalId {
        self.key
    }

    /// Returns the active segment.
    #[inline]
    pub(crate) fn segment(&self) -> Option<&Arc<Segment>> {
        self.segment.as_ref()
    }

    /// Returns whether no spans are recorded, whatever the options are.
    pub(crate) fn is_unrecorded(&self) -> bool {
        self.recording != Recording::Asked
    }

    /// Returns whether trace headers say that nothing is recorded.
    pub(crate) fn is_suppressed(&self) -> bool {
        self.recording == Recording::Suppressed
    }

    fn sealed(mut self) -> Self {
        self.mode = match &self.segment {
            _ if self.is_unrecorded() => Mode::Unsampled,
            None => Mode::Root,
            Some(segment) => Mode::of(segment),
        };
        self.key = self.segment.as_ref().map_or(0, |segment| segment.key);
        self
    }

    /// Returns whether this is the context of the process.
    pub(crate) fn is_default(&self) -> bool {
        self.kin == ContextOrigin::Default
    }

    /// Returns whether the context differs from that of the process only in its segment.
    pub(crate) fn is_child_of_default(&self) -> bool {
        self.kin == ContextOrigin::Child
    }

    /// Replaces the segment of a context without other owners.
    pub(crate) fn put_segment(&mut self, segment: Option<Arc<Segment>>) {
        self.mode = match &segment {
            None => Mode::Root,
            Some(segment) => Mode::of(segment),
        };
        self.key = segment.as_ref().map_or(0, |segment| segment.key);
        self.segment = segment;
    }

    /// Returns a copy with another segment, or none.
    pub(crate) fn with_segment(&self, segment: Option<Arc<Segment>>) -> Self {
        // Written out: a clone would increment and decrement the count of the replaced segment.
        Self {
            client: self.client.clone(),
            isolation: Arc::clone(&self.isolation),
            current: Arc::clone(&self.current),
            propagation: Arc::clone(&self.propagation),
            segment,
            kin: if self.kin == ContextOrigin::Other { ContextOrigin::Other } else { ContextOrigin::Child },
            ..*self
        }
        .sealed()
    }

    /// Returns a copy in which no spans are recorded, with trace headers that say so.
    pub(crate) fn suppressing(&self) -> Self {
        Self { recording: Recording::Suppressed, kin: ContextOrigin::Other, ..self.clone() }.sealed()
    }

    /// Returns a copy in which no spans are recorded, with unchanged trace headers.
    pub(crate) fn silenced(&self) -> Self {
        let recording = self.recording.max(Recording::Silenced);
        Self { recording, kin: ContextOrigin::Other, ..self.clone() }.sealed()
    }

    /// Returns a copy with another current scope.
    pub(crate) fn with_scope(&self, current: Arc<ScopeCell>) -> Self {
        // Written out, here and below: a clone would increment and decrement the counts of what is replaced.
        Self {
            client: self.client.clone(),
            isolation: Arc::clone(&self.isolation),
            current,
            propagation: Arc::clone(&self.propagation),
            segment: self.segment.clone(),
            kin: ContextOrigin::Other,
            ..*self
        }
    }

    /// Returns a copy with a current scope of its own.
    pub(crate) fn with_own_scope(&self) -> Self {
        self.with_scope(self.current.fork())
    }

    /// Returns the client of this work: its own, or that of the process.
    pub(crate) fn client(&self) -> Option<Arc<Client>> {
        self.client.clone().or_else(crate::client::global)
    }

    /// Returns a copy with an isolation scope and a current scope of its own.
    pub(crate) fn isolated(&self) -> Self {
        self.with_scopes(self.isolation.snapshot(), self.current.snapshot())
    }

    /// Returns a copy with an isolation scope and a current scope of its own, which begin with this data.
    pub(crate) fn with_scopes(&self, isolation: Arc<Scope>, current: Arc<Scope>) -> Self {
        Self {
            client: self.client.clone(),
            isolation: Arc::new(ScopeCell::new(isolation)),
            current: Arc::new(ScopeCell::new(current)),
            propagation: Arc::clone(&self.propagation),
            segment: self.segment.clone(),
            kin: ContextOrigin::Other,
            ..*self
        }
    }

    /// Returns the context of a request that begins here: inside of a boundary, in a trace that it continues, and with
    /// scopes of its own. The isolation scope begins with this data, the current one with that of this context.
    #[allow(dead_code, reason = "for the integrations of servers, which are features")]
    pub(crate) fn for_request(&self, isolation: Arc<Scope>, propagation: Propagation) -> Self {
        // Written out: each of these functions would count a reference to what the next one replaces.
        Self {
            client: self.client.clone(),
            isolation: Arc::new(ScopeCell::new(isolation)),
            current: self.current.fork(),
            propagation: Arc::new(propagation),
            segment: None,
            boundary: CaptureBoundary::open(),
            outer_boundary: self.boundary,
            kin: ContextOrigin::Other,
            continues: true,
            ..*self
        }
        .sealed()
    }

    /// Returns the segment and the data of both scopes of a context that ends. `None` without a segment.
    pub(crate) fn into_ended(self) -> Option<(Arc<Segment>, Arc<Scope>, Arc<Scope>)> {
        Some((self.segment?, self.isolation.into_data(), self.current.into_data()))
    }

    /// Returns a copy inside a function that captures errors.
    pub(crate) fn with_boundary(&self) -> Self {
        self.clone().into_boundary()
    }

    /// Moves the context into a function that captures errors.
    pub(crate) fn into_boundary(mut self) -> Self {
        self.outer_boundary = std::mem::replace(&mut self.boundary, CaptureBoundary::open());
        self.kin = ContextOrigin::Other;
        self
    }

    /// Returns a copy in a new trace, without an active span.
    pub(crate) fn in_new_trace(&self, propagation: Propagation) -> Self {
        self.clone().into_new_trace(propagation)
    }

    /// Moves the context into a new trace, without an active span.
    pub(crate) fn into_new_trace(mut self, propagation: Propagation) -> Self {
        self.propagation = Arc::new(propagation);
        self.continues = true;
        self.kin = ContextOrigin::Other;
        self.into_segment(None)
    }

    /// Moves the context into another segment, or out of its own.
    pub(crate) fn into_segment(mut self, segment: Option<Arc<Segment>>) -> Self {
        self.segment = segment;
        if self.kin == ContextOrigin::Default {
            self.kin = ContextOrigin::Child;
        }
        self.sealed()
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("propagation", &self.propagation)
            .field("segment", &self.segment)
            .field("boundary", &self.boundary)
            .finish_non_exhaustive()
    }
}

impl Scopes {
    /// Returns the current scopes of a context.
    pub(crate) fn of(context: &Context) -> Self {
        Self {
            global: crate::scope::global().snapshot(),
            isolation: context.isolation.snapshot(),
            current: context.current.snapshot(),
        }
    }
}
