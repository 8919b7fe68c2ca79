//! The attribute macros of `sentry-runtime`: [`macro@span`], [`macro@server_action`], [`macro@api_handler`],
//! [`macro@data_fetcher`], [`macro@monitor`] and [`macro@main`].
//!
//! Do not depend on this crate: `sentry-runtime` re-exports the macros, and the generated code calls functions of
//! `sentry-runtime` that may change with every release.
//!
//! # How an attribute becomes code
//! The crate is a stack of layers. A module imports only from layers below its own:
//!
//! | layer | task |
//! |---|---|
//! | `lib.rs` | the entry points that the compiler calls, and the documentation for users |
//! | `attributes/` | one file for each attribute: its arguments, and the instrumentation that they ask for |
//! | `expand/` | read the item and the arguments, check both, put the instrumentation around the body |
//! | `check/` | the rules for functions and for the values of arguments |
//! | `parse/` | the list of arguments and the annotated item, read from tokens |
//! | `commit.rs` | the release with the commit that the package is built from |
//! | `errors.rs`, `hygiene.rs`, `tokens.rs` | the error collector; spans and names of generated code; questions about tokens |
//! | `rustc_args.rs` | the edition and the dependencies of the user's crate |
//!
//! `expand/attribute.rs` has the steps that every attribute goes through. `expand/function.rs` shows the shape of the
//! generated code, `attributes/tests.rs` complete expansions.

mod attributes;
mod check;
mod commit;
mod errors;
mod expand;
mod hygiene;
mod parse;
mod rustc_args;
mod tokens;

use proc_macro::TokenStream;

