//! Tests of the headers of W3C's trace context, `traceparent` and `tracestate`, with the cases of the specification's
//! own test suite (`test/test.py` of the repository `w3c/trace-context`), through the public API.

use sentry_tests::support::{observe, options};

const TRACE: &str = "12345678901234567890123456789012";
const PARENT: &str = "00-12345678901234567890123456789012-1234567890123456-00";

type Headers = Vec<(String, String)>;

/// Returns the headers of a request that a service sends while it handles another one, outside and inside of a span.
fn passed_on(incoming: &[(&str, &str)]) -> [Headers; 2] {
    let incoming: Vec<_> =
        incoming.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let send = || {
        let mut headers = Headers::new();
        assert!(sentry::propagate("http://next.example/", &mut headers));
        headers
    };
    observe(options().propagate_traceparent(true), || {
        sentry::continue_trace(&incoming, || [send(), sentry::start_span("handler", |_| send())])
    })
    .result
}

fn header<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
    headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// Returns the outgoing `tracestate` for these incoming ones with a valid `traceparent`; empty if there is none.
fn tracestate(incoming: &[&str]) -> String {
    let states = incoming.iter().map(|value| ("TraceState", *value));
    let [outside, inside] =
        passed_on(&[("traceparent", PARENT)].into_iter().chain(states).collect::<Vec<_>>());
    let sent = header(&outside, "tracestate");
    assert_eq!(header(&inside, "tracestate"), sent);
    for headers in [&outside, &inside] {
        let parent = header(headers, "traceparent").unwrap();
        assert!(parent.contains(TRACE) && parent.len() == PARENT.len(), "{parent}");
    }
    assert_ne!(sent, Some(""), "an empty header is not sent");
    sent.unwrap_or_default().to_owned()
}

#[test]
fn traceparents() {
    for (value, continued) in [
        (PARENT, true),
        ("00-12345678901234567890123456789012-1234567890123456-01", true),
        (" 00-12345678901234567890123456789012-1234567890123456-01", true),
        ("\t00-12345678901234567890123456789012-1234567890123456-01", true),
        ("00-12345678901234567890123456789012-1234567890123456-01 \t", true),
        ("00-12345678901234567890123456789012-1234567890123456-01.", false),
        ("00-12345678901234567890123456789012-1234567890123456-01-what-the-future-will-be-like", false),
        ("cc-12345678901234567890123456789012-1234567890123456-01", true),
        ("cc-12345678901234567890123456789012-1234567890123456-01-what-the-future-will-be-like", true),
        ("cc-12345678901234567890123456789012-1234567890123456-01.what-the-future-will-be-like", false),
        ("ff-12345678901234567890123456789012-1234567890123456-01", false),
        (".0-12345678901234567890123456789012-1234567890123456-01", false),
        ("0.-12345678901234567890123456789012-1234567890123456-01", false),
        ("000-12345678901234567890123456789012-1234567890123456-01", false),
        ("0000-12345678901234567890123456789012-1234567890123456-01", false),
        ("0-12345678901234567890123456789012-1234567890123456-01", false),
        ("00-00000000000000000000000000000000-1234567890123456-01", false),
        ("00-.2345678901234567890123456789012-1234567890123456-01", false),
        ("00-1234567890123456789012345678901.-1234567890123456-01", false),
        ("00-123456789012345678901234567890123-1234567890123456-01", false),
        ("00-1234567890123456789012345678901-1234567890123456-01", false),
        ("00-12345678901234567890123456789012-0000000000000000-01", false),
        ("00-12345678901234567890123456789012-.234567890123456-01", false),
        ("00-12345678901234567890123456789012-123456789012345.-01", false),
        ("00-12345678901234567890123456789012-12345678901234567-01", false),
        ("00-12345678901234567890123456789012-123456789012345-01", false),
        ("00-12345678901234567890123456789012-1234567890123456-.0", false),
        ("00-12345678901234567890123456789012-1234567890123456-0.", false),
        ("00-12345678901234567890123456789012-1234567890123456-001", false),
        ("00-12345678901234567890123456789012-1234567890123456-1", false),
    ] {
        for headers in passed_on(&[("TraceParent", value), ("tracestate", "foo=1")]) {
            let sent = header(&headers, "traceparent").unwrap();
            assert_eq!(sent.contains(TRACE), continued, "{value}: {sent}");
            assert!(!sent.contains("-1234567890123456-"), "the parent is a span of ours: {sent}");
            assert_eq!(header(&headers, "tracestate"), continued.then_some("foo=1"), "{value}");
        }
    }
    for duplicated in [[PARENT, PARENT], [PARENT, "00-12345678901234567890123456789011-1234567890123456-01"]]
    {
        let [outside, _] = passed_on(&duplicated.map(|value| ("traceparent", value)));
        assert!(!header(&outside, "traceparent").unwrap().contains("123456789012345678901234567890"));
    }
}

