//! The settings of a handler before it starts.

use std::borrow::Cow;
use std::sync::Arc;

use crate::base::callback;
use crate::client;
use crate::context::active;
use crate::protocol::AttributeValue;
use crate::scope::FormData;
use crate::trace::headers::HeaderSource;
use crate::trace::propagation::Propagation;

/// See [the module](self).
#[derive(Debug, Default)]
pub(crate) struct HandlerPlan {
    /// The trace of the request headers.
    pub(super) headers: Option<Propagation>,
    pub(super) has_headers: bool,
    pub(super) method: Option<String>,
    /// A name that replaces the one given by the kind.
    pub(super) name: Option<Cow<'static, str>>,
    pub(super) form: Option<Arc<FormData>>,
    /// `None`: the option `data_collection` decides.
    pub(super) record_response: Option<bool>,
    pub(super) flush: bool,
    pub(crate) tags: Vec<(Cow<'static, str>, String)>,
    /// Further attributes of the span.
    pub(crate) attributes: Vec<(Cow<'static, str>, AttributeValue)>,
}

impl HandlerPlan {
    /// Reads the trace, and the method if none was given.
    pub(crate) fn read_headers(&mut self, headers: &dyn HeaderSource) {
        if client::capture_mode() == client::CaptureMode::Off {
            return;
        }
        let client = active::client();
        let options = client.as_ref().map(|client| client.options());
        self.headers = callback::show(|| Propagation::from_headers(headers, options)).flatten();
        self.has_headers = true;
        if self.method.is_none() {
            self.method = callback::show(|| headers.request_method().and_then(method)).flatten();
        }
    }

    /// Returns whether the request is known to be an `OPTIONS` request.
    pub(super) fn is_options_request(&self) -> bool {
        self.method.as_deref() == Some("OPTIONS")
    }

    pub(super) fn set_method(&mut self, given: &str) {
        self.method = method(given);
    }
}

/// Returns the method in upper case; `None` if it is invalid.
fn method(given: &str) -> Option<String> {
    let given = given.trim();
    sentry_rules::route::check_method(given).is_ok().then(|| given.to_ascii_uppercase())
}