/// Records a span around a function: its duration, its place in the trace, and its status.
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
/// The attribute goes on functions and methods that have a body: sync, `async`, generic or `unsafe` ones, methods of
/// traits and of `async_trait`, and functions that return a boxed future or `impl Future`. The function keeps its
/// signature, its panics and its errors.
///
/// The span of an `async fn` gets its parent when the function is called, so `tokio::spawn(fetch())` is nested in the
/// caller's span. It is active whenever the future is polled.
///
/// With the feature `stream` of `sentry-runtime`, a function that returns `impl Stream<Item = …>` has a span from the first poll of the
/// stream to its end.
///
/// # Status
/// | status | when |
/// |---|---|
/// | `ok` | the function returns |
/// | `internal_error` | it returns an `Err`, or it panics |
/// | `cancelled` | its future is dropped before it is ready |
///
/// By default, a returned value is inspected for an `Err` if the name of its type contains `Result`. With `err`, a value is
/// also inspected if it may be a result under another name; with `ret`, every value is.
///
/// # Arguments
/// Arguments are separated by commas. A flag is a bare name; `flag = true` and `flag = false` are accepted, too.
///
/// | argument | value | default | effect |
/// |---|---|---|---|
/// | `"checkout"` or `name = "checkout"` | string literal or constant | the function's path, such as `Cart::checkout` | The name of the span. |
/// | `op = "db.query"` | string literal or constant | `"function"` | The operation of the span. |
/// | `attributes(order.id = order.id, "order.total" = order.total(), user)` | `key = expression`, or the name of an argument or of its field | none | Records attributes. The expressions may use the function's arguments and are evaluated before the body, but only if the span is recorded, so they cannot use `?`, `return` or `.await`. |
/// | `args(id, page)` | names of arguments | none | Records arguments under their own names. |
/// | `vars(order_id, cart = cart.clone())` or `vars` | names of arguments or of their fields, `key = expression`, or nothing for all arguments | off | Shows the values in the function's frame of the stack trace if it returns an error or a panic leaves it. Arguments must be references or `Copy`; of all arguments, others are left out. Expressions are evaluated before the body, all other values are formatted only on failure. |
/// | `ret` | flag | off | Records the returned value as the attribute `return`. |
/// | `err` | flag | off | Captures a returned `Err` as an event. Without it an `Err` only sets the status. |
/// | `level = "warning"` | `"fatal"`, `"error"`, `"warning"`, `"info"` or `"debug"` | `"error"` | The level of the events that `err` captures. |
/// | `warn_after = "5s"` | a number and a unit: `ms`, `s`, `min`, `h` | off | Reports the span while it is open for longer, if it is recorded: on stderr, as a log and as a breadcrumb. |
/// | `parent = request.span` | expression: a span, a reference to one, or an `Option` of either | the active span | The parent of the span. |
/// | `only_if_parent` | flag | off | Records no span if none is active. |
/// | `force_transaction` | flag | off | Starts a transaction, even inside of an active span. |
/// | `new_trace` | flag | off | Starts a new trace. Cannot be combined with `parent` or `only_if_parent`. |
/// | `skip` | flag, without other arguments | off | Leaves the function out if the attribute is on the block around it. |
/// | `crate = my_app::sentry` | path | the dependency | The path of `sentry-runtime`, if another crate re-exports it. A dependency that `Cargo.toml` renames is found without it. |
///
/// # Blocks and modules
/// On an impl block, a trait or an inline module, the attribute instruments every function in it, each under its own
/// name; in a module also the functions in the blocks and modules inside. Its arguments are defaults: arguments of a
/// function's own `#[span(…)]` replace them. `#[span(skip)]` leaves a function or a block out.
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
/// Inside of the block, `#[span]` needs no import. Another attribute of that name is found there only if the block is a module
/// that imports it, or if this attribute does not have its arguments; otherwise write its path. The compiler resolves all other
/// attributes: those of this crate are known under any name and behind `cfg_attr`, and inherit the arguments on the block.
/// `#[server_action]`, `#[api_handler]`, `#[data_fetcher]`, `#[monitor]` and `#[sentry::main]` instrument their function instead
/// of the block, and inherit `crate`.
///
/// The macros of other crates on a function, or on the block, run first, and the attribute instruments what they make of it.
///
/// Some functions are left as they are: `const fn`s, functions without a body, and functions that a macro call in the block
/// generates.
///
/// # Compile-time errors
/// An invalid use gives one error for each mistake, at the token: an unknown, repeated or malformed argument, an item that
/// is not a function or a block, a `const fn`, a function without a body, with variable arguments or with `#[naked]`. The
/// item is still compiled as it was written, so no other errors follow.
///
/// # Lints and documentation
/// Documentation shows the function as it is written. Clippy reports the same as without the attribute, because it is given
/// the plain function. If the arguments of the attribute hold code (anything but flags and literals), that code comes in front
/// of the body and counts as a use of what it names. So does the code for `#[api_handler]` if the returned type may have a
/// method `status()`. Then `missing_const_for_fn`, `manual_async_fn`, `derivable_impls`, `default_numeric_fallback` and
/// `doc_paragraphs_missing_punctuation` may not fire, and `inline_always` and `many_single_char_names` may.
///
/// Some lints of the compiler do not fire on an annotated function: `async_fn_in_trait`, `unused_must_use` for the output
/// of an `async fn` with `#[must_use]`, and, if the value is inspected, `unconditional_recursion`, and `unused_assignments`
/// in a method with `mut self`.
///
/// # Warnings
/// The attribute warns of
///
/// * `err` on a function that returns no `Err`, and of a captured error type that implements neither `Display` nor `Debug`,
/// * a key of `attributes(…)` that [Sentry's conventions](https://github.com/getsentry/sentry-conventions) deprecate, and a
///   literal of another type than they say; keys that they do not have, and keys without a dot, are free,
/// * an operation that is one letter away from one of the conventions, such as `db.qurey`.
///
/// A macro can warn only through the compiler's lint `deprecated`; `#[allow(deprecated)]` on the function silences it.
///
/// # Limitations
/// These limits apply to all attributes of this crate, except [`macro@main`].
///
/// To inspect a value, the macro moves the body of the function into a closure; the body of an `async fn` always moves into
/// an `async` block. From that follows:
///
/// * **Compiler messages.** Some errors in the body mention a closure or an `async` block instead of the function, such as
///   a misplaced `?`. Their code and their position are the same. For rare mistakes the code or the position differs:
///   `break` outside of a loop, a recursive `async fn`, lifetimes of arguments in an `async fn`.
/// * **`#[track_caller]`.** `Location::caller()` is the function itself if its value is inspected. `#[span]` without `err`
///   and `ret` keeps the caller's location and does not inspect such a function, so its status is `ok` for an `Err`.
/// * **`std::any::type_name_of_val`** of a local item ends in `::{{closure}}` if the value is inspected.
/// * **Returned closures.** If an `async fn` returns `impl Fn(&T)`, the argument types of the closure must be written in
///   the body. The same applies to an inspected function that returns such a closure in a `Result`, or as `impl Handler`
///   where `Handler` is a trait with the supertrait `Fn(&T)`.
/// * **Macros in the return type.** If an `async fn` or an inspected function returns `impl Trait`, the type must be written
///   out; it cannot come from a macro call.
/// * **Memory.** The future of an `async fn` grows by 40 bytes. A synchronous call needs about 50 to 80 more bytes of stack
///   in an optimised build, and 100 to 200 in a debug build.
/// * **Deep `async` chains.** Each future is nested in one of the runtime's. Where futures must be `Send`, the compiler's
///   default `recursion_limit` is reached with 21 nested `async fn`s that return a `Result`, instead of 42. A higher
///   `#![recursion_limit = "256"]` helps.
///
/// A macro sees the names of types and not the types:
///
/// * **Borrowed errors.** Of an error whose type names a lifetime, only the text is recorded and not its causes. If an error
///   type implements `Error` only for `'static` parameters (`impl<T: 'static> Error for Full<T>`) and the macro cannot see
///   that the parameter is borrowed (behind an alias without a lifetime, or as `Self::Error` of a method that is annotated
///   alone), compilation fails. Write the error type out, or put the attribute on the impl block.
/// * **Names of futures.** A return type with the name `BoxFuture` or `LocalBoxFuture` must be a pinned box of a future.
/// * **Names of results.** `#[span]` does not recognise a result whose type has another name, unless `err` or `ret` is given.
///
/// Also:
///
/// * **Recursion.** Do not annotate code that recording itself calls: a span on `GlobalAlloc::alloc` would recurse forever,
///   because a span occasionally allocates.
/// * **Reserved names.** Names that start with `__sentry_` are reserved for generated code.
/// * **Edition 2015.** An argument whose name became a keyword later, such as `async` or `dyn`, must be written `r#async`.
///   The compiler does not warn about trait methods with unnamed arguments (`fn f(&self, u8)`).
#[proc_macro_attribute]
pub fn span(args: TokenStream, item: TokenStream) -> TokenStream {
    attributes::span(args.into(), item.into()).into()
}

