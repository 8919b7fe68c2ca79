//! Where envelopes go. A [`Transport`] takes finished envelopes from the pipeline thread and delivers them
//! from a thread of its own: over HTTP, to the local view, or into a test's hands.
//!
//! [`TransportThread`] is that thread (its loop is in `worker`) with the [`queue`] before it; what stands behind it is a [`Destination`]:
//! [`http`] for a Sentry server, [`otlp`] for a collector of OpenTelemetry, [`spotlight`] for a Spotlight sidecar, [`local`] for a person at a terminal.
//! [`Fanout`] feeds several transports, [`TestTransport`] keeps everything for a test to look at.
//!
//! With a [`spool`], every envelope is on disk before it is sent, and until the server took it.
//!
//! What is lost on the way is counted in the [`ledger`].

mod backoff;
pub(crate) mod certificates;
pub(crate) mod config;
pub(crate) mod destination;
pub(crate) mod error;
pub(crate) mod fanout;
pub(crate) mod http;
mod interface;
pub(crate) mod ledger;
pub(crate) mod local;
pub(crate) mod otlp;
mod priority;
pub(crate) mod proxy;
pub(crate) mod queue;
mod queue_depths;
pub(crate) mod rate_limits;
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
pub(crate) use local::{LocalOptions, LocalView};
pub use proxy::ProxyError;
pub(crate) use spotlight::Spotlight;
pub use test::TestTransport;
pub(crate) use thread::TransportThread;
pub(crate) use worker::ThreadOptions;
