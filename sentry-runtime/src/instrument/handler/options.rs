//! The options of the function forms of web handlers.
//!
//! The option types know the type of the returned value. Methods that record it, or read something from it, require the
//! necessary traits. The attributes detect these traits automatically.

use std::borrow::Cow;
use std::sync::Arc;

use super::plan::HandlerPlan;
use super::response::{ResponseStatus, shown};
use super::run::Handler;
use crate::base::callback;
use crate::error::failure::{ActionError, ControlFlow};
use crate::protocol::AttributeValue;
use crate::protocol::nesting::Shallow;
use crate::scope::FormData;
use crate::trace::headers::HeaderSource;

type Show<R> = Box<dyn Fn(&R) -> AttributeValue + Send>;
type Ignore<R> = Box<dyn Fn(&R) -> bool + Send>;
type StatusOf<R> = Box<dyn Fn(&R) -> Option<u16> + Send>;

/// The ways to look at the returned value.
pub(crate) struct Looks<R> {
    show: Option<Show<R>>,
    status: Option<StatusOf<R>>,
    control: Option<fn(&R) -> ControlFlow>,
    ignore: Option<Ignore<R>>,
}

impl<R> Default for Looks<R> {
    fn default() -> Self {
        Self { show: None, status: None, control: None, ignore: None }
    }
}

impl<R> Looks<R> {
    /// Looks at the value, except for its error.
    pub(crate) fn at(&self, value: &R, handler: &mut Handler) {
        if let Some(show) = self.show.as_ref().filter(|_| handler.wants_response()) {
            handler.response(callback::show(|| show(value)).unwrap_or_default());
        }
        if let Some(status) = &self.status {
            handler.answered(callback::show(|| status(value)).flatten());
        }
        if let Some(ignore) = &self.ignore {
            handler.ignore_if(|| ignore(value));
        }
    }

    /// Returns the meaning of an error.
    pub(crate) fn control(&self, value: &R) -> ControlFlow {
        self.control.and_then(|control| callback::show(|| control(value))).unwrap_or_default()
    }
}

/// One of the option types below, taken apart.
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
            /// Returns options without any setting.
            pub fn new() -> Self {
                Self::default()
            }

            /// Sets the request's headers. The handler continues their trace, unless a span is active.
            pub fn headers<H: HeaderSource>(mut self, headers: H) -> Self {
                self.plan.read_headers(&headers);
                self
            }

            /// Sets a tag on everything that is captured while the handler runs, see
            /// [`Scope::set_tag`](crate::Scope::set_tag).
            pub fn tag(mut self, key: impl Into<Cow<'static, str>>, value: impl ToString) -> Self {
                self.plan.tags.extend(callback::text(value).map(|value| (key.into(), value)));
                self
            }

            /// Sends everything that is captured before the handler returns, for processes that are frozen between
            /// requests. The wait is limited by the option `shutdown_timeout`.
            pub fn flush(mut self) -> Self {
                self.plan.flush = true;
                self
            }
        }

        impl<T, E> $name<Result<T, E>> {
            /// Does not capture errors for which the closure returns `true`: they are no failures of the handler. If
            /// the closure panics, the error is captured.
            pub fn ignore(mut self, ignore: impl Fn(&E) -> bool + Send + 'static) -> Self {
                self.looks.ignore = Some(Box::new(move |value| value.as_ref().is_err_and(|error| ignore(error))));
                self
            }
        }

        impl<T, E: ActionError> $name<Result<T, E>> {
            /// Does not capture errors that [`ActionError::control_flow`] calls a redirect or a not-found.
            pub fn control_flow(mut self) -> Self {
                self.looks.control =
                    Some(|value| value.as_ref().err().map_or(ControlFlow::Failure, ActionError::control_flow));
                self
            }
        }
    )*};
}

options! {
    /// The options of [`with_server_action`](crate::with_server_action) and its variants. `R` is the return type of the
    /// action.
    ServerActionOptions;
    /// The options of [`with_api_handler`](crate::with_api_handler) and its variants. `R` is the return type of the
    /// handler.
    ApiHandlerOptions;
    /// The options of [`with_data_fetcher`](crate::with_data_fetcher) and its variants. `R` is the return type of the
    /// fetcher.
    DataFetcherOptions;
}

impl<R> ServerActionOptions<R> {
    /// Records the submitted form as `server_action_form_data.<field>`, on the span and on error events. Fields with
    /// sensitive names are filtered.
    pub fn form_data(mut self, form: FormData) -> Self {
        self.plan.form = Some(Arc::new(form));
        self
    }

    /// Records the returned value as `server_action_result`, on the span and on error events.
    pub fn record_response(self) -> Self
    where
        R: serde::Serialize,
    {
        self.record_response_as(|value| shown(value))
    }

    /// Records the result of the closure, which receives the returned value, as `server_action_result`.
    pub fn record_response_as<V: Into<AttributeValue>>(
        mut self,
        show: impl Fn(&R) -> V + Send + 'static,
    ) -> Self {
        self.plan.record_response = Some(true);
        self.looks.show = Some(Box::new(move |value| Shallow::of(show(value).into()).into_inner()));
        self
    }
}

impl<R> ApiHandlerOptions<R> {
    /// Sets the request's method (default: that of a request given as `headers`).
    pub fn method(mut self, method: impl AsRef<str>) -> Self {
        callback::show(|| self.plan.set_method(method.as_ref()));
        self
    }

    /// Sets the span's name (default: `<METHOD> <route>`).
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
    /// Sets the span's name (default: `<kind> (<route>)`).
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.plan.name = Some(name.into());
        self
    }
}
