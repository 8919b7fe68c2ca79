//! The builder: one method an option.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::release::IntoRelease;
use super::{
    CaCertificates, ClientOptions, Compression, LocalView, OptionsError, Pattern, SpanFilter, SpoolLimits,
    Spotlight, StatusCodes, TraceLifecycle,
};
use crate::client::hint::Hint;
use crate::client::integration::Integration;
use crate::error::group::{ErrorGroup, GroupReader};
use crate::error::pattern::ErrorPattern;
use crate::options::sampling::SamplingContext;
use crate::protocol::{
    Breadcrumb, DataCategory, Dsn, Event, Log, Metric, MonitorCheckIn, SessionMode, Span, Transaction,
};
use crate::transport::Transport;

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

setters! {
    /// Prints what the toolkit does on stderr.
    debug(debug: bool) => Some(debug);
    /// Names the release.
    release(release: impl IntoRelease) => release.into_release();
    /// Names the environment.
    environment(environment: impl Into<Cow<'static, str>>) => Some(environment.into());
    /// Names the distribution of the release.
    dist(dist: impl Into<Cow<'static, str>>) => Some(dist.into());
    /// Sends this share of error events, from 0 to 1.
    sample_rate(rate: f32) => Some(rate);
    /// Records this share of traces, from 0 to 1.
    traces_sample_rate(rate: f32) => Some(rate);
    /// Decides about each trace.
    traces_sampler(sampler: impl Fn(&SamplingContext) -> f32 + Send + Sync + 'static) => Some(Arc::new(sampler));
    /// Sets our organisation's id.
    org_id(id: impl Into<String>) => Some(id.into());
    /// Continues only traces of our own organisation.
    strict_trace_continuation(strict: bool) => strict;
    /// Tells only requests to these URLs of the trace; with an empty list, none.
    trace_propagation_targets(targets: impl IntoIterator<Item = impl Into<Pattern>>) =>
        Some(targets.into_iter().map(Into::into).collect());
    /// Sends W3C's header `traceparent` along as well.
    propagate_traceparent(propagate: bool) => propagate;
    /// Does not record these spans.
    ignore_spans(filters: impl IntoIterator<Item = impl Into<SpanFilter>>) =>
        filters.into_iter().map(Into::into).collect();
    /// Does not send transactions of these names.
    ignore_transactions(names: impl IntoIterator<Item = impl Into<Pattern>>) =>
        names.into_iter().map(Into::into).collect();
    /// Does not send transactions that answered with these status codes.
    trace_ignore_status_codes(codes: impl IntoIterator<Item = impl Into<StatusCodes>>) =>
        codes.into_iter().map(Into::into).collect();
    /// Records HTTP requests with the method `OPTIONS`, or does not.
    trace_options_requests(trace: bool) => trace;
    /// Sees every span before it is sent.
    before_send_span(callback: impl Fn(Span) -> Span + Send + Sync + 'static) => Some(Arc::new(callback));
    /// Keeps so many breadcrumbs.
    max_breadcrumbs(max: usize) => max;
    /// Sends a stack trace with messages.
    attach_stacktrace(attach: bool) => attach;
    /// Sends no errors and messages of these types or texts. Replaces what was set before.
    ignore_errors(patterns: impl IntoIterator<Item = impl Into<ErrorPattern>>) =>
        patterns.into_iter().map(Into::into).collect();
    /// Drops errors that a function and then its caller captured by hand, or does not.
    dedupe(dedupe: bool) => dedupe;
    /// Sends attachments of so many bytes at most with one event.
    max_attachment_size(bytes: usize) => bytes;
    /// Lets data that may name persons be collected.
    send_default_pii(send: bool) => send;
    /// Names this machine.
    server_name(name: impl Into<Cow<'static, str>>) => Some(name.into());
    /// Crates and modules whose frames count as your own.
    in_app_include(prefixes: impl IntoIterator<Item = impl Into<Cow<'static, str>>>) =>
        prefixes.into_iter().map(Into::into).collect();
    /// Crates and modules whose frames do not count as your own.
    in_app_exclude(prefixes: impl IntoIterator<Item = impl Into<Cow<'static, str>>>) =>
        prefixes.into_iter().map(Into::into).collect();
    /// Filters values by these names too.
    deny_names(names: impl IntoIterator<Item = impl Into<String>>) => names.into_iter().map(Into::into).collect();
    /// Keeps structured data so deep.
    normalize_depth(depth: usize) => depth;
    /// Keeps texts so long, in characters.
    max_value_length(characters: usize) => characters;
    /// Sees every error event last.
    before_send(callback: impl Fn(Event<'static>) -> Option<Event<'static>> + Send + Sync + 'static) =>
        Some(Arc::new(callback));
    /// Sees every error event with its hint.
    before_send_with_hint(
        callback: impl Fn(Event<'static>, &mut Hint) -> Option<Event<'static>> + Send + Sync + 'static
    ) => Some(Arc::new(callback));
    /// Sees every transaction last.
    before_send_transaction(
        callback: impl Fn(Transaction<'static>) -> Option<Transaction<'static>> + Send + Sync + 'static
    ) => Some(Arc::new(callback));
    /// Sees every breadcrumb.
    before_breadcrumb(callback: impl Fn(Breadcrumb) -> Option<Breadcrumb> + Send + Sync + 'static) =>
        Some(Arc::new(callback));
    /// Sees every breadcrumb with its hint.
    before_breadcrumb_with_hint(
        callback: impl Fn(Breadcrumb, &mut Hint) -> Option<Breadcrumb> + Send + Sync + 'static
    ) => Some(Arc::new(callback));
    /// Sees every check-in last.
    before_send_check_in(
        callback: impl Fn(MonitorCheckIn) -> Option<MonitorCheckIn> + Send + Sync + 'static
    ) => Some(Arc::new(callback));
    /// Sends through a transport of your own.
    transport(transport: impl Transport) => Some(Arc::new(transport));
    /// Sets the proxy for `http` DSNs.
    http_proxy(url: impl Into<Cow<'static, str>>) => Some(url.into());
    /// Sets the proxy for `https` DSNs.
    https_proxy(url: impl Into<Cow<'static, str>>) => Some(url.into());
    /// Compresses requests, or does not: takes a yes, a no, or a [`Compression`].
    compression(compression: impl Into<Compression>) => compression.into();
    /// Gives up reaching the server after so long.
    connect_timeout(timeout: Duration) => timeout;
    /// Gives up waiting for the server's answer after so long.
    read_timeout(timeout: Duration) => timeout;
    /// Gives up a request after so long.
    request_timeout(timeout: Duration) => timeout;
    /// Trusts these authorities as well: the path of a PEM file, or its bytes.
    ca_certs(certificates: impl Into<CaCertificates>) => Some(certificates.into());
    /// Sends through a tunnel at this URL.
    tunnel(url: impl Into<Cow<'static, str>>) => Some(url.into());
    /// Sends spans to an OpenTelemetry Collector instead, at this URL.
    otlp_endpoint(url: impl Into<Cow<'static, str>>) => Some(url.into());
    /// Lets so many bytes of payload wait for the network.
    queue_bytes(bytes: usize) => bytes;
    /// Halves the share of traces while the queues overflow, or does not.
    enable_backpressure_handling(enable: bool) => enable;
    /// Looks so often whether the queues overflow.
    backpressure_interval(interval: Duration) => interval;
    /// Keeps envelopes in this directory until the server took them.
    spool_dir(dir: impl Into<PathBuf>) => Some(dir.into());
    /// Keeps so much there.
    spool_limits(limits: SpoolLimits) => limits;
    /// Waits so long at the end of the program.
    shutdown_timeout(timeout: Duration) => timeout;
    /// Lets so many envelopes wait for the network.
    queue_size(envelopes: usize) => envelopes;
    /// Lets span records take so many bytes.
    max_record_memory(bytes: usize) => bytes;
    /// Sends traces as transactions, or span by span.
    trace_lifecycle(lifecycle: TraceLifecycle) => lifecycle;
    /// Captures panics, or does not.
    capture_panics(capture: bool) => capture;
    /// Sends structured logs, or does not.
    enable_logs(enable: bool) => enable;
    /// Sees every log last.
    before_send_log(callback: impl Fn(Log) -> Option<Log> + Send + Sync + 'static) => Some(Arc::new(callback));
    /// Sends metrics, or does not.
    enable_metrics(enable: bool) => enable;
    /// Sees every metric last.
    before_send_metric(callback: impl Fn(Metric) -> Option<Metric> + Send + Sync + 'static) =>
        Some(Arc::new(callback));
    /// Sees every feedback last.
    before_send_feedback(callback: impl Fn(Event<'static>) -> Option<Event<'static>> + Send + Sync + 'static) =>
        Some(Arc::new(callback));
    /// Starts and ends sessions by itself, or does not.
    auto_session_tracking(track: bool) => track;
    /// Says what a session is.
    session_mode(mode: SessionMode) => mode;
    /// Tells the server what was dropped, or does not.
    send_client_reports(send: bool) => send;
    /// Sets the `User-Agent` of our requests.
    user_agent(agent: impl Into<Cow<'static, str>>) => agent.into();
}

impl ClientOptions {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sends to this DSN. A malformed one is reported at `init`, and the client is disabled.
    #[must_use]
    pub fn dsn(mut self, dsn: &str) -> Self {
        match dsn.trim() {
            "" => self.dsn = None,
            dsn => match dsn.parse() {
                Ok(dsn) => self.dsn = Some(dsn),
                Err(error) => self.errors.push(OptionsError::Dsn(error)),
            },
        }
        self
    }

    /// Sends no errors of this type.
    ///
    /// ```
    /// let options = sentry::ClientOptions::new()
    ///     .ignore_errors(["connection reset", "BrokenPipe"])
    ///     .ignore_error::<std::fmt::Error>();
    /// # assert_eq!(options.ignore_errors.len(), 3);
    /// ```
    #[must_use]
    pub fn ignore_error<E: ?Sized>(mut self) -> Self {
        self.ignore_errors.push(ErrorPattern::of_type::<E>());
        self
    }

    /// Reads errors of this type as a group wherever one comes up as the cause of another, see
    /// [`ErrorGroup`](crate::ErrorGroup).
    #[must_use]
    pub fn error_group<E: ErrorGroup + 'static>(mut self) -> Self {
        self.error_groups.push(GroupReader::of::<E>());
        self
    }

    /// Adds an integration, see [`Integration`].
    #[must_use]
    pub fn integration(mut self, integration: impl Integration) -> Self {
        self.integrations.push(Arc::new(integration));
        self
    }

    /// Lets so many envelopes of one category wait for the network.
    ///
    /// ```
    /// use sentry::protocol::DataCategory;
    ///
    /// let options = sentry::ClientOptions::new().category_queue_size(DataCategory::LogItem, 50);
    /// ```
    #[must_use]
    pub fn category_queue_size(mut self, category: DataCategory, envelopes: usize) -> Self {
        self.category_queue_sizes.retain(|(known, _)| *known != category);
        self.category_queue_sizes.push((category, envelopes));
        self
    }

    /// Switches the local view on, or off; see the field [`local`](field@Self::local) for what it shows.
    #[must_use]
    pub fn local(mut self, on: bool) -> Self {
        self.local = if on { LocalView::On } else { LocalView::Off };
        self
    }

    /// Switches the local view on and appends raw envelopes to a file.
    #[must_use]
    pub fn local_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.local = LocalView::File(path.into());
        self
    }

    /// Tells Spotlight as well, or does not; see the field [`spotlight`](field@Self::spotlight) for what it gets.
    #[must_use]
    pub fn spotlight(mut self, on: bool) -> Self {
        self.spotlight = if on { Spotlight::On } else { Spotlight::Off };
        self
    }

    /// Tells Spotlight at this URL.
    #[must_use]
    pub fn spotlight_url(mut self, url: impl Into<String>) -> Self {
        self.spotlight = Spotlight::Url(url.into());
        self
    }
}

impl From<&str> for ClientOptions {
    fn from(dsn: &str) -> Self {
        Self::new().dsn(dsn)
    }
}

impl From<String> for ClientOptions {
    fn from(dsn: String) -> Self {
        Self::new().dsn(&dsn)
    }
}

impl From<()> for ClientOptions {
    fn from((): ()) -> Self {
        Self::new()
    }
}

impl From<Dsn> for ClientOptions {
    fn from(dsn: Dsn) -> Self {
        Self { dsn: Some(dsn), ..Self::new() }
    }
}

impl<D: Into<Self>> From<(D, Self)> for ClientOptions {
    fn from((dsn, options): (D, Self)) -> Self {
        let of_dsn: Self = dsn.into();
        let mut errors = options.errors.clone();
        errors.extend(of_dsn.errors);
        Self { dsn: of_dsn.dsn.or(options.dsn.clone()), errors, ..options }
    }
}
