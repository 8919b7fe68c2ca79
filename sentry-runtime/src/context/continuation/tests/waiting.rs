//! Tests of `baggage` headers that are parsed late: the result is the same as that of parsing them at once.

use std::sync::Arc;

use super::super::*;
use super::TRACE;
use crate::protocol::TraceId;
use crate::trace::sample_rand;

fn headers(flag: &str, baggage: &[&str]) -> Vec<(&'static str, String)> {
    let trace = ("sentry-trace", format!("{TRACE}{flag}"));
    std::iter::once(trace).chain(baggage.iter().map(|header| ("baggage", (*header).to_owned()))).collect()
}

fn formatted(sample_rand: u32) -> String {
    let mut text = String::new();
    sample_rand::write(&mut text, sample_rand);
    text
}

/// Returns headers as SDKs write them, as proxies change them, and malformed ones.
fn hostile() -> Vec<String> {
    let headers = [
        "",
        " ",
        ",,;=,=;,%,sentry-,sentry-=,sentry-;,sentry-%",
        "tenant=7",
        "sentry-trace_id=771a43a4192642f0b136d5159a501700,sentry-sample_rate=0.5,sentry-sample_rand=0.25,sentry-org_id=1",
        "sentry-sample_rand=0.25,sentry-sample_rand=0.75,sentry-org_id=2,sentry-org_id=1",
        "sentry-sample_rand=0.25,sentry-sample_rand=no,sentry-sample_rate=0.5,sentry-sample_rate=2",
        "sentry-sample%5Frand=0.25,sentry-%6Frg_id=1,sentry-sample_rate=0%2E5",
        "sentry-sample_rand=0%2E25,sentry-org_id=%31,sentry-sample_rate=%30.5",
        "sentry-sample_rand=%zz,sentry-org_id=%,sentry-sample_rate=%2",
        "SENTRY-SAMPLE_RAND=0.25,Sentry-Org_Id=1,sentry-SAMPLE_RATE=0.5",
        "  sentry-sample_rand\t=\t0.25 ; p=1 ,\tsentry-org_id = 1;q , sentry-sample_rate=0.5",
        "sentry-sample_rand;=0.25,sentry-org_id;a=1",
        "sentry-sample_rand=1.0,sentry-sample_rate=0.000001",
        "sentry-sample_rand=-0.25,sentry-sample_rate=1e-3",
        "sentry-sample_rand=NaN,sentry-sample_rate=inf",
        "sentry-sample_rand=0.9999999999,sentry-sample_rate=1",
        "sentry-release=1,sentry-user=Am\u{e9}lie,sentry-sample_rand=0.25",
        "sentry-sample_rand=\u{a0}0.25\u{a0},sentry-org_id=\u{2003}1",
        "sentry.span_group.session_id=s,sentry-sample_rand=0.25,sentry-sample_rate=0.5",
        "sentry.span_group.session_id=s%201;p,vendor=1",
        "sentry-sampled=false,sentry-sample_rate=0,sentry-replay_id=771a43a4192642f0b136d5159a501700",
    ];
    let long = |length: usize| {
        let known = "sentry-sample_rand=0.25,sentry-org_id=1,vendor=";
        format!("{known}{}", "v".repeat(length - known.len()))
    };
    let many = (0..200).map(|number| format!("sentry-k{number}=v")).collect::<Vec<_>>().join(",");
    let more = [long(MAX_COPIED), long(MAX_COPIED + 1), long(8192), long(100_000), many];
    headers.into_iter().map(str::to_owned).chain(more).collect()
}

/// Returns the contents of a trace, except for a random number that was drawn for it.
fn facts(propagation: &Propagation) -> impl PartialEq + std::fmt::Debug + use<> {
    let dsc = propagation.dsc.as_ref().map(FrozenContext::get);
    let entries = dsc.map(|dsc| {
        let entries = dsc.iter().filter(|(key, _)| *key != "sample_rand");
        entries.map(|(key, value)| (key.to_owned(), value.to_owned())).collect::<Vec<_>>()
    });
    let groups = propagation.groups().map(|groups| SpanGroups::clone(groups));
    let Propagation { trace_id, parent, sampled, .. } = *propagation;
    (trace_id, parent, sampled, entries, groups, propagation.parent_sample_rate(), propagation.replay_id())
}