#[test]
fn the_flag_of_a_random_trace_id_is_passed_on_and_unknown_flags_are_not() {
    for (flags, outside, inside) in
        [("00", "00", "00"), ("02", "02", "02"), ("03", "03", "03"), ("ff", "03", "03")]
    {
        let parent = PARENT.replace("-00", &format!("-{flags}"));
        let parent = format!("00{}", &parent[2..]);
        let sent = passed_on(&[("traceparent", &parent)]);
        for (headers, expected) in sent.iter().zip([outside, inside]) {
            assert!(
                header(headers, "traceparent").unwrap().ends_with(&format!("-{expected}")),
                "{flags}: {headers:?}"
            );
        }
    }
}

#[test]
fn tracestates_are_inherited() {
    let all = |range: std::ops::RangeInclusive<u8>| range.map(char::from).collect::<String>();
    let key = format!("{}0123456789_-*/@a-z0-9_-*/", all(b'a'..=b'z'));
    let every = format!("{key}={}{}{}", all(b' '..=b'+'), all(b'-'..=b'<'), all(b'>'..=b'~'));
    let long = format!("{}=1", "z".repeat(256));
    let vendor = format!("{}@{}=1", "t".repeat(241), "v".repeat(14));
    let value = format!("foo={}", "v".repeat(256));
    for one in [
        "foo=1",
        "foo=1,bar=2",
        "foo@=1,bar=2",
        "foo@@bar=1,bar=2",
        "foo@bar@baz=1,bar=2",
        &every,
        &long,
        &vendor,
        &value,
    ] {
        assert_eq!(tracestate(&[one]), one);
    }
    for (incoming, combined) in [
        (&["foo=1,bar=2", "rojo=1,congo=2", "baz=3"][..], "foo=1,bar=2,rojo=1,congo=2,baz=3"),
        (&["foo=1", ""], "foo=1"),
        (&["", "foo=1"], "foo=1"),
        (&["foo=1 \t , \t bar=2, \t baz=3"], "foo=1,bar=2,baz=3"),
        (&["foo=1\t \t,\t \tbar=2,\t \tbaz=3"], "foo=1,bar=2,baz=3"),
        (&["\t foo=1 \t"], "foo=1"),
        (&["foo= 1"], "foo= 1"),
        (&[",, foo=1,\t,bar=2,"], "foo=1,bar=2"),
        (&["foo=1,foo=1"], "foo=1"),
        (&["foo=1,foo=2"], "foo=1"),
        (&["foo=1", "foo=2"], "foo=1"),
    ] {
        assert_eq!(tracestate(incoming), combined, "{incoming:?}");
    }
    let members =
        |count: usize| (1..=count).map(|at| format!("bar{at:02}={at:02}")).collect::<Vec<_>>().join(",");
    assert_eq!(tracestate(&[&members(20), &members(32)[members(20).len() + 1..]]), members(32));
    assert_eq!(tracestate(&[&members(33)]), "", "32 is the limit");
}

#[test]
fn tracestates_are_discarded() {
    let long = format!("{}=1", "z".repeat(257));
    let value = format!("bar={}", "v".repeat(257));
    for incoming in [
        &[""][..],
        &["foo =1"],
        &["FOO=1"],
        &["foo.bar=1"],
        &["@foo=1,bar=2"],
        &["foo=1", &long],
        &["foo=1", &value],
        &["foo=bar=baz"],
        &["foo=,bar=3"],
        &["foo,bar=3"],
        &["foo=1\t2"],
        &["foo=ä"],
    ] {
        assert_eq!(tracestate(incoming), "", "{incoming:?}");
    }
    for name in ["trace-state", "trace.state"] {
        let [outside, _] = passed_on(&[("traceparent", PARENT), (name, "foo=1")]);
        assert_eq!(header(&outside, "tracestate"), None);
    }
    let [alone, _] = passed_on(&[("tracestate", "foo=1")]);
    assert_eq!(header(&alone, "tracestate"), None, "without traceparent it says nothing");
}

#[test]
fn tracestate_accompanies_its_own_trace() {
    let sentry = |trace: &str| format!("{trace}-1234567890123456-1");
    let (same, other) = (sentry(TRACE), sentry(&"a".repeat(32)));
    for (sentry_trace, state) in [(same, Some("foo=1")), (other, None)] {
        let incoming = [("sentry-trace", &*sentry_trace), ("traceparent", PARENT), ("tracestate", "foo=1")];
        let [outside, _] = passed_on(&incoming);
        assert_eq!(header(&outside, "tracestate"), state, "{sentry_trace}");
    }
    // W3C's headers are sent only if the option is set, and the program's own headers are kept.
    let incoming = [("traceparent", PARENT), ("tracestate", "foo=1")];
    let seen = observe(options(), || {
        sentry::continue_trace(&incoming, || {
            let data = sentry::get_trace_data().unwrap();
            assert_eq!(data.tracestate, "");
            data.iter().map(|(name, _)| name).collect::<Vec<_>>()
        })
    });
    assert_eq!(seen.result, ["sentry-trace", "baggage"]);
    let seen = observe(options().propagate_traceparent(true), || {
        sentry::continue_trace(&incoming, || {
            let mut headers: Headers =
                vec![("traceparent".into(), "mine".into()), ("tracestate".into(), "m=1".into())];
            sentry::propagate("http://next.example/", &mut headers);
            headers
        })
    });
    assert_eq!(header(&seen.result, "traceparent"), Some("mine"));
    assert_eq!(header(&seen.result, "tracestate"), Some("m=1"));
}