/// Left by [`macro@span`] on a block in front of what other attributes may instrument.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn __sentry_in_block(args: TokenStream, item: TokenStream) -> TokenStream {
    attributes::in_block(args.into(), item.into()).into()
}

/// Instruments a web handler that is called like a function: isolates its scope, continues the caller's trace, and captures
/// an `Err` or a panic once.
///
/// ```ignore
/// #[sentry::server_action(headers = headers, form_data = form, record_response)]
/// async fn order(headers: HeaderMap, form: Vec<(String, String)>) -> Result<String, OrderError> {
///     place_order(form).await
/// }
/// ```
///
/// The span has the name `serverAction/<name>` and the operation `function.server_action`. After an `Err` is captured the
/// value is returned unchanged; after a panic is captured it continues.
///
/// # Errors
/// Not every `Err` is a failure of the handler. It is judged in the same way by `#[server_action]`, `#[api_handler]` and
/// `#[data_fetcher]`:
///
/// * An error that is a response is captured only if its status is 500 or higher, as the error in it:
///   `http::StatusCode`, `http::Response`, tuples that start with a `StatusCode` or with the number of a status as `u16`,
///   and types that implement `ResponseStatus`.
/// * With the feature `axum`: `Redirect`, `ErrorResponse`, and the rejections of extractors (types whose names end in
///   `Rejection` and that have a method `status`). With the feature `actix-web`: its `Error`, `HttpResponse`, and every type
///   that implements `ResponseError`, except those of the standard library.
/// * An error type of your own can implement `ResponseStatus`, or `ActionError` to mark values as redirects or as not found.
/// * `ignore` decides about all others, such as types of other crates. The error is then no failure: there is no event, the
///   span is `ok` unless the error is a response, and the layer of a server does not capture it either. If `ignore` panics, the
///   error is captured.
///
/// ```ignore
/// #[sentry::server_action(ignore = |error: &reqwest::Error| error.is_timeout())]
/// async fn suggestions(query: String) -> Result<Vec<String>, reqwest::Error> {
///     ask_the_index(&query).await
/// }
/// ```
///
/// # Arguments
/// | argument | value | default | effect |
/// |---|---|---|---|
/// | `name = "order"` | string literal or constant | the function's name | The name of the action. |
/// | `headers = headers` | expression, see below | none | The headers of the request. Their trace is continued, unless a span is active. |
/// | `form_data = form` | expression: a type that implements `Serialize`, or pairs | none | Records the submitted fields as `server_action_form_data.<field>`, on the span and on error events. |
/// | `record_response` | flag | the option `data_collection` | Records the returned value as `server_action_result`; `record_response = false` never does. |
/// | `tags(plan = user.plan, "shard" = 7, region)` | `key = expression`, or the name of an argument or of its field | none | Sets tags on everything that is captured in the action. Keys and literal values are checked at compile time. |
/// | `vars(order_id, cart = cart.clone())` or `vars` | see [`macro@span`] | off | Shows the values, or all arguments, in the function's frame of the stack trace if it returns an error or a panic leaves it. |
/// | `flush` | flag | off | Sends everything captured before the action ends, for processes that are frozen between requests. |
/// | `ignore = \|error\| error.is_timeout()` | closure or function of a reference to the error, which returns a `bool` | none | Does not capture the errors for which it returns `true`. |
/// | `crate = my_app::sentry` | path | the dependency | The path of `sentry-runtime`, if another crate re-exports it. A dependency that `Cargo.toml` renames is found without it. |
///
/// `headers` takes an `http::HeaderMap`, an `http::Request`, a map, a list of pairs, anything that iterates over pairs (such
/// as actix's header map), a closure from a name to a value, or a type of your own that implements `HeaderSource`. The
/// response is recorded with `Serialize` if the type implements it, and with `Debug` otherwise.
///
/// # Compile-time errors
/// As for [`macro@span`]. Tags are checked, too: a key has at most 32 characters of `a-zA-Z0-9_.:-`, a value at most 200
/// characters and no line break.
///
/// # Limitations
/// The [limitations of `#[span]`](macro@span#limitations) apply.
///
/// The value of a `#[track_caller]` function is inspected if it may be a `Result`, or if `record_response` is given; then
/// `Location::caller()` in it is the function itself.
#[proc_macro_attribute]
pub fn server_action(args: TokenStream, item: TokenStream) -> TokenStream {
    attributes::server_action(args.into(), item.into()).into()
}

