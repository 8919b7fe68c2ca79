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
//! * [`#[span]`](macro@span) opens a span around a function.
//! * [`#[server_action]`](macro@server_action) wraps a web handler: isolation, continued trace, captured errors.
//! * [`#[monitor]`](macro@monitor) makes a function a monitored cron job.
//! * [`#[main]`](macro@main) starts the toolkit before `main` and sends what is left after it.
//!
//! # How it works
//! The caller's thread only writes down: a span is a fixed-size record in a queue of its thread, an error is its
//! texts and the addresses of its stack. One pipeline thread of the process makes envelopes of that, one transport
//! thread sends them. No async runtime is needed, and every one is supported.

pub mod ai;
mod api;
mod backpressure;
mod callback;
mod capture;
mod client;
mod diagnostics;
mod environment;
mod errors;
mod feedback;
mod fork;
#[cfg(any(test, fuzzing))]
mod fuzz;
mod handler;
mod hint;
pub mod integrations;
pub mod logger;
pub mod metrics;
mod moment;
mod monitor;
mod options;
mod pipeline;
mod probe;
pub mod protocol;
mod scope;
mod session;
pub mod test;
mod trace;
mod transport;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use sentry_macros::{api_handler, data_fetcher, main, monitor, server_action, span};

pub use ai::set_conversation_id;
pub use api::*;
pub use client::{Client, ClientInitGuard, Stats};
pub use errors::{ActionError, ControlFlow, ErrorGroup, ErrorPattern, ErrorValue, GroupReader};
pub use feedback::{FeedbackError, FeedbackHint};
pub use handler::{ApiHandlerOptions, DataFetcherOptions, FormData, ResponseStatus, ServerActionOptions};
pub use hint::Hint;
pub use integrations::registry::Integration;
#[cfg(all(unix, feature = "signals"))]
pub use integrations::signals::flush_on_signals;
pub use monitor::MonitorOptions;
pub use options::{
    BeforeCallback, BeforeHintedCallback, BeforeSendSpan, CaCertificates, ClientOptions, Compression,
    LocalView, OptionsError, Pattern, SpanFilter, SpoolLimits, Spotlight, StatusCodes, TraceLifecycle,
    TracesSampler,
};
pub use protocol::{
    AttributeValue, Breadcrumb, Envelope, Level, SessionMode, SessionStatus, SpanStatus, User,
};
pub use scope::breadcrumbs::IntoBreadcrumb;
pub use scope::{EventProcessor, Scope, ScopeGuard, ScopeHandle, TransactionProcessor};
pub use trace::future::SentryFutureExt;
pub use trace::guard::SpanGuard;
pub use trace::header_source::{HeaderLookup, HeaderPairs};
pub use trace::headers::HeaderSource;
pub use trace::options::SpanOptions;
pub use trace::outgoing::{HeaderSink, TraceData};
pub use trace::sampling::SamplingContext;
pub use trace::span::{IntoParent, Span};
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

/// The release of the calling crate, `name@version`, from its Cargo.toml.
///
/// ```
/// let options = sentry::ClientOptions::new().release(sentry::release_name!());
/// ```
#[macro_export]
macro_rules! release_name {
    () => {
        ::core::concat!(::core::env!("CARGO_PKG_NAME"), "@", ::core::env!("CARGO_PKG_VERSION"))
    };
}
