//! Tests of headers and meta tags that pass the trace on.

use sentry_tests::support::{observe, options, untraced, without_client};

use crate::{SPAN, TRACE, sentry_trace};

fn baggage_of(baggage: &str) -> Vec<(&str, &str)> {
    baggage.split(',').filter_map(|entry| entry.split_once('=')).collect()
}

#[test]
fn headers_of_an_active_span_name_it() {
    let seen = observe(options(), || {
        sentry::start_span("root", |_| sentry::start_span("request", |_| sentry::get_trace_data().unwrap()))
    });
    let request = seen.span("request");
    let data = &seen.result;
    assert_eq!(data.sentry_trace, format!("{}-{}-1", request.trace, request.id));
    assert_eq!(data.traceparent, format!("00-{}-{}-01", request.trace, request.id));
    let baggage = baggage_of(&data.baggage);
    let entry = |name: &str| baggage.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
    for (name, expected) in [
        ("sentry-trace_id", &*request.trace),
        ("sentry-public_key", seen.key()),
        ("sentry-release", "shop%401.4.2"),
        ("sentry-environment", "testing"),
        ("sentry-transaction", "root"),
        ("sentry-sample_rate", "1"),
        ("sentry-sampled", "true"),
    ] {
        assert_eq!(entry(name), Some(expected), "{name}");
    }
    assert!(entry("sentry-sample_rand").is_some());
    let listed: Vec<_> = data.iter().collect();
    assert_eq!(listed, [("sentry-trace", &*data.sentry_trace), ("baggage", &*data.baggage)]);
}

#[test]
fn propagated_headers_do_not_change_when_the_transaction_is_renamed() {
    let seen = observe(options(), || {
        sentry::start_span("first", |span| {
            let before = sentry::get_trace_data().unwrap();
            span.update_name("second");
            (before, sentry::get_trace_data().unwrap())
        })
    });
    let (before, after) = &seen.result;
    assert_eq!(before.baggage, after.baggage);
    assert_eq!(seen.envelopes()[0].header["trace"]["transaction"], "first");
    assert_eq!(seen.transaction()["transaction"], "second");
}

#[test]
fn a_continued_trace_goes_on_with_its_context() {
    let theirs = "sentry-trace_id=771a,sentry-x=y%20z,mine=1,sentry-sample_rand=0.5";
    let headers = [sentry_trace("-1"), ("baggage", theirs.to_owned())];
    let seen = observe(options(), || {
        sentry::continue_trace(&headers, || {
            let outside = sentry::get_trace_data().unwrap();
            (outside, sentry::start_span("handler", |_| sentry::get_trace_data().unwrap()))
        })
    });
    let (outside, inside) = &seen.result;
    assert_eq!(inside.sentry_trace, format!("{TRACE}-{}-1", seen.span("handler").id));
    assert_eq!(inside.baggage, "sentry-trace_id=771a,sentry-x=y%20z,sentry-sample_rand=0.5");
    assert_eq!(outside.baggage, inside.baggage);
    assert_eq!(seen.envelopes()[0].header.get("trace"), None, "receivers would refuse this context");
    assert!(outside.sentry_trace.starts_with(TRACE) && outside.sentry_trace.ends_with("-1"), "{outside:?}");
    assert!(!outside.sentry_trace.contains(SPAN), "the caller's span is not ours");
}

#[test]
fn a_trace_that_is_not_sampled_says_so() {
    let seen = observe(options().traces_sample_rate(0.0), || {
        sentry::start_span("root", |_| sentry::get_trace_data().unwrap())
    });
    assert!(seen.result.sentry_trace.ends_with("-0"), "{:?}", seen.result);
    assert!(seen.result.traceparent.ends_with("-00"), "{:?}", seen.result);
    assert!(seen.result.baggage.contains("sentry-sampled=false"), "{:?}", seen.result);
    assert!(seen.result.baggage.contains("sentry-sample_rate=0"), "{:?}", seen.result);
}

#[test]
fn without_performance_the_decision_is_left_to_others() {
    let seen = observe(untraced(), || {
        sentry::start_new_trace(|| {
            sentry::start_span("no span", |span| assert!(!span.is_recording()));
            sentry::capture_message("something", sentry::Level::Info);
            (sentry::get_trace_data().unwrap(), sentry::get_trace_data().unwrap())
        })
    });
    let (data, again) = &seen.result;
    assert_eq!(data, again);
    let parts: Vec<_> = data.sentry_trace.split('-').collect();
    assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [32, 16], "{}", data.sentry_trace);
    let trace = &seen.event()["contexts"]["trace"];
    assert_eq!((trace["trace_id"].as_str(), trace["span_id"].as_str()), (Some(parts[0]), Some(parts[1])));
    assert!(data.baggage.contains(&format!("sentry-trace_id={}", parts[0])), "{}", data.baggage);
    assert!(!data.baggage.contains("sampled"), "{}", data.baggage);
    assert!(!data.baggage.contains("sample_rate"), "{}", data.baggage);
    assert_eq!(seen.envelopes()[0].header["trace"]["trace_id"], parts[0]);
    assert_eq!(seen.transactions().len(), 0);
}

#[test]
fn without_performance_a_decision_that_came_in_goes_on() {
    for (suffix, flags) in [("-1", "01"), ("-0", "00"), ("", "00")] {
        let seen = observe(untraced(), || {
            sentry::continue_trace(&[sentry_trace(suffix)], || sentry::get_trace_data().unwrap())
        });
        let rest = seen.result.sentry_trace.strip_prefix(&format!("{TRACE}-")).unwrap();
        assert_eq!(&rest[16..], suffix);
        assert!(seen.result.traceparent.ends_with(&format!("-{flags}")), "{:?}", seen.result);
    }
}

#[test]
fn meta_tags_are_fit_for_a_page() {
    let release = "<b>\"shop\" & 'co'@1";
    let seen = observe(options().release(release), || {
        sentry::start_span("<script>alert(\"1\")</script>", |_| {
            (sentry::get_trace_meta_tags(), sentry::get_trace_data().unwrap())
        })
    });
    let (tags, data) = &seen.result;
    let lines: Vec<_> = tags.lines().collect();
    assert_eq!(lines.len(), 2, "{tags}");
    for (line, (name, value)) in lines.iter().zip(data.iter()) {
        let content = line
            .strip_prefix(&format!("<meta name=\"{name}\" content=\""))
            .and_then(|rest| rest.strip_suffix("\">"))
            .expect(line);
        assert!(!content.contains(['"', '<', '>', '\'']), "{content}");
        assert_eq!(content.replace("&amp;", "&"), value);
    }
}

#[test]
fn without_a_client_there_are_no_headers_to_propagate() {
    without_client(|| {
        assert_eq!(sentry::get_trace_data(), None);
        assert_eq!(sentry::get_trace_meta_tags(), "");
    });
}