/// Instruments the handler of an HTTP route: continues the caller's trace, records the response's status, and captures an
/// `Err` or a panic once.
///
/// ```ignore
/// #[sentry::api_handler("/users/{id}", method = "GET", headers = headers)]
/// async fn user(headers: HeaderMap, Path(id): Path<u64>) -> Result<Json<User>, AppError> {
///     load_user(id).await
/// }
/// ```
///
/// The span has the name `<METHOD> <route>`, or the route alone if the method is unknown, and the operation `http.server`.
/// Inside of an active span, such as that of a server's layer, it is a child of that span; otherwise it is a transaction.
/// The handler uses the isolation scope of the request it runs in, or its own if there is none. A request with the method
/// `OPTIONS` gets no transaction unless the option `trace_options_requests` is set.
///
/// # Status
/// The status is recorded as `http.response.status_code` and determines the status of the span. It is read from
///
/// * an `http::Response` (of axum and hyper, for example),
/// * an `http::StatusCode`, alone or as the first element of a tuple,
/// * a type of your own that implements `ResponseStatus`,
/// * anything with a method `status()` that returns a number or a status code,
/// * a `Result` of one of these.
///
/// An `Err` that is itself a response, such as `Err(StatusCode::NOT_FOUND)`, is captured only if its status is 500 or
/// higher, see [`macro@server_action`](macro@server_action#errors).
///
/// # Arguments
/// | argument | value | default | effect |
/// |---|---|---|---|
/// | `"/users/{id}"` or `route = "/users/{id}"` | string literal or constant | required | The route, with placeholders for the parts that vary: `{id}`, `:id`, `<id>` or `[id]`. |
/// | `method = "GET"` | expression: a literal, text or a `Method` | the method of a request given as `headers` | The HTTP method. |
/// | `name = "user"` | string literal or constant | method and route | The name of the span. |
/// | `headers = headers` | expression, see [`macro@server_action`] | none | The request or its headers. Their trace is continued, unless a span is active. |
/// | `tags(plan = user.plan, "shard" = 7, region)` | `key = expression`, or the name of an argument or of its field | none | Sets tags on everything that is captured in the handler. Keys and literal values are checked at compile time. |
/// | `vars(order_id, cart = cart.clone())` or `vars` | see [`macro@span`] | off | Shows the values, or all arguments, in the function's frame of the stack trace if it returns an error or a panic leaves it. |
/// | `flush` | flag | off | Sends everything captured before the handler ends, for processes that are frozen between requests. |
/// | `ignore = \|error\| error.is_timeout()` | closure or function of a reference to the error, which returns a `bool` | none | Does not capture the errors for which it returns `true`, see [`macro@server_action`](macro@server_action#errors). |
/// | `crate = my_app::sentry` | path | the dependency | The path of `sentry-runtime`, if another crate re-exports it. A dependency that `Cargo.toml` renames is found without it. |
///
/// # Compile-time errors
/// As for [`macro@server_action`]. The route is checked, too: it starts with `/`, has at most 200 characters, and contains
/// neither a method, a query string nor spaces.
///
/// # Limitations
/// The [limitations of `#[span]`](macro@span#limitations) apply.
///
/// The value of a `#[track_caller]` function is inspected if it may be a response or a `Result`; then
/// `Location::caller()` in it is the function itself.
#[proc_macro_attribute]
pub fn api_handler(args: TokenStream, item: TokenStream) -> TokenStream {
    attributes::api_handler(args.into(), item.into()).into()
}

