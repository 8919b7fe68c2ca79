//! Tests of the trace headers of outgoing requests: targets, other vendors' baggage, `traceparent`.

use std::collections::HashMap;

use sentry::Pattern;
use sentry_tests::support::{observe, only, options, untraced, without_client};

use crate::{SPAN, TRACE, sentry_trace};

type Headers = Vec<(String, String)>;

fn value<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
    let mut values = headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
    let value = values.next().map(|(_, value)| &**value);
    assert!(values.next().is_none(), "one header {name}: {headers:?}");
    value
}

fn told(url: &str) -> Headers {
    let mut headers = Headers::new();
    let changed = sentry::propagate(url, &mut headers);
    assert_eq!(changed, sentry::get_trace_data_for(url).is_some());
    assert_eq!(changed, !headers.is_empty());
    headers
}

#[test]
fn a_request_gets_trace_headers_when_its_url_is_a_target() {
    let targets =
        [Pattern::from("localhost"), Pattern::prefix("/"), Pattern::from_fn(|url| url.ends_with("/v2"))];
    observe(options().trace_propagation_targets(targets), || {
        for url in ["localhost:8443/api", "http://mylocalhost:80/", "/api/envelopes", "https://my.api/v2"] {
            assert_eq!(told(url).len(), 2, "{url}");
        }
        for url in ["https://some.host/data", "https://my.api/v1", ""] {
            assert_eq!(told(url).len(), 0, "{url}");
        }
        assert!(sentry::get_client().unwrap().should_propagate("/api"));
    });
    observe(options(), || assert_eq!(told("https://any.host/").len(), 2));
    observe(options().trace_propagation_targets([""; 0]), || assert_eq!(told("https://any.host/").len(), 0));
    without_client(|| assert_eq!(told("https://any.host/").len(), 0));
}

/// Tests the matrix of `foundations/trace-propagation/index.mdx`.
#[test]
fn spans_are_sent_and_headers_propagated_as_the_matrix_says() {
    for incoming in [None, Some(""), Some("-1"), Some("-0")] {
        for target in [true, false] {
            for rate in [None, Some(0.0), Some(1.0)] {
                let case = format!("{incoming:?}, target {target}, rate {rate:?}");
                let mut options = untraced();
                options.traces_sample_rate = rate;
                let options = options.trace_propagation_targets([if target { "api" } else { "none" }]);
                let seen = observe(options, || {
                    let headers: Vec<_> = incoming.map(sentry_trace).into_iter().collect();
                    sentry::continue_trace(&headers, || {
                        sentry::start_span("request", |_| told("https://api.example/"))
                    })
                });
                let sends = match (incoming, rate) {
                    (_, None) | (Some("-0"), _) => false,
                    (Some("-1"), _) => true,
                    (_, Some(rate)) => rate == 1.0,
                };
                assert_eq!(seen.transactions().len(), usize::from(sends), "{case}");
                assert_eq!(value(&seen.result, "sentry-trace").is_some(), target, "{case}");
                if let Some(outgoing) = value(&seen.result, "sentry-trace") {
                    assert_eq!(outgoing.starts_with(TRACE), incoming.is_some(), "{case}");
                    let flag = match (incoming, rate) {
                        (Some(flag @ ("-0" | "-1")), _) => flag,
                        (_, None) => "",
                        (_, Some(rate)) => {
                            if rate == 1.0 {
                                "-1"
                            } else {
                                "-0"
                            }
                        }
                    };
                    assert_eq!(&outgoing[49..], flag, "{case}");
                }
            }
        }
    }
}

#[test]
fn other_vendors_baggage_is_kept_in_one_header() {
    observe(options(), || {
        let mut headers = vec![
            ("Baggage".to_owned(), "tenant=7;ttl=60 , sentry-release=old".to_owned()),
            ("accept".to_owned(), "*/*".to_owned()),
            ("baggage".to_owned(), "b=%20;p".to_owned()),
        ];
        sentry::start_span("request", |_| {
            assert!(sentry::propagate("https://api/", &mut headers));
            let ours = sentry::get_baggage().unwrap();
            assert_eq!(value(&headers, "baggage"), Some(&*format!("tenant=7;ttl=60,b=%20;p,{ours}")));
            assert_eq!(sentry::get_traceparent().as_deref(), value(&headers, "sentry-trace"));
        });
        assert_eq!(value(&headers, "accept"), Some("*/*"));
    });
}

#[test]
fn trace_headers_that_a_request_has_are_kept() {
    observe(options().propagate_traceparent(true), || {
        let mut headers = HashMap::from([("Sentry-Trace".to_owned(), "the user's".to_owned())]);
        assert!(!sentry::propagate("https://api/", &mut headers));
        assert_eq!(headers.len(), 1);
    });
}

#[test]
fn a_child_process_gets_the_trace_in_its_environment() {
    observe(options(), || {
        let trace = sentry::get_trace_data().unwrap();
        let told: Vec<_> = trace.environment().collect();
        assert_eq!(told, [("SENTRY_TRACE", &*trace.sentry_trace), ("SENTRY_BAGGAGE", &*trace.baggage)]);
        sentry::continue_trace(&[sentry_trace("")], || {
            assert_eq!(sentry::get_trace_data().unwrap().environment().count(), 1, "there is no context");
        });
    });
}

#[test]
fn a_trace_without_a_context_leaves_baggage_alone() {
    observe(options(), || {
        sentry::continue_trace(&[sentry_trace("-1")], || {
            let mut headers = vec![("baggage".to_owned(), "tenant=7 ;p".to_owned())];
            assert!(sentry::propagate("https://api/", &mut headers));
            assert_eq!(value(&headers, "baggage"), Some("tenant=7 ;p"));
            assert_eq!(sentry::get_baggage(), None);
        });
    });
}

#[test]
fn traceparent_goes_along_when_it_is_asked_for() {
    for (rate, flags) in [(1.0, "01"), (0.0, "00")] {
        let seen = observe(options().traces_sample_rate(rate).propagate_traceparent(true), || {
            sentry::start_span("request", |span| {
                let mut headers = http::HeaderMap::new();
                assert!(sentry::propagate("https://api/", &mut headers));
                let expected = format!("00-{}-{}-{flags}", span.trace_id().unwrap(), span.span_id().unwrap());
                assert_eq!(headers["traceparent"], expected);
                let tags = sentry::get_trace_meta_tags();
                assert!(
                    tags.contains(&format!("<meta name=\"traceparent\" content=\"{expected}\">")),
                    "{tags}"
                );
                sentry::get_trace_data().unwrap().iter().count()
            })
        });
        assert_eq!(seen.result, 3);
    }
}

#[test]
fn trace_headers_can_be_written_into_a_header_map() {
    observe(options(), || {
        let mut headers = http::HeaderMap::new();
        headers.append("baggage", "a=1;p".parse().unwrap());
        headers.append("baggage", "b=2".parse().unwrap());
        assert!(sentry::propagate("https://api/", &mut headers));
        let baggage = only(headers.get_all("baggage").iter().collect::<Vec<_>>()).to_str().unwrap();
        assert!(baggage.starts_with("a=1;p,b=2,sentry-trace_id="), "{baggage}");
        assert!(!headers.contains_key("traceparent"));
        // The next service continues the trace of these headers.
        let trace = sentry::get_traceparent().unwrap();
        sentry::continue_trace(&headers, || {
            assert_eq!(sentry::get_traceparent().unwrap()[..32], trace[..32]);
            assert!(!sentry::get_traceparent().unwrap().contains(SPAN));
        });
    });
}
