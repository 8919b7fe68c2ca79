//! What the function forms of web handlers are told.
//!
//! The types know the type of the returned value: how it is shown, and what it says about itself, is asked for by
//! methods that demand the traits they need. The attributes find that out by themselves.

use std::borrow::Cow;

use super::form::FormData;
use super::plan::HandlerPlan;
use super::response::{ResponseStatus, shown};
use super::run::Handler;
use crate::error::failure::{ActionError, ControlFlow};
use crate::protocol::AttributeValue;
use crate::trace::headers::HeaderSource;

type Show<R> = Box<dyn Fn(&R) -> AttributeValue + Send>;
type StatusOf<R> = Box<dyn Fn(&R) -> Option<u16> + Send>;

/// How the returned value is looked at.
pub(crate) struct Looks<R> {
    show: Option<Show<R>>,
    status: Option<StatusOf<R>>,
    control: Option<fn(&R) -> ControlFlow>,
}

impl<R> Default for Looks<R> {
    fn default() -> Self {
        Self { show: None, status: None, control: None }
    }
}

impl<R> Looks<R> {
    /// Looks at the value, except for its error.
    pub(crate) fn at(&self, value: &R, handler: &mut Handler) {
        if let Some(show) = self.show.as_ref().filter(|_| handler.wants_response()) {
            handler.response(show(value));
        }
        if let Some(status) = &self.status {
            handler.answered(status(value));
        }
    }

    /// What an error means.
    pub(crate) fn control(&self, value: &R) -> ControlFlow {
        self.control.map_or(ControlFlow::Failure, |control| control(value))
    }
}

/// One of the types below, taken apart.
pub(crate) trait Options<R> {
    fn into_parts(self) -> (HandlerPlan, Looks<R>);
}

macro_rules! options {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub struct $name<R> {
            plan: HandlerPlan,
            looks: Looks<R>,
        }

        impl<R> std::fmt::Debug for $name<R> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).field("plan", &self.plan).finish_non_exhaustive()
            }
        }

        impl<R> Default for $name<R> {
            fn default() -> Self {
                Self { plan: HandlerPlan::default(), looks: Looks::default() }
            }
        }

        impl<R> Options<R> for $name<R> {
            fn into_parts(self) -> (HandlerPlan, Looks<R>) {
                (self.plan, self.looks)
            }
        }

        impl<R> $name<R> {
            /// Nothing but the handler itself.
            pub fn new() -> Self {
                Self::default()
            }

            /// The request's headers, whose trace is continued unless a span is active.
            pub fn headers<H: HeaderSource>(mut self, headers: H) -> Self {
                self.plan.read_headers(&headers);
                self
            }

            /// A tag of everything captured meanwhile, see [`Scope::set_tag`](crate::Scope::set_tag).
            pub fn tag(mut self, key: impl Into<Cow<'static, str>>, value: impl ToString) -> Self {
                self.plan.tags.push((key.into(), value.to_string()));
                self
            }

            /// Sends what is captured before the handler returns: for processes that are frozen between requests. It
            /// waits no longer than the option `shutdown_timeout` says.
            pub fn flush(mut self) -> Self {
                self.plan.flush = true;
                self
            }
        }

        impl<T, E: ActionError> $name<Result<T, E>> {
            /// Asks the error whether it is a redirect or a not-found, which are not captured.
            pub fn control_flow(mut self) -> Self {
                self.looks.control =
                    Some(|value| value.as_ref().err().map_or(ControlFlow::Failure, ActionError::control_flow));
                self
            }
        }
    )*};
}

options! {
    /// What [`with_server_action`](crate::with_server_action) and its like are told; `R` is what the action returns.
    ServerActionOptions;
    /// What [`with_api_handler`](crate::with_api_handler) and its like are told; `R` is what the handler returns.
    ApiHandlerOptions;
    /// What [`with_data_fetcher`](crate::with_data_fetcher) and its like are told; `R` is what the fetcher returns.
    DataFetcherOptions;
}

impl<R> ServerActionOptions<R> {
    /// The submitted form, recorded as `server_action_form_data.<field>` on the span and on error events. Fields with
    /// sensitive names are filtered.
    pub fn form_data(mut self, form: FormData) -> Self {
        self.plan.form = Some(form);
        self
    }

    /// Records the returned value as `server_action_result`, on the span and on error events.
    pub fn record_response(self) -> Self
    where
        R: serde::Serialize,
    {
        self.record_response_as(|value| shown(value))
    }

    /// Records what the closure makes of the returned value as `server_action_result`.
    pub fn record_response_as<V: Into<AttributeValue>>(
        mut self,
        show: impl Fn(&R) -> V + Send + 'static,
    ) -> Self {
        self.plan.record_response = Some(true);
        self.looks.show = Some(Box::new(move |value| show(value).into()));
        self
    }
}

impl<R> ApiHandlerOptions<R> {
    /// The request's method; by default that of a request given as `headers`.
    pub fn method(mut self, method: impl AsRef<str>) -> Self {
        self.plan.set_method(method.as_ref());
        self
    }

    /// The span's name instead of `<METHOD> <route>`.
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.plan.name = Some(name.into());
        self
    }

    /// Records the status of the returned value.
    pub fn response_status(self) -> Self
    where
        R: ResponseStatus,
    {
        self.response_status_as(|value| value.response_status())
    }

    /// Records the status that the closure reads from the returned value.
    pub fn response_status_as<S: Into<Option<u16>>>(
        mut self,
        status: impl Fn(&R) -> S + Send + 'static,
    ) -> Self {
        self.looks.status = Some(Box::new(move |value| status(value).into()));
        self
    }
}

impl<R> DataFetcherOptions<R> {
    /// The span's name instead of `<kind> (<route>)`.
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.plan.name = Some(name.into());
        self
    }
}
