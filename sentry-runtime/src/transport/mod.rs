//! Transports: a [`Transport`] accepts finished envelopes from the pipeline thread and delivers them from its own
//! thread: over HTTP, to the local view, or to a test.
//!
//! [`TransportThread`] is that thread (its loop is in `worker`) with the [`queue`] before it. It delivers to a
//! [`Destination`]: [`http`] for a Sentry server, [`otlp`] for an OpenTelemetry Collector, [`spotlight`] for a
//! Spotlight sidecar, `dashboard` for the page in a browser, `local` for a person at a terminal. [`Fanout`] feeds several transports, [`TestTransport`]
//! keeps envelopes for a test.
//!
//! With a [`spool`], every envelope is on disk before it is sent, until the server has accepted it.
//!
//! The [`ledger`] counts what is lost.

mod backoff;
pub(crate) mod certificates;
pub(crate) mod config;
#[cfg(feature = "dashboard")]
pub(crate) mod dashboard;
pub(crate) mod destination;
pub(crate) mod error;
pub(crate) mod fanout;
pub(crate) mod http;
mod interface;
pub(crate) mod ledger;
#[cfg(feature = "local")]
pub(crate) mod local;
pub(crate) mod otlp;
pub(crate) mod priority;
pub(crate) mod proxy;
pub(crate) mod queue;
mod queue_depths;
pub(crate) mod rate_limits;
pub(crate) mod room;
pub(crate) mod spool;
pub(crate) mod spotlight;
pub(crate) mod test;
pub(crate) mod thread;
mod worker;

pub use crate::transport::queue_depths::QueueDepths;
pub use certificates::CertificatesError;
pub(crate) use fanout::Fanout;
pub(crate) use http::{HttpDestination, HttpOptions};
pub use interface::Transport;
#[cfg(feature = "local")]
pub(crate) use local::{LocalOptions, LocalView};
pub use proxy::ProxyError;
pub(crate) use spotlight::Spotlight;
pub use test::TestTransport;
pub(crate) use thread::TransportThread;
pub(crate) use worker::ThreadOptions;
