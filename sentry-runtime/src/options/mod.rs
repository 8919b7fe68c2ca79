//! The options of a client: a struct with defaults, completed from the environment and checked at `init`.
//!
//! [Spec, configuration](https://develop.sentry.dev/sdk/foundations/client/configuration/),
//! [environment variables](https://develop.sentry.dev/sdk/expected-features/environment-variables/)

mod boolean;
mod builder;
mod callbacks;
#[cfg(feature = "dashboard")]
mod dashboard;
mod data_collection;
mod defaults;
mod effective;
pub(crate) mod environment;
mod error;
mod keep;
mod lifecycle;
mod misspelt;
pub(crate) mod names;
mod network;
mod official;
mod pattern;
mod release;
pub(crate) mod sampling;
mod setters;
mod span_filter;
mod unhandled;
mod views;

pub use crate::transport::config::{CaCertificates, Compression, SpoolLimits};
pub use callbacks::{BeforeCallback, BeforeHintedCallback, BeforeSendSpan, TracesSampler};
#[cfg(feature = "dashboard")]
pub use dashboard::Dashboard;
pub(crate) use data_collection::FILTERED;
pub use data_collection::{
    CollectBehavior, DataCollection, GenAiCollection, GraphQlCollection, HttpBodyType, HttpHeadersCollection,
    McpCollection,
};
#[cfg(any(feature = "_http-server", feature = "_foreign"))]
pub(crate) use data_collection::{Collected, shows_header};
pub use error::OptionsError;
pub use keep::{FinishedTrace, KeepTrace};
pub use lifecycle::TraceLifecycle;
pub(crate) use network::check as check_network;
pub use pattern::Pattern;
pub use release::IntoRelease;
pub(crate) use span_filter::check_filters;
pub use span_filter::{SpanFilter, StatusCodes};
pub use unhandled::UnhandledErrors;
pub(crate) use views::open_for_views;
pub use views::{LocalView, Spotlight};

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::client::integration::Integration;
use crate::error::group::GroupReader;
use crate::error::pattern::ErrorPattern;
use crate::protocol::{
    Breadcrumb, DataCategory, Dsn, Event, Log, Metric, MonitorCheckIn, SessionMode, Transaction,
};
use crate::transport::Transport;

