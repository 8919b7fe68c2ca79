//! Tests of the span of an outgoing request: its parent, name, attributes and status.

use sentry_tests::support::addresses::Nowhere;
use sentry_tests::support::{observe, options, untraced, without_client};

use crate::alone;
use crate::client::ALL;
use crate::recorder::Recorder;

#[test]
fn a_request_is_a_span_below_the_active_one() {
    for client in ALL {
        let server = Recorder::start();
        let seen = observe(options(), || {
            let status = sentry::start_span("checkout", |_| client.get(&server.url("/200/stock")));
            assert_eq!(status, Some(200));
        });
        let span = seen.span(&format!("GET {}", server.url("/200/stock")));
        assert_eq!(span.op, "http.client");
        assert_eq!(span.origin, client.origin());
        assert_eq!(span.status, "ok");
        assert_eq!(span.parent.as_deref(), Some(&*seen.span("checkout").id));
        assert_eq!(span.data["sentry.kind"], "client");
        assert_eq!(span.data["http.request.method"], "GET");
        assert_eq!(span.data["url.full"], server.url("/200/stock"));
        assert_eq!(span.data["server.address"], "127.0.0.1");
        assert_eq!(span.data["server.port"], server.address().port());
        assert_eq!(span.data["http.response.status_code"], 200);
        assert_eq!(span.data["http.response.body.size"], 5);
        assert_eq!(seen.spans().len(), 2);
    }
}

#[test]
fn the_fragment_stays_in_the_program_and_is_recorded_like_a_query() {
    // URLs of the other client have no fragment.
    let client = crate::client::Client::Reqwest;
    for (pii, kept) in [(false, "[Filtered]"), (true, "details")] {
        let server = Recorder::start();
        let seen = observe(options().send_default_pii(pii), || {
            alone(|| sentry::start_span("checkout", |_| client.get(&server.url("/200#details"))));
        });
        let span = seen.span(&format!("GET {}", server.url("/200")));
        assert_eq!(span.data["url.fragment"], kept);
        assert!(!server.request().line.contains("details"));
    }
}

#[test]
fn credentials_and_query_values_are_not_recorded() {
    for client in ALL {
        for pii in [false, true] {
            let server = Recorder::start();
            let url = server.url("/200?token=hidden&page=2").replace("//", "//ada:s3cret@");
            let seen = observe(options().send_default_pii(pii), || {
                alone(|| {
                    sentry::start_span("checkout", |_| client.get(&url));
                    sentry::capture_message("later", sentry::Level::Info);
                });
            });
            assert!(server.request().line.contains("token=hidden"), "the request itself is unchanged");
            let span = seen.span(&format!("GET {}", server.url("/200")));
            let query = &seen.event()["breadcrumbs"]["values"][0]["data"]["http.query"];
            assert_eq!(span.data["url.query"].as_str(), query.as_str().unwrap().strip_prefix('?'));
            if pii {
                // Values whose names suggest a secret are filtered nevertheless.
                assert!(query.as_str().unwrap().contains("page=2"), "{query}");
            } else {
                assert_eq!(query, "?token=[Filtered]&page=[Filtered]");
            }
            for payload in seen.transactions().into_iter().chain(seen.events()) {
                let text = payload.to_string();
                assert!(!text.contains("s3cret"), "{text}");
                assert!(pii || !text.contains("hidden"), "{text}");
            }
        }
    }
}

#[test]
fn the_status_of_the_answer_is_that_of_the_span() {
    for client in ALL {
        for (code, status) in [
            (204, "ok"),
            (404, "not_found"),
            (429, "resource_exhausted"),
            (500, "internal_error"),
            (503, "unavailable"),
        ] {
            let server = Recorder::start();
            let path = format!("/{code}");
            let seen = observe(options(), || {
                assert_eq!(sentry::start_span("checkout", |_| client.get(&server.url(&path))), Some(code));
            });
            let span = seen.span(&format!("GET {}", server.url(&path)));
            assert_eq!(span.status, status, "{client:?} {code}");
            assert_eq!(span.data["http.response.status_code"], code);
        }
    }
}

#[test]
fn a_request_without_answer_fails() {
    let nowhere = Nowhere::new();
    for client in ALL {
        let server = Recorder::start();
        for url in [server.url("/hang-up"), format!("http://{}/", nowhere.address())] {
            let seen = observe(options(), || {
                assert_eq!(sentry::start_span("checkout", |_| client.get(&url)), None);
            });
            let span = seen.span(&format!("GET {url}"));
            assert_eq!(span.status, "internal_error");
            assert!(span.data["http.response.status_code"].is_null());
            assert_eq!(seen.events().len(), 0, "the caller decides whether it is worth an event");
        }
    }
}

#[test]
fn redirects_belong_to_the_request() {
    for client in ALL {
        let server = Recorder::start();
        let seen =
            observe(options(), || sentry::start_span("checkout", |_| client.get(&server.url("/away"))));
        assert_eq!(seen.result, Some(200));
        assert_eq!(server.requests().len(), 2);
        assert_eq!(seen.span(&format!("GET {}", server.url("/away"))).data["http.response.status_code"], 200);
        assert_eq!(seen.spans().len(), 2);
    }
}

#[test]
fn without_a_recorded_trace_there_is_no_span() {
    for client in ALL {
        let server = Recorder::start();
        for options in [untraced(), options().traces_sample_rate(0.0), options()] {
            let in_span = options.traces_sample_rate == Some(0.0);
            let seen = observe(options, || match in_span {
                true => sentry::start_span("checkout", |_| client.get(&server.url("/200"))),
                false => client.get(&server.url("/200")),
            });
            assert_eq!(seen.result, Some(200));
            assert_eq!(seen.transactions().len(), 0, "it makes no transaction of its own");
        }
        without_client(|| assert_eq!(client.get(&server.url("/404")), Some(404)));
        assert_eq!(server.requests().len(), 4);
    }
}
