//! The functions that wrap web handlers, for code that is not a separate function to annotate.
//!
//! Each has four forms: for a closure and for a future, for any value and, with `try_`, for a `Result` whose `Err` is
//! captured. A function cannot detect whether its type parameter is a `Result`; an attribute can.

use std::borrow::Cow;

use crate::base::diagnostics;
use crate::capture::unwinding;
use crate::error::failure::Failure;
use crate::error::value::ErrorValue;
use crate::instrument::handler::{
    ApiHandlerOptions, DataFetcherOptions, Handler, HandlerKind, Looks, Options, ServerActionOptions,
};
use crate::instrument::instrumented::{hold, observe};

/// Runs a closure as a server action: in its own isolation scope, in the trace of the request's headers, and in a span
/// `serverAction/<name>`. Captures a panic and lets it continue; to capture an `Err`, use [`try_with_server_action`].
///
/// `#[sentry::server_action]` does the same for a function.
///
/// ```
/// use sentry::{FormData, ServerActionOptions};
///
/// let headers = [("sentry-trace", "771a43a4192642f0b136d5159a501700-1234567890abcdef-1")];
/// let form = FormData::from_pairs([("article", "lamp")]);
/// let options = ServerActionOptions::new().headers(&headers).form_data(form).record_response();
/// let pieces = sentry::with_server_action("order", options, || 3);
/// # assert_eq!(pieces, 3);
/// ```
pub fn with_server_action<R>(
    name: impl Into<Cow<'static, str>>,
    options: ServerActionOptions<R>,
    run: impl FnOnce() -> R,
) -> R {
    run_now(HandlerKind::ServerAction { name: name.into() }, options, run, no_error)
}

/// Runs a closure that returns a `Result` as a server action; see [`with_server_action`]. An `Err` is captured once and
/// returned.
///
/// ```
/// use sentry::ServerActionOptions;
///
/// let order = sentry::try_with_server_action("order", ServerActionOptions::new(), || "7".parse::<u32>());
/// # assert_eq!(order, Ok(7));
/// ```
pub fn try_with_server_action<T, E: ErrorValue<Form>, Form>(
    name: impl Into<Cow<'static, str>>,
    options: ServerActionOptions<Result<T, E>>,
    run: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    run_now(HandlerKind::ServerAction { name: name.into() }, options, run, error_of)
}

/// Runs a future as a server action; see [`with_server_action`].
pub fn with_server_action_async<F: Future>(
    name: impl Into<Cow<'static, str>>,
    options: ServerActionOptions<F::Output>,
    future: F,
) -> impl Future<Output = F::Output> {
    run_later(HandlerKind::ServerAction { name: name.into() }, options, future, no_error)
}

/// Runs a future that returns a `Result` as a server action; see [`try_with_server_action`].
pub fn try_with_server_action_async<T, E: ErrorValue<Form>, Form, F: Future<Output = Result<T, E>>>(
    name: impl Into<Cow<'static, str>>,
    options: ServerActionOptions<Result<T, E>>,
    future: F,
) -> impl Future<Output = Result<T, E>> {
    run_later(HandlerKind::ServerAction { name: name.into() }, options, future, error_of)
}

/// Runs a closure as the handler of an HTTP route, such as `/users/{id}`: in the trace of the request's headers, and in
/// a span `<METHOD> <route>`, which is a child if a span is active. Captures a panic and lets it continue; to capture
/// an `Err`, use [`try_with_api_handler`].
///
/// `#[sentry::api_handler]` does the same for a function, and reads the status of the response automatically.
///
/// ```
/// use sentry::ApiHandlerOptions;
///
/// let options = ApiHandlerOptions::new().method("GET").response_status_as(|code: &u16| *code);
/// let code = sentry::with_api_handler("/users/{id}", options, || 200);
/// # assert_eq!(code, 200);
/// ```
pub fn with_api_handler<R>(
    route: impl Into<Cow<'static, str>>,
    options: ApiHandlerOptions<R>,
    run: impl FnOnce() -> R,
) -> R {
    run_now(HandlerKind::api_handler(route.into()), options, run, no_error)
}

/// Runs a closure that returns a `Result` as the handler of an HTTP route; see [`with_api_handler`]. An `Err` is
/// captured once and returned.
pub fn try_with_api_handler<T, E: ErrorValue<Form>, Form>(
    route: impl Into<Cow<'static, str>>,
    options: ApiHandlerOptions<Result<T, E>>,
    run: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    run_now(HandlerKind::api_handler(route.into()), options, run, error_of)
}

/// Runs a future as the handler of an HTTP route; see [`with_api_handler`].
pub fn with_api_handler_async<F: Future>(
    route: impl Into<Cow<'static, str>>,
    options: ApiHandlerOptions<F::Output>,
    future: F,
) -> impl Future<Output = F::Output> {
    run_later(HandlerKind::api_handler(route.into()), options, future, no_error)
}

