//! The fanout of envelopes to several transports: a server together with the local view or Spotlight.

use std::sync::Arc;
use std::time::Duration;

use super::{QueueDepths, Transport};
use crate::protocol::{DataCategory, Envelope};

/// A transport that passes every envelope to several transports. The copies share the payloads.
pub(crate) struct Fanout {
    transports: Vec<Arc<dyn Transport>>,
}

impl Fanout {
    /// Creates a transport that feeds all of these.
    pub(crate) fn new(transports: Vec<Arc<dyn Transport>>) -> Self {
        Self { transports }
    }

    fn all(&self, ask: &(dyn Fn(&dyn Transport) -> bool + Sync)) -> bool {
        let transports: Vec<_> = self.transports.iter().map(|transport| &**transport).collect();
        ask_all(&transports, ask)
    }
}

/// Calls `ask` on all transports in parallel: one that hangs must not use up the time of the others. Returns whether
/// all returned `true`.
pub(super) fn ask_all(transports: &[&dyn Transport], ask: &(dyn Fn(&dyn Transport) -> bool + Sync)) -> bool {
    let Some((last, others)) = transports.split_last() else {
        return true;
    };
    std::thread::scope(|scope| {
        let mut ok = true;
        let mut asked = Vec::with_capacity(others.len());
        for &transport in others {
            let ask_there = move || {
                crate::base::thread_role::mark();
                ask(transport)
            };
            match std::thread::Builder::new().spawn_scoped(scope, ask_there) {
                Ok(thread) => asked.push(thread),
                Err(_) => ok &= ask(transport),
            }
        }
        ok &= ask(*last);
        // A transport that panicked has not delivered.
        asked.into_iter().fold(ok, |ok, thread| thread.join().unwrap_or(false) && ok)
    })
}

impl Transport for Fanout {
    fn send_envelope(&self, envelope: Envelope) {
        if let Some((last, others)) = self.transports.split_last() {
            for transport in others {
                transport.send_envelope(envelope.clone());
            }
            last.send_envelope(envelope);
        }
    }

    fn flush(&self, timeout: Duration) -> bool {
        self.all(&|transport| transport.flush(timeout))
    }

    fn shutdown(&self, timeout: Duration) -> bool {
        self.all(&|transport| transport.shutdown(timeout))
    }

    /// Returns the depths of the first transport: the server, if there is one. The others receive copies.
    fn queue_depths(&self) -> QueueDepths {
        self.transports.first().map(|transport| transport.queue_depths()).unwrap_or_default()
    }

    /// Only a category that all transports limit is limited; otherwise each transport drops its own share.
    fn is_rate_limited(&self, category: DataCategory) -> bool {
        !self.transports.is_empty()
            && self.transports.iter().all(|transport| transport.is_rate_limited(category))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::TestTransport;
    use std::sync::Barrier;

    struct Meets(Barrier, bool);

    impl Transport for Meets {
        fn send_envelope(&self, _: Envelope) {}

        fn flush(&self, _: Duration) -> bool {
            self.0.wait();
            self.1
        }

        fn is_rate_limited(&self, _: DataCategory) -> bool {
            true
        }
    }

    struct Shared(Arc<Meets>);

    impl Transport for Shared {
        fn send_envelope(&self, _: Envelope) {}

        fn flush(&self, _: Duration) -> bool {
            self.0.0.wait();
            true
        }
    }

    #[test]
    fn every_transport_gets_every_envelope() {
        let (one, two) = (TestTransport::new(), TestTransport::new());
        let fanout = Fanout::new(vec![one.clone(), two.clone()]);
        fanout.send_envelope(Envelope::new());
        assert!(fanout.flush(Duration::ZERO));
        assert_eq!(one.fetch_and_clear_envelopes().len(), 1);
        assert_eq!(two.fetch_and_clear_envelopes().len(), 1);
        assert!(!fanout.is_rate_limited(DataCategory::Error));
    }

    #[test]
    fn all_are_flushed_at_the_same_time_and_one_failure_is_a_failure() {
        // Each waits for the other: flushed one after the other, this would never end.
        let first = Arc::new(Meets(Barrier::new(2), false));
        let fanout = Fanout::new(vec![first.clone(), Arc::new(Shared(first))]);
        assert!(!fanout.flush(Duration::from_secs(1)));
        assert!(!fanout.is_rate_limited(DataCategory::Error));
    }
}
