//! The settings of a web handler: what the arguments of its attribute set before it starts.

use std::borrow::Cow;
use std::sync::Arc;

use super::run::Handler;
use crate::base::callback;
use crate::scope::FormData;

impl Handler {
    /// Sets the method of the request.
    #[must_use]
    pub fn method<M: AsRef<str> + ?Sized>(mut self, method: &M) -> Self {
        if let Some(plan) = self.plan() {
            callback::show(|| plan.set_method(method.as_ref()));
        }
        self
    }

    /// Sets the name of the span.
    #[must_use]
    pub fn name(mut self, name: &'static str) -> Self {
        if let Some(plan) = self.plan() {
            plan.name = Some(Cow::Borrowed(name));
        }
        self
    }

    /// Records the submitted form.
    #[must_use]
    pub fn form_data(mut self, form: FormData) -> Self {
        if let Some(plan) = self.plan() {
            plan.form = Some(Arc::new(form));
        }
        self
    }

    /// Sets whether the returned value is recorded.
    #[must_use]
    pub fn record_response(mut self, record: bool) -> Self {
        if let Some(plan) = self.plan() {
            plan.record_response = Some(record);
        }
        self
    }

    /// Sets a tag on the handler's isolation scope.
    #[must_use]
    pub fn tag<V: ToString + ?Sized>(mut self, key: &'static str, value: &V) -> Self {
        if let Some(plan) = self.plan()
            && let Some(value) = callback::text_of(value)
        {
            plan.tags.push((Cow::Borrowed(key), value));
        }
        self
    }

    /// Sends all data before the handler returns, for environments that freeze the process afterwards.
    #[must_use]
    pub fn flush(mut self) -> Self {
        if let Some(plan) = self.plan() {
            plan.flush = true;
        }
        self
    }
}