/// Instruments a function that fetches the data of a page: records a span, and captures an `Err` or a panic once.
///
/// ```ignore
/// #[sentry::data_fetcher(get_server_side_props, "/users/{id}", headers = headers)]
/// async fn user_page(headers: HeaderMap, id: u64) -> Result<UserPage, PageError> {
///     load_page(id).await
/// }
/// ```
///
/// The span has the name `<kind> (<route>)`, the operation `function.data_fetcher`, and the attributes
/// `data_fetcher.kind` and `http.route`. Inside of an active span it is a child of that span; otherwise it is a
/// transaction.
///
/// # Arguments
/// | argument | value | default | effect |
/// |---|---|---|---|
/// | `get_server_side_props`, as the first argument | `get_server_side_props`, `get_static_props`, `get_initial_props`, `app`, `document`, `error`, or a name of your own | required | The kind of the data fetcher. |
/// | `"/users/{id}"` or `route = "/users/{id}"` | string literal or constant | `/_app`, `/_document` and `/_error` for the kinds `app`, `document` and `error`; otherwise required | The route of the page. |
/// | `name = "user page"` | string literal or constant | kind and route | The name of the span. |
/// | `headers = headers` | expression, see [`macro@server_action`] | none | The request or its headers. Their trace is continued, unless a span is active. |
/// | `tags(plan = user.plan, "shard" = 7, region)` | `key = expression`, or the name of an argument or of its field | none | Sets tags on everything that is captured in the function. Keys and literal values are checked at compile time. |
/// | `vars(order_id, cart = cart.clone())` or `vars` | see [`macro@span`] | off | Shows the values, or all arguments, in the function's frame of the stack trace if it returns an error or a panic leaves it. |
/// | `flush` | flag | off | Sends everything captured before the function ends, for processes that are frozen between requests. |
/// | `ignore = \|error\| error.is_timeout()` | closure or function of a reference to the error, which returns a `bool` | none | Does not capture the errors for which it returns `true`, see [`macro@server_action`](macro@server_action#errors). |
/// | `crate = my_app::sentry` | path | the dependency | The path of `sentry-runtime`, if another crate re-exports it. A dependency that `Cargo.toml` renames is found without it. |
///
/// # Compile-time errors
/// As for [`macro@api_handler`].
///
/// # Limitations
/// The [limitations of `#[span]`](macro@span#limitations) apply.
///
/// The value of a `#[track_caller]` function is inspected if it may be a `Result`; then `Location::caller()` in it is the
/// function itself.
#[proc_macro_attribute]
pub fn data_fetcher(args: TokenStream, item: TokenStream) -> TokenStream {
    attributes::data_fetcher(args.into(), item.into()).into()
}