#[test]
fn a_header_that_waits_says_what_it_would_say_at_once() {
    for header in hostile() {
        let mut read = DynamicSamplingContext::default();
        baggage::parse(&header, &mut read, &mut SpanGroups::default());
        let given = sample_rand::read(read.get("sample_rand"));
        for flag in ["", "-", "-0", "-1"] {
            // If there are several headers, all of them are parsed at once.
            let waiting = Propagation::from_headers(&headers(flag, &[&header]), None).unwrap();
            let at_once = Propagation::from_headers(&headers(flag, &[&header, ""]), None).unwrap();
            assert!(matches!(at_once.dsc, Some(FrozenContext::Read(_))));
            assert_eq!(header.len() <= MAX_COPIED, matches!(waiting.dsc, Some(FrozenContext::Unread(..))));
            // The values are read in this order, and below in the opposite order.
            let numbers = (waiting.sample_rand(), waiting.parent_sample_rate());
            assert_eq!(facts(&waiting), facts(&at_once), "{header}");
            assert_eq!(numbers, (waiting.sample_rand(), waiting.parent_sample_rate()), "{header}");
            let later = Propagation::from_headers(&headers(flag, &[&header]), None).unwrap();
            assert_eq!(facts(&later), facts(&at_once), "{header}");
            for trace in [&waiting, &at_once, &later] {
                let dsc = trace.dsc.as_ref().unwrap().get();
                assert_eq!(dsc.get("sample_rand").is_some(), !dsc.is_empty(), "{header}");
                if given.is_none() && !dsc.is_empty() {
                    assert_eq!(dsc.get("sample_rand"), Some(&*formatted(trace.sample_rand())), "{header}");
                }
                let rate = dsc.get("sample_rate").and_then(|rate| rate.parse().ok());
                let rate =
                    rate.filter(|rate| (1e-6..1.0).contains(rate)).map(|rate: f64| (rate * 1e6).floor());
                let agrees = match (given, trace.sampled, rate) {
                    (Some(given), ..) => given == trace.sample_rand(),
                    (None, Some(sampled), Some(rate)) => sampled == (f64::from(trace.sample_rand()) < rate),
                    (None, ..) => trace.sample_rand() < 1_000_000,
                };
                assert!(agrees, "{header} {:?} {}", trace.sampled, trace.sample_rand());
                assert_eq!(trace.clone().sample_rand(), trace.sample_rand());
            }
        }
    }
}

#[test]
fn the_organisation_of_a_header_that_waits_decides_as_at_once() {
    for header in hostile() {
        for (ours, strict) in
            [(None, false), (None, true), (Some("1"), false), (Some("1"), true), (Some("2"), false)]
        {
            let options = ClientOptions {
                org_id: ours.map(str::to_owned),
                strict_trace_continuation: strict,
                ..ClientOptions::default()
            };
            let may = |baggage: &[&str]| {
                Propagation::from_headers(&headers("-1", baggage), Some(&options)).is_some()
            };
            assert_eq!(may(&[&header]), may(&[&header, ""]), "{header} {ours:?} {strict}");
        }
    }
}

/// Returns whether no part of the trace's header was parsed.
fn is_untouched(propagation: &Propagation) -> bool {
    let Some(FrozenContext::Unread(header, _)) = &propagation.dsc else { return false };
    header.reading().is_untouched()
}

#[test]
fn nothing_is_read_of_a_header_whose_caller_has_decided() {
    let baggage = "sentry-sample_rand=0.25,sentry-sample_rate=0.5,sentry-org_id=1";
    for flag in ["", "-0", "-1"] {
        let options = ClientOptions { traces_sample_rate: Some(1.0), ..ClientOptions::default() };
        let trace = Propagation::from_headers(&headers(flag, &[baggage]), Some(&options)).unwrap();
        assert!(is_untouched(&trace));
        let copy = trace.clone();
        assert_eq!(copy.sample_rand(), 250_000);
        assert!(!is_untouched(&trace), "clones share the parsed header");
    }
}

#[test]
fn a_trace_from_outside_of_sentry_waits_only_with_a_random_number() {
    let continued = |baggage: &str| {
        let traceparent = ("traceparent", format!("00-{TRACE}-01"));
        Propagation::from_headers(&[traceparent, ("baggage", baggage.to_owned())], None).unwrap()
    };
    for (baggage, waits, has_context) in [
        ("sentry-sample_rand=0.25,sentry-release=1", true, true),
        ("sentry-release=1", false, true),
        ("sentry-sample_rand=1.0", false, true),
        ("tenant=7", false, false),
        ("sentry-,sentry", false, false),
        ("", false, false),
    ] {
        let trace = continued(baggage);
        assert_eq!(matches!(trace.dsc, Some(FrozenContext::Unread(..))), waits, "{baggage}");
        assert_eq!(trace.dsc.is_some(), has_context, "{baggage}");
    }
}

#[test]
fn threads_that_read_at_the_same_time_agree() {
    let trace = Propagation::from_headers(&headers("-1", &["sentry-sample_rate=0.5"]), None).unwrap();
    let ready = Arc::new(std::sync::Barrier::new(4));
    let threads: Vec<_> = (0..4)
        .map(|number| {
            let (trace, ready) = (trace.clone(), Arc::clone(&ready));
            std::thread::spawn(move || {
                ready.wait();
                let rand = (number % 2 == 0).then(|| trace.sample_rand());
                let dsc = trace.dsc.as_ref().unwrap().get();
                assert_eq!(rand.unwrap_or(trace.sample_rand()), trace.sample_rand());
                (trace.sample_rand(), dsc.get("sample_rand").map(str::to_owned))
            })
        })
        .collect();
    for thread in threads {
        let (rand, written) = thread.join().unwrap();
        assert_eq!((rand, written), (trace.sample_rand(), Some(formatted(trace.sample_rand()))));
    }
}

#[test]
fn a_transaction_inside_has_the_random_number_and_the_groups_of_its_trace() {
    let baggage = "sentry-sample_rand=0.25,sentry.span_group.session_id=s";
    let trace = Propagation::from_headers(&headers("-1", &[baggage]), None).unwrap();
    let dsc = trace.dsc.as_ref().unwrap().get();
    let inside = trace.with_dsc(dsc);
    assert_eq!((inside.sample_rand(), inside.groups()), (250_000, trace.groups()));
    assert_eq!(inside.groups().map(|groups| groups.iter().count()), Some(1));
    assert_eq!(inside.trace_id, "771a43a4192642f0b136d5159a501700".parse::<TraceId>().unwrap());
}
