//! Tests of sampling: recorded traces, and the counts of the others.

use std::sync::{Arc, Mutex};

use sentry::SpanOptions;
use sentry_tests::support::{names, observe, options, untraced};

use crate::{TRACE, sentry_trace};

#[sentry::span(name = "child")]
fn child() {}

#[sentry::span(name = "root", op = "task")]
fn root() {
    child();
}

#[test]
fn a_rate_of_zero_records_nothing_and_counts_everything() {
    let seen = observe(options().traces_sample_rate(0.0), || {
        root();
        sentry::start_span("by hand", |span| assert!(!span.is_recording()));
    });
    assert_eq!(seen.transactions().len(), 0);
    assert_eq!(seen.reported("sample_rate", "transaction"), 2);
    assert!(seen.reported("sample_rate", "span") >= 2, "{:?}", seen.client_reports());
    assert_eq!(seen.stats.lost(), 0, "sampling is no loss");
}

#[test]
fn a_rate_of_one_records_everything() {
    let seen = observe(options(), || (0..50).for_each(|_| root()));
    assert_eq!(seen.transactions().len(), 50);
    assert_eq!(seen.client_reports().len(), 0);
}

#[test]
fn a_rate_in_between_records_a_share() {
    let seen = observe(options().traces_sample_rate(0.5), || (0..400).for_each(|_| root()));
    let sent = seen.transactions().len() as u64;
    // The limits are twelve standard deviations away, so chance cannot exceed them.
    assert!((80..320).contains(&sent), "{sent} of 400");
    assert_eq!(sent + seen.reported("sample_rate", "transaction"), 400);
}

#[test]
fn the_decision_that_came_in_is_inherited() {
    for (suffix, rate, recorded) in [("-1", 0.0, 1), ("-0", 1.0, 0), ("", 1.0, 1), ("", 0.0, 0)] {
        let seen = observe(options().traces_sample_rate(rate), || {
            sentry::continue_trace(&[sentry_trace(suffix)], root);
        });
        assert_eq!(seen.transactions().len(), recorded, "{suffix:?} at {rate}");
    }
}

#[test]
fn the_decision_of_a_forced_transaction_is_that_of_its_trace() {
    #[sentry::span(name = "forced", force_transaction)]
    fn forced() {}
    let seen = observe(options().traces_sample_rate(0.0), || sentry::start_span("root", |_| forced()));
    assert_eq!(seen.transactions().len(), 0);
    assert_eq!(seen.reported("sample_rate", "transaction"), 2);
}

type Asked = (String, String, String, Option<bool>, Option<f32>);

#[test]
fn a_sampler_is_told_what_it_decides_about() {
    let asked = Arc::new(Mutex::new(Vec::<Asked>::new()));
    let notes = Arc::clone(&asked);
    let sampler = move |span: &sentry::SamplingContext| {
        notes.lock().unwrap().push((
            span.name().to_owned(),
            span.operation().to_owned(),
            span.trace_id().to_string(),
            span.sampled(),
            span.parent_sample_rate(),
        ));
        f32::from(u8::from(span.name() == "root"))
    };
    let seen = observe(untraced().traces_sampler(sampler), || {
        let headers = [sentry_trace("-0"), ("baggage", "sentry-sample_rate=0.25".to_owned())];
        sentry::continue_trace(&headers, root);
        sentry::start_span("dull", |_| child());
    });
    assert_eq!(names(&seen.spans()), ["root", "child"]);
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 2, "the sampler is not called for a child: {asked:?}");
    assert_eq!(asked[0], ("root".into(), "task".into(), TRACE.into(), Some(false), Some(0.25)));
    assert_eq!((&*asked[1].0, asked[1].3, asked[1].4), ("dull", None, None));
    assert_eq!(seen.reported("sample_rate", "transaction"), 1);
}

#[test]
fn a_sampler_can_leave_the_decision_to_the_head_of_the_trace() {
    let rate = |rate: &str| vec![sentry_trace("-1"), ("baggage", format!("sentry-sample_rate={rate}"))];
    for (headers, recorded) in [
        (vec![], 0),
        (vec![sentry_trace("-1")], 1),
        (vec![sentry_trace("-0")], 0),
        (rate("1.0"), 1),
        (rate("0.000000"), 0),
    ] {
        let seen = observe(untraced().traces_sampler(|span| span.inherit_or_sample_with(0.0)), || {
            sentry::continue_trace(&headers, root);
        });
        assert_eq!(seen.transactions().len(), recorded, "{headers:?}");
    }
}