/// The options of a client. Start from [`ClientOptions::new`] and call the builder methods that you need. If an option
/// is not set, its environment variable applies, if there is one, and then its default. An empty variable counts as not
/// set. Boolean variables accept `1`, `true`, `t`, `yes`, `y`, `on` and `0`, `false`, `f`, `no`, `n`, `off`, in any
/// case.
///
/// The client checks all values when it starts. If one is invalid, [`try_init`](crate::try_init) returns an error, and
/// [`init`](crate::init) prints it and disables the client.
///
/// ```
/// let options = sentry::ClientOptions::new()
///     .release("shop@1.4.2")
///     .environment("staging")
///     .traces_sample_rate(0.2)
///     .in_app_include(["shop_domain"]);
///
/// let same = sentry::ClientOptions { traces_sample_rate: Some(0.2), ..Default::default() };
/// # assert_eq!(same.traces_sample_rate, options.traces_sample_rate);
/// ```
#[derive(Clone)]
pub struct ClientOptions {
    /// The DSN: the project to send to. Default: `SENTRY_DSN`; without a DSN nothing is sent.
    pub dsn: Option<Dsn>,
    /// Whether to print on stderr what the toolkit does. Default: `SENTRY_DEBUG`, else `false`.
    pub debug: Option<bool>,
    /// The release, such as `shop@1.4.2`; see [`release_name!`](crate::release_name). Default: `SENTRY_RELEASE`, else
    /// with [`#[sentry::main]`](macro@crate::main) the package's `name@version`, else the commit that the platform or CI
    /// names in its variables, see [the options](crate::guide::options).
    ///
    /// Range: 1 to 200 bytes without slashes, line breaks, tabs and control characters, and not `.`, `..` or `latest`,
    /// because the server rejects other names. An invalid `SENTRY_RELEASE` is reported and ignored.
    pub release: Option<Cow<'static, str>>,
    /// The environment, such as `staging`. Default: `SENTRY_ENVIRONMENT`, else on Vercel `vercel-` and the value of
    /// `VERCEL_ENV`, else `development` in builds with debug assertions and `production` in others.
    ///
    /// Range: 1 to 64 bytes without slashes, line breaks, tabs and control characters, and not `.`, `..` or `none`. An
    /// invalid `SENTRY_ENVIRONMENT` is reported and ignored.
    pub environment: Option<Cow<'static, str>>,
    /// The distribution of the release, such as `build-42`: 1 to 64 characters of `a-z`, `A-Z`, `0-9`, `_`, `.` and
    /// `-`. Default: none.
    pub dist: Option<Cow<'static, str>>,
    /// The share of error events that are sent, from 0 (none) to 1 (all). Default: `SENTRY_SAMPLE_RATE`, else 1.
    pub sample_rate: Option<f32>,
    /// The share of traces that are recorded, from 0 (none) to 1 (all). Default: `SENTRY_TRACES_SAMPLE_RATE`, unless
    /// `traces_sampler` is set.
    ///
    /// If neither is set, no spans are recorded, and trace headers are still forwarded from service to service. If only
    /// the [`local`](field@Self::local) view or [`spotlight`](field@Self::spotlight) is configured, the default is 1.
    pub traces_sample_rate: Option<f32>,
    /// Decides about each trace, instead of one rate for all; see [`TracesSampler`]. Default: none.
    pub traces_sampler: Option<Arc<TracesSampler>>,
    /// The id of your Sentry organisation, for `strict_trace_continuation`: digits. Default: the id in the DSN's host.
    pub org_id: Option<String>,
    /// Whether an incoming trace is only continued if it comes from the same organisation. Default: `false`.
    pub strict_trace_continuation: bool,
    /// The outgoing requests that receive trace headers, by URL. `Some` of an empty list disables propagation. Default:
    /// `None`, all outgoing requests.
    pub trace_propagation_targets: Option<Vec<Pattern>>,
    /// Whether outgoing requests also carry W3C's `traceparent` header, for services that only know OpenTelemetry, and the
    /// `tracestate` of the incoming request. Default: `false`.
    pub propagate_traceparent: bool,
    /// Filters of spans that are not recorded. Children of an ignored span move to its parent. If a filter matches the
    /// root span, the whole transaction is dropped. Each filter needs at least one condition, and no pattern may be
    /// empty. Default: none.
    ///
    /// A filter is compared when the span starts, and again when it has ended, with the attributes that it has then. A
    /// span of a streamed trace that a filter matches only at its end is left out unless one of its children was sent
    /// before. Root spans of streamed traces are only compared at their start.
    pub ignore_spans: Vec<SpanFilter>,
    /// Patterns of transactions that are not sent, compared with their final name; with [`TraceLifecycle::Stream`], with
    /// the name of the root span at its start. Patterns may not be empty. Default: none.
    pub ignore_transactions: Vec<Pattern>,
    /// Status codes, from 100 to 599, of transactions that are not sent: values of the root span's attribute
    /// `http.response.status_code`. Has no effect with [`TraceLifecycle::Stream`]. Default: none.
    pub trace_ignore_status_codes: Vec<StatusCodes>,
    /// Whether HTTP requests with the method `OPTIONS`, which browsers send before other requests, are recorded as
    /// transactions. Applies to a server's layer, and to web handlers that know their method. Default: `false`; such
    /// requests still have a scope and a trace, but no spans. Inside a span that your program started, handlers are
    /// always recorded. [Spec, "traceOptionsRequests"](https://develop.sentry.dev/sdk/telemetry/transactions/).
    ///
    /// ```
    /// assert!(!sentry::ClientOptions::new().trace_options_requests);
    /// let options = sentry::ClientOptions::new().trace_options_requests(true);
    /// # assert!(options.trace_options_requests);
    /// ```
    pub trace_options_requests: bool,
    /// Tail sampling: decides, when a transaction has ended, whether it is sent although the sample rate did not select
    /// it; see [`FinishedTrace`]. Default: none.
    ///
    /// With this option every transaction is recorded, at the cost of a sampled one, and waits in memory until it has
    /// ended, within `max_record_memory`. What the sample rate selects is always sent. The trace headers for other
    /// services carry the decision of the sample rate, which is 0 if it is not set. The envelope's sample rate is the probability with which such a transaction is sent, so that the
    /// server's totals stay right. The function runs on the pipeline thread; if it panics, the sample rate decides.
    ///
    /// A trace is sent as a transaction, also with [`TraceLifecycle::Stream`].
    pub keep: Option<KeepTrace>,
    /// The maximum number of transactions per second that [`keep`](field@Self::keep) adds. Others are counted as lost
    /// by `sample_rate`. Default: 10.
    pub keep_per_second: u32,
    /// The flight recorder: how long the spans of traces that are not sent are kept for errors in them. Default: none.
    ///
    /// With this option every span is recorded, at the cost of a sampled one. An error that is captured in a trace that is
    /// not sampled takes the spans of that trace along, as the attachment `flight-record.json` (see
    /// [`FlightRecord`](crate::FlightRecord)); an error outside of any trace takes the last spans of its thread. At most
    /// 256 spans go along, and 4096 are kept. If [`keep`](field@Self::keep) is set as well, there is no attachment: a
    /// trace with an error is kept as a whole. [`flight_record`](crate::flight_record) returns the record at any time.
    pub flight_recorder: Option<Duration>,
    /// The number of times that an operation must repeat under one parent to be recorded as repeated work; 0 for never.
    /// Default: 5.
    ///
    /// Operations are database queries, requests, cache and queue accesses and remote calls with the same name, where
    /// numbers and quoted texts do not count: typically a query for each row of another one. The parent gets the
    /// attributes `repeated.count` and `repeated.span`, the latter with operation and name of one of the spans.
    pub repeat_threshold: usize,
    /// Whether spans of `async` functions record their polls: `poll.count`, and in milliseconds `poll.busy` (the sum of
    /// all polls), `poll.idle` (the rest of the span's time) and `poll.max` (the longest poll). A poll includes those
    /// of the futures inside. Costs two clock readings and two records per poll. Default: `false`.
    pub track_polls: bool,
    /// The time after which a poll of an annotated `async` function that has not returned is reported, because it
    /// blocks its thread: as a line on stderr, as a log, if `enable_logs` is on, and as a breadcrumb of the blocked work.
    /// Needs tracing. It costs what `track_polls` costs and three reference counts per poll, and the pipeline thread
    /// looks ten times a second. Default: none.
    pub blocked_poll_warning: Option<Duration>,
    /// The time after which such a poll is captured as an event, once, whose stack are the annotated functions that are
    /// being polled. Default: none.
    pub blocked_poll_event: Option<Duration>,
    /// The time after which a root span that has not ended is reported, while it is open: as a line on stderr, as a log, if
    /// `enable_logs` is on, and as a breadcrumb of its work. A function has a limit of its own with
    /// `#[sentry::span(warn_after = "5s")]`. Only recorded spans are reported. Default: none.
    pub warn_open_after: Option<Duration>,
    /// A callback that receives every span, including root spans. It can change a span, but neither drop nor move it.
    /// Default: none.
    pub before_send_span: Option<BeforeSendSpan>,
    /// The maximum number of breadcrumbs kept per scope, from 0 to 1000. Default: 100.
    pub max_breadcrumbs: usize,
    /// Whether messages carry a stack trace. Errors and panics always carry one. Default: `false`.
    pub attach_stacktrace: bool,
    /// Whether the arguments that the argument `vars` of an attribute names are shown in the stack traces of errors and
    /// panics. Default: `true`. [`DataCollection::stack_frame_variables`] wins if it is set.
    pub include_local_variables: bool,
    /// Patterns of errors and messages that are not sent, by type or by text; see [`ErrorPattern`]. Default: none.
    pub ignore_errors: Vec<ErrorPattern>,
    /// Whether an error that a function captured manually is dropped if its caller also captures it manually, within a
    /// second and with nothing captured in between. Default: `true`.
    pub dedupe: bool,
    /// The errors that are captured when a request, a job or the program fails without returning one, see
    /// [`UnhandledErrors`]. Default: [`UnhandledErrors::Last`].
    pub unhandled_errors: UnhandledErrors,
    /// Types of errors that consist of several errors; see [`ErrorGroup`](crate::ErrorGroup). Default: none.
    pub error_groups: Vec<GroupReader>,
    /// The integrations of the client, see [`Integration`]. Default: none.
    pub integrations: Vec<Arc<dyn Integration>>,
    /// The maximum size of all attachments of one event, in bytes. Attachments that do not fit are left out and counted
    /// as lost. Default: 20 MiB.
    pub max_attachment_size: usize,
    /// Whether the toolkit collects data that may identify a person: IP addresses, cookies, user input. The short form of
    /// [`data_collection`](field@Self::data_collection): `true` is [`DataCollection::new`], `false` is
    /// [`DataCollection::without_pii`]. Has no effect if `data_collection` is set. Default: `false`.
    pub send_default_pii: bool,
    /// The data that the toolkit collects automatically, by category; see [`DataCollection`] for categories, defaults and
    /// environment variables. Data that the program sets is sent either way. Default: `send_default_pii` decides.
    pub data_collection: Option<DataCollection>,
    /// The name of this machine. Default: the host name.
    pub server_name: Option<Cow<'static, str>>,
    /// Crates and modules whose stack frames are marked as your own, by path prefix. Takes precedence over
    /// `in_app_exclude`. Default: none; frames outside of the registry and the standard library count as your own.
    pub in_app_include: Vec<Cow<'static, str>>,
    /// Crates and modules whose stack frames are marked as not your own, by path prefix. Default: none.
    pub in_app_exclude: Vec<Cow<'static, str>>,
    /// Terms that are filtered in addition to the built-in ones: a text, number or list whose name contains one of them,
    /// in any case, is never sent. Default: none.
    pub deny_names: Vec<String>,
    /// The maximum depth of structured data, from 1 to 32 levels. Deeper lists and objects become `[Array]` and
    /// `[Object]`. Default: 3.
    ///
    /// Data is cut to 36 levels when it is handed over, and to this depth when it is sent. Two functions go through it by
    /// recursion, and need up to 32 KiB of the calling thread's stack for 36 levels in a build without optimization:
    /// [`Span::set_data`](crate::Span::set_data), and a change of a scope that is a copy of one with such data.
    pub normalize_depth: usize,
    /// The maximum length of strings, in characters. Longer strings are cut. Default: 8192.
    pub max_value_length: usize,
    /// A callback that receives every error event and message last, and can change or drop it. Default: none.
    pub before_send: Option<BeforeCallback<Event<'static>>>,
    /// A callback that receives every error event and message after `before_send`, with its [`Hint`](crate::Hint), and
    /// can change or drop it. Default: none.
    pub before_send_with_hint: Option<BeforeHintedCallback<Event<'static>>>,
    /// A callback that receives every transaction last, and can change or drop it. Default: none.
    pub before_send_transaction: Option<BeforeCallback<Transaction<'static>>>,
    /// A callback that receives every breadcrumb on the caller's thread, and can change or drop it. Default: none.
    pub before_breadcrumb: Option<BeforeCallback<Breadcrumb>>,
    /// A callback that receives every breadcrumb after `before_breadcrumb`, with its [`Hint`](crate::Hint), on the
    /// caller's thread, and can change or drop it. Default: none.
    pub before_breadcrumb_with_hint: Option<BeforeHintedCallback<Breadcrumb>>,
    /// A callback that receives every check-in last, and can change or drop it. Default: none.
    pub before_send_check_in: Option<BeforeCallback<MonitorCheckIn>>,
    /// Your own transport instead of HTTP. Default: none.
    pub transport: Option<Arc<dyn Transport>>,
    /// The URL of the proxy for `http` DSNs, and for `https` DSNs if `https_proxy` is not set: `http://host:port` or
    /// `http://user:password@host:port`. Default: `http_proxy`, `HTTP_PROXY`, `all_proxy` or `ALL_PROXY` of the
    /// environment.
    pub http_proxy: Option<Cow<'static, str>>,
    /// The URL of the proxy for `https` DSNs: `http://host:port` or `http://user:password@host:port`. Default:
    /// `https_proxy`, `HTTPS_PROXY`, `all_proxy` or `ALL_PROXY` of the environment.
    pub https_proxy: Option<Cow<'static, str>>,
    /// The compression of requests. Requests to this machine are never compressed. Default: [`Compression::Gzip`].
    pub compression: Compression,
    /// The time limit for reaching the server: name lookup, connection, encryption. More than 0, at most 1 hour.
    /// Default: 5 seconds.
    pub connect_timeout: Duration,
    /// The time limit until the server answers, of each pause within its answer, and of each pause in which it accepts
    /// no data. More than 0, at most 1 hour. Default: 10 seconds.
    pub read_timeout: Duration,
    /// The time limit of a whole request. More than 0, at most 1 hour. Default: 15 seconds.
    pub request_timeout: Duration,
    /// Certificate authorities that are trusted in addition to Mozilla's, which are built in. Default: none.
    pub ca_certs: Option<CaCertificates>,
    /// The `http` or `https` URL of a tunnel: envelopes are posted there instead of the DSN's server, with the DSN in
    /// the envelope header and no authentication. Default: none.
    pub tunnel: Option<Cow<'static, str>>,
    /// The `http` or `https` URL of an OpenTelemetry Collector that accepts OTLP over HTTP, such as
    /// `http://localhost:4318`. Spans are sent there, in OTLP's JSON. Everything else is sent to the DSN's server, if
    /// there is a DSN. Without a path, `/v1/traces` is added. Spans that the collector does not accept in time are
    /// dropped and counted; none is kept in `spool_dir`. Default: none.
    pub otlp_endpoint: Option<Cow<'static, str>>,
    /// Headers of requests to the collector, for authentication. Default: none.
    pub otlp_headers: Vec<(String, String)>,
    /// The maximum memory of everything that waits, for the pipeline thread and for the network together, in bytes, at
    /// least 64 KiB. The least important envelopes are dropped first. Default: 32 MiB.
    pub queue_bytes: usize,
    /// The maximum number of waiting envelopes of single categories, within `queue_size`. Default: no separate limits.
    pub category_queue_sizes: Vec<(DataCategory, usize)>,
    /// Whether the share of recorded traces is halved step by step while queues overflow or the server refuses traces.
    /// Default: `true`. [Spec](https://develop.sentry.dev/sdk/telemetry/traces/backpressure/).
    pub enable_backpressure_handling: bool,
    /// The interval at which queue overflow is checked. More than 0, at most 1 hour. Default: 10 seconds.
    pub backpressure_interval: Duration,
    /// A directory in which envelopes are kept until the server has accepted them. Envelopes that a crash, a kill or an
    /// outage left behind are sent later. Processes may share the directory. Your own `transport` does not use it.
    /// Default: none. [Spec](https://develop.sentry.dev/sdk/foundations/transport/offline-caching/).
    ///
    /// Data captured at least 50 ms before the process is killed is kept; a power failure may lose the last seconds. A
    /// stack that is not resolved 25 ms after its capture is written with addresses and debug images. This mostly
    /// affects errors in the first moments of a program. The server resolves such stacks if it has the program's debug
    /// files.
    pub spool_dir: Option<PathBuf>,
    /// The limits of what each process keeps in `spool_dir`: at least 64 KiB, 1 to 100000 envelopes, an age of more
    /// than 0. Default: 64 MiB, 1000 envelopes, 7 days.
    pub spool_limits: SpoolLimits,
    /// The time that the end of the program waits for unsent data, at most 1 hour. After half of the time, unresolved
    /// stacks are sent with addresses instead of names and lines. Default: 2 seconds.
    pub shutdown_timeout: Duration,
    /// The maximum number of envelopes that wait for the network, from 1 to 65536. The least important are dropped
    /// first. At most half of them are transactions: further ones wait as records, within `max_record_memory`. Default:
    /// 256.
    pub queue_size: usize,
    /// The maximum memory of spans that have ended and are not sent yet, in bytes, for the whole process, at least 64
    /// KiB. Further spans are dropped and counted. Default: 16 MiB.
    pub max_record_memory: usize,
    /// Whether a trace is sent as a transaction when its root span ends, or in batches while it runs. Default:
    /// [`TraceLifecycle::Static`], as a transaction.
    pub trace_lifecycle: TraceLifecycle,
    /// Whether the AI spans of a transaction, whose operation begins with `gen_ai.`, are sent beside it as spans of
    /// protocol version 2, in the same envelope. A transaction has no room for whole conversations. Such spans need
    /// self-hosted Sentry 26.4.2 or later; set `false` for servers that do not know them, such as Bugsink. The root span
    /// stays in its transaction, and callbacks see all spans in it. Has no effect with [`TraceLifecycle::Stream`].
    /// Default: `true`.
    ///
    /// ```
    /// assert!(sentry::ClientOptions::new().stream_gen_ai_spans);
    /// let options = sentry::ClientOptions::new().stream_gen_ai_spans(false);
    /// # assert!(!options.stream_gen_ai_spans);
    /// ```
    pub stream_gen_ai_spans: bool,
    /// Whether panics are captured, by a panic hook or on their way, see [`integrations::panic`](crate::integrations::panic).
    /// Default: `true`.
    pub capture_panics: bool,
    /// Whether structured logs are sent, see [`logger`](crate::capture::logger). Default: `true`. Deprecated: set
    /// [`collect_logs`](Self::collect_logs) for logs of integrations; logs written by hand need no switch.
    /// [Spec](https://develop.sentry.dev/sdk/telemetry/logs/).
    pub enable_logs: bool,
    /// Whether the integrations for `tracing` and `log` send structured logs, as their filters decide. Default: `false`,
    /// because a program that installs such an integration for errors and breadcrumbs may not want all of its log
    /// entries sent.
    pub collect_logs: bool,
    /// A callback that receives every structured log last, and can change or drop it. Default: none.
    pub before_send_log: Option<BeforeCallback<Log>>,
    /// Whether metrics are sent, see [`metrics`](crate::capture::metrics). Default: `true`. Metrics are only recorded by
    /// calls, so there is no need to set it.
    /// [Spec](https://develop.sentry.dev/sdk/telemetry/metrics/).
    pub enable_metrics: bool,
    /// A callback that receives every metric last, and can change or drop it. Default: none.
    pub before_send_metric: Option<BeforeCallback<Metric>>,
    /// A callback that receives every feedback last, as an event, and can change or drop it. Default: none.
    pub before_send_feedback: Option<BeforeCallback<Event<'static>>>,
    /// Whether sessions start and end automatically: in application mode one from `init` to the end of the program, in
    /// request mode one per request that a server integration handles. Sessions need a release. Default: `false`.
    pub auto_session_tracking: bool,
    /// The definition of a session: a run of the program, or a request. Default: [`SessionMode::Application`].
    /// [Spec](https://develop.sentry.dev/sdk/telemetry/sessions/).
    pub session_mode: SessionMode,
    /// Whether the client reports to the server what was dropped and why. Default: `true`.
    pub send_client_reports: bool,
    /// The local view, which prints on stderr what would be sent. Default: `SENTRY_LOCAL`, a boolean, `failures` or the
    /// path of a file with a slash or a dot.
    ///
    /// Successful traces of one kind that follow each other within 5 seconds are printed three times, then counted: a
    /// line every 10 seconds says how many there were. [`LocalView::Failures`] leaves them out.
    ///
    /// If there is no DSN, no collector and no transport, every trace is recorded if neither `traces_sample_rate` nor
    /// `traces_sampler` is set. All other options apply. If Spotlight is on too, the local view shows the same data as
    /// Spotlight.
    ///
    /// ```no_run
    /// let _guard = sentry::init(sentry::ClientOptions::new().local(true));
    /// sentry::start_span("checkout", |_| { /* is printed */ });
    /// ```
    pub local: LocalView,
    /// Whether a copy of every envelope is sent to Sentry's development server Spotlight. Default: `SENTRY_SPOTLIGHT`,
    /// a boolean or a URL.
    ///
    /// If there is no DSN, no collector and no transport, Spotlight receives everything, whatever was set: all errors
    /// (`sample_rate`) and traces (`traces_sample_rate`, `traces_sampler`), structured logs (`enable_logs`) and
    /// personal data (`send_default_pii`), unless `data_collection` is set.
    /// [`Client::options`](crate::Client::options) returns these values. Filters and callbacks still run, and values
    /// with sensitive names are still filtered.
    ///
    /// If the data also goes to a server, Spotlight receives copies of what the server receives. To see everything,
    /// leave the DSN out, or set the options for your development builds.
    ///
    /// ```no_run
    /// // Everything, because there is no DSN.
    /// let _guard = sentry::init(sentry::ClientOptions::new().spotlight(true).traces_sample_rate(0.1));
    /// ```
    ///
    /// [Spec, "Data Collection Behavior"](https://develop.sentry.dev/sdk/foundations/client/integrations/spotlight/).
    pub spotlight: Spotlight,
    /// Whether a crash of the program (a signal such as `SIGSEGV` or `SIGABRT`, or an exception of Windows) is reported, with
    /// a minidump. With the feature `crash`. Default: `false`, because a minidump contains memory of the program: the
    /// stacks of all threads, reduced to words that look like pointers.
    ///
    /// If there is a server, [`init`](crate::init) starts the same executable a second time, as a process that writes the
    /// minidump. Call it early in `main`, or use [`#[sentry::main]`](macro@crate::main): code before it runs in that
    /// process, too. The guide [`crashes`](crate::guide::crashes) says what is sent and what is not.
    ///
    /// ```no_run
    /// let _guard = sentry::init(sentry::ClientOptions::new().crash_reports(true));
    /// ```
    #[cfg(feature = "crash")]
    pub crash_reports: bool,
    /// Whether the program serves a page that shows what it records, for development. With the feature `dashboard`.
    /// Default: `SENTRY_DASHBOARD`, a boolean or an address such as `127.0.0.1:9000`.
    ///
    /// The page gets what the server gets. If there is no DSN, no collector and no transport, everything is recorded, as
    /// for [`spotlight`](field@Self::spotlight). If a dashboard listens on the address already, this program's data is
    /// sent there. A build without debug assertions has no dashboard unless
    /// [`in_release_builds`](Dashboard::in_release_builds) asks for it. The guide [`dashboard`](crate::guide::dashboard)
    /// describes the page.
    ///
    /// ```no_run
    /// let _guard = sentry::init(sentry::ClientOptions::new().dashboard(true));
    /// sentry::start_span("checkout", |_| { /* is shown at the URL that was printed */ });
    /// ```
    #[cfg(feature = "dashboard")]
    pub dashboard: Dashboard,
    /// The `User-Agent` header of requests: printable ASCII, at least 1 character. Default:
    /// `sentry.rust.runtime/<version>`.
    pub user_agent: Cow<'static, str>,
    /// Errors of values given to the builder. `init` reports the first and disables the client.
    pub errors: Vec<OptionsError>,
}
