//! Backpressure: while the queues overflow, fewer traces are recorded.
//!
//! The pipeline thread checks each client once per interval ([`check`]). A client that dropped items since the last
//! check, or whose traces the server currently rate limits, halves its sampling rate; the first check without trouble
//! restores the full rate. [`sampling`](crate::trace::sampling) reads the number of halvings: one relaxed atomic load.
//!
//! Rate limits on errors, logs or other data that is not traces do not count as trouble: fewer traces would not help,
//! and such a limit may last a day.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/traces/backpressure/)

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::client::{self, Client};
use crate::protocol::{DataCategory, DiscardReason};

/// The schedule of the checks.
#[derive(Debug)]
pub(crate) struct Watch {
    next: Instant,
    /// Whether a client records fewer traces than configured.
    pressed: bool,
}

impl Watch {
    pub(crate) fn new() -> Self {
        Self { next: Instant::now(), pressed: false }
    }

    /// Returns the time until the next check while a client is pressed; otherwise no check is due.
    pub(crate) fn rest(&self) -> Option<Duration> {
        self.pressed.then(|| self.next.saturating_duration_since(Instant::now()))
    }

    /// Checks every client whose interval has passed. Called in every round of the pipeline: usually one comparison.
    pub(crate) fn look(&mut self) {
        self.look_at(Instant::now(), client::all);
    }

    fn look_at(&mut self, now: Instant, clients: impl FnOnce() -> Vec<Arc<Client>>) {
        const RARELY: Duration = Duration::from_secs(10);
        const OFTEN: Duration = Duration::from_millis(10);
        if now < self.next {
            return;
        }
        let mut pause = RARELY;
        self.pressed = false;
        for client in clients() {
            let options = client.options();
            if !options.enable_backpressure_handling || !client.is_tracing() {
                continue;
            }
            let interval = options.backpressure_interval.max(OFTEN);
            pause = pause.min(interval);
            if client.pressure().is_due(now, interval) {
                check(&client);
            }
            self.pressed |= client.pressure().halvings() > 0;
        }
        // A client that starts later is checked in time, too.
        self.next = now + (pause / 2).min(Duration::from_secs(1));
    }
}

