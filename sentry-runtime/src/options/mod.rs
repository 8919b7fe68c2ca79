//! The options of a client: a struct with defaults, filled up from the environment, checked at `init`.
//!
//! Spec: `foundations/client/configuration/index.mdx`, `expected-features/environment-variables.mdx`.

mod builder;
mod callbacks;
pub(crate) mod environment;
mod error;
mod lifecycle;
pub(crate) mod names;
mod network;
mod pattern;
mod release;
pub(crate) mod sampling;
mod span_filter;
mod views;

pub use crate::transport::config::{CaCertificates, Compression, SpoolLimits};
pub use callbacks::{BeforeCallback, BeforeHintedCallback, BeforeSendSpan, TracesSampler};
pub use error::OptionsError;
pub use lifecycle::TraceLifecycle;
pub(crate) use network::check as check_network;
pub use pattern::Pattern;
pub use release::IntoRelease;
pub(crate) use span_filter::check_filters;
pub use span_filter::{SpanFilter, StatusCodes};
pub(crate) use views::open_for_views;
pub use views::{LocalView, Spotlight};

use std::borrow::Cow;
use std::fmt;
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

/// The options of a client. Start from [`ClientOptions::new`] and call what you need; what you leave out comes
/// from the environment where a variable exists for it, or has the default that is written beside it.
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
    /// Where to send to. Default: `SENTRY_DSN`; without one nothing is sent.
    pub dsn: Option<Dsn>,
    /// Whether to print what the toolkit does on stderr. Default: `SENTRY_DEBUG`, else no.
    pub debug: Option<bool>,
    /// The release, such as `shop@1.4.2`; see [`release_name!`](crate::release_name). Default: `SENTRY_RELEASE`.
    ///
    /// At most 200 bytes without slashes, line breaks, tabs and control characters, and not `.`, `..` or `latest`:
    /// the server would not take it. The variable is left out, and told, if it breaks these rules.
    pub release: Option<Cow<'static, str>>,
    /// The environment. Default: `SENTRY_ENVIRONMENT`, else `development` in builds with debug assertions and
    /// `production` in others.
    ///
    /// At most 64 bytes by the same rules, without spaces, and not `none`.
    pub environment: Option<Cow<'static, str>>,
    /// The distribution of the release: at most 64 of the letters a to z, digits, `_`, `.` and `-`.
    pub dist: Option<Cow<'static, str>>,
    /// The share of error events to send, from 0 to 1. Default: `SENTRY_SAMPLE_RATE`, else 1.
    pub sample_rate: Option<f32>,
    /// The share of traces to record, from 0 to 1. Default: `SENTRY_TRACES_SAMPLE_RATE`, else none: traces are
    /// passed on from service to service, but no spans are recorded. Where only [`local`](field@Self::local) or
    /// [`spotlight`](field@Self::spotlight) take them: 1.
    pub traces_sample_rate: Option<f32>,
    /// Decides about each trace, instead of one rate for all.
    pub traces_sampler: Option<Arc<TracesSampler>>,
    /// Our organisation's id, a number, for `strict_trace_continuation`. Default: from the DSN's host.
    pub org_id: Option<String>,
    /// Whether a trace is continued only if it says that it comes from the same organisation. Default: no.
    pub strict_trace_continuation: bool,
    /// Which outgoing requests are told of the trace, by their URL. Default: all of them. An empty list means none.
    pub trace_propagation_targets: Option<Vec<Pattern>>,
    /// Whether outgoing requests carry W3C's header `traceparent` as well, for services that know OpenTelemetry
    /// alone. Default: no.
    pub propagate_traceparent: bool,
    /// Spans that are not recorded. Children of an ignored span stand under its parent; with the root of a
    /// transaction everything under it is ignored. What a filter says of attributes is compared when the span
    /// starts, with those it starts with, and once more when it has ended. A span that is only then ignored may have
    /// had children that left before it, in a trace that is streamed: those keep its id as parent. Roots of such
    /// traces are judged by what they start with alone.
    pub ignore_spans: Vec<SpanFilter>,
    /// Transactions that are not sent, by the name that they have at their end.
    pub ignore_transactions: Vec<Pattern>,
    /// Transactions that are not sent because of the response: by the root span's attribute
    /// `http.response.status_code`. Default: none.
    pub trace_ignore_status_codes: Vec<StatusCodes>,
    /// Whether HTTP requests with the method `OPTIONS`, which browsers send before others, are recorded: as
    /// transactions of a server's layer, and of web handlers that know their method. Default: no; they have scopes
    /// and a trace all the same, but no spans. Inside of a span that your program started, handlers are recorded in
    /// any case. Spec: `telemetry/transactions.mdx`, "traceOptionsRequests".
    ///
    /// ```
    /// assert!(!sentry::ClientOptions::new().trace_options_requests);
    /// let options = sentry::ClientOptions::new().trace_options_requests(true);
    /// # assert!(options.trace_options_requests);
    /// ```
    pub trace_options_requests: bool,
    /// Sees every span, the root of a transaction as well; may change it, but neither drop it nor move it in its tree.
    pub before_send_span: Option<BeforeSendSpan>,
    /// How many breadcrumbs are kept, at most 1000. Default: 100.
    pub max_breadcrumbs: usize,
    /// Whether messages carry a stack trace as well. Default: no. Errors and panics always do.
    pub attach_stacktrace: bool,
    /// Errors and messages that are not sent, by type or by text; see [`ErrorPattern`]. Default: none.
    pub ignore_errors: Vec<ErrorPattern>,
    /// Whether an error that a function captured by hand is dropped when its caller captures it by hand once more,
    /// within a second and with nothing captured in between. Default: yes.
    pub dedupe: bool,
    /// Types of errors that consist of others, see [`ErrorGroup`](crate::ErrorGroup).
    pub error_groups: Vec<GroupReader>,
    /// What extends the client, see [`Integration`].
    pub integrations: Vec<Arc<dyn Integration>>,
    /// How many bytes the attachments of one event may have together; one that does not fit is left out, and counted.
    /// Default: 20 MiB.
    pub max_attachment_size: usize,
    /// Whether data that the toolkit collects by itself may name persons: IP addresses, cookies, user input.
    /// Default: no. What you set yourself is sent either way.
    pub send_default_pii: bool,
    /// The name of this machine. Default: the host name.
    pub server_name: Option<Cow<'static, str>>,
    /// Crates and modules whose frames count as your own.
    pub in_app_include: Vec<Cow<'static, str>>,
    /// Crates and modules whose frames do not.
    pub in_app_exclude: Vec<Cow<'static, str>>,
    /// Names that are filtered besides the built-in ones: values of keys that contain one of them are never sent.
    pub deny_names: Vec<String>,
    /// How deep structured data is kept. Default: 3.
    pub normalize_depth: usize,
    /// How long a text may be, in characters. Default: 8192.
    pub max_value_length: usize,
    /// Sees every error event last; may change or drop it.
    pub before_send: Option<BeforeCallback<Event<'static>>>,
    /// Sees every error event after `before_send`, with its [`Hint`](crate::Hint); may change or drop it.
    pub before_send_with_hint: Option<BeforeHintedCallback<Event<'static>>>,
    /// Sees every transaction last; may change or drop it.
    pub before_send_transaction: Option<BeforeCallback<Transaction<'static>>>,
    /// Sees every breadcrumb, on the caller's thread; may change or drop it.
    pub before_breadcrumb: Option<BeforeCallback<Breadcrumb>>,
    /// Sees every breadcrumb after `before_breadcrumb`, with its [`Hint`](crate::Hint), on the caller's thread.
    pub before_breadcrumb_with_hint: Option<BeforeHintedCallback<Breadcrumb>>,
    /// Sees every check-in last; may change or drop it.
    pub before_send_check_in: Option<BeforeCallback<MonitorCheckIn>>,
    /// A transport of your own instead of HTTP.
    pub transport: Option<Arc<dyn Transport>>,
    /// The proxy for `http` DSNs. Default: `http_proxy` of the environment.
    pub http_proxy: Option<Cow<'static, str>>,
    /// The proxy for `https` DSNs. Default: `https_proxy` of the environment.
    pub https_proxy: Option<Cow<'static, str>>,
    /// How requests are compressed; a plain yes or no will do. Default: gzip. Requests to this machine never are.
    pub compression: Compression,
    /// How long reaching the server may take: name, connection, encryption. Default: 5 seconds.
    pub connect_timeout: Duration,
    /// How long the server may take for its answer. Default: 10 seconds.
    pub read_timeout: Duration,
    /// How long a request may take altogether. Default: 15 seconds.
    pub request_timeout: Duration,
    /// Authorities that are trusted besides the built-in ones, which are Mozilla's. Default: none.
    pub ca_certs: Option<CaCertificates>,
    /// The URL of a tunnel: envelopes are posted there instead of the DSN's server, with the DSN in the envelope's
    /// header and no authentication. Default: none.
    pub tunnel: Option<Cow<'static, str>>,
    /// The URL of a collector that takes OTLP over HTTP, such as `http://localhost:4318`: spans are sent there, in OTLP's
    /// JSON, and everything else to the DSN's server, if there is a DSN. Without a path `/v1/traces` is added. What the
    /// collector does not take in time is dropped and counted; nothing of it is kept in `spool_dir`. Default: none.
    pub otlp_endpoint: Option<Cow<'static, str>>,
    /// Headers of the requests to that collector, for authentication. Default: none.
    pub otlp_headers: Vec<(String, String)>,
    /// How many bytes of payload wait for the network before the least important are dropped. Default: 32 MiB.
    pub queue_bytes: usize,
    /// How many envelopes of single categories wait for the network, besides `queue_size`. Default: no bounds of
    /// their own.
    pub category_queue_sizes: Vec<(DataCategory, usize)>,
    /// Whether the share of traces that is recorded is halved, step by step, while the queues overflow or the server
    /// wants no traces. Default: yes. Spec: `telemetry/traces/backpressure.mdx`.
    pub enable_backpressure_handling: bool,
    /// How often that is looked at. Default: 10 seconds.
    pub backpressure_interval: Duration,
    /// A directory in which envelopes are kept until the server took them: what a crash, a kill or an outage left
    /// there is sent later. Processes may share it. What was captured 50 ms ago is there, should the process be killed;
    /// a stack that is not resolved 25 ms after its capture goes out as addresses and images, mostly that of an error
    /// in the first moments of a program: the server finds the names if it has the program's debug files. Losing power
    /// may lose the last seconds. A transport of your own keeps nothing there. Default: none. Spec: `foundations/transport/offline-caching.mdx`.
    pub spool_dir: Option<PathBuf>,
    /// How much is kept there.
    pub spool_limits: SpoolLimits,
    /// How long the end of the program may wait for what is not yet sent. Default: 2 seconds. When half of it is over,
    /// stacks that are not resolved yet go out with addresses instead of names and lines.
    pub shutdown_timeout: Duration,
    /// How many envelopes wait for the network before the least important are dropped, from 1. Default: 256.
    pub queue_size: usize,
    /// How much memory spans may take from their end until they are sent, in bytes, for the whole process; those for
    /// which there is none are dropped and counted. From 64 KiB. Default: 16 MiB.
    pub max_record_memory: usize,
    /// Whether a trace is sent as a transaction when it has ended, or span by span while it runs. Default: as a
    /// transaction.
    pub trace_lifecycle: TraceLifecycle,
    /// Whether panics are captured, by a panic hook. Default: yes.
    pub capture_panics: bool,
    /// Whether structured logs are sent, see [`logger`](crate::capture::logger). Default: no. Spec: `telemetry/logs.mdx`.
    pub enable_logs: bool,
    /// Sees every log last; may change or drop it.
    pub before_send_log: Option<BeforeCallback<Log>>,
    /// Whether metrics are sent, see [`metrics`](crate::capture::metrics). Default: yes. Spec: `telemetry/metrics.mdx`.
    pub enable_metrics: bool,
    /// Sees every metric last; may change or drop it.
    pub before_send_metric: Option<BeforeCallback<Metric>>,
    /// Sees every feedback last, as the event that it is; may change or drop it.
    pub before_send_feedback: Option<BeforeCallback<Event<'static>>>,
    /// Whether sessions start and end by themselves: in application mode one from `init` to the end, in request mode
    /// one for each request that an integration sees. Default: no. Sessions need a release.
    pub auto_session_tracking: bool,
    /// What a session is: a run of the program, or a request. Default: a run of the program.
    /// Spec: `telemetry/sessions/index.mdx`.
    pub session_mode: SessionMode,
    /// Whether the server is told what was dropped and why. Default: yes.
    pub send_client_reports: bool,
    /// The local view: it prints what would be sent. Where that goes nowhere else, for want of a DSN, a collector
    /// and a transport, every trace is recorded if neither a rate nor a sampler was set; what was set counts, and so
    /// do all other options. Beside Spotlight it shows what that gets. Default: `SENTRY_LOCAL`.
    ///
    /// ```no_run
    /// let _guard = sentry::init(sentry::ClientOptions::new().local(true));
    /// sentry::start_span("checkout", |_| { /* is printed */ });
    /// ```
    pub local: LocalView,
    /// Spotlight: a copy of every envelope goes to a development server. Default: `SENTRY_SPOTLIGHT`.
    ///
    /// Without a DSN, a collector and a transport Spotlight gets everything, whatever was set: all errors and all
    /// traces (`sample_rate`, `traces_sample_rate`, `traces_sampler`), structured logs (`enable_logs`) and data that
    /// may name persons (`send_default_pii`); [`Client::options`](crate::Client::options) tells so. Filters and
    /// callbacks still run, and values with sensitive names are still filtered.
    ///
    /// Beside one of these Spotlight gets copies of what goes there, and nothing more: there is one pipeline, and it
    /// obeys your options. To see everything, leave the DSN out or set the options for your development builds.
    ///
    /// ```no_run
    /// // Everything, as there is no DSN.
    /// let _guard = sentry::init(sentry::ClientOptions::new().spotlight(true).traces_sample_rate(0.1));
    /// ```
    ///
    /// Spec: `foundations/client/integrations/spotlight.mdx`, "Data Collection Behavior".
    pub spotlight: Spotlight,
    /// The `User-Agent` of our requests.
    pub user_agent: Cow<'static, str>,
    /// What was wrong with values that were given to the builder: `init` tells the first and disables the client.
    pub errors: Vec<OptionsError>,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            dsn: None,
            debug: None,
            release: None,
            environment: None,
            dist: None,
            sample_rate: None,
            traces_sample_rate: None,
            traces_sampler: None,
            org_id: None,
            strict_trace_continuation: false,
            trace_propagation_targets: None,
            propagate_traceparent: false,
            ignore_spans: Vec::new(),
            ignore_transactions: Vec::new(),
            trace_ignore_status_codes: Vec::new(),
            trace_options_requests: false,
            before_send_span: None,
            max_breadcrumbs: 100,
            attach_stacktrace: false,
            ignore_errors: Vec::new(),
            dedupe: true,
            error_groups: Vec::new(),
            integrations: Vec::new(),
            max_attachment_size: 20 << 20,
            send_default_pii: false,
            server_name: None,
            in_app_include: Vec::new(),
            in_app_exclude: Vec::new(),
            deny_names: Vec::new(),
            normalize_depth: 3,
            max_value_length: 8192,
            before_send: None,
            before_send_with_hint: None,
            before_send_transaction: None,
            before_breadcrumb: None,
            before_breadcrumb_with_hint: None,
            before_send_check_in: None,
            transport: None,
            http_proxy: None,
            https_proxy: None,
            compression: Compression::Gzip,
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(15),
            ca_certs: None,
            tunnel: None,
            otlp_endpoint: None,
            otlp_headers: Vec::new(),
            queue_bytes: 32 << 20,
            category_queue_sizes: Vec::new(),
            enable_backpressure_handling: true,
            backpressure_interval: Duration::from_secs(10),
            spool_dir: None,
            spool_limits: SpoolLimits::default(),
            shutdown_timeout: Duration::from_secs(2),
            queue_size: 256,
            max_record_memory: 16 << 20,
            trace_lifecycle: TraceLifecycle::Static,
            capture_panics: true,
            enable_logs: false,
            before_send_log: None,
            enable_metrics: true,
            before_send_metric: None,
            before_send_feedback: None,
            auto_session_tracking: false,
            session_mode: SessionMode::Application,
            send_client_reports: true,
            local: LocalView::FromEnvironment,
            spotlight: Spotlight::FromEnvironment,
            user_agent: Cow::Borrowed(concat!("sentry.rust.runtime/", env!("CARGO_PKG_VERSION"))),
            errors: Vec::new(),
        }
    }
}

impl ClientOptions {
    /// Whether spans are recorded at all.
    pub(crate) fn traces(&self) -> bool {
        self.traces_sample_rate.is_some() || self.traces_sampler.is_some()
    }

    /// Whether no trace that begins here can be recorded, although tracing is on.
    pub(crate) fn never_samples(&self) -> bool {
        self.traces_sample_rate == Some(0.0) && self.traces_sampler.is_none()
    }

    /// Our organisation's id: the one given, else the one in the DSN's host.
    pub(crate) fn effective_org_id(&self) -> Option<&str> {
        self.org_id.as_deref().or_else(|| self.dsn.as_ref()?.org_id())
    }
}

impl fmt::Debug for ClientOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientOptions")
            .field("dsn", &self.dsn.as_ref().map(ToString::to_string))
            .field("release", &self.release)
            .field("environment", &self.environment)
            .field("sample_rate", &self.sample_rate)
            .field("traces_sample_rate", &self.traces_sample_rate)
            .field("traces_sampler", &self.traces_sampler.is_some())
            .field("send_default_pii", &self.send_default_pii)
            .field("local", &self.local)
            .field("spotlight", &self.spotlight)
            .finish_non_exhaustive()
    }
}
