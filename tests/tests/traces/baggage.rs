//! Tests of the dynamic sampling context in the header `baggage`: the entries added to an incoming header, and its
//! limits.

use sentry_tests::support::{observe, only, options, untraced};

use crate::{TRACE, sentry_trace};

/// Continues a trace with this context. Returns the random number of the baggage inside a span, and that of the
/// envelope, if one was sent.
fn sample_rand(suffix: &str, context: &str) -> (String, Option<String>) {
    let baggage = format!("sentry-trace_id={TRACE},sentry-public_key=theirs{context}");
    let seen = observe(options(), || {
        sentry::continue_trace(&[sentry_trace(suffix), ("baggage", baggage)], || {
            let outside = sentry::get_baggage().unwrap();
            let inside = sentry::start_span("root", |_| sentry::get_baggage().unwrap());
            assert_eq!(entry(&inside, "sample_rand"), entry(&outside, "sample_rand"), "one number per trace");
            inside
        })
    });
    let sent = seen.envelopes().iter().find_map(|envelope| envelope.header.get("trace").cloned());
    let sent = sent.map(|trace| trace["sample_rand"].as_str().expect("there is a number").to_owned());
    (entry(&seen.result, "sample_rand").expect("there is a number"), sent)
}

fn entry(baggage: &str, name: &str) -> Option<String> {
    let name = format!("sentry-{name}");
    baggage
        .split(',')
        .filter_map(|entry| entry.split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

#[test]
fn a_random_number_that_is_made_here_is_propagated_and_sent() {
    for (suffix, context, range) in [
        ("", "", 0.0..1.0),
        ("-1", "", 0.0..1.0),
        ("-1", ",sentry-sample_rate=0.25", 0.0..0.25),
        ("-0", ",sentry-sample_rate=0.25", 0.25..1.0),
    ] {
        let (propagated, sent) = sample_rand(suffix, context);
        let number: f64 = propagated.parse().unwrap();
        assert!(range.contains(&number), "{suffix} {context}: {propagated}");
        assert_eq!(propagated.len(), "0.123456".len());
        assert_eq!(sent.is_some(), suffix != "-0");
        assert!(sent.is_none_or(|sent| sent == propagated), "{suffix} {context}: {propagated}");
    }
}

#[test]
fn an_invalid_random_number_is_replaced_and_a_valid_one_is_kept_as_it_came() {
    for invalid in ["1.0", "1", "-0.1", "NaN", "inf", "half", ""] {
        let (propagated, sent) = sample_rand("-1", &format!(",sentry-sample_rand={invalid}"));
        assert!((0.0..1.0).contains(&propagated.parse::<f64>().unwrap()), "{invalid}: {propagated}");
        assert_eq!(sent, Some(propagated));
    }
    for valid in ["0.5", "0", "0.12345678901"] {
        let (propagated, _) = sample_rand("-1", &format!(",sentry-sample_rand={valid}"));
        assert_eq!(propagated, valid);
    }
}

#[test]
fn the_context_survives_a_header_that_is_full_of_other_entries() {
    let tenant = format!("tenant={}", "x".repeat(5000));
    let session = format!("session={}", "y".repeat(5000));
    let seen = observe(options(), || {
        let mut headers = vec![("baggage".to_owned(), format!("{tenant},{session},last=1;p=2"))];
        assert!(sentry::propagate("http://shop.example/", &mut headers));
        (headers, sentry::get_baggage().unwrap())
    });
    let (headers, ours) = &seen.result;
    let (_, baggage) = headers.iter().find(|(name, _)| name == "baggage").unwrap();
    assert_eq!(*baggage, format!("{tenant},last=1;p=2,{ours}"), "as many entries are kept as have room");

    // The next service reads the same header.
    let context = format!("sentry-trace_id={TRACE},sentry-public_key=theirs,sentry-sample_rand=0.5");
    let incoming = [sentry_trace("-1"), ("baggage", format!("{tenant},{session},{context}"))];
    let seen = observe(options(), || sentry::continue_trace(&incoming, || sentry::get_baggage().unwrap()));
    assert_eq!(seen.result, context);
}

#[test]
fn an_entry_of_ours_that_is_too_long_is_left_out_alone() {
    let seen = observe(untraced(), || {
        let environment = "e".repeat(60);
        let incoming = format!(
            "sentry-trace_id={TRACE},sentry-long={},sentry-environment={environment}",
            "ä".repeat(2000)
        );
        let headers = [sentry_trace("-1"), ("baggage", incoming)];
        sentry::continue_trace(&headers, || sentry::get_trace_data().unwrap().merge_baggage("mine=1"))
    });
    let baggage = &seen.result;
    assert!(baggage.len() <= 8192 && baggage.starts_with("mine=1,"), "{}", baggage.len());
    assert_eq!(entry(baggage, "long"), None);
    assert!(entry(baggage, "environment").is_some());
}

#[test]
fn an_empty_context_gets_no_random_number() {
    let seen = observe(options(), || {
        sentry::continue_trace(&[sentry_trace("-1")], || {
            sentry::start_span("root", |_| sentry::get_trace_data().unwrap().baggage)
        })
    });
    assert_eq!(seen.result, "");
    assert_eq!(only(seen.envelopes()).header.get("trace"), None, "the server refuses one without a trace id");
}
