//! Tests of root spans outside of any request: their context is created only when something asks for it, which makes no
//! difference in the sent data.

use std::collections::HashSet;
use std::sync::Arc;
use std::thread;

use sentry::protocol::{DataCategory, DiscardReason};
use sentry_tests::FakeSentry;
use sentry_tests::support::{LONG, observe, options};
use serde_json::Value;

#[sentry::span]
fn step() {}

/// Reads the trace header if `look` is set.
#[sentry::span]
fn job(look: bool) -> Option<String> {
    step();
    let header = look.then(sentry::get_traceparent).flatten();
    step();
    header
}

/// Returns a transaction without the fields that differ between any two transactions.
fn likeness(transaction: &Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                let ids =
                    ["event_id", "trace_id", "span_id", "parent_span_id", "start_timestamp", "timestamp"];
                fields.retain(|name, _| !ids.contains(&&**name));
                fields.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut likeness = transaction.clone();
    strip(&mut likeness);
    likeness
}

#[test]
fn a_root_whose_header_was_read_is_sent_like_any_other() {
    let seen = observe(options(), || (job(false), job(true)));
    let transactions = seen.transactions();
    assert_eq!(transactions.len(), 2);
    assert_eq!(likeness(&transactions[0]), likeness(&transactions[1]));
    let header = seen.result.1.unwrap();
    let trace = &transactions[1]["contexts"]["trace"];
    let (trace_id, span_id) = (trace["trace_id"].as_str().unwrap(), trace["span_id"].as_str().unwrap());
    assert_eq!(header, format!("{trace_id}-{span_id}-1"));
    assert_eq!(
        transactions[1]["spans"].as_array().unwrap().len(),
        2,
        "one before and one after the header is read"
    );
}

#[sentry::span]
fn failing_job() {
    step();
    sentry::capture_message("no paper", sentry::Level::Error);
    sentry::start_span("inner", |_| step());
}

#[test]
fn what_is_captured_in_a_root_belongs_to_it() {
    let seen = observe(options(), failing_job);
    let (event, transaction) = (seen.event(), seen.transaction());
    for id in ["trace_id", "span_id"] {
        assert_eq!(event["contexts"]["trace"][id], transaction["contexts"]["trace"][id]);
    }
    assert_eq!(transaction["spans"].as_array().unwrap().len(), 3);
}

#[sentry::span]
fn job_that_says(step: &str) {
    sentry::configure_scope(|scope| scope.set_tag("step", step));
}

#[test]
fn a_root_has_the_scopes_of_its_end() {
    let seen = observe(options(), || {
        sentry::set_tag("before", "yes");
        job(false);
        job_that_says("one");
        job(false);
        job_that_says("two");
        // These changes do not affect ended transactions.
        sentry::configure_scope(|scope| {
            scope.remove_tag("step");
            scope.remove_tag("before");
        });
        job(false);
    });
    let tags: Vec<_> = seen
        .transactions()
        .iter()
        .map(|transaction| (transaction["tags"]["before"].clone(), transaction["tags"]["step"].clone()))
        .collect();
    let yes = || Value::from("yes");
    assert_eq!(
        tags,
        [
            (yes(), Value::Null),
            (yes(), "one".into()),
            (yes(), "one".into()),
            (yes(), "two".into()),
            (Value::Null, Value::Null)
        ]
    );
}

#[sentry::span]
fn job_during_which(happens: impl FnOnce()) {
    happens();
    step();
}

#[test]
fn a_root_stays_with_the_client_that_it_started_with() {
    let other_server = FakeSentry::start();
    let seen = observe(options(), || {
        let first = sentry::get_client();
        let other = sentry::Client::new(options().dsn(&other_server.dsn())).unwrap();
        job_during_which(|| sentry::set_current_client(Some(Arc::clone(&other))));
        job(false);
        sentry::set_current_client(first);
        job_during_which(|| ());
        other.close(LONG)
    });
    let name = |transaction: &Value| transaction["transaction"].as_str().unwrap().to_owned();
    let names: Vec<_> = seen.transactions().iter().map(name).collect();
    assert_eq!(names, ["roots::job_during_which", "roots::job_during_which"]);
    let names: Vec<_> = other_server.transactions().iter().map(name).collect();
    assert_eq!(names, ["roots::job"]);
}

#[test]
fn half_of_the_roots_are_recorded_at_a_rate_of_one_half() {
    const JOBS: usize = 400;
    let seen = observe(options().traces_sample_rate(0.5), || (0..JOBS).for_each(|at| _ = job(at % 3 == 0)));
    let transactions = seen.transactions();
    assert!((100..300).contains(&transactions.len()), "{} of {JOBS}", transactions.len());
    for envelope in seen.envelopes().iter().filter(|envelope| envelope.items_of("transaction").count() > 0) {
        let trace = &envelope.header["trace"];
        assert_eq!((&trace["sample_rate"], &trace["sampled"]), (&"0.5".into(), &"true".into()));
        let rand: f64 = trace["sample_rand"].as_str().unwrap().parse().unwrap();
        assert!(rand < 0.5, "{rand}");
    }
    let dropped = |category| {
        let entries = seen.stats.dropped.iter();
        let of =
            entries.filter(|entry| entry.reason == DiscardReason::SampleRate && entry.category == category);
        of.map(|entry| entry.quantity).sum::<u64>()
    };
    assert_eq!(dropped(DataCategory::Transaction), (JOBS - transactions.len()) as u64);
    assert_eq!(dropped(DataCategory::Span), (JOBS - transactions.len()) as u64);
}

#[test]
fn every_root_has_a_trace_of_its_own() {
    let seen = observe(options(), || {
        let threads: Vec<_> =
            (0..4).map(|_| thread::spawn(|| (0..50).for_each(|_| _ = job(false)))).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    let roots = seen.spans().into_iter().filter(|span| span.is_root);
    let (traces, ids): (HashSet<_>, HashSet<_>) = roots.map(|root| (root.trace, root.id)).unzip();
    assert_eq!((traces.len(), ids.len()), (200, 200));
}

#[test]
fn a_root_whose_guard_a_thread_local_holds_is_sent_or_counted() {
    thread_local! {
        static HELD: std::cell::RefCell<Option<sentry::SpanGuard>> = const { std::cell::RefCell::new(None) };
    }
    for touched_first in [true, false] {
        let seen = observe(options(), move || {
            let hold = move || {
                if touched_first {
                    HELD.with_borrow(|held| assert!(held.is_none()));
                }
                let guard = sentry::enter_span!("held");
                HELD.set(Some(guard));
            };
            std::thread::spawn(hold).join().unwrap();
        });
        let sent = seen.transactions().len() as u64;
        let lost: u64 = seen
            .stats
            .dropped
            .iter()
            .filter(|lost| lost.category == DataCategory::Transaction)
            .map(|lost| lost.quantity)
            .sum();
        assert_eq!(sent + lost, 1, "touched first: {touched_first}: {:?}", seen.stats);
    }
}
