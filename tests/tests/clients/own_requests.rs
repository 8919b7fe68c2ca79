//! Tests that requests to Sentry are not recorded as requests of the program.

use sentry_tests::support::{observe, observe_server, options};

use crate::client::{agent, client, run};
use crate::recorder::Recorder;

#[test]
fn the_transports_own_requests_make_no_spans() {
    let server = Recorder::start();
    let seen = observe(options(), || {
        sentry::start_span("checkout", |_| agent().get(server.url("/200")).call().map(drop).unwrap());
        sentry::capture_message("later", sentry::Level::Info);
    });
    assert_eq!(seen.spans().len(), 2);
    assert!(!seen.requests().is_empty());
    for request in seen.requests() {
        for name in ["sentry-trace", "baggage", "traceparent"] {
            assert_eq!(request.header(name), None);
        }
    }
}

/// Tests a program that sends to Sentry with its own HTTP client, like a custom transport may do.
#[test]
fn requests_of_the_program_to_sentry_make_no_spans() {
    const BODY: &str = "{}\n{\"type\":\"client_report\",\"length\":23}\n{\"discarded_events\":[]}\n";
    let seen = observe_server(options(), |sentry| {
        let url = sentry.envelope_url();
        let auth = format!("Sentry sentry_key={}, sentry_version=7, sentry_client=test/1", sentry.key());
        let headers = [
            ("user-agent", "test/1"),
            ("content-type", "application/x-sentry-envelope"),
            ("x-sentry-auth", &auth),
        ];
        sentry::start_span("send", |_| {
            let mut request = agent().post(&url);
            for (name, value) in headers {
                request = request.header(name, value);
            }
            request.send(BODY).unwrap();
            run(async {
                let mut request = client().post(&url).body(BODY);
                for (name, value) in headers {
                    request = request.header(name, value);
                }
                assert!(request.send().await.unwrap().status().is_success());
            });
        });
    });
    assert_eq!(seen.requests().len(), 3);
    assert_eq!(seen.spans().len(), 1);
    assert!(seen.requests().iter().all(|request| request.header("sentry-trace").is_none()));
}
