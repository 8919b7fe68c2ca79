//! Tests of the trace headers that requests carry to other services.

use sentry_tests::support::{observe, options, untraced, without_client};

use crate::client::{ALL, Client};
use crate::recorder::{Recorded, Recorder};

const TRACE: &str = "771a43a4192642f0b136d5159a501700";
const INCOMING: [(&str, &str); 1] = [("sentry-trace", "771a43a4192642f0b136d5159a501700-1234567890abcdef")];

fn told(client: Client, url: &str, server: &Recorder, headers: &[(&str, &str)]) -> Recorded {
    client.send(url, headers);
    server.request()
}

#[test]
fn the_service_continues_the_trace_below_the_span_of_the_request() {
    for client in ALL {
        let server = Recorder::start();
        let seen = observe(options(), || {
            sentry::continue_trace(&INCOMING, || {
                sentry::start_span("checkout", |_| told(client, &server.url("/200"), &server, &[]))
            })
        });
        let span = seen.span(&format!("GET {}", server.url("/200")));
        assert_eq!(span.trace, TRACE);
        assert_eq!(seen.result.header("sentry-trace"), Some(format!("{TRACE}-{}-1", span.id)));
        let baggage = seen.result.header("baggage");
        assert_eq!(seen.result.header("traceparent"), None, "{baggage:?}");
    }
}

#[test]
fn baggage_carries_what_the_trace_was_sampled_by() {
    for client in ALL {
        let server = Recorder::start();
        let seen = observe(options().propagate_traceparent(true), || {
            sentry::start_span("checkout", |_| {
                told(
                    client,
                    &server.url("/200"),
                    &server,
                    &[("baggage", "tenant=7;ttl=60, sentry-release=old")],
                )
            })
        });
        let span = seen.span(&format!("GET {}", server.url("/200")));
        let baggage = seen.result.header("baggage").unwrap();
        assert!(baggage.starts_with("tenant=7;ttl=60,"), "{baggage}");
        assert!(baggage.contains(&format!("sentry-trace_id={}", span.trace)), "{baggage}");
        assert!(baggage.contains("sentry-release=shop%401.4.2"), "{baggage}");
        assert!(!baggage.contains("old"), "{baggage}");
        assert_eq!(seen.result.header("traceparent"), Some(format!("00-{}-{}-01", span.trace, span.id)));
    }
}

#[test]
fn trace_headers_are_sent_without_an_active_span_too() {
    for client in ALL {
        for options in [untraced(), options()] {
            let server = Recorder::start();
            let seen = observe(options, || {
                sentry::continue_trace(&INCOMING, || told(client, &server.url("/200"), &server, &[]))
            });
            let header = seen.result.header("sentry-trace").unwrap();
            assert!(header.starts_with(TRACE), "{header}");
        }
    }
}

#[test]
fn trace_headers_say_that_a_trace_is_not_recorded() {
    for client in ALL {
        let server = Recorder::start();
        let seen = observe(options().traces_sample_rate(0.0), || {
            sentry::start_span("checkout", |_| told(client, &server.url("/200"), &server, &[]))
        });
        assert!(seen.result.header("sentry-trace").unwrap().ends_with("-0"));
    }
}

#[test]
fn trace_headers_go_to_propagation_targets_only() {
    for client in ALL {
        for (target, is_told) in
            [("127.0.0.1", true), ("/200?id=7", true), ("payments.example", false), ("ada", false)]
        {
            let server = Recorder::start();
            let url = server.url("/200?id=7").replace("//", "//ada:s3cret@");
            let seen = observe(options().trace_propagation_targets([target]), || {
                sentry::start_span("checkout", |_| told(client, &url, &server, &[]))
            });
            for name in ["sentry-trace", "baggage"] {
                assert_eq!(seen.result.header(name).is_some(), is_told, "{client:?} {target} {name}");
            }
            assert_eq!(seen.spans().len(), 2, "the span is recorded in any case");
        }
    }
}

#[test]
fn trace_headers_of_the_user_are_kept() {
    for client in ALL {
        let server = Recorder::start();
        let own = [("sentry-trace", INCOMING[0].1), ("baggage", "tenant=7")];
        let seen = observe(options(), || {
            sentry::start_span("checkout", |_| told(client, &server.url("/200"), &server, &own))
        });
        for (name, value) in own {
            assert_eq!(seen.result.header(name).as_deref(), Some(value));
        }
    }
}

#[test]
fn without_a_client_no_trace_headers_are_sent() {
    for client in ALL {
        let server = Recorder::start();
        let request = without_client(|| told(client, &server.url("/200"), &server, &[]));
        assert_eq!((request.header("sentry-trace"), request.header("baggage")), (None, None));
    }
}
