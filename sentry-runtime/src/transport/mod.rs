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
pub(crate) mod fanout;
pub(crate) mod http;
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
pub(crate) use local::{LocalOptions, LocalView};
pub use proxy::ProxyError;
pub(crate) use spotlight::Spotlight;
pub use test::TestTransport;
pub(crate) use thread::{ThreadOptions, TransportThread};

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::protocol::{DataCategory, Envelope};

/// Takes envelopes and delivers them.
///
/// The pipeline thread calls `send_envelope`, so it must not wait for the network: queue and return.
pub trait Transport: Send + Sync + 'static {
    /// Takes an envelope for delivery.
    fn send_envelope(&self, envelope: Envelope);

    /// Waits until everything taken so far was delivered or lost, at most `timeout`. Answers whether that was so.
    fn flush(&self, timeout: Duration) -> bool {
        let _ = timeout;
        true
    }

    /// Flushes, then stops. Envelopes that come later are lost, and counted.
    fn shutdown(&self, timeout: Duration) -> bool {
        self.flush(timeout)
    }

    /// Whether the server asked not to be sent this category now: such items are dropped before they are
    /// serialised.
    fn is_rate_limited(&self, category: DataCategory) -> bool {
        let _ = category;
        false
    }

    /// How much waits to be sent, for [`Client::stats`](crate::Client::stats).
    fn queue_depths(&self) -> QueueDepths {
        QueueDepths::default()
    }
}

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send_envelope(&self, envelope: Envelope) {
        (**self).send_envelope(envelope);
    }

    fn flush(&self, timeout: Duration) -> bool {
        (**self).flush(timeout)
    }

    fn shutdown(&self, timeout: Duration) -> bool {
        (**self).shutdown(timeout)
    }

    fn is_rate_limited(&self, category: DataCategory) -> bool {
        (**self).is_rate_limited(category)
    }

    fn queue_depths(&self) -> QueueDepths {
        (**self).queue_depths()
    }
}

/// Locks a mutex whether or not somebody panicked while they held it: what is behind ours stays whole, since
/// no user code and no fallible step runs under the lock.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