/// Monitors a cron job: sends a check-in when the job starts, and another with its duration when it ends.
///
/// ```ignore
/// #[sentry::monitor("nightly-report", schedule = "0 3 * * *", timezone = "Europe/Vienna", max_runtime = "30m")]
/// fn nightly_report() -> Result<(), ReportError> {
///     write_report()
/// }
/// ```
///
/// The second check-in has the status `ok`, or `error` after an `Err`, a panic or a dropped future. The error itself is
/// captured once. Check-ins are never sampled away.
///
/// If `schedule` or `every` is given, the check-ins carry the configuration of the monitor, and Sentry creates or updates
/// it. Otherwise the monitor must exist in Sentry.
///
/// [Spec](https://develop.sentry.dev/sdk/telemetry/check-ins/)
///
/// # Arguments
/// All values except those of `tags` and `crate` are literals, because they are checked at compile time. The arguments from
/// `timezone` to `recovery_threshold` need a schedule.
///
/// | argument | value | default | effect |
/// |---|---|---|---|
/// | `"nightly-report"` or `slug = "nightly-report"` | at most 50 characters of `a-z0-9_-`, not only digits | required | The slug of the monitor. |
/// | `schedule = "0 3 * * *"` | a crontab of five fields as Sentry's server takes it, also with `L`, `LW`, `5L` and `MON#2`, or `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly`, `@annually` | none | The schedule, as a crontab. |
/// | `every = "10 minutes"` | a number and a unit: minutes, hours, days, weeks, months or years | none | The schedule, as an interval. Cannot be combined with `schedule`. |
/// | `timezone = "Europe/Vienna"` | a name of the tz database | `UTC` | The time zone of the schedule. |
/// | `checkin_margin = 5` | minutes or a duration such as `"5m"`, at most 28 days | Sentry's default | How late a check-in may be before the run counts as missed. |
/// | `max_runtime = "30m"` | minutes or a duration such as `"1h 30m"`, at most 28 days | Sentry's default | How long a run may take before it counts as timed out. |
/// | `failure_issue_threshold = 2` | 1 to 720 | Sentry's default | The number of failed check-ins in a row that open an issue. |
/// | `recovery_threshold = 2` | 1 to 720 | Sentry's default | The number of successful check-ins in a row that resolve the issue. |
/// | `isolate_trace` | flag | off | Starts a new trace for each run, even inside of an active one. |
/// | `tags(plan = user.plan, "shard" = 7, region)` | `key = expression`, or the name of an argument or of its field | none | Sets tags on everything that is captured in the run. Keys and literal values are checked at compile time. |
/// | `vars(order_id, cart = cart.clone())` or `vars` | see [`macro@span`] | off | Shows the values, or all arguments, in the function's frame of the stack trace if it returns an error or a panic leaves it. |
/// | `crate = my_app::sentry` | path | the dependency | The path of `sentry-runtime`, if another crate re-exports it. A dependency that `Cargo.toml` renames is found without it. |
///
/// # Compile-time errors
/// As for [`macro@span`]. Every value is checked by Sentry's rules: a crontab that never runs or an unknown time zone does
/// not compile.
///
/// # Limitations
/// The [limitations of `#[span]`](macro@span#limitations) apply.
///
/// The value of a `#[track_caller]` function is inspected if it may be a `Result`; then `Location::caller()` in it is the
/// function itself.
///
/// A function has one monitor. To monitor several jobs, give each a function of its own.
#[proc_macro_attribute]
pub fn monitor(args: TokenStream, item: TokenStream) -> TokenStream {
    attributes::monitor(args.into(), item.into()).into()
}