#[test]
fn a_sampler_counts_before_a_rate_and_its_answer_goes_out() {
    let seen = observe(options().traces_sample_rate(0.0).traces_sampler(|_| 1.0), root);
    assert_eq!(seen.transactions().len(), 1);
    assert_eq!(seen.envelopes()[0].header["trace"]["sample_rate"], "1");
}

fn panics(span: &sentry::SamplingContext) -> f32 {
    assert!(span.name().is_empty(), "thrown by the sampler");
    0.5
}

#[test]
fn a_sampler_that_panics_changes_no_decision() {
    for (rate, headers, recorded) in [
        (1.0, vec![], 1),
        (0.0, vec![], 0),
        (0.0, vec![("sentry-trace", "771a43a4192642f0b136d5159a501700-7c51afd529da4a2a-1")], 1),
        (1.0, vec![("sentry-trace", "771a43a4192642f0b136d5159a501700-7c51afd529da4a2a-0")], 0),
    ] {
        let seen = observe(options().traces_sample_rate(rate).traces_sampler(panics), || {
            sentry::continue_trace(&headers, root);
        });
        assert_eq!(seen.transactions().len(), recorded, "{rate} {headers:?}");
        assert_eq!(seen.events().len(), 0, "a panic that is contained is no event");
    }
}

#[test]
fn headers_outside_of_spans_say_that_nothing_is_sampled() {
    let told = || sentry::get_trace_data().unwrap();
    let never = observe(options().traces_sample_rate(0.0), told).result;
    assert!(never.sentry_trace.ends_with("-0"), "{never:?}");
    assert!(
        never.baggage.contains("sentry-sample_rate=0,") || never.baggage.ends_with("sentry-sample_rate=0")
    );
    assert!(never.baggage.contains("sentry-sampled=false"), "{never:?}");
    // Without tracing, or with a rate or a sampler that has not decided yet, the next service decides.
    for options in [untraced(), options(), options().traces_sample_rate(0.0).traces_sampler(|_| 1.0)] {
        let open = observe(options, told).result;
        assert_eq!(open.sentry_trace.matches('-').count(), 1, "{open:?}");
        assert!(!open.baggage.contains("sampled"), "{open:?}");
    }
    let head = [("sentry-trace", "771a43a4192642f0b136d5159a501700-7c51afd529da4a2a-1")];
    let continued = observe(options().traces_sample_rate(0.0), || sentry::continue_trace(&head, told)).result;
    assert!(continued.sentry_trace.ends_with("-1"), "the head's decision is kept: {continued:?}");
}

#[test]
fn a_suppressed_trace_says_so_in_all_headers() {
    let told = || sentry::suppress_tracing(|| sentry::get_trace_data().unwrap());
    let inside = observe(options(), || sentry::start_span("root", |_| told())).result;
    assert!(inside.sentry_trace.ends_with("-0") && inside.traceparent.ends_with("-00"), "{inside:?}");
    assert!(inside.baggage.contains("sentry-sampled=false"), "{inside:?}");
    let untraced = observe(untraced(), told).result;
    assert_eq!(untraced.sentry_trace.matches('-').count(), 1, "there is nothing to suppress: {untraced:?}");
}

#[test]
fn a_sampler_that_answers_nonsense_samples_nothing() {
    let beyond = observe(untraced().traces_sampler(|_| 1.5), root);
    let no_number = observe(untraced().traces_sampler(|_| f32::NAN), root);
    for seen in [beyond, no_number] {
        assert_eq!(seen.transactions().len(), 0);
        assert_eq!(seen.reported("sample_rate", "transaction"), 1);
    }
}

#[test]
fn errors_of_a_trace_that_is_not_sampled_still_name_it() {
    let seen = observe(options().traces_sample_rate(0.0), || {
        sentry::start_span("root", |_| {
            sentry::capture_message("kept", sentry::Level::Error);
            sentry::get_trace_data().unwrap().sentry_trace
        })
    });
    let trace = &seen.event()["contexts"]["trace"];
    let expected =
        format!("{}-{}-0", trace["trace_id"].as_str().unwrap(), trace["span_id"].as_str().unwrap());
    assert_eq!(seen.result, expected);
    assert_eq!(seen.envelopes()[0].header["trace"]["sampled"], "false");
}

