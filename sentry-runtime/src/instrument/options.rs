//! What a span that is started by a function call is to be.

use std::borrow::Cow;
use std::time::SystemTime;

use super::span::Span;
use crate::protocol::{AttributeValue, SpanLink};

/// Name and properties of a span to start: a builder, or just a name.
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

/// Under which span a new one stands.
#[derive(Debug, Clone)]
pub(crate) enum Parent {
    Active,
    None,
    Given(Span),
}

impl SpanOptions {
    /// A span of the given name, under the active span if there is one.
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

    /// The operation, such as `db.query` or `http.client`: spans are grouped by it.
    /// Known ones: `telemetry/traces/span-operations.mdx`.
    #[must_use]
    pub fn op(mut self, op: impl Into<Cow<'static, str>>) -> Self {
        self.op = op.into();
        self
    }

    /// Who makes the span, `manual` by default; integrations say `auto.…`. See `telemetry/traces/trace-origin.mdx`.
    #[must_use]
    pub fn origin(mut self, origin: impl Into<Cow<'static, str>>) -> Self {
        self.origin = origin.into();
        self
    }

    /// What kind of name a transaction has: `custom` (the default), `route`, `url`, `component`, `task` or `view`.
    /// Names of source `url` are not passed on to other services.
    #[must_use]
    pub fn source(mut self, source: &'static str) -> Self {
        self.source = source;
        self
    }

    /// Adds an attribute.
    #[must_use]
    pub fn attribute(mut self, key: impl Into<Cow<'static, str>>, value: impl Into<AttributeValue>) -> Self {
        self.attributes.push((key.into(), value.into()));
        self
    }

    /// Adds attributes.
    #[must_use]
    pub fn attributes<K, V>(mut self, attributes: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: Into<Cow<'static, str>>,
        V: Into<AttributeValue>,
    {
        self.attributes.extend(attributes.into_iter().map(|(key, value)| (key.into(), value.into())));
        self
    }

    /// Links the span to another, see [`Span::add_link`].
    #[must_use]
    pub fn link(mut self, link: SpanLink) -> Self {
        self.links.push(link);
        self
    }

    /// Adds a value that the `traces_sampler` sees and nobody else, if the span becomes the root of a transaction.
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
        self.sampling_values.push((key.into(), value.into()));
        self
    }

    /// Decides by itself whether the transaction is recorded, if the span becomes the root of one: neither rate nor
    /// sampler nor the decision of another service is asked.
    #[must_use]
    pub fn sampled(mut self, sampled: bool) -> Self {
        self.sampled = Some(sampled);
        self
    }

    /// When the span started, if that was before now.
    #[must_use]
    pub fn start_time(mut self, time: SystemTime) -> Self {
        self.start_time = Some(time);
        self
    }

    /// Makes a transaction of it although a span is active, which becomes its parent.
    #[must_use]
    pub fn force_transaction(mut self) -> Self {
        self.force_transaction = true;
        self
    }

    /// Makes a span only if another one is active.
    #[must_use]
    pub fn only_if_parent(mut self) -> Self {
        self.only_if_parent = true;
        self
    }

    /// The span's parent instead of the active span; `None` makes it a root.
    #[must_use]
    pub fn parent_span<'a>(mut self, parent: impl Into<Option<&'a Span>>) -> Self {
        self.parent = match parent.into() {
            Some(span) => Parent::Given(span.clone()),
            None => Parent::None,
        };
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
