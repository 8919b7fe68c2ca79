//! Segments: the spans of one local root, that is of one request, job or other unit of work in this process.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use super::callsite::{self, Callsite};
use super::clock::Start;
use super::decision::Decision;
use super::ids::{self, LocalId};
use super::propagation::{self, Propagation};
use super::sample_rand;
use crate::base::fork;
use crate::client::Client;
use crate::protocol::{DiscardReason, DynamicSamplingContext, SpanId, TraceId};
use crate::scope::request::ReceivedRequest;
use crate::scrub;

/// The name of a segment's root.
#[derive(Debug, Clone)]
pub(crate) enum RootName {
    /// From the annotated function.
    Site(&'static Callsite),
    /// Of a server action. The pipeline formats it.
    ServerAction(&'static str),
    /// Of a request that a server integration received.
    #[allow(dead_code, reason = "for the integrations of servers, which are features")]
    Request(Arc<dyn ReceivedRequest>),
    /// From the caller.
    Given { name: Cow<'static, str>, op: Cow<'static, str>, origin: Cow<'static, str>, source: &'static str },
}

impl RootName {
    pub(crate) fn name(&self) -> Cow<'static, str> {
        match self {
            Self::Site(site) => Cow::Borrowed(site.display_name()),
            Self::ServerAction(name) => Cow::Owned(format!("serverAction/{name}")),
            Self::Request(request) => Cow::Owned(request.name()),
            Self::Given { name, .. } => name.clone(),
        }
    }

    pub(crate) fn op(&self) -> Cow<'static, str> {
        match self {
            Self::Site(site) => Cow::Borrowed(site.operation()),
            Self::ServerAction(_) => Cow::Borrowed("function.server_action"),
            Self::Request(request) => Cow::Borrowed(request.op()),
            Self::Given { op, .. } => op.clone(),
        }
    }

    pub(crate) fn origin(&self) -> Cow<'static, str> {
        match self {
            Self::Site(site) => Cow::Borrowed(site.made_by()),
            Self::ServerAction(_) => Cow::Borrowed("auto.function.server_action"),
            Self::Request(request) => Cow::Borrowed(request.origin()),
            Self::Given { origin, .. } => origin.clone(),
        }
    }

    /// Returns whether the root is the run of a monitor.
    fn is_job(&self) -> bool {
        match self {
            Self::Site(site) => site.has(callsite::MONITOR),
            Self::ServerAction(_) | Self::Request(_) => false,
            Self::Given { origin, .. } => origin == "auto.function.monitor",
        }
    }

    /// Returns the annotated function's file and line.
    pub(crate) fn location(&self) -> Option<(&'static str, u32)> {
        match self {
            Self::Site(site) => site.location(),
            Self::ServerAction(_) | Self::Request(_) | Self::Given { .. } => None,
        }
    }

    /// Returns the source of the name, for `transaction_info.source`.
    pub(crate) fn source(&self) -> &'static str {
        match self {
            Self::Site(_) => "component",
            Self::ServerAction(_) => "route",
            Self::Request(request) => request.source(),
            Self::Given { source, .. } => source,
        }
    }
}

/// The fixed data of a segment. Its spans are records, see [`super::record`].
pub(crate) struct Segment {
    /// The local id of the root span.
    pub(crate) key: LocalId,
    /// Whether the trace is sampled: the decision at its start, which trace headers pass on.
    pub(crate) sampled: bool,
    /// Whether its spans are recorded: it is sampled, or the option `keep` decides at its end.
    pub(crate) recorded: bool,
    /// Whether an error was captured in it.
    errored: AtomicBool,
    /// The process that it belongs to; a segment that a child inherits is not sent by the child.
    generation: u32,
    /// The reason that is counted if it is not sampled.
    pub(crate) unsampled_reason: DiscardReason,
    /// Whether its spans are compared with the filters of the option `ignore_spans` when they start.
    pub(crate) filters: bool,
    /// The rate of the sampling decision; `None`: that of the incoming trace, if it is known.
    own_sample_rate: Option<f32>,
    pub(crate) propagation: Propagation,
    pub(crate) root: RootName,
    pub(crate) start: Start,
    /// The parent of the root, in this process or another.
    pub(crate) parent: Option<SpanId>,
    pub(crate) client: Arc<Client>,
    /// The segment in which the root was started, unless that has ended.
    pub(crate) around: Weak<Segment>,
    renamed: Mutex<Option<(String, &'static str)>>,
    frozen: OnceLock<Arc<DynamicSamplingContext>>,
}

impl Segment {
    #[expect(clippy::too_many_arguments, reason = "one call, and every one is a fact of its own")]
    pub(crate) fn new(
        key: LocalId,
        sampled: bool,
        sample_rate: Option<f32>,
        propagation: Propagation,
        root: RootName,
        start: Start,
        parent: Option<SpanId>,
        client: Arc<Client>,
    ) -> Self {
        Self {
            key,
            sampled,
            recorded: sampled,
            errored: AtomicBool::new(false),
            generation: fork::generation(),
            unsampled_reason: DiscardReason::SampleRate,
            filters: false,
            own_sample_rate: sample_rate,
            propagation,
            root,
            start,
            parent,
            client,
            around: Weak::new(),
            renamed: Mutex::new(None),
            frozen: OnceLock::new(),
        }
    }

    /// Returns whether it is not sampled because a filter of the option `ignore_spans` matches its root.
    pub(crate) fn is_ignored(&self) -> bool {
        self.unsampled_reason == DiscardReason::Ignored
    }