fn check(client: &Client) {
    let ledger = client.ledger();
    // Spans overflow alone if one trace has too many of them; whole traces overflow under load.
    let overflowed = ledger.all_lost_for(DiscardReason::QueueOverflow)
        + ledger.all_lost_for(DiscardReason::CacheOverflow)
        + ledger.all_lost_of(DiscardReason::BufferOverflow, DataCategory::Transaction);
    let unwelcome = client.transport().is_some_and(|transport| {
        transport.is_rate_limited(DataCategory::Transaction) || transport.is_rate_limited(DataCategory::Span)
    });
    client.pressure().update(overflowed, unwelcome);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{Destinations, TransportFactory};
    use crate::options::ClientOptions;
    use crate::protocol::Envelope;
    use crate::transport::Transport;

    /// A transport whose server refuses one category.
    struct Refusing(Option<DataCategory>);

    impl Transport for Refusing {
        fn send_envelope(&self, _: Envelope) {}

        fn is_rate_limited(&self, category: DataCategory) -> bool {
            self.0 == Some(category)
        }
    }

    fn refusing(category: Option<DataCategory>) -> Destinations {
        Destinations {
            all: Some(Arc::new(Refusing(category))),
            #[cfg(writes_minidumps)]
            views: None,
        }
    }

    const WELCOME: TransportFactory = |_, _, _| Ok(refusing(None));

    fn tracing(interval: Duration) -> ClientOptions {
        ClientOptions::new().traces_sample_rate(1.0).backpressure_interval(interval)
    }

    fn client(options: ClientOptions, factory: TransportFactory) -> Arc<Client> {
        Arc::new(Client::assemble(options, factory).unwrap())
    }

    fn overflow(client: &Client) {
        client.ledger().lost(DiscardReason::QueueOverflow, DataCategory::Transaction, 1);
    }

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn whole_items_that_overflow_are_trouble_whatever_the_reason() {
        for (reason, category, expected) in [
            (DiscardReason::QueueOverflow, DataCategory::Transaction, 1),
            (DiscardReason::QueueOverflow, DataCategory::Error, 1),
            (DiscardReason::CacheOverflow, DataCategory::Transaction, 1),
            (DiscardReason::CacheOverflow, DataCategory::LogItem, 1),
            (DiscardReason::BufferOverflow, DataCategory::Transaction, 1),
            (DiscardReason::BufferOverflow, DataCategory::Span, 0),
            (DiscardReason::SampleRate, DataCategory::Transaction, 0),
            (DiscardReason::BeforeSend, DataCategory::Transaction, 0),
        ] {
            let client = client(tracing(MS), WELCOME);
            check(&client);
            assert_eq!(client.pressure().halvings(), 0);
            client.ledger().lost(reason, category, 1);
            check(&client);
            assert_eq!(client.pressure().halvings(), expected, "{reason:?} {category:?}");
            check(&client);
            assert_eq!(client.pressure().halvings(), 0, "a loss counts once: {reason:?} {category:?}");
        }
        let client = client(tracing(MS), WELCOME);
        for (round, reason) in (1..).zip([
            DiscardReason::QueueOverflow,
            DiscardReason::CacheOverflow,
            DiscardReason::BufferOverflow,
            DiscardReason::QueueOverflow,
        ]) {
            client.ledger().lost(reason, DataCategory::Transaction, 1);
            check(&client);
            assert_eq!(client.pressure().halvings(), round, "beside the losses before: {reason:?}");
        }
    }

    #[test]
    fn only_rate_limits_on_traces_are_trouble() {
        let factories: [(TransportFactory, u8); 4] = [
            (|_, _, _| Ok(refusing(Some(DataCategory::Transaction))), 2),
            (|_, _, _| Ok(refusing(Some(DataCategory::Span))), 2),
            (|_, _, _| Ok(refusing(Some(DataCategory::Error))), 0),
            (WELCOME, 0),
        ];
        for (factory, expected) in factories {
            let client = client(tracing(MS), factory);
            check(&client);
            check(&client);
            assert_eq!(client.pressure().halvings(), expected);
        }
    }

    #[test]
    fn a_client_is_checked_once_per_interval() {
        let start = Instant::now() + Duration::from_secs(3600);
        let mut watch = Watch { next: start, pressed: false };
        let client = client(tracing(10 * MS), WELCOME);
        let mut look = |at: Duration| {
            watch.look_at(start + at, || vec![client.clone()]);
            (watch.next - start, client.pressure().halvings(), watch.rest().is_some())
        };
        assert_eq!(look(Duration::ZERO), (5 * MS, 0, false));
        overflow(&client);
        assert_eq!(look(4 * MS), (5 * MS, 0, false), "too early to look at all");
        assert_eq!(look(5 * MS), (10 * MS, 0, false), "too early for this client");
        assert_eq!(look(10 * MS), (15 * MS, 1, true));
        assert_eq!(look(15 * MS), (20 * MS, 1, true), "it stays pressed between the checks");
        assert_eq!(look(20 * MS), (25 * MS, 0, false));
    }

    #[test]
    fn the_time_to_the_next_look_is_that_of_the_shortest_interval() {
        let start = Instant::now();
        let next = |intervals: &[Duration]| {
            let clients: Vec<_> =
                intervals.iter().map(|interval| client(tracing(*interval), WELCOME)).collect();
            let mut watch = Watch { next: start, pressed: true };
            watch.look_at(start, || clients);
            watch.next - start
        };
        assert_eq!(next(&[]), Duration::from_secs(1), "a client may start meanwhile");
        assert_eq!(next(&[Duration::from_secs(60)]), Duration::from_secs(1));
        assert_eq!(next(&[Duration::from_secs(60), Duration::from_secs(1)]), 500 * MS);
        assert_eq!(next(&[Duration::ZERO]), 5 * MS, "an interval of nothing would never rest");
    }

    #[test]
    fn rest_is_the_time_to_the_next_look_under_pressure() {
        let hour = Duration::from_secs(3600);
        let mut watch = Watch { next: Instant::now() + 2 * hour, pressed: true };
        assert!(watch.rest().is_some_and(|rest| rest > hour && rest <= 2 * hour));
        watch.next = Instant::now();
        assert_eq!(watch.rest(), Some(Duration::ZERO));
        watch.pressed = false;
        assert_eq!(watch.rest(), None);
        assert_eq!(Watch::new().rest(), None);
    }

    #[test]
    fn one_pressed_client_keeps_the_watch_awake_and_others_are_left_alone() {
        let start = Instant::now();
        let all = [
            client(tracing(MS), WELCOME),
            client(tracing(MS), WELCOME),
            client(tracing(MS).enable_backpressure_handling(false), WELCOME),
            client(ClientOptions::new(), WELCOME),
        ];
        all.iter().for_each(|client| overflow(client));
        let pressed = |clients: &[usize]| {
            let clients: Vec<_> = clients.iter().map(|&index| all[index].clone()).collect();
            let mut watch = Watch { next: start, pressed: false };
            watch.look_at(start, || clients);
            watch.pressed
        };
        assert!(!pressed(&[2, 3]));
        assert!(pressed(&[0, 1]));
        assert_eq!([0, 1, 2, 3].map(|index: usize| all[index].pressure().halvings()), [1, 1, 0, 0]);
        assert!(pressed(&[0, 2]) && pressed(&[2, 0]));
    }
}
