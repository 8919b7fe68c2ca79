//! Instruments a program by annotating its functions: records spans, errors and cron check-ins for Sentry.
//!
//! ```no_run
//! #[sentry::span]
//! fn price(items: &[u32]) -> u32 {
//!     items.iter().sum()
//! }
//!
//! #[sentry::monitor("nightly-report", schedule = "0 3 * * *")]
//! fn report() -> Result<(), std::io::Error> {
//!     let total = price(&[3, 4]);
//!     std::fs::write("report.txt", total.to_string())
//! }
//!
//! #[sentry::main(traces_sample_rate = 1.0)]
//! fn main() -> Result<(), std::io::Error> {
//!     report()
//! }
//! ```
//!
//! With `SENTRY_DSN` set, this program sends its trace, its check-ins and any error to that server. With
//! `SENTRY_LOCAL=1`, it prints them instead. This is not Sentry's own SDK.
//!
//! # The attributes
//! * [`#[span]`](macro@span) records a span around a function, or around every function of an `impl` block, a trait
//!   or a module.
//! * [`#[server_action]`](macro@server_action) wraps a web handler: isolates its scope, continues the caller's trace,
//!   and captures errors.
//! * [`#[api_handler]`](macro@api_handler) wraps the handler of a route and records the status of its response.
//! * [`#[data_fetcher]`](macro@data_fetcher) wraps a function that loads the data of a page.
//! * [`#[monitor]`](macro@monitor) monitors a cron job.
//! * [`#[main]`](macro@main) starts the client before `main` and flushes it afterwards.
//!
//! # The guides
//! * [`guide::attributes`]: the arguments of each attribute, and limitations.
//! * [`guide::functions`]: the function calls by task.
//! * [`guide::options`]: every option with its default, range and environment variable.
//! * [`guide::other_sdks`]: every option of Sentry's SDKs for JavaScript, Python and Rust beside those of this crate.
//! * [`guide::integrations`]: the features of the package.
//! * [`guide::privacy`]: what leaves the process.
//! * [`guide::dashboard`]: the page that shows, while you develop, what your programs record.
//! * [`guide::delivery`]: the guarantees when something fails.
//! * [`guide::crashes`]: reports of signals that end the program, with minidumps.
//! * [`guide::serverless`]: functions of AWS Lambda, containers, and where they run.
//! * [`guide::symbols`]: readable stacks from release builds.
//! * [`guide::migrating`]: coming from the crate `sentry`.
//!
//! # The modules
//! * [`ai`]: spans of agents, models and tools.
//! * [`integrations`]: layers and middleware for other crates.
//! * [`logger`] and [`metrics`]: structured logs and metrics.
//! * [`mcp`]: spans of servers of the Model Context Protocol.
//! * [`queue`]: messages that are published and processed, in one trace.
//! * [`protocol`]: the types of everything that is sent.
//! * `test`: captures what a piece of a program sends, for its own tests; with the feature `test`.
//!
//! # The features
//! * `rustls`: encrypted connections; on by default. `rustls-no-provider`, `platform-verifier` and `native-tls` encrypt
//!   in another way, see [`guide::delivery`]. Without any of them, only `http` DSNs can be used.
//! * `local`: the option `local`, which prints what would be sent; on by default.
//! * `test`: the module `test`.
//! * `zstd`: `Compression::Zstd` for requests; needs a C compiler.
//! * `dashboard`: the option `dashboard`, a page in a browser that shows what the program records.
//! * `crash`: the option `crash_reports`, which reports signals that end the program, with a minidump.
//! * `signals`: `flush_on_signals`, which sends everything before SIGTERM or SIGINT ends the program.
//! * `cloud`: `integrations::cloud`, which adds the cloud and the Kubernetes pod in which the program runs.
//! * `regex`: regular expressions as patterns of options.
//! * `stream`: spans for the life of streams, see [`guide::tasks`].
//! * `anyhow`, `eyre`: `capture_anyhow` and `capture_eyre`, which capture errors of these crates with their own
//!   backtrace.
//! * `tower`: `integrations::tower`, a layer for every server built from tower services (axum, tonic, hyper).
//! * `axum`: the same layer; transactions are named after axum's routes.
//! * `actix-web`: `integrations::actix_web`, a middleware for actix-web.
//! * `tracing`: `integrations::tracing`, a layer that turns spans and events of `tracing` into spans, breadcrumbs,
//!   events and logs.
//! * `log`: `integrations::log`, a logger that turns records of `log` into breadcrumbs, events and logs.
//! * `lambda_runtime`: `integrations::lambda_runtime`, a layer for functions of AWS Lambda.
//! * `opentelemetry`: `integrations::opentelemetry`, which joins spans of OpenTelemetry and of this crate in one trace.
//! * `reqwest`, `ureq`: `integrations::reqwest` and `integrations::ureq`, middleware for outgoing requests.
//! * `tonic`: `integrations::tonic`, an interceptor for gRPC clients, and traces in gRPC metadata.
//! * `opentelemetry-0-33`, `reqwest-0-13`, `tonic-0-14`: the same for this version of the crate, also when a newer one comes
//!   out; see [`guide::integrations`].
//! * `actix`, `tower-http`, `tower-axum-matched-path`, `backtrace`, `contexts`, `debug-images`, `logs`, `metrics`, `panic`,
//!   `release-health`: names of the official crate's features, see [`guide::migrating`].
//!
//! # How it works
//! The caller's thread only records: a span is a fixed-size record in a queue of its thread, an error is its messages
//! and the addresses of its stack. One pipeline thread of the process builds envelopes from these records, and one
//! transport thread delivers them. No async runtime is required, and any can be used.
//!
#![doc = include_str!("surface.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod api;
mod base;
mod capture;
mod client;
mod context;
mod error;
#[cfg(any(test, fuzzing))]
mod fuzz;
mod instrument;
mod intake;
pub mod integrations;
mod lifecycle;
mod options;
mod pipeline;
pub mod protocol;
mod scope;
mod scrub;
mod stacktrace;
#[cfg(feature = "test")]
pub mod test;
mod trace;
mod transport;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use sentry_macros::{api_handler, data_fetcher, main, monitor, server_action, span};

