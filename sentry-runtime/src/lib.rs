//! Instrument a program by annotating functions: spans, captured errors and cron check-ins for Sentry.
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
//! `SENTRY_LOCAL=1` it prints them instead.
//!
//! # The attributes
//! * [`#[span]`](macro@span) opens a span around a function, or around every function of an `impl` block, a trait or
//!   a module.
//! * [`#[server_action]`](macro@server_action) wraps a web handler: isolation, continued trace, captured errors.
//! * [`#[api_handler]`](macro@api_handler) does so for a route, with the status of the response.
//! * [`#[data_fetcher]`](macro@data_fetcher) does so for what loads the data of a page.
//! * [`#[monitor]`](macro@monitor) makes a function a monitored cron job.
//! * [`#[main]`](macro@main) starts the toolkit before `main` and sends what is left after it.
//!
//! # The modules
//! * [`ai`]: spans of agents, models and tools.
//! * [`integrations`]: layers for servers, and what else is captured by itself.
//! * [`logger`] and [`metrics`]: structured logs and metrics.
//! * [`protocol`]: everything that is sent, as types.
//! * `test`: what a program captures, for its own tests; with the feature `test`.
//!
//! # The features
//! * `rustls`: encrypted connections; on by default. Without it only `http` DSNs can be used.
//! * `test`: the module of that name.
//! * `zstd`: `Compression::Zstd` for requests; needs a C compiler.
//! * `signals`: `flush_on_signals`: what was captured is sent before SIGTERM or SIGINT ends the program.
//! * `regex`: regular expressions as patterns of options.
//! * `anyhow`: `capture_anyhow`, which captures errors of that crate with their own backtrace.
//! * `eyre`: `capture_eyre`, likewise.
//! * `tower`: `integrations::tower`: a layer for every server made of tower services (axum, tonic, hyper).
//! * `axum`: the same layer, naming transactions by axum's routes.
//! * `actix-web`: `integrations::actix_web`: a middleware for actix-web.
//! * `tracing`: `integrations::tracing`: a layer that makes spans, breadcrumbs, events and logs of those of `tracing`.
//! * `log`: `integrations::log`: a logger that makes breadcrumbs, events and logs of the records of `log`.
//! * `opentelemetry`: `integrations::opentelemetry`: spans of OpenTelemetry and of this crate in one trace.
//! * `reqwest`, `ureq`: `integrations::reqwest`, `integrations::ureq`: a middleware for requests to other services.
//! * `tonic`: `integrations::tonic`: an interceptor for clients of gRPC services, and traces in gRPC metadata.
//!
//! # How it works
//! The caller's thread only writes down: a span is a fixed-size record in a queue of its thread, an error is its
//! texts and the addresses of its stack. One pipeline thread of the process makes envelopes of that, one transport
//! thread sends them. No async runtime is needed, and every one is supported.
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
pub use context::scope_handle::{ScopeGuard, ScopeHandle};
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
pub use instrument::monitor::MonitorOptions;
pub use instrument::options::SpanOptions;
pub use instrument::outgoing::{HeaderSink, TraceData};
pub use instrument::span::{IntoParent, Span};
pub use lifecycle::guard::ClientInitGuard;
#[cfg(all(unix, feature = "signals"))]
pub use lifecycle::signals::flush_on_signals;
pub use options::sampling::SamplingContext;
pub use options::{
    BeforeCallback, BeforeHintedCallback, BeforeSendSpan, CaCertificates, ClientOptions, Compression,
    IntoRelease, LocalView, OptionsError, Pattern, SpanFilter, SpoolLimits, Spotlight, StatusCodes,
    TraceLifecycle, TracesSampler,
};
pub use protocol::{
    AttributeValue, Breadcrumb, Envelope, Level, SessionMode, SessionStatus, SpanStatus, User,
};
pub use scope::{EventProcessor, Scope, TransactionProcessor};
pub use trace::header_source::{HeaderLookup, HeaderPairs};
pub use trace::headers::HeaderSource;
pub use transport::{CertificatesError, ProxyError, QueueDepths, TestTransport, Transport};

/// Types by the paths that they have in the official crate.
///
/// ```
/// let dsn: sentry::types::Dsn = "https://public@o1.ingest.sentry.io/1".parse()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub mod types {
    pub use crate::protocol;
    pub use crate::protocol::{Dsn, Uuid};
}

/// The release of the calling crate, `name@version`, from its Cargo.toml; an `Option`, as the options have it.
///
/// ```
/// let options = sentry::ClientOptions::new().release(sentry::release_name!());
/// let same = sentry::ClientOptions { release: sentry::release_name!(), ..Default::default() };
/// # assert_eq!(options.release, same.release);
/// ```
#[macro_export]
macro_rules! release_name {
    () => {
        ::core::option::Option::Some(::std::borrow::Cow::Borrowed(::core::concat!(
            ::core::env!("CARGO_PKG_NAME"),
            "@",
            ::core::env!("CARGO_PKG_VERSION")
        )))
    };
}
