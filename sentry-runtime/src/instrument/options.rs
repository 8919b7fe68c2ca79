//! The options of a span that is started by a function call.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use super::span::Span;
use crate::protocol::nesting::Shallow;
use crate::protocol::{AttributeValue, SpanLink};
use crate::trace::propagation::Propagation;

/// Name and properties of a span to start. A string converts into options with that name.
///
/// ```
/// use sentry::SpanOptions;
///
/// let options = SpanOptions::new("charge card").op("payment").attribute("order.id", 7).only_if_parent();
/// sentry::start_span(options, |span| span.set_attribute("attempts", 1));
/// sentry::start_span("a name alone", |_| ());
/// ```
#[derive(Debug, Clone)]
pub struct SpanOptions {
    pub(crate) name: Cow<'static, str>,
    pub(crate) op: Cow<'static, str>,
    pub(crate) origin: Cow<'static, str>,
    pub(crate) source: &'static str,
    pub(crate) attributes: Vec<(Cow<'static, str>, AttributeValue)>,
    pub(crate) links: Vec<SpanLink>,
    pub(crate) sampling_values: Vec<(Cow<'static, str>, AttributeValue)>,
    pub(crate) sampled: Option<bool>,
    pub(crate) start_time: Option<SystemTime>,
    pub(crate) force_transaction: bool,
    pub(crate) only_if_parent: bool,
    pub(crate) parent: Parent,
}

/// The parent of a new span.
#[derive(Debug, Clone)]
pub(crate) enum Parent {
    Active,
    None,
    Given(Span),
    /// A trace that came from outside, or one that the caller chose.
    Trace(Arc<Propagation>),
}

impl SpanOptions {
    /// Returns options for a span of the given name, whose parent is the active span, if there is one.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: name.into(),
            op: Cow::Borrowed(""),
            origin: Cow::Borrowed("manual"),
            source: "custom",
            attributes: Vec::new(),
            links: Vec::new(),
            sampling_values: Vec::new(),
            sampled: None,
            start_time: None,
            force_transaction: false,
            only_if_parent: false,
            parent: Parent::Active,
        }
    }

    /// Sets the operation, such as `db.query` or `http.client`. Sentry groups spans by it; see the
    /// [known operations](https://develop.sentry.dev/sdk/telemetry/traces/span-operations/).
    #[must_use]
    pub fn op(mut self, op: impl Into<Cow<'static, str>>) -> Self {
        self.op = op.into();
        self
    }

    /// Sets the origin, which says what created the span: `manual` by default, `auto.…` for integrations.
    /// [Spec](https://develop.sentry.dev/sdk/telemetry/traces/trace-origin/)
    #[must_use]
    pub fn origin(mut self, origin: impl Into<Cow<'static, str>>) -> Self {
        self.origin = origin.into();
        self
    }

    /// Sets the kind of name that a transaction has: `custom` (the default), `route`, `url`, `component`, `task` or
    /// `view`. Names of the source `url` are not passed on to other services.
    #[must_use]
    pub fn source(mut self, source: &'static str) -> Self {
        self.source = source;
        self
    }

    /// Adds an attribute.
    #[must_use]
    pub fn attribute(mut self, key: impl Into<Cow<'static, str>>, value: impl Into<AttributeValue>) -> Self {
        self.attributes.push((key.into(), Shallow::of(value.into()).into_inner()));
        self
    }

    /// Adds several attributes.
    #[must_use]
    pub fn attributes<K, V>(mut self, attributes: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: Into<Cow<'static, str>>,
        V: Into<AttributeValue>,
    {
        for (key, value) in attributes {
            self = self.attribute(key, value);
        }
        self
    }

    /// Links the span to another one, see [`Span::add_link`].
    #[must_use]
    pub fn link(mut self, link: SpanLink) -> Self {
        self.links.push(Shallow::of(link).into_inner());
        self
    }

    /// Adds a value for the `traces_sampler`, if the span becomes the root of a transaction. The value is not sent.
    ///
    /// ```
    /// use sentry::SpanOptions;
    ///
    /// let import = SpanOptions::new("import").op("task").sampling_value("rows", 12_000);
    /// let transaction = sentry::start_transaction(import);
    /// # transaction.end();
    /// ```
    #[must_use]
    pub fn sampling_value(
        mut self,
        key: impl Into<Cow<'static, str>>,
        value: impl Into<AttributeValue>,
    ) -> Self {
        self.sampling_values.push((key.into(), Shallow::of(value.into()).into_inner()));
        self
    }

    /// Sets whether the transaction is recorded, if the span becomes the root of one. This overrides the sample rate,
    /// the sampler and the decision of another service.
    #[must_use]
    pub fn sampled(mut self, sampled: bool) -> Self {
        self.sampled = Some(sampled);
        self
    }

    /// Sets the start time (default: now).
    #[must_use]
    pub fn start_time(mut self, time: SystemTime) -> Self {
        self.start_time = Some(time);
        self
    }

    /// Starts a transaction even if a span is active. The active span becomes its parent.
    #[must_use]
    pub fn force_transaction(mut self) -> Self {
        self.force_transaction = true;
        self
    }

    /// Starts the span only if another span is active.
    #[must_use]
    pub fn only_if_parent(mut self) -> Self {
        self.only_if_parent = true;
        self
    }

    /// Sets the parent, instead of the active span. `None` starts a root span.
    #[must_use]
    pub fn parent_span<'a>(mut self, parent: impl Into<Option<&'a Span>>) -> Self {
        self.parent = match parent.into() {
            Some(span) => Parent::Given(span.clone()),
            None => Parent::None,
        };
        self
    }
}

impl SpanOptions {
    /// Starts a root span in this trace.
    pub(crate) fn in_trace(mut self, trace: Arc<Propagation>) -> Self {
        self.parent = Parent::Trace(trace);
        self
    }

    /// Starts a root span, in the trace that the options name or in the one that is being continued.
    pub(crate) fn rooted(mut self) -> Self {
        if !matches!(self.parent, Parent::Trace(_)) {
            self.parent = Parent::None;
        }
        self
    }
}

impl From<&'static str> for SpanOptions {
    fn from(name: &'static str) -> Self {
        Self::new(name)
    }
}

impl From<String> for SpanOptions {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}
