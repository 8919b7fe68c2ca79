//! A request that begins, from the server integration to the context of the request.

use std::borrow::Cow;
use std::sync::Arc;

use super::parts::Head;
use super::received::{RawHeader, Received};
use crate::client::Client;
use crate::options::ClientOptions;
#[cfg(feature = "lambda_runtime")]
use crate::protocol::AttributeValue;
use crate::scope::request::{Attributes, ReceivedRequest, ScopeRequest};
use crate::scope::request_events::{HasEvents as _, RequestEvents, SharedEvents};
#[cfg(feature = "lambda_runtime")]
use crate::trace::headers::HeaderSource;
use crate::trace::propagation::Propagation;
use crate::trace::segment::RootName;

/// A request that begins: the received parts, which become fields and attributes when they are read, and what is known of
/// it before.
#[derive(Debug)]
pub(crate) struct Incoming {
    /// The received request, whose attributes the span gets.
    pub(super) received: Option<Arc<Received>>,
    /// The name, unless it is the received request.
    given: Option<RootName>,
    /// The attributes of the span that are not made of the received request.
    pub(super) attributes: Attributes,
    pub(super) propagation: Option<Propagation>,
    /// Whether the request is recorded as a transaction.
    pub(super) is_traced: bool,
    /// The origin of the span and of the events.
    pub(super) origin: &'static str,
}

impl Incoming {
    /// Adds attributes.
    #[cfg(feature = "lambda_runtime")]
    pub(crate) fn also(&mut self, attributes: impl IntoIterator<Item = (Cow<'static, str>, AttributeValue)>) {
        self.attributes.extend(attributes);
    }

    /// Reads a request. Names of headers are in lower case.
    pub(crate) fn new<'a, H: Iterator<Item = RawHeader<'a>>>(
        head: Head<'_>,
        headers: impl Fn() -> H,
        client: &Arc<Client>,
    ) -> Self {
        let (origin, options) = (head.origin, client.options());
        let is_traced = head.method != "OPTIONS" || options.trace_options_requests;
        let received = Received::new(head, headers, Arc::clone(client));
        let propagation = Propagation::from_received(&*received, received.unread_baggage(), Some(options));
        let given = received.is_large().then(|| RootName::Given {
            name: Cow::Owned(received.name()),
            op: Cow::Borrowed(received.op()),
            origin: Cow::Borrowed(origin),
            source: received.source(),
        });
        Self { received: Some(received), given, attributes: Vec::new(), propagation, is_traced, origin }
    }

    /// Returns a request that is none: a function is invoked by something else. It needs a [name](Self::named).
    #[cfg(feature = "lambda_runtime")]
    pub(crate) fn without_request(origin: &'static str) -> Self {
        Self {
            received: None,
            given: None,
            attributes: Vec::new(),
            propagation: None,
            is_traced: true,
            origin,
        }
    }

    /// Returns the request for the scope.
    pub(super) fn request(&self) -> Option<ScopeRequest> {
        let received = self.received.as_ref()?;
        Some(match received.is_large() {
            true => received.request().clone().into(),
            false => ScopeRequest::Received(Arc::clone(received) as Arc<_>),
        })
    }

    /// Returns the events of the request, which are a part of it if it is kept as it came.
    pub(super) fn events(&self) -> SharedEvents {
        SharedEvents::of(match &self.received {
            Some(received) if !received.is_large() => Arc::clone(received) as Arc<_>,
            Some(received) => Arc::new(RequestEvents::awaiting(received.events().awaited)),
            None => Arc::new(RequestEvents::default()),
        })
    }

    /// Returns the name and the attributes of the span. The pipeline adds those of a request that is its name, unless a
    /// filter or the sampler reads them at once.
    pub(super) fn into_span(mut self, options: &ClientOptions) -> (RootName, Attributes) {
        let is_read = options.traces_sampler.is_some() || !options.ignore_spans.is_empty();
        let mut attributes = std::mem::take(&mut self.attributes);
        if let Some(received) = self.received.as_ref().filter(|_| is_read || self.given.is_some()) {
            let own = std::mem::replace(&mut attributes, received.attributes());
            attributes.extend(own);
        }
        (self.into_name(), attributes)
    }

    /// Returns the name.
    pub(super) fn into_name(self) -> RootName {
        match (self.given, self.received) {
            (Some(given), _) => given,
            (None, Some(received)) => RootName::Request(received),
            // The name of something that is no request is given.
            (None, None) => RootName::Given {
                name: Cow::Borrowed(""),
                op: Cow::Borrowed("function"),
                origin: Cow::Borrowed(self.origin),
                source: "custom",
            },
        }
    }

    /// Continues another trace than that of the headers.
    #[cfg(feature = "lambda_runtime")]
    pub(crate) fn continue_from(&mut self, trace: &dyn HeaderSource, options: &ClientOptions) {
        self.propagation = Propagation::from_headers(trace, Some(options));
    }

    /// Sets the operation and the name of the transaction.
    #[cfg(feature = "lambda_runtime")]
    pub(crate) fn named(mut self, op: &'static str, name: &str, source: &'static str) -> Self {
        let (op, origin) = (Cow::Borrowed(op), Cow::Borrowed(self.origin));
        self.given = Some(RootName::Given { name: Cow::Owned(name.to_owned()), op, origin, source });
        self
    }
}

#[cfg(test)]
mod tests;
