//! Tests of wrong clocks, and of numbers that are not finite.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sentry::protocol::{Event, MonitorCheckIn, MonitorCheckInStatus};
use sentry::{Breadcrumb, Level, SpanOptions};
use sentry_tests::support::{observe, options};

fn times() -> Vec<SystemTime> {
    let far = [10, 1 << 40, 1 << 60, i64::MAX as u64].map(Duration::from_secs);
    let after = far.iter().filter_map(|far| UNIX_EPOCH.checked_add(*far));
    let before = far.iter().filter_map(|far| UNIX_EPOCH.checked_sub(*far));
    after.chain(before).collect()
}

#[test]
fn any_time_is_sent_as_one_that_can_be_read() {
    let times = times();
    let seen = observe(options(), || {
        for &time in &times {
            let timestamp = time;
            sentry::capture_event(Event { timestamp, ..Default::default() });
            sentry::with_isolation_scope(|| {
                sentry::add_breadcrumb(Breadcrumb { timestamp, ..Default::default() });
                sentry::capture_message("with a breadcrumb", Level::Info);
            });
            for &end in &times {
                let span = sentry::start_inactive_span(SpanOptions::new("work").start_time(time));
                span.end_at(end);
            }
        }
    });
    assert_eq!(seen.events().len(), 2 * times.len());
    assert_eq!(seen.transactions().len(), times.len() * times.len());
    let valid = |time: &serde_json::Value| (0.0..=253_402_300_799.0).contains(&time.as_f64().unwrap());
    for payload in seen.events().iter().chain(&seen.transactions()) {
        assert!(valid(&payload["timestamp"]), "{payload}");
        if let Some(start) = payload["start_timestamp"].as_f64() {
            assert!(start <= payload["timestamp"].as_f64().unwrap(), "{payload}");
        }
    }
}

#[test]
fn nan_and_infinity_leave_payloads_valid() {
    let seen = observe(options(), || {
        sentry::with_isolation_scope(|| {
            sentry::start_span("work", |span| {
                for (name, number) in
                    [("nan", f64::NAN), ("more", f64::INFINITY), ("less", f64::NEG_INFINITY)]
                {
                    span.set_attribute(name, number);
                    span.set_attribute("list", vec![number, 1.0]);
                    sentry::set_extra(name, number);
                    sentry::set_tag(name, number);
                }
                span.set_attribute("largest", u64::MAX);
                span.set_attribute("smallest", i64::MIN);
                sentry::capture_message("hello", Level::Info);
            });
            let check_in = MonitorCheckIn::new("a-job", MonitorCheckInStatus::Ok).unwrap();
            sentry::capture_check_in(MonitorCheckIn { duration: Some(f64::NAN), ..check_in }, None);
        });
    });
    let data = seen.transaction()["contexts"]["trace"]["data"].clone();
    assert!(data.get("nan").is_none_or(serde_json::Value::is_null), "{data}");
    assert_eq!((&data["largest"], &data["smallest"]), (&u64::MAX.into(), &i64::MIN.into()));
    assert_eq!(seen.event()["tags"]["nan"], "NaN");
    assert_eq!(seen.check_ins().len(), 1);
}

#[test]
fn a_sampler_that_answers_nonsense_samples_nothing() {
    for answer in [f32::NAN, f32::INFINITY, -1.0, 2.0] {
        let seen = observe(sentry_tests::support::untraced().traces_sampler(move |_| answer), || {
            sentry::start_span("work", |_| ());
        });
        assert!(seen.transactions().is_empty(), "{answer}");
        assert_eq!(seen.reported("sample_rate", "transaction"), 1, "{answer}");
    }
}
