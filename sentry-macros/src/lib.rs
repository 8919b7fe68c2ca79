//! The attribute macros of `sentry-runtime`.
//!
//! Do not depend on this crate: the macros are re-exported by `sentry-runtime`, whose functions the
//! generated code calls.
//!
//! # How an attribute becomes code
//! 1. `parse/` reads the tokens: the list of arguments, and the item below the attribute. A signature is parsed; a body
//!    stays the tokens that the user wrote.
//! 2. `attributes/` has one file for each attribute, which turns the list of arguments into a model.
//! 3. `check/` says what is wrong, at the token.
//! 4. `expand/` puts the code that the model asks for around the body of the function. On an error it emits the item
//!    unchanged, so that one mistake gives one error.

mod attributes;
mod check;
mod errors;
mod expand;
mod hygiene;
mod parse;
mod tokens;

use proc_macro::TokenStream;

/// A span around a function: its duration, its place in the trace, and whether it failed.
///
/// ```ignore
/// #[sentry::span]
/// fn load(path: &Path) -> io::Result<String> {
///     fs::read_to_string(path)
/// }
///
/// #[sentry::span("checkout", op = "shop", attributes(order.id = order.id, "order.total" = order.total()))]
/// async fn checkout(order: Order) -> Result<Receipt, PaymentError> {
///     pay(&order).await
/// }
/// ```
///
/// It goes on functions and methods with a body: sync, `async`, generic, `unsafe`, in traits, made by
/// `async_trait`, returning a boxed future or `impl Future`. A `const fn` cannot be instrumented, and what records a
/// span must not be: a `GlobalAlloc` whose `alloc` has a span would be called for that span again, without an end. The span of
/// an `async fn` gets its parent when the function is called, so that `tokio::spawn(fetch())` nests
/// by itself, and is active while the future is polled.
///
/// # Status
/// `ok`, or `internal_error` when a returned `Result` is an `Err` or the function panics, or `cancelled` when
/// the future is dropped before it is done. A return type counts as a result when its name
/// contains `Result`; with `err` or `ret` every value is looked at. A `#[track_caller]` function keeps
/// its caller's place and has its value seen with `err` or `ret` only.
///
/// An error that may be borrowed, because its type names a lifetime, is shown by its text, without its causes.
///
/// # Many functions at once
/// On an impl block, a trait or an inline module the attribute instruments every function in it, each under its
/// own name, as in `Cart::checkout`; in a module also those in the blocks and modules inside. Its arguments are
/// defaults there: those of a function's own `#[span(…)]` come first, and `#[span(skip)]` leaves a function,
/// or a block, out.
///
/// ```ignore
/// #[sentry::span(op = "db")]
/// impl Store {
///     fn load(&self, key: u64) -> Option<Row> { /* … */ }
///
///     #[span(err, args(row))]
///     fn save(&self, row: Row) -> Result<(), StoreError> { /* … */ }
///
///     #[span(skip)]
///     fn len(&self) -> usize { /* … */ }
/// }
/// ```
///
/// Left as they are: a `const fn`, a function without a body, what a macro call in the block makes, and a
/// function that has its work from `#[server_action]`, `#[api_handler]`, `#[data_fetcher]`, `#[monitor]` or
/// `#[sentry::main]`, or that carries a `#[cfg_attr(…, span)]`. The function's own attribute is known as `#[span]` and `#[sentry::span]`.
///
/// # Arguments
/// | argument | meaning |
/// |---|---|
/// | `"name"` or `name = "…"` | the span's name: a string literal or a constant; by default the function's path, as in `Cart::checkout` |
/// | `op = "…"` | the operation: a string literal or a constant; `function` by default |
/// | `attributes(key = expr, "key" = expr, key)` | values to record, over the function's arguments; not evaluated when nothing is recorded |
/// | `args(a, b)` | the arguments to record, under their own names |
/// | `ret` | records the returned value as `return` |
/// | `err` | captures an `Err` as an event, beside the status |
/// | `level = "warning"` | the level of those events: `fatal`, `error`, `warning`, `info` or `debug` |
/// | `parent = expr` | the parent, instead of the span that is active |
/// | `only_if_parent` | no span when none is active |
/// | `force_transaction` | a transaction of its own, also below another span |
/// | `new_trace` | the root of a new trace |
/// | `skip` | no span: on a function in an annotated block |
/// | `crate = path` | where `sentry-runtime` is found, when it is renamed or re-exported; `::sentry` by default |
///
/// # Lints
/// Clippy is given the function as it is written, as by every attribute here but [`macro@main`]: it says what it says
/// without the attribute. Code in the arguments counts as using what it names, and what a returned value is asked for
/// counts as used.
///
/// # Errors
/// An unknown, repeated or wrong argument, an item that is no function, a function without a body and a
/// `const fn` are errors at compile time, at the token; the item stays as it was.
#[proc_macro_attribute]
pub fn span(args: TokenStream, item: TokenStream) -> TokenStream {
    attributes::span(args.into(), item.into()).into()
}

