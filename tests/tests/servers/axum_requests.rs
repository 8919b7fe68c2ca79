//! Tests of a request's trace, its scopes, and its recorded headers.

use std::sync::Arc;
use std::thread;

use axum::Router;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::routing::{any, get};
use sentry::integrations::tower::SentryLayer;
use sentry_tests::support::{observe, options, untraced};
use serde_json::{Value, json};
use tokio::sync::Barrier;

use crate::client::{ask, get as fetch};
use crate::serve;

const TRACE: &str = "771a43a4192642f0b136d5159a501700";
const SPAN: &str = "1234567890abcdef";

fn reporting() -> Router {
    async fn report(headers: HeaderMap) -> String {
        sentry::capture_message("outside of the action", sentry::Level::Info);
        action(headers).await;
        sentry::get_trace_data().unwrap().sentry_trace
    }
    #[sentry::server_action(headers = headers)]
    async fn action(headers: HeaderMap) {
        sentry::capture_message("in the action", sentry::Level::Info);
        drop(headers);
    }
    Router::new().route("/report", any(report)).layer(SentryLayer::new())
}

#[test]
fn the_trace_of_the_headers_is_continued_with_and_without_tracing() {
    let sampled = format!("{TRACE}-{SPAN}-1");
    let headers = [("sentry-trace", &*sampled), ("baggage", "sentry-release=page%401,other=1")];
    for options in [options(), untraced()] {
        let traced = options.traces_sample_rate.is_some();
        let seen =
            observe(options, || serve::axum(reporting(), |at| ask(at, "GET", "/report", &headers).body));
        assert!(seen.result.starts_with(TRACE), "{}", seen.result);
        assert_eq!(seen.events().len(), 2);
        for event in seen.events() {
            assert_eq!(event["contexts"]["trace"]["trace_id"], TRACE);
        }
        if traced {
            let root = seen.span("GET /report");
            assert_eq!((&*root.trace, root.parent.as_deref()), (TRACE, Some(SPAN)));
            assert_eq!(seen.transactions().len(), 1);
        }
    }
    let unsampled = format!("{TRACE}-{SPAN}-0");
    let seen = observe(options(), || {
        serve::axum(reporting(), |at| drop(ask(at, "GET", "/report", &[("sentry-trace", &*unsampled)])));
    });
    assert!(seen.transactions().is_empty(), "the sender's decision is kept");
}

#[test]
fn a_browsers_question_has_scopes_and_a_trace_but_no_spans() {
    let sampled = format!("{TRACE}-{SPAN}-1");
    let headers = [("sentry-trace", &*sampled)];
    let seen =
        observe(options(), || serve::axum(reporting(), |at| ask(at, "OPTIONS", "/report", &headers).body));
    assert!(seen.transactions().is_empty());
    assert!(
        seen.stats.dropped.is_empty(),
        "a trace that never started is not lost: {:?}",
        seen.stats.dropped
    );
    assert!(seen.result.starts_with(TRACE) && seen.result.ends_with("-1"), "{}", seen.result);
    assert_eq!(seen.events().len(), 2);
    for event in seen.events() {
        assert_eq!(event["contexts"]["trace"]["trace_id"], TRACE);
        assert_eq!(event["request"]["method"], "OPTIONS");
        assert_eq!(event["transaction"], "OPTIONS /report");
    }
    let seen = observe(options().trace_options_requests(true), || {
        serve::axum(reporting(), |at| drop(ask(at, "OPTIONS", "/report", &headers)));
    });
    assert_eq!(seen.span("OPTIONS /report").parent.as_deref(), Some(SPAN));
    assert_eq!(seen.spans().len(), 2, "the action is part of the request");
}

#[test]
fn without_headers_every_request_is_a_trace_of_its_own_in_which_everything_belongs_together() {
    for options in [options(), untraced()] {
        let seen = observe(options, || {
            serve::axum(reporting(), |at| {
                let traces = [fetch(at, "/report").body, fetch(at, "/report").body];
                assert_ne!(traces[0][..32], traces[1][..32]);
                traces
            })
        });
        let events = seen.events();
        assert_eq!(events.len(), 4);
        for trace in &seen.result {
            let own = events.iter().filter(|event| event["contexts"]["trace"]["trace_id"] == trace[..32]);
            assert_eq!(own.count(), 2, "the action does not leave the trace of its request");
        }
    }
}