    /// Returns whether spans in it are counted as lost one by one when they start. Of a streamed trace each span is an item
    /// of its own; a transaction that is not sampled counts as one span, because its children are not known.
    pub(crate) fn counts_lost_children(&self) -> bool {
        self.is_ignored() || (!self.recorded && self.client.options().streams())
    }

    /// Returns whether this is the segment `key`, or was started inside of it.
    pub(crate) fn is_within(&self, key: LocalId) -> bool {
        let mut around = None;
        let mut segment = self;
        while segment.key != key {
            let Some(next) = segment.around.upgrade() else { return false };
            segment = &**around.insert(next);
        }
        true
    }

    /// Returns whether it was started in this process, not in the one that this process was forked from.
    pub(crate) fn is_ours(&self) -> bool {
        self.generation == fork::generation()
    }

    /// Leaves the segment to the process that this one was forked from.
    pub(crate) fn leave_to_parent(&mut self) {
        self.generation = self.generation.wrapping_sub(1);
    }

    /// Returns the trace with which a forked child continues, under a span that was open at the fork. No locks are
    /// taken: the threads that hold them may not exist in the child.
    pub(crate) fn inherited(&self, span: LocalId, span_id: SpanId) -> Propagation {
        let mut propagation = self.propagation.clone();
        propagation.parent = (span != 0).then(|| ids::wire(span)).or(self.parent);
        propagation.span_id = span_id;
        propagation.sampled = Some(self.sampled);
        propagation.dsc.get_or_insert_with(|| self.own_dsc(None).into());
        propagation
    }

    pub(crate) fn trace_id(&self) -> TraceId {
        self.propagation.trace_id
    }

    /// Returns whether its spans are sent while it runs.
    pub(crate) fn is_streamed(&self) -> bool {
        self.sampled && self.client.options().streams()
    }

    /// Notes that an error was captured in it.
    pub(crate) fn note_error(&self) {
        self.errored.store(true, Ordering::Relaxed);
    }

    /// Returns whether an error was captured in it.
    pub(crate) fn has_error(&self) -> bool {
        self.errored.load(Ordering::Relaxed)
    }

    /// Returns the rate of the sampling decision, here or where the trace began, if it is known.
    pub(crate) fn sample_rate(&self) -> Option<f32> {
        self.own_sample_rate.or_else(|| self.propagation.parent_sample_rate())
    }

    /// Returns the trace of a transaction that starts inside, and the decision about it. All transactions of a trace carry
    /// the same dynamic sampling context.
    pub(crate) fn passed_on(&self) -> (Propagation, Decision) {
        let (sampled, rate, reason) = (self.sampled, self.own_sample_rate, self.unsampled_reason);
        (self.propagation.with_dsc(self.dsc()), Decision { sampled, rate, reason })
    }

    /// Renames the transaction and sets the source of the name.
    pub(crate) fn rename(&self, name: String, source: &'static str) {
        *self.renamed.lock().unwrap_or_else(PoisonError::into_inner) = Some((name, source));
    }

    /// Returns the transaction's name and its source.
    pub(crate) fn name(&self) -> (Cow<'static, str>, &'static str) {
        match &*self.renamed.lock().unwrap_or_else(PoisonError::into_inner) {
            Some((name, source)) => (Cow::Owned(name.clone()), source),
            None => (self.root.name(), self.root.source()),
        }
    }

    /// Returns the dynamic sampling context. It is created when it first leaves the process, and frozen from then on.
    pub(crate) fn dsc(&self) -> Arc<DynamicSamplingContext> {
        Arc::clone(self.frozen.get_or_init(|| {
            if let Some(incoming) = &self.propagation.dsc {
                return self.with_own_rate(incoming.get());
            }
            Arc::new(self.own_dsc(Some(self.first_name())))
        }))
    }

    /// Returns the name in the sampling context, and its source. A job has sent its context with the first check-in, so
    /// that a later name does not change it.
    fn first_name(&self) -> (Cow<'static, str>, &'static str) {
        if self.root.is_job() { (self.root.name(), self.root.source()) } else { self.name() }
    }

    fn own_dsc(&self, name: Option<(Cow<'static, str>, &'static str)>) -> DynamicSamplingContext {
        let mut dsc = self.propagation.base_dsc(&self.client);
        if let Some((name, _)) = name.filter(|(_, source)| *source != "url") {
            // Headers carry the name to other services unchanged, so it is scrubbed here.
            dsc.set("transaction", scrub::without_secrets(&name, self.client.header_filter()));
        }
        if let Some(rate) = self.own_sample_rate {
            dsc.set_written("sample_rate", |text| sample_rand::write_rate(text, rate));
        }
        dsc.set("sampled", if self.sampled { "true" } else { "false" });
        dsc
    }

    /// Returns an incoming context, unchanged unless a decision was made here at a rate of our own: by a sampler, or
    /// because the trace came without one.
    fn with_own_rate(&self, incoming: Arc<DynamicSamplingContext>) -> Arc<DynamicSamplingContext> {
        match self.own_sample_rate.filter(|rate| self.propagation.parent_sample_rate() != Some(*rate)) {
            Some(rate) => propagation::with_own_rate(incoming, rate, self.sampled),
            None => incoming,
        }
    }
}

impl std::fmt::Debug for Segment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Segment")
            .field("trace_id", &self.trace_id())
            .field("span_id", &super::ids::wire(self.key))
            .field("sampled", &self.sampled)
            .finish_non_exhaustive()
    }
}