/// A web handler: its own isolation scope, the caller's trace continued, errors captured.
///
/// ```ignore
/// #[sentry::server_action(headers = headers, form_data = form, record_response)]
/// async fn order(headers: HeaderMap, form: Vec<(String, String)>) -> Result<String, OrderError> {
///     place_order(form).await
/// }
/// ```
///
/// The span is called `serverAction/<name>`, with the operation `function.server_action`. An `Err` and a panic
/// are captured once, and the value is returned, or the panic goes on, as without the attribute.
///
/// A `#[track_caller]` function keeps its caller's place unless its value is looked at, as any is that may be a `Result`, or that `record_response` asks for:
/// then `Location::caller()` in it is the function itself.
///
/// # Arguments
/// | argument | meaning |
/// |---|---|
/// | `name = "…"` | the action's name: a string literal or a constant; the function's name by default |
/// | `headers = expr` | the request's headers, whose trace is continued unless a span is active |
/// | `form_data = expr` | the submitted fields, recorded as `server_action_form_data.<field>` |
/// | `record_response` | records the returned value as `server_action_result`; left out, it is recorded with the option `send_default_pii` only, and with `= false` never |
/// | `tags(key = expr, "key" = expr, key)` | tags of everything captured in the action; keys and literals are checked |
/// | `flush` | sends what is captured before the action ends: for processes that are frozen between requests |
/// | `crate = path` | where `sentry-runtime` is found; `::sentry` by default |
///
/// Headers are an `http::HeaderMap`, an `http::Request`, a map, a list of pairs, anything that is iterated as pairs
/// (as actix's map is), a closure from a name to a value, or a type of yours that says how (`HeaderSource`). A form is
/// anything that implements `Serialize`, or pairs. The response is shown by `Serialize`, else by `Debug`.
///
/// # Errors
/// As for [`macro@span`].
#[proc_macro_attribute]
pub fn server_action(args: TokenStream, item: TokenStream) -> TokenStream {
    attributes::server_action(args.into(), item.into()).into()
}

/// A handler of an HTTP route: its own isolation scope, the caller's trace continued, its status, errors captured.
///
/// ```ignore
/// #[sentry::api_handler("/users/{id}", method = "GET", headers = headers)]
/// async fn user(headers: HeaderMap, Path(id): Path<u64>) -> Result<Json<User>, AppError> {
///     load_user(id).await
/// }
/// ```
///
/// The span is called `<METHOD> <route>`, or by the route alone where no method is known, with the operation
/// `http.server`. Inside of an active span, such as that of a server's layer, it is a child of it; otherwise it is a
/// transaction. An `Err` and a panic are captured once. Of a request whose method is known to be `OPTIONS` no transaction
/// is made, unless the option `trace_options_requests` says so.
///
/// # Status
/// Recorded as `http.response.status_code` where the value tells it: an `http::Response` (axum's, hyper's), an
/// `http::StatusCode` alone or in front of a tuple, a type of yours that says how (`ResponseStatus`), anything with a
/// method `status()` that gives a number or a status code, or a `Result` of one of these. The span's status follows
/// from it. An `Err` that is an answer by itself, as `Err(StatusCode::NOT_FOUND)` is, is captured from 500 on only.
///
/// A `#[track_caller]` function keeps its caller's place unless its value may be an answer or a `Result`, see
/// [`macro@server_action`].
///
/// # Arguments
/// | argument | meaning |
/// |---|---|
/// | `"/route"` or `route = "…"` | the route: a string literal or a constant, with places for what varies |
/// | `method = expr` | the method: a literal, a text or a `Method`; by default that of a request given as `headers` |
/// | `name = "…"` | the span's name instead |
/// | `headers = expr` | the request or its headers, see [`macro@server_action`] |
/// | `tags(key = expr, "key" = expr, key)` | tags of everything captured in the handler; keys and literals are checked |
/// | `flush` | sends what is captured before the handler ends: for processes that are frozen between requests |
/// | `crate = path` | where `sentry-runtime` is found; `::sentry` by default |
///
/// # Errors
/// As for [`macro@span`]; the route is checked at compile time.
#[proc_macro_attribute]
pub fn api_handler(args: TokenStream, item: TokenStream) -> TokenStream {
    attributes::api_handler(args.into(), item.into()).into()
}