pub use api::*;
pub use capture::feedback::{FeedbackError, FeedbackHint};
pub use capture::{logger, metrics};
pub use client::hint::Hint;
pub use client::integration::Integration;
pub use client::{Client, Stats};
pub use context::breadcrumbs::IntoBreadcrumb;
pub use context::hub::Hub;
pub use context::scope_handle::{ScopeGuard, ScopeHandle};
pub use error::captured::CapturedError;
pub use error::failure::{ActionError, ControlFlow};
pub use error::group::{ErrorGroup, GroupReader};
pub use error::pattern::ErrorPattern;
pub use error::value::ErrorValue;
pub use instrument::ai;
pub use instrument::ai::set_conversation_id;
pub use instrument::future::SentryFutureExt;
pub use instrument::guard::SpanGuard;
pub use instrument::handler::{
    ApiHandlerOptions, DataFetcherOptions, FormData, ResponseStatus, ServerActionOptions,
};
pub use instrument::mcp;
pub use instrument::monitor::MonitorOptions;
pub use instrument::options::SpanOptions;
pub use instrument::outgoing::{HeaderSink, TraceData};
pub use instrument::span::{IntoParent, Span};
pub use intake::flight::{FlightRecord, FlightSpan};
pub use lifecycle::guard::ClientInitGuard;
#[cfg(all(unix, feature = "signals"))]
pub use lifecycle::signals::flush_on_signals;
#[cfg(feature = "dashboard")]
pub use options::Dashboard;
pub use options::sampling::SamplingContext;
pub use options::{
    BeforeCallback, BeforeHintedCallback, BeforeSendSpan, CaCertificates, ClientOptions, CollectBehavior,
    Compression, DataCollection, FinishedTrace, GenAiCollection, GraphQlCollection, HttpBodyType,
    HttpHeadersCollection, IntoRelease, KeepTrace, LocalView, McpCollection, OptionsError, Pattern,
    SpanFilter, SpoolLimits, Spotlight, StatusCodes, TraceLifecycle, TracesSampler, UnhandledErrors,
};
pub use protocol::{
    AttributeValue, Breadcrumb, Envelope, Level, SessionMode, SessionStatus, SpanStatus, User,
};
pub use scope::{EventProcessor, Scope, TransactionProcessor};
pub use trace::header_source::{HeaderLookup, HeaderPairs};
pub use trace::headers::HeaderSource;
pub use transport::{CertificatesError, ProxyError, QueueDepths, TestTransport, Transport};

