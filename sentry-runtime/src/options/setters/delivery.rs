//! The setters of the options for delivery: the transport and its network, the queues and their memory, the spool.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::options::{CaCertificates, ClientOptions, Compression, SpoolLimits};
use crate::transport::Transport;

setters! {
    /// Sends through this transport instead of HTTP. Default: HTTP. See [`Transport`].
    transport(transport: impl Transport) => Some(Arc::new(transport));
    /// Sets the proxy for `http` DSNs, and for `https` DSNs if `https_proxy` is not set.
    ///
    /// Range: `http://host:port` or `http://user:password@host:port`. Default: none. Environment: `http_proxy`,
    /// `HTTP_PROXY`, `all_proxy`, `ALL_PROXY`; `no_proxy` lists hosts that are reached directly.
    http_proxy(url: impl Into<Cow<'static, str>>) => Some(url.into());
    /// Sets the proxy for `https` DSNs.
    ///
    /// Range: `http://host:port` or `http://user:password@host:port`. Default: the option `http_proxy`. Environment:
    /// `https_proxy`, `HTTPS_PROXY`, `all_proxy`, `ALL_PROXY`; `no_proxy` lists hosts that are reached directly.
    https_proxy(url: impl Into<Cow<'static, str>>) => Some(url.into());
    /// Sets the compression of requests. Takes `true`, `false` or a [`Compression`]. Requests to this machine are never
    /// compressed. Default: [`Compression::Gzip`].
    compression(compression: impl Into<Compression>) => compression.into();
    /// Limits the time to reach the server: name lookup, connection, encryption. Range: more than 0, at most 1 hour.
    /// Default: 5 seconds.
    connect_timeout(timeout: Duration) => timeout;
    /// Limits the time until the server answers, each pause within its answer, and each pause in which it accepts no data.
    /// Range: more than 0, at most 1 hour. Default: 10 seconds.
    read_timeout(timeout: Duration) => timeout;
    /// Limits the time of a whole request. Range: more than 0, at most 1 hour. Default: 15 seconds.
    request_timeout(timeout: Duration) => timeout;
    /// Trusts these certificate authorities in addition to Mozilla's. Takes the path of a PEM file, or its bytes.
    /// Default: none.
    ca_certs(certificates: impl Into<CaCertificates>) => Some(certificates.into());
    /// Posts envelopes to this URL instead of the DSN's server, with the DSN in the envelope header and no
    /// authentication. Range: an `http` or `https` URL. Default: none.
    ///
    /// ```
    /// let options = sentry::ClientOptions::new()
    ///     .dsn("https://public@o1.ingest.sentry.io/1")
    ///     .tunnel("https://shop.example/sentry-tunnel");
    /// # assert!(options.tunnel.is_some());
    /// ```
    tunnel(url: impl Into<Cow<'static, str>>) => Some(url.into());
    /// Sends spans to an OpenTelemetry Collector at this URL instead of the DSN's server; see the field
    /// [`otlp_endpoint`](field@Self::otlp_endpoint). Range: an `http` or `https` URL. Default: none.
    ///
    /// ```
    /// let options = sentry::ClientOptions::new().otlp_endpoint("http://localhost:4318");
    /// # assert!(options.otlp_endpoint.is_some());
    /// ```
    otlp_endpoint(url: impl Into<Cow<'static, str>>) => Some(url.into());
    /// Sets the maximum memory of everything that waits, for the pipeline thread and for the network together, in bytes.
    /// The least important envelopes are dropped first. What waits for the pipeline thread may use a part of it: half for
    /// logs and metrics, three quarters for events, feedback and sessions, seven eighths for check-ins. Range: at least
    /// 64 KiB. Default: 32 MiB.
    queue_bytes(bytes: usize) => bytes;
    /// Halves the share of recorded traces step by step while queues overflow or the server refuses traces. Default:
    /// `true`.
    enable_backpressure_handling(enable: bool) => enable;
    /// Sets how often queue overflow is checked. Range: more than 0, at most 1 hour. Default: 10 seconds.
    backpressure_interval(interval: Duration) => interval;
    /// Keeps envelopes in this directory until the server has accepted them; see the field
    /// [`spool_dir`](field@Self::spool_dir). Processes may share the directory. Default: none.
    spool_dir(dir: impl Into<PathBuf>) => Some(dir.into());
    /// Limits what each process keeps in `spool_dir`. Range: at least 64 KiB, 1 to 100000 envelopes, an age of more
    /// than 0. Default: 64 MiB, 1000 envelopes, 7 days.
    ///
    /// ```
    /// use sentry::{ClientOptions, SpoolLimits};
    ///
    /// let options = ClientOptions::new()
    ///     .spool_dir("/var/spool/shop")
    ///     .spool_limits(SpoolLimits { bytes: 16 << 20, ..SpoolLimits::default() });
    /// # assert!(options.spool_dir.is_some());
    /// ```
    spool_limits(limits: SpoolLimits) => limits;
    /// Limits how long the end of the program waits for unsent data. After half of the time, unresolved stacks are sent
    /// with addresses instead of names and lines. Range: at most 1 hour. Default: 2 seconds.
    shutdown_timeout(timeout: Duration) => timeout;
    /// Sets the maximum number of envelopes that wait for the network. The least important are dropped first. At most half
    /// of them are transactions: further ones wait as records, within [`max_record_memory`](Self::max_record_memory).
    /// Range: 1 to 65536. Default: 256.
    queue_size(envelopes: usize) => envelopes;
    /// Sets the maximum memory of spans that have ended and are not sent yet, in bytes, for the whole process. Further
    /// spans are dropped and counted. Range: at least 64 KiB. Default: 16 MiB.
    max_record_memory(bytes: usize) => bytes;
}