/// A function that fetches the data of a page: a span, and errors captured.
///
/// ```ignore
/// #[sentry::data_fetcher(get_server_side_props, "/users/{id}", headers = headers)]
/// async fn user_page(headers: HeaderMap, id: u64) -> Result<UserPage, PageError> {
///     load_page(id).await
/// }
/// ```
///
/// The span is called `<kind> (<route>)`, with the operation `function.data_fetcher`; kind and route are its attributes
/// `data_fetcher.kind` and `http.route`. Inside of an active span it is a child of it; otherwise it is a transaction.
/// An `Err` and a panic are captured once. What is said of `#[track_caller]` at [`macro@server_action`] is so here.
///
/// # Arguments
/// | argument | meaning |
/// |---|---|
/// | `kind`, in front | `get_server_side_props`, `get_static_props`, `get_initial_props`, `app`, `document`, `error`, or a name of your own |
/// | `"/route"` or `route = "…"` | the page's route; `app`, `document` and `error` stand for `/_app`, `/_document` and `/_error` without one |
/// | `name = "…"` | the span's name instead |
/// | `headers = expr` | the request or its headers, see [`macro@server_action`] |
/// | `tags(key = expr, "key" = expr, key)` | tags of everything captured meanwhile; keys and literals are checked |
/// | `flush` | sends what is captured before the function ends |
/// | `crate = path` | where `sentry-runtime` is found; `::sentry` by default |
///
/// # Errors
/// As for [`macro@span`]; the route is checked at compile time.
#[proc_macro_attribute]
pub fn data_fetcher(args: TokenStream, item: TokenStream) -> TokenStream {
    attributes::data_fetcher(args.into(), item.into()).into()
}

/// A cron job: a check-in when it starts, and one when it ends, with its duration.
///
/// ```ignore
/// #[sentry::monitor("nightly-report", schedule = "0 3 * * *", timezone = "Europe/Vienna", max_runtime = "30m")]
/// fn nightly_report() -> Result<(), ReportError> {
///     write_report()
/// }
/// ```
///
/// The second check-in is `ok`, or `error` for an `Err`, a panic and a dropped future. The error itself is
/// captured once. See <https://develop.sentry.dev/sdk/telemetry/check-ins/>. What is said of `#[track_caller]` at
/// [`macro@server_action`] is so here.
///
/// # Arguments
/// | argument | meaning |
/// |---|---|
/// | `"slug"` or `slug = "…"` | the monitor: at most 50 of `a-z0-9_-`, not digits alone |
/// | `schedule = "0 3 * * *"` | a crontab of five fields, or `@daily` and its like |
/// | `every = "10 minutes"` | an interval in minutes, hours, days, weeks, months or years |
/// | `timezone = "Europe/Vienna"` | a name of the tz database |
/// | `checkin_margin = 5` | how late a check-in may be: minutes or `"5m"`, at most 28 days |
/// | `max_runtime = "30m"` | how long a run may take: minutes or `"30m"`, at most 7 days |
/// | `failure_issue_threshold = 2` | after how many bad check-ins an issue is made, at most 720 |
/// | `recovery_threshold = 2` | after how many good check-ins it is resolved, at most 720 |
/// | `isolate_trace` | each run is a trace of its own |
/// | `tags(key = expr, "key" = expr, key)` | tags of everything captured in the run; keys and literals are checked |
/// | `crate = path` | where `sentry-runtime` is found; `::sentry` by default |
///
/// With a schedule the check-ins carry the monitor's configuration, and Sentry makes the monitor; without, the
/// monitor is configured there.
///
/// # Errors
/// As for [`macro@span`]; every value is checked at compile time, by the rules that Sentry has.
#[proc_macro_attribute]
pub fn monitor(args: TokenStream, item: TokenStream) -> TokenStream {
    attributes::monitor(args.into(), item.into()).into()
}

/// The client's life around `fn main`: started before, flushed after, an `Err` reported.
///
/// ```ignore
/// #[sentry::main(dsn = "https://key@example.ingest.sentry.io/1", traces_sample_rate = 0.2)]
/// #[tokio::main]
/// async fn main() -> Result<(), AppError> {
///     serve().await
/// }
/// ```
///
/// Put it above the attribute of the async runtime, so that the client is there before the runtime starts
/// and everything is flushed after it ended. What `main` returns is returned unchanged, and so is the exit
/// code. The environment (`SENTRY_DSN` and its like) fills in what is not given here.
///
/// # Arguments
/// | argument | meaning |
/// |---|---|
/// | `dsn = expr` | where to send to |
/// | `options = expr` | the options to start from; `ClientOptions::new()` by default |
/// | `traces_sample_rate = expr` | the share of traces to keep, 0.0 to 1.0 |
/// | `environment = expr` | the environment's name |
/// | `release = expr` | the release; by default `SENTRY_RELEASE`, or `name@version` of the program's package |
/// | `crate = path` | where `sentry-runtime` is found; `::sentry` by default |
///
/// # Errors
/// A function that is not `main`, arguments of `main`, and an `async fn main` without a runtime's attribute
/// below are errors at compile time; see [`macro@span`] for what all attributes check.
#[proc_macro_attribute]
pub fn main(args: TokenStream, item: TokenStream) -> TokenStream {
    attributes::main(args.into(), item.into()).into()
}