#[test]
fn requests_that_wait_for_each_other_on_one_thread_do_not_mix() {
    const REQUESTS: usize = 8;
    let barrier = Arc::new(Barrier::new(REQUESTS));
    let handler = move |Path(id): Path<usize>| async move {
        sentry::set_tag("request", id);
        sentry::set_tag(&format!("only_{id}"), "yes");
        barrier.wait().await;
        sentry::set_user(Some(sentry::User { id: Some(format!("user-{id}")), ..Default::default() }));
        sentry::add_breadcrumb(sentry::Breadcrumb {
            message: Some(format!("crumb {id}")),
            ..Default::default()
        });
        barrier.wait().await;
        sentry::capture_message(&format!("message {id}"), sentry::Level::Info);
        step().await;
        barrier.wait().await;
    };
    let router = Router::new().route("/wait/{id}", get(handler)).layer(SentryLayer::new());
    let seen = observe(options(), || {
        serve::axum(router, |at| {
            thread::scope(|scope| {
                for id in 0..REQUESTS {
                    scope.spawn(move || assert_eq!(fetch(at, &format!("/wait/{id}")).status, 200));
                }
            });
        });
    });
    let (events, transactions) = (seen.events(), seen.transactions());
    assert_eq!((events.len(), transactions.len()), (REQUESTS, REQUESTS));
    for payload in events.iter().chain(&transactions) {
        let id = payload["tags"]["request"].as_str().unwrap();
        assert_eq!(payload["tags"], json!({"request": id, format!("only_{id}"): "yes"}));
        assert_eq!(payload["user"]["id"], format!("user-{id}"));
        assert_eq!(payload["request"]["url"], format!("http://shop.example/wait/{id}"));
    }
    for event in &events {
        let id = event["tags"]["request"].as_str().unwrap();
        assert_eq!(event["logentry"]["message"], format!("message {id}"));
        let crumbs = event["breadcrumbs"]["values"].as_array().unwrap();
        assert_eq!(crumbs.len(), 1);
        assert_eq!(crumbs[0]["message"], format!("crumb {id}"));
        let own = |transaction: &&Value| transaction["tags"]["request"] == id;
        let transaction = transactions.iter().find(own).unwrap();
        assert_eq!(event["contexts"]["trace"]["trace_id"], transaction["contexts"]["trace"]["trace_id"]);
        assert_eq!(transaction["spans"].as_array().unwrap().len(), 1, "its own step");
    }
}

#[sentry::span]
async fn step() {}

const SECRETS: [(&str, &str); 7] = [
    ("authorization", "Bearer secret-1"),
    ("cookie", "theme=dark; session=secret-2"),
    ("x-forwarded-for", "10.11.12.13"),
    ("x-customer", "ada@example.com"),
    ("user-agent", "ua/1"),
    ("referer", "http://shop.example/search?q=diary"),
    ("x-api-key", "secret-3"),
];

#[test]
fn personal_data_of_a_request_is_not_sent() {
    let target = "/report?token=secret-4&q=novel";
    let seen = observe(options(), || {
        serve::axum(reporting(), |at| drop(ask(at, "GET", target, &SECRETS)));
    });
    for item in seen.items() {
        let text = item.payload.to_string();
        for secret in ["secret-", "10.11.12.13", "ada@example.com", "diary", "novel", "dark", "127.0.0.1"] {
            assert!(!text.contains(secret), "`{secret}` left the process in {text}");
        }
    }
    let request = &seen.events()[0]["request"];
    assert_eq!(request["url"], "http://shop.example/report");
    assert_eq!(request["query_string"], "token=[Filtered]&q=[Filtered]");
    assert_eq!(request["headers"]["user-agent"], "ua/1");
    assert_eq!(request["headers"]["x-customer"], "[Filtered]");
    assert_eq!(request["headers"]["referer"], "http://shop.example/search");
    assert_eq!(seen.transaction()["request"], *request);
}

#[test]
fn with_send_default_pii_personal_data_is_sent_but_no_secrets() {
    let layer = SentryLayer::new().client_address(|_| Some([127, 0, 0, 1].into()));
    let router = Router::new()
        .route("/report", get(|| async { sentry::capture_message("hi", sentry::Level::Info).to_string() }))
        .layer(layer);
    let target = "/report?token=secret-4&q=novel";
    let seen = observe(options().send_default_pii(true), || {
        serve::axum(router, |at| {
            drop(ask(at, "GET", target, &SECRETS));
            drop(fetch(at, "/report"));
        });
    });
    for item in seen.items() {
        let text = item.payload.to_string();
        assert!(!text.contains("secret-"), "a secret left the process in {text}");
    }
    let requests: Vec<_> = seen.events().iter().map(|event| event["request"].clone()).collect();
    assert_eq!(requests[0]["query_string"], "token=[Filtered]&q=novel");
    assert_eq!(requests[0]["headers"]["x-customer"], "ada@example.com");
    assert_eq!(requests[0]["cookies"], json!([["theme", "dark"], ["session", "[Filtered]"]]));
    assert_eq!(requests[0]["env"]["REMOTE_ADDR"], "10.11.12.13");
    assert_eq!(requests[1]["env"]["REMOTE_ADDR"], "127.0.0.1");
}