/// Guides: the attributes, the options and the guarantees in detail. The same pages are in the folder `docs` of the
/// package.
pub mod guide {
    #[cfg(doc)]
    use crate::ClientOptions;

    #[doc = include_str!("../docs/answers.md")]
    pub mod answers {}
    #[doc = include_str!("../docs/attributes.md")]
    pub mod attributes {}
    #[doc = include_str!("../docs/crashes.md")]
    pub mod crashes {}
    #[doc = include_str!("../docs/dashboard.md")]
    pub mod dashboard {}
    #[doc = include_str!("../docs/delivery.md")]
    pub mod delivery {}
    #[doc = include_str!("../docs/functions.md")]
    pub mod functions {}
    #[doc = include_str!("../docs/integrations.md")]
    pub mod integrations {}
    #[doc = include_str!("../docs/migrating.md")]
    pub mod migrating {}
    #[doc = include_str!("../docs/options.md")]
    pub mod options {}
    #[doc = include_str!("../docs/other-sdks.md")]
    pub mod other_sdks {}
    #[doc = include_str!("../docs/privacy.md")]
    pub mod privacy {}
    #[doc = include_str!("../docs/serverless.md")]
    pub mod serverless {}
    #[doc = include_str!("../docs/streaming.md")]
    pub mod streaming {}
    #[doc = include_str!("../docs/symbols.md")]
    pub mod symbols {}
    #[doc = include_str!("../docs/tasks.md")]
    pub mod tasks {}
}

// The doc tests compile the Rust blocks of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

/// Types at the paths of the official crate.
///
/// ```
/// let dsn: sentry::types::Dsn = "https://public@o1.ingest.sentry.io/1".parse()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub mod types {
    pub use crate::protocol::random::random_uuid;
    pub use crate::protocol::{
        Auth, CrontabParseError, Dsn, ParseDsnError, ParseProjectIdError, ProjectId, Scheme, Uuid,
    };

    /// The types of the wire protocol, see [`crate::protocol`].
    pub mod protocol {
        pub use crate::protocol as v7;
        pub use crate::protocol as latest;
        pub use crate::protocol::*;
    }
}

/// Returns the release of the calling crate, `name@version`, from its `Cargo.toml`. The result is an `Option`, the type
/// of the option `release`.
///
/// ```
/// let options = sentry::ClientOptions::new().release(sentry::release_name!());
/// let same = sentry::ClientOptions { release: sentry::release_name!(), ..Default::default() };
/// # assert_eq!(options.release, same.release);
/// ```
///
/// `release_name!(git)` adds the first 12 characters of the commit that the package is built from,
/// `shop@1.4.2+0123456789ab`, as build metadata of the version. The commit is that of the Git repository around the
/// package. Outside of a repository, nothing is added. Uncommitted changes are not considered. A new commit builds the
/// calling package again.
///
/// ```
/// let release = sentry::release_name!(git).unwrap();
/// assert!(release.starts_with(concat!(env!("CARGO_PKG_NAME"), "@", env!("CARGO_PKG_VERSION"))));
/// ```
#[macro_export]
macro_rules! release_name {
    (git) => {
        ::core::option::Option::Some(::std::borrow::Cow::Borrowed($crate::__private::release_with_commit!()))
    };
    () => {
        ::core::option::Option::Some(::std::borrow::Cow::Borrowed(::core::concat!(
            ::core::env!("CARGO_PKG_NAME"),
            "@",
            ::core::env!("CARGO_PKG_VERSION")
        )))
    };
}