/// Runs a future that returns a `Result` as the handler of an HTTP route; see [`try_with_api_handler`].
pub fn try_with_api_handler_async<T, E: ErrorValue<Form>, Form, F: Future<Output = Result<T, E>>>(
    route: impl Into<Cow<'static, str>>,
    options: ApiHandlerOptions<Result<T, E>>,
    future: F,
) -> impl Future<Output = Result<T, E>> {
    run_later(HandlerKind::api_handler(route.into()), options, future, error_of)
}

/// Runs a closure that fetches the data of a page, in a span `<kind> (<route>)`, which is a child if a span is active.
/// The kind is `get_server_side_props`, `get_static_props`, `get_initial_props`, `app`, `document`, `error`, or your
/// own name. Captures a panic and lets it continue; to capture an `Err`, use [`try_with_data_fetcher`].
///
/// `#[sentry::data_fetcher]` does the same for a function.
///
/// ```
/// use sentry::DataFetcherOptions;
///
/// let page = sentry::with_data_fetcher("get_static_props", "/about", DataFetcherOptions::new(), || "about us");
/// # assert_eq!(page, "about us");
/// ```
pub fn with_data_fetcher<R>(
    kind: impl Into<Cow<'static, str>>,
    route: impl Into<Cow<'static, str>>,
    options: DataFetcherOptions<R>,
    run: impl FnOnce() -> R,
) -> R {
    run_now(HandlerKind::data_fetcher(kind.into(), route.into()), options, run, no_error)
}

/// Runs a closure that returns a `Result` and fetches the data of a page; see [`with_data_fetcher`]. An `Err` is
/// captured once and returned.
pub fn try_with_data_fetcher<T, E: ErrorValue<Form>, Form>(
    kind: impl Into<Cow<'static, str>>,
    route: impl Into<Cow<'static, str>>,
    options: DataFetcherOptions<Result<T, E>>,
    run: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    run_now(HandlerKind::data_fetcher(kind.into(), route.into()), options, run, error_of)
}

/// Runs a future that fetches the data of a page; see [`with_data_fetcher`].
pub fn with_data_fetcher_async<F: Future>(
    kind: impl Into<Cow<'static, str>>,
    route: impl Into<Cow<'static, str>>,
    options: DataFetcherOptions<F::Output>,
    future: F,
) -> impl Future<Output = F::Output> {
    run_later(HandlerKind::data_fetcher(kind.into(), route.into()), options, future, no_error)
}

/// Runs a future that returns a `Result` and fetches the data of a page; see [`try_with_data_fetcher`].
pub fn try_with_data_fetcher_async<T, E: ErrorValue<Form>, Form, F: Future<Output = Result<T, E>>>(
    kind: impl Into<Cow<'static, str>>,
    route: impl Into<Cow<'static, str>>,
    options: DataFetcherOptions<Result<T, E>>,
    future: F,
) -> impl Future<Output = Result<T, E>> {
    run_later(HandlerKind::data_fetcher(kind.into(), route.into()), options, future, error_of)
}

/// The error in a returned value.
pub(super) type ErrorOf<R> = fn(&R) -> Option<Failure<'_>>;

pub(super) fn no_error<R>(_value: &R) -> Option<Failure<'_>> {
    unlooked_at::<R>();
    None
}

/// Reports in the debug output that a function without `try_` ignores the `Result` that its code returned.
pub(super) fn unlooked_at<R>() {
    if std::any::type_name::<R>().starts_with("core::result::Result<") {
        diagnostics::debug(format_args!(
            "a function such as with_server_action or with_monitor ignored the Result that its code returned; \
             call its `try_` form, which captures an Err"
        ));
    }
}

pub(super) fn error_of<T, E: ErrorValue<Form>, Form>(value: &Result<T, E>) -> Option<Failure<'_>> {
    value.as_ref().err().map(ErrorValue::failure)
}

pub(super) fn run_now<R>(
    kind: HandlerKind,
    options: impl Options<R>,
    run: impl FnOnce() -> R,
    error: ErrorOf<R>,
) -> R {
    let (plan, looks) = options.into_parts();
    let mut held = hold(Handler::planned(kind, plan));
    let value = unwinding::catching(run);
    look(&value, &mut held, &looks, error);
    value
}

pub(super) fn run_later<F: Future>(
    kind: HandlerKind,
    options: impl Options<F::Output>,
    future: F,
    error: ErrorOf<F::Output>,
) -> impl Future<Output = F::Output> {
    let (plan, looks) = options.into_parts();
    observe(Handler::planned(kind, plan), future, move |value, handler| look(value, handler, &looks, error))
}

fn look<R>(value: &R, handler: &mut Handler, looks: &Looks<R>, error: ErrorOf<R>) {
    looks.at(value, handler);
    if let Some(failure) = error(value) {
        handler.failed(failure.meaning(looks.control(value)));
    }
}