#[test]
fn a_sampler_sees_attributes_and_sampling_context() {
    let sampler = |span: &sentry::SamplingContext| {
        let gold = span.custom("customer").and_then(|value| value.as_str()) == Some("gold");
        let listed: Vec<_> = span.attributes().map(|(key, _)| key).collect();
        let rows = span.attribute("rows") == Some(&3.into()) && span.custom("rows").is_none();
        f32::from(u8::from(gold && rows && listed == ["rows"]))
    };
    let seen = observe(untraced().traces_sampler(sampler), || {
        for customer in ["gold", "silver"] {
            let options = SpanOptions::new(format!("import for {customer}"));
            sentry::start_transaction(options.attribute("rows", 3).sampling_value("customer", customer))
                .end();
        }
    });
    assert_eq!(names(&seen.spans()), ["import for gold"]);
    assert_eq!(seen.span("import for gold").data.get("customer"), None, "only the sampler sees the value");
}

#[test]
fn a_decision_of_the_caller_counts_before_all_others() {
    let seen = observe(untraced().traces_sampler(|_| 0.0), || {
        sentry::start_transaction(SpanOptions::new("yes").sampled(true)).end();
        sentry::continue_trace(&[sentry_trace("-1")], || {
            sentry::start_transaction(SpanOptions::new("no").sampled(false)).end();
        });
    });
    assert_eq!(names(&seen.spans()), ["yes"]);
    assert_eq!(seen.envelopes()[0].header["trace"]["sample_rate"], "1");
}

const HEAD: &str = "sentry-trace_id=771a43a4192642f0b136d5159a501700,sentry-public_key=theirs,\
    sentry-sample_rand=0.300000,sentry-sample_rate=0.5,sentry-sampled=true";

#[test]
fn an_own_sample_rate_is_propagated_and_an_inherited_one_is_kept() {
    let baggage = |options, head: &str| {
        let headers = [sentry_trace("-1"), ("baggage", head.to_owned())];
        let seen = observe(options, || {
            sentry::continue_trace(&headers, || sentry::start_span("r", |_| sentry::get_baggage().unwrap()))
        });
        let sampled = seen.transactions().len() == 1;
        (seen.result, sampled)
    };
    let inherit = |span: &sentry::SamplingContext| span.inherit_or_sample_with(0.1);
    assert_eq!(baggage(options(), HEAD), (HEAD.to_owned(), true));
    assert_eq!(baggage(untraced().traces_sampler(inherit), HEAD), (HEAD.to_owned(), true));
    let raised = HEAD.replace("rate=0.5", "rate=0.75");
    assert_eq!(baggage(untraced().traces_sampler(|_| 0.75), HEAD), (raised, true));
    let lowered = HEAD.replace("rate=0.5", "rate=0.25").replace("sampled=true", "sampled=false");
    assert_eq!(baggage(untraced().traces_sampler(|_| 0.25), HEAD), (lowered, false));
}

#[test]
fn a_deferred_trace_gets_the_rate_of_this_service_and_no_decision_in_its_context() {
    let head = "sentry-trace_id=771a43a4192642f0b136d5159a501700,sentry-public_key=theirs,sentry-sample_rand=0.300000";
    let headers = [sentry_trace(""), ("baggage", head.to_owned())];
    for rate in [0.5, 0.0] {
        let seen = observe(options().traces_sample_rate(rate), || {
            sentry::continue_trace(&headers, || {
                let outside = sentry::get_trace_data().unwrap();
                (outside, sentry::start_span("r", |_| sentry::get_trace_data().unwrap()))
            })
        });
        let (outside, inside) = &seen.result;
        assert_eq!(inside.baggage, format!("{head},sentry-sample_rate={rate}"));
        let decided = if rate == 0.0 { "-0" } else { "-1" };
        assert!(inside.sentry_trace.ends_with(decided), "the decision is in the other header: {inside:?}");
        // Without a span, the outcome is certain only if the rate is 0.
        assert_eq!(outside.baggage, if rate == 0.0 { inside.baggage.clone() } else { head.to_owned() });
    }
}

#[test]
fn all_transactions_of_a_trace_have_the_same_sampling_context() {
    let seen = observe(options(), || {
        sentry::start_span("head", |head| {
            sentry::start_span(SpanOptions::new("forced").force_transaction(), |_| ());
            head.update_name("renamed later");
        });
    });
    let said: Vec<_> = seen.envelopes().iter().map(|envelope| envelope.header["trace"].clone()).collect();
    assert_eq!(said.len(), 2);
    assert_eq!(said[0], said[1]);
    assert_eq!(said[0]["transaction"], "head");
}
