//! Tests that logging from the handling of a log does not cause an endless loop.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sentry::integrations::log::SentryLogger;
use sentry::{Envelope, Transport};
use sentry_tests::support::{LONG, observe, options, without_client};
use tracing_subscriber::layer::SubscriberExt as _;

/// A transport that logs for every envelope, as HTTP clients do.
#[derive(Default)]
struct Talkative(Arc<AtomicUsize>);

impl Transport for Talkative {
    fn send_envelope(&self, envelope: Envelope) {
        drop(envelope);
        self.0.fetch_add(1, Ordering::Relaxed);
        let _span = tracing::info_span!("request").entered();
        tracing::error!("sending");
        log::error!("sending");
    }

    fn flush(&self, _: Duration) -> bool {
        true
    }
}

/// This is the only test in this file, because it sets the global logger and subscriber.
#[test]
fn logs_of_the_clients_own_threads_and_callbacks_are_not_captured() {
    let subscriber = tracing_subscriber::registry().with(sentry::integrations::tracing::layer());
    tracing::subscriber::set_global_default(subscriber).unwrap();
    SentryLogger::new().init().unwrap();
    let speak = || {
        log::error!("one");
        tracing::error!("two");
        drop(tracing::info_span!("three"));
    };

    let seen = observe(
        options().before_send(|event| {
            log::error!("in before_send");
            tracing::error!("in before_send");
            drop(tracing::info_span!("in before_send"));
            Some(event)
        }),
        speak,
    );
    assert_eq!((seen.events().len(), seen.transactions().len()), (2, 1));

    without_client(|| {
        let sent = Arc::new(AtomicUsize::new(0));
        let transport = Talkative(Arc::clone(&sent));
        let guard = sentry::init(options().dsn("http://public@127.0.0.1:9/1").transport(transport));
        speak();
        sentry::flush(Some(LONG));
        sentry::flush(Some(LONG));
        drop(guard);
        assert_eq!(sent.load(Ordering::Relaxed), 3);
    });
}
