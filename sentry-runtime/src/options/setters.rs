//! The methods of the builder that set one option to one value.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::release::IntoRelease;
use super::{
    ClientOptions, DataCollection, FinishedTrace, Pattern, SpanFilter, StatusCodes, TraceLifecycle,
    UnhandledErrors,
};
use crate::client::hint::Hint;
use crate::error::pattern::ErrorPattern;
use crate::options::sampling::SamplingContext;
use crate::protocol::{Breadcrumb, Event, Log, Metric, MonitorCheckIn, SessionMode, Span, Transaction};

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident($argument:ident: $ty:ty) => $value:expr;)*) => {
        impl ClientOptions {$(
            $(#[$doc])*
            #[must_use]
            pub fn $name(mut self, $argument: $ty) -> Self {
                self.$name = $value;
                self
            }
        )*}
    };
}

// Below the macro, which it uses.
mod delivery;

setters! {
    /// Prints what the toolkit does on stderr. Default: `false`. Environment: `SENTRY_DEBUG`, a boolean.
    debug(debug: bool) => Some(debug);
    /// Sets the release, such as `shop@1.4.2`. Takes a string or the result of
    /// [`release_name!`](crate::release_name).
    ///
    /// Range: 1 to 200 bytes without slashes and control characters, and not `.`, `..` or `latest`. Default: the
    /// package's `name@version` with [`#[sentry::main]`](macro@crate::main), otherwise the commit that the platform or CI
    /// names in its variables, see [the options](crate::guide::options). Environment: `SENTRY_RELEASE`.
    ///
    /// ```
    /// let options = sentry::ClientOptions::new().release(sentry::release_name!());
    /// # assert!(options.release.is_some());
    /// ```
    release(release: impl IntoRelease) => release.into_release();
    /// Sets the environment, such as `staging`.
    ///
    /// Range: 1 to 64 bytes without slashes and control characters, and not `.`, `..` or `none`. Default: on
    /// Vercel `vercel-` and the value of `VERCEL_ENV`; otherwise `development` in builds with debug assertions, and
    /// `production` in others. Environment: `SENTRY_ENVIRONMENT`.
    environment(environment: impl Into<Cow<'static, str>>) => Some(environment.into());
    /// Sets the distribution of the release, such as `build-42`. Range: 1 to 64 characters of `a-z`, `A-Z`, `0-9`, `_`,
    /// `.` and `-`. Default: none.
    dist(dist: impl Into<Cow<'static, str>>) => Some(dist.into());
    /// Sets the share of error events that are sent. Range: 0 (none) to 1 (all). Default: 1. Environment:
    /// `SENTRY_SAMPLE_RATE`.
    sample_rate(rate: f32) => Some(rate);
    /// Sets the share of traces that are recorded. Range: 0 (none) to 1 (all).
    ///
    /// Default: no spans are recorded, and trace headers are still forwarded; 1 if only the local view, Spotlight
    /// or the dashboard is configured. Environment: `SENTRY_TRACES_SAMPLE_RATE`, unless a sampler is set.
    traces_sample_rate(rate: f32) => Some(rate);
    /// Sets a function that returns the sample rate of each trace, from 0 to 1. It takes precedence over
    /// `traces_sample_rate`. Default: none.
    ///
    /// The function runs on the caller's thread before the root span starts. A trace for which it returns a number out
    /// of range is not sampled. If it panics, the trace is sampled as without a sampler.
    ///
    /// ```
    /// let options = sentry::ClientOptions::new().traces_sampler(|context| {
    ///     if context.name() == "GET /health" { 0.0 } else { context.inherit_or_sample_with(0.2) }
    /// });
    /// # assert!(options.traces_sampler.is_some());
    /// ```
    traces_sampler(sampler: impl Fn(&SamplingContext) -> f32 + Send + Sync + 'static) => Some(Arc::new(sampler));
    /// Sets a function that decides, when a transaction has ended, whether it is sent although the sample rate did not
    /// select it; see the field [`keep`](field@Self::keep). Default: none.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let options = sentry::ClientOptions::new().traces_sample_rate(0.01).keep(|trace| {
    ///     trace.failed() || trace.slower_than(Duration::from_secs(2)) || trace.one_of(1000)
    /// });
    /// # assert!(options.keep.is_some());
    /// ```
    keep(keep: impl Fn(&FinishedTrace<'_>) -> bool + Send + Sync + 'static) => Some(Arc::new(keep));
    /// Sets the id of your Sentry organisation, for `strict_trace_continuation`. Range: digits. Default: the id in the
    /// DSN's host (`123` in `o123.ingest.sentry.io`).
    org_id(id: impl Into<String>) => Some(id.into());
    /// Continues an incoming trace only if it comes from the same organisation. Default: `false`.
    strict_trace_continuation(strict: bool) => strict;
    /// Adds trace headers only to outgoing requests whose URL matches one of these patterns. An empty list disables
    /// propagation. A string matches a part of the URL. Default: all outgoing requests.
    ///
    /// ```
    /// use sentry::{ClientOptions, Pattern};
    ///
    /// let options = ClientOptions::new()
    ///     .trace_propagation_targets([Pattern::prefix("https://api.shop.example/"), "localhost".into()]);
    /// # assert_eq!(options.trace_propagation_targets.map(|targets| targets.len()), Some(2));
    /// ```
    trace_propagation_targets(targets: impl IntoIterator<Item = impl Into<Pattern>>) =>
        Some(targets.into_iter().map(Into::into).collect());
    /// Adds W3C's `traceparent` header to outgoing requests, for services that only know OpenTelemetry, and passes on the
    /// `tracestate` of the incoming request. Default: `false`.
    propagate_traceparent(propagate: bool) => propagate;
    /// Does not record spans that match one of these filters; see the field [`ignore_spans`](field@Self::ignore_spans).
    /// Each filter needs at least one condition, and no pattern may be empty. A string matches a part of the name.
    /// Default: none.
    ///
    /// ```
    /// use sentry::{ClientOptions, Pattern, SpanFilter};
    ///
    /// let options = ClientOptions::new()
    ///     .ignore_spans([SpanFilter::from("cache.get"), SpanFilter::new().op(Pattern::exact("db.ping"))]);
    /// # assert_eq!(options.ignore_spans.len(), 2);
    /// ```
    ignore_spans(filters: impl IntoIterator<Item = impl Into<SpanFilter>>) =>
        filters.into_iter().map(Into::into).collect();
    /// Does not send transactions whose final name matches one of these patterns, which may not be empty. A string
    /// matches a part of the name. Has no effect with [`TraceLifecycle::Stream`]. Default: none.
    ignore_transactions(names: impl IntoIterator<Item = impl Into<Pattern>>) =>
        names.into_iter().map(Into::into).collect();
    /// Does not send transactions whose root span has one of these values in `http.response.status_code`. Takes codes
    /// and inclusive ranges. Has no effect with [`TraceLifecycle::Stream`]. Range: 100 to 599. Default: none.
    ///
    /// ```
    /// let options = sentry::ClientOptions::new().trace_ignore_status_codes([301..=303, 401..=404]);
    /// # assert_eq!(options.trace_ignore_status_codes.len(), 2);
    /// ```
    trace_ignore_status_codes(codes: impl IntoIterator<Item = impl Into<StatusCodes>>) =>
        codes.into_iter().map(Into::into).collect();
    /// Records HTTP requests with the method `OPTIONS`; see the field
    /// [`trace_options_requests`](field@Self::trace_options_requests). Default: `false`.
    trace_options_requests(trace: bool) => trace;
    /// Sets a callback that receives every span, including root spans, and returns the span to send. It can change a
    /// span, but neither drop nor move it. Default: none. See [`BeforeSendSpan`](crate::BeforeSendSpan).
    ///
    /// ```
    /// let options = sentry::ClientOptions::new().before_send_span(|mut span| {
    ///     span.data.remove("db.query.text");
    ///     span
    /// });
    /// # assert!(options.before_send_span.is_some());
    /// ```
    before_send_span(callback: impl Fn(Span) -> Span + Send + Sync + 'static) => Some(Arc::new(callback));
    /// Sets the maximum number of transactions per second that [`keep`](Self::keep) adds. Default: 10.
    keep_per_second(transactions: u32) => transactions;
    /// Turns the flight recorder on: spans of traces that are not sent are kept for this time, for errors in them; see the
    /// field [`flight_recorder`](field@Self::flight_recorder). Default: off.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let options =
    ///     sentry::ClientOptions::new().traces_sample_rate(0.01).flight_recorder(Duration::from_secs(30));
    /// # assert_eq!(options.flight_recorder, Some(Duration::from_secs(30)));
    /// ```
    flight_recorder(keep: Duration) => Some(keep);
    /// Sets how often an operation must repeat under one parent to be recorded as repeated work, 0 for never; see the
    /// field [`repeat_threshold`](field@Self::repeat_threshold). Default: 5.
    repeat_threshold(times: usize) => times;
    /// Records the polls of `async` functions as attributes of their spans; see the field
    /// [`track_polls`](field@Self::track_polls). Default: `false`.
    track_polls(track: bool) => track;
    /// Reports a poll that has not returned after this time, while it blocks its thread; see the field
    /// [`blocked_poll_warning`](field@Self::blocked_poll_warning). Default: none.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let options = sentry::ClientOptions::new()
    ///     .blocked_poll_warning(Duration::from_millis(500))
    ///     .blocked_poll_event(Duration::from_secs(5));
    /// # assert_eq!(options.blocked_poll_warning, Some(Duration::from_millis(500)));
    /// ```
    blocked_poll_warning(after: Duration) => Some(after);
    /// Captures an event if a poll has not returned after this time; see the field
    /// [`blocked_poll_event`](field@Self::blocked_poll_event). Default: none.
    blocked_poll_event(after: Duration) => Some(after);
    /// Reports a root span that has not ended after this time, while it is open; see the field
    /// [`warn_open_after`](field@Self::warn_open_after). Default: none.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let options = sentry::ClientOptions::new().warn_open_after(Duration::from_secs(30));
    /// # assert_eq!(options.warn_open_after, Some(Duration::from_secs(30)));
    /// ```
    warn_open_after(after: Duration) => Some(after);
    /// Sets the maximum number of breadcrumbs kept per scope. Range: 0 to 1000. Default: 100.
    max_breadcrumbs(max: usize) => max;
    /// Attaches a stack trace to messages. Errors and panics always carry one. Default: `false`.
    attach_stacktrace(attach: bool) => attach;
    /// Sets whether the arguments that `vars` of an attribute names are shown in the stack traces of errors and panics.
    /// Default: `true`.
    include_local_variables(include: bool) => include;
    /// Drops errors and messages that match one of these patterns. A string matches a part of the message or of
    /// `Type: message`. Replaces all patterns set before. Default: none.
    ///
    /// ```
    /// use sentry::{ClientOptions, ErrorPattern};
    ///
    /// let options = ClientOptions::new().ignore_errors([
    ///     "connection reset".into(),
    ///     ErrorPattern::matching(|text| text.starts_with("till ") && text.ends_with(" is closed")),
    /// ]);
    /// # assert_eq!(options.ignore_errors.len(), 2);
    /// ```
    ignore_errors(patterns: impl IntoIterator<Item = impl Into<ErrorPattern>>) =>
        patterns.into_iter().map(Into::into).collect();
    /// Drops an error that is captured manually if the function called before has just captured it manually; see the
    /// field [`dedupe`](field@Self::dedupe). Default: `true`.
    dedupe(dedupe: bool) => dedupe;
    /// Sets which errors are captured when a request, a job or the program fails without returning one; see
    /// [`UnhandledErrors`]. Default: [`UnhandledErrors::Last`].
    unhandled_errors(errors: UnhandledErrors) => errors;
    /// Sets the maximum size of all attachments of one event, in bytes. Larger attachments are left out and counted as
    /// lost. Default: 20 MiB.
    max_attachment_size(bytes: usize) => bytes;
    /// Collects data that may identify a person: cookies, IP addresses, user input. Data that the program sets is sent
    /// either way. Default: `false`. The short form of [`data_collection`](Self::data_collection): `true` is
    /// [`DataCollection::new`], `false` is [`DataCollection::without_pii`]. Has no effect if `data_collection` is set.
    send_default_pii(send: bool) => send;
    /// Sets what the toolkit collects automatically, by category. Categories that are not set are collected; see
    /// [`DataCollection`]. Default: `send_default_pii` decides. Environment: `SENTRY_DATA_COLLECTION`, a boolean, and a
    /// variable for each category, such as `SENTRY_DATA_COLLECTION_COOKIES`.
    ///
    /// ```
    /// use sentry::{ClientOptions, CollectBehavior, DataCollection};
    ///
    /// let options = ClientOptions::new().data_collection(
    ///     DataCollection::new().cookies(false).url_query_params(CollectBehavior::allow(["page", "sort"])),
    /// );
    /// # assert!(options.data_collection.is_some());
    /// ```
    data_collection(collection: DataCollection) => Some(collection);
    /// Sets the name of this machine. Default: the host name.
    server_name(name: impl Into<Cow<'static, str>>) => Some(name.into());
    /// Marks stack frames of these crates and modules as your own. Takes path prefixes, and precedence over
    /// `in_app_exclude`. Default: none; frames outside of the registry and the standard library count as your own.
    ///
    /// ```
    /// let options = sentry::ClientOptions::new()
    ///     .in_app_include(["shop_domain"])
    ///     .in_app_exclude(["vendored"]);
    /// # assert_eq!(options.in_app_include.len(), 1);
    /// ```
    in_app_include(prefixes: impl IntoIterator<Item = impl Into<Cow<'static, str>>>) =>
        prefixes.into_iter().map(Into::into).collect();
    /// Marks stack frames of these crates and modules as not your own. Takes path prefixes. Default: none.
    in_app_exclude(prefixes: impl IntoIterator<Item = impl Into<Cow<'static, str>>>) =>
        prefixes.into_iter().map(Into::into).collect();
    /// Filters values whose name contains one of these terms, in addition to the built-in terms. Case is ignored.
    /// Default: none.
    ///
    /// ```
    /// let options = sentry::ClientOptions::new().deny_names(["diagnosis", "birthday"]);
    /// # assert_eq!(options.deny_names.len(), 2);
    /// ```
    deny_names(names: impl IntoIterator<Item = impl Into<String>>) => names.into_iter().map(Into::into).collect();
    /// Sets the maximum depth of structured data. Deeper lists and objects become `[Array]` and `[Object]`. Range: 1 to
    /// 32 levels. Default: 3.
    normalize_depth(depth: usize) => depth;
    /// Sets the maximum length of strings, in characters. Longer strings are cut. Default: 8192.
    max_value_length(characters: usize) => characters;
    /// Sets a callback that receives every error event and message last. It returns the event to send, or `None` to
    /// drop it. Runs on the pipeline thread. Default: none. See [`BeforeCallback`](crate::BeforeCallback).
    ///
    /// ```
    /// let options = sentry::ClientOptions::new()
    ///     .before_send(|event| (event.logger.as_deref() != Some("noise")).then_some(event));
    /// # assert!(options.before_send.is_some());
    /// ```
    before_send(callback: impl Fn(Event<'static>) -> Option<Event<'static>> + Send + Sync + 'static) =>
        Some(Arc::new(callback));
    /// Sets a callback that receives every error event and message after `before_send`, together with its [`Hint`]. It
    /// returns the event to send, or `None` to drop it. Default: none.
    before_send_with_hint(
        callback: impl Fn(Event<'static>, &mut Hint) -> Option<Event<'static>> + Send + Sync + 'static
    ) => Some(Arc::new(callback));
    /// Sets a callback that receives every transaction last. It returns the transaction to send, or `None` to drop it.
    /// Is not called with [`TraceLifecycle::Stream`]. Default: none.
    before_send_transaction(
        callback: impl Fn(Transaction<'static>) -> Option<Transaction<'static>> + Send + Sync + 'static
    ) => Some(Arc::new(callback));
    /// Sets a callback that receives every breadcrumb, on the caller's thread. It returns the breadcrumb to keep, or
    /// `None` to drop it. Default: none.
    before_breadcrumb(callback: impl Fn(Breadcrumb) -> Option<Breadcrumb> + Send + Sync + 'static) =>
        Some(Arc::new(callback));
    /// Sets a callback that receives every breadcrumb after `before_breadcrumb`, together with its [`Hint`], on the
    /// caller's thread. It returns the breadcrumb to keep, or `None` to drop it. Default: none.
    before_breadcrumb_with_hint(
        callback: impl Fn(Breadcrumb, &mut Hint) -> Option<Breadcrumb> + Send + Sync + 'static
    ) => Some(Arc::new(callback));
    /// Sets a callback that receives every check-in last. It returns the check-in to send, or `None` to drop it.
    /// Default: none.
    before_send_check_in(
        callback: impl Fn(MonitorCheckIn) -> Option<MonitorCheckIn> + Send + Sync + 'static
    ) => Some(Arc::new(callback));
    /// Sends a trace as a transaction when its root span ends ([`TraceLifecycle::Static`], at most 1000 spans), or in
    /// batches while it runs ([`TraceLifecycle::Stream`], no limit). Default: [`TraceLifecycle::Static`].
    trace_lifecycle(lifecycle: TraceLifecycle) => lifecycle;
    /// Sends the AI spans of a transaction beside it, see
    /// [`stream_gen_ai_spans`](ClientOptions::stream_gen_ai_spans). Default: `true`.
    stream_gen_ai_spans(stream: bool) => stream;
    /// Enables or disables the panic hook, which captures panics. Default: `true`.
    capture_panics(capture: bool) => capture;
    /// Enables or disables the collection of structured logs by the integrations for `tracing` and `log`. Their filters
    /// decide which entries become logs. Logs written with [`logger`](crate::logger) do not need it. Default: `false`.
    ///
    /// ```
    /// // Whatever the layer for `tracing` or the logger for `log` receives from level `info` on is also sent as a log.
    /// let options = sentry::ClientOptions::new().collect_logs(true);
    /// # assert!(options.collect_logs && options.enable_logs);
    /// ```
    collect_logs(collect: bool) => collect;
    /// Sets a callback that receives every structured log last. It returns the log to send, or `None` to drop it.
    /// Default: none.
    before_send_log(callback: impl Fn(Log) -> Option<Log> + Send + Sync + 'static) => Some(Arc::new(callback));
    /// Enables or disables metrics; see [`metrics`](crate::metrics). Default: `true`. Metrics are only recorded by
    /// calls, so there is no need to set it: other Sentry SDKs deprecate or have removed this option.
    enable_metrics(enable: bool) => enable;
    /// Sets a callback that receives every metric last. It returns the metric to send, or `None` to drop it. Default:
    /// none.
    before_send_metric(callback: impl Fn(Metric) -> Option<Metric> + Send + Sync + 'static) =>
        Some(Arc::new(callback));
    /// Sets a callback that receives every feedback last, as an event. It returns the event to send, or `None` to drop
    /// it. Default: none.
    before_send_feedback(callback: impl Fn(Event<'static>) -> Option<Event<'static>> + Send + Sync + 'static) =>
        Some(Arc::new(callback));
    /// Starts and ends sessions automatically: one per run of the program, or one per request that a server integration
    /// handles. Needs a release. Default: `false`.
    auto_session_tracking(track: bool) => track;
    /// Defines what a session is: a run of the program ([`SessionMode::Application`]) or a request
    /// ([`SessionMode::Request`]). Default: [`SessionMode::Application`].
    session_mode(mode: SessionMode) => mode;
    /// Reports to the server what was dropped and why. Default: `true`.
    send_client_reports(send: bool) => send;
    /// Sets the `User-Agent` header of requests. Range: printable ASCII, at least 1 character. Default:
    /// `sentry.rust.runtime/<version>`.
    user_agent(agent: impl Into<Cow<'static, str>>) => agent.into();
}
