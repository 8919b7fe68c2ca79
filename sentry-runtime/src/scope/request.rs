//! The request of a scope: one that the program set, or one that a server integration received.
//!
//! The integration keeps what it received as it came. The fields of events and the attributes of spans are made of it
//! when something reads them, mostly on the pipeline thread.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::protocol::{AttributeValue, Request};

/// Attributes by name.
pub(crate) type Attributes = Vec<(Cow<'static, str>, AttributeValue)>;

/// A request that a server integration received.
pub(crate) trait ReceivedRequest: fmt::Debug + Send + Sync {
    /// Returns the request as events contain it. It is made by the first call.
    fn request(&self) -> &Request;

    /// Returns the attributes of the request's span.
    fn attributes(&self) -> Attributes;

    /// Returns the name of the request's transaction.
    fn name(&self) -> String;

    /// Returns the source of that name.
    fn source(&self) -> &'static str;

    /// Returns the operation of the request's span.
    fn op(&self) -> &'static str;

    /// Returns the origin of the request's span and events.
    fn origin(&self) -> &'static str;

    /// Returns about how many bytes the request takes. What is made of it takes about as many.
    fn bytes(&self) -> usize;
}

/// The request of a scope.
#[derive(Debug, Clone)]
pub(crate) enum ScopeRequest {
    /// As the program set it.
    Given(Arc<Request>),
    /// As a server integration received it.
    #[allow(dead_code, reason = "for the integrations of servers, which are features")]
    Received(Arc<dyn ReceivedRequest>),
}

impl ScopeRequest {
    /// Returns whether both are clones of the same request.
    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Given(one), Self::Given(other)) => Arc::ptr_eq(one, other),
            (Self::Received(one), Self::Received(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl Deref for ScopeRequest {
    type Target = Request;

    fn deref(&self) -> &Request {
        match self {
            Self::Given(request) => request,
            Self::Received(received) => received.request(),
        }
    }
}

impl From<Request> for ScopeRequest {
    fn from(request: Request) -> Self {
        Self::Given(Arc::new(request))
    }
}