/// Starts the client before `fn main`, flushes it afterwards, and captures an `Err` that `main` returns.
///
/// ```ignore
/// #[sentry::main(dsn = "https://key@example.ingest.sentry.io/1", traces_sample_rate = 0.2)]
/// #[tokio::main]
/// async fn main() -> Result<(), AppError> {
///     serve().await
/// }
/// ```
///
/// Put it above the attribute of an async runtime, so that the client starts before the runtime and is flushed after the
/// runtime has ended. The value of `main` is returned unchanged, and so the exit code stays the same.
///
/// # Arguments
/// Values are expressions, which are evaluated when the program starts. The environment supplies options that are not set
/// here or in `options`.
///
/// | argument | value | default | effect |
/// |---|---|---|---|
/// | `dsn = "https://key@example.com/1"` | a DSN | the environment variable `SENTRY_DSN` | The project to send to. |
/// | `options = options()` | `ClientOptions` | `ClientOptions::new()` | The options to start from. The other arguments replace theirs. |
/// | `traces_sample_rate = 0.2` | a number from 0.0 to 1.0 | the environment variable `SENTRY_TRACES_SAMPLE_RATE` | The share of traces to record. |
/// | `environment = "staging"` | text | the environment variable `SENTRY_ENVIRONMENT` | The environment of the program. |
/// | `release = "shop@1.2.0"` | text | the environment variable `SENTRY_RELEASE`, otherwise `name@version` of the package | The release of the program. |
/// | `crate = my_app::sentry` | path | the dependency | The path of `sentry-runtime`, if another crate re-exports it. A dependency that `Cargo.toml` renames is found without it. |
///
/// # Compile-time errors
/// A function with another name than `main`, a `main` with arguments, and an `async fn main` without the attribute of a
/// runtime below this one. Unknown and malformed arguments are errors as for [`macro@span`].
///
/// # Limitations
/// The user's `main` becomes a function inside of the generated one, so stack traces show it as `main::main`. Attributes other than `cfg`, `doc`, `deprecated` and lint levels stay on the inner function.
///
/// A program that ends with `std::process::exit` does not return from `main`, so the client is not flushed. Call
/// `sentry::flush` before.
#[proc_macro_attribute]
pub fn main(args: TokenStream, item: TokenStream) -> TokenStream {
    attributes::main(args.into(), item.into()).into()
}

/// Returns the release of the calling package with its commit. For `sentry::release_name!(git)`, which has the documentation.
#[doc(hidden)]
#[proc_macro]
pub fn release_with_commit(_: TokenStream) -> TokenStream {
    commit::release().into()
}
