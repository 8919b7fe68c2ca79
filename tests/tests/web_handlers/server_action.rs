//! Tests of web handlers with `#[sentry::server_action]`: their span, the trace of their headers, their isolation.
//! `server_action_errors.rs` tests captured errors and recorded data.

use std::collections::{BTreeMap, HashMap};

use sentry::HeaderSource;
use sentry_tests::support::{self, block_on, observe, only, options, spans_of, untraced, yield_once};
use serde_json::{Value, json};

use crate::{SPAN, TRACE, root, sentry_trace};

// ---- the span

#[sentry::server_action]
fn submit_order() -> u32 {
    7
}

#[sentry::server_action]
async fn submit_order_later() -> u32 {
    yield_once().await;
    7
}

#[sentry::server_action(name = "orders.submit")]
fn named() {}

const NAME: &str = "orders.constant";

#[sentry::server_action(name = NAME)]
async fn named_by_a_constant() {}

#[test]
fn name_source_operation_and_origin_are_those_of_sentrys_server_actions() {
    for (name, seen) in [
        ("submit_order", observe(options(), || assert_eq!(submit_order(), 7))),
        ("submit_order_later", observe(options(), || assert_eq!(block_on(submit_order_later()), 7))),
        ("orders.submit", observe(options(), named)),
        ("orders.constant", observe(options(), || block_on(named_by_a_constant()))),
    ] {
        let transaction = seen.transaction();
        assert_eq!(transaction["transaction"], format!("serverAction/{name}"));
        assert_eq!(transaction["transaction_info"]["source"], "route");
        let root = root(&seen);
        assert_eq!(root["op"], "function.server_action");
        assert_eq!(root["origin"], "auto.function.server_action");
        assert_eq!(root["status"], "ok");
        assert_eq!(root["parent_span_id"], Value::Null);
        assert!(seen.events().is_empty());
    }
}

#[test]
fn without_a_client_or_without_tracing_the_function_runs_as_it_is() {
    assert_eq!(support::without_client(submit_order), 7);
    assert_eq!(support::without_client(|| block_on(submit_order_later())), 7);
    let seen = observe(untraced(), || (submit_order(), block_on(submit_order_later())));
    assert_eq!(seen.result, (7, 7));
    assert!(seen.items().is_empty(), "{:?}", seen.items());
}

#[sentry::span]
fn step() {}

#[test]
fn two_calls_are_two_traces_and_inside_of_a_span_a_call_is_its_child() {
    let seen = observe(options(), || {
        submit_order();
        submit_order();
    });
    let traces: Vec<_> = seen.spans().iter().map(|span| span.trace.clone()).collect();
    assert_eq!(traces.len(), 2);
    assert_ne!(traces[0], traces[1]);

    let seen = observe(options(), || {
        sentry::start_span("outside", |_| {
            submit_order();
            block_on(submit_order_later());
        });
    });
    assert_eq!(seen.transactions().len(), 1, "no transaction of its own");
    let outside = seen.span("outside");
    for name in ["serverAction/submit_order", "serverAction/submit_order_later"] {
        let child = seen.span(name);
        assert_eq!(child.parent.as_deref(), Some(&*outside.id));
        assert_eq!(child.trace, outside.trace);
        assert_eq!(child.op, "function.server_action");
        assert_eq!(child.origin, "auto.function.server_action");
        assert_eq!(child.status, "ok");
    }
}

#[sentry::server_action]
async fn with_steps() {
    step();
    yield_once().await;
    step();
}

#[test]
fn spans_inside_are_its_children() {
    let seen = observe(options(), || block_on(with_steps()));
    let spans = spans_of(&seen.transaction());
    assert_eq!(spans.len(), 3);
    assert!(spans[1..].iter().all(|span| span.parent.as_deref() == Some(&*spans[0].id)));
}

// ---- headers

#[sentry::server_action(headers = headers)]
fn of_http(headers: &http::HeaderMap) {
    let _ = headers;
}

#[sentry::server_action(headers = request.headers())]
async fn of_request(request: http::Request<()>) {
    let _ = request;
}

#[sentry::server_action(headers = headers)]
async fn of_map(headers: HashMap<String, String>) {
    yield_once().await;
    drop(headers);
}

#[sentry::server_action(headers = headers)]
fn of_tree(headers: &BTreeMap<&str, &str>) {
    let _ = headers;
}

#[sentry::server_action(headers = headers)]
fn of_slice(headers: &[(&str, &str)]) {
    let _ = headers;
}

#[sentry::server_action(headers = headers)]
fn of_vec(headers: Vec<(String, String)>) {
    drop(headers);
}

#[sentry::server_action(headers = headers)]
fn of_option(headers: Option<&http::HeaderMap>) {
    let _ = headers;
}

struct Metadata(&'static str, String);

impl HeaderSource for Metadata {
    fn visit(&self, name: &str, each: &mut dyn FnMut(&str)) {
        if name == self.0 {
            each(&self.1);
        }
    }
}

#[sentry::server_action(headers = metadata)]
fn of_own(metadata: Metadata) {
    drop(metadata);
}

#[test]
fn the_trace_of_every_kind_of_headers_is_continued() {
    let mut map = http::HeaderMap::new();
    map.insert("Sentry-Trace", sentry_trace().parse().unwrap());
    let mut request = http::Request::new(());
    *request.headers_mut() = map.clone();
    let pair = [("SENTRY-TRACE", &*sentry_trace())].map(|(key, value)| (key.to_owned(), value.to_owned()));
    for seen in [
        observe(options(), || of_http(&map)),
        observe(options(), || block_on(of_request(request))),
        observe(options(), || block_on(of_map(HashMap::from(pair.clone())))),
        observe(options(), || of_tree(&BTreeMap::from([("sentry-trace", &*sentry_trace())]))),
        observe(options(), || of_slice(&[("sentry-trace", &*sentry_trace())])),
        observe(options(), || of_vec(pair.to_vec())),
        observe(options(), || of_option(Some(&map))),
        observe(options(), || of_own(Metadata("sentry-trace", sentry_trace()))),
        observe(options(), || of_own(Metadata("traceparent", format!("00-{TRACE}-{SPAN}-01")))),
    ] {
        let root = root(&seen);
        assert_eq!(root["trace_id"], TRACE);
        assert_eq!(root["parent_span_id"], SPAN);
    }
}

#[test]
fn the_sender_decides_about_sampling_and_its_baggage_is_frozen() {
    let baggage = format!(
        "other=1,sentry-trace_id={TRACE},sentry-public_key=abc,sentry-sample_rand=0.25,sentry-release=page@1"
    );
    let headers = [("sentry-trace", &*sentry_trace()), ("baggage", &*baggage)];
    let seen = observe(untraced().traces_sample_rate(0.0), || of_slice(&headers));
    let envelope =
        only(seen.envelopes().into_iter().filter(|e| e.items_of("transaction").count() > 0).collect());
    assert_eq!(envelope.header["trace"]["trace_id"], TRACE);
    assert_eq!(envelope.header["trace"]["release"], "page@1");

    let half = [("sentry-trace", &*sentry_trace()), ("baggage", "sentry-release=page@1")];
    let seen = observe(options(), || of_slice(&half));
    for envelope in seen.envelopes() {
        assert_eq!(envelope.header.get("trace"), None, "servers refuse an incomplete context");
    }

    let no = format!("{TRACE}-{SPAN}-0");
    let seen = observe(options(), || of_slice(&[("sentry-trace", &no)]));
    assert!(seen.transactions().is_empty());
}

#[test]
fn bad_or_missing_headers_start_a_trace() {
    for headers in [vec![], vec![("sentry-trace", "nonsense")]] {
        let seen = observe(options(), || of_slice(&headers));
        let root = root(&seen);
        assert_ne!(root["trace_id"], TRACE);
        assert_eq!(root["parent_span_id"], Value::Null);
    }
    let seen = observe(options(), || of_option(None));
    assert_eq!(root(&seen)["parent_span_id"], Value::Null);
}

#[test]
fn an_active_span_overrides_headers() {
    let seen = observe(options(), || {
        sentry::start_span("outside", |_| of_slice(&[("sentry-trace", &*sentry_trace())]));
    });
    let (outside, inside) = (seen.span("outside"), seen.span("serverAction/of_slice"));
    assert_eq!(inside.parent.as_deref(), Some(&*outside.id));
    assert_ne!(inside.trace, TRACE);
}

#[sentry::server_action(headers = headers)]
fn reports(headers: &[(&str, &str)]) {
    let _ = headers;
    sentry::capture_message("in the handler", sentry::Level::Info);
}

#[test]
fn events_of_a_handler_belong_to_the_trace_of_its_headers_with_and_without_tracing() {
    for options in [options(), untraced()] {
        let seen = observe(options, || reports(&[("sentry-trace", &*sentry_trace())]));
        assert_eq!(seen.event()["contexts"]["trace"]["trace_id"], TRACE);
    }
}

// ---- isolation

#[sentry::server_action]
async fn interleaved(id: u32) {
    sentry::set_tag("request", id);
    sentry::set_tag(&format!("only_{id}"), "yes");
    sentry::set_user(Some(sentry::User { id: Some(format!("user-{id}")), ..Default::default() }));
    yield_once().await;
    sentry::add_breadcrumb(sentry::Breadcrumb { message: Some(format!("crumb {id}")), ..Default::default() });
    yield_once().await;
    sentry::capture_message(&format!("message {id}"), sentry::Level::Info);
    yield_once().await;
}

/// Polls both futures in turn, on one thread.
async fn both(a: impl Future<Output = ()>, b: impl Future<Output = ()>) {
    let (mut a, mut b) = (Box::pin(a), Box::pin(b));
    let (mut a_done, mut b_done) = (false, false);
    std::future::poll_fn(|context| {
        a_done = a_done || a.as_mut().poll(context).is_ready();
        b_done = b_done || b.as_mut().poll(context).is_ready();
        if a_done && b_done { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

#[test]
fn two_interleaved_handlers_do_not_mix() {
    let seen = observe(options(), || block_on(both(interleaved(1), interleaved(2))));
    let events = seen.events();
    assert_eq!(events.len(), 2);
    for (id, other) in [(1, 2), (2, 1)] {
        let text = format!("message {id}");
        let event = only(
            events
                .iter()
                .filter(|event| {
                    event["logentry"]["formatted"] == *text || event["logentry"]["message"] == *text
                })
                .collect(),
        );
        assert_eq!(event["tags"]["request"], id.to_string());
        assert_eq!(event["tags"][format!("only_{id}")], "yes");
        assert_eq!(event["tags"].get(format!("only_{other}")), None);
        assert_eq!(event["user"]["id"], format!("user-{id}"));
        let crumbs = event["breadcrumbs"]["values"].as_array().unwrap();
        assert_eq!(crumbs.len(), 1);
        assert_eq!(crumbs[0]["message"], format!("crumb {id}"));
    }
    let transactions = seen.transactions();
    assert_eq!(transactions.len(), 2);
    let tags: Vec<_> = transactions.iter().map(|t| t["tags"]["request"].clone()).collect();
    assert!(tags.contains(&json!("1")) && tags.contains(&json!("2")), "{tags:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handlers_that_move_between_threads_do_not_mix() {
    async fn handler(id: u32) {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        interleaved(id).await;
    }
    let handle = tokio::runtime::Handle::current();
    let seen = tokio::task::spawn_blocking(move || {
        observe(options(), || {
            let tasks: Vec<_> = (0..16).map(|id| handle.spawn(handler(id))).collect();
            for task in tasks {
                handle.block_on(task).unwrap();
            }
        })
    })
    .await
    .unwrap();
    let events = seen.events();
    assert_eq!(events.len(), 16);
    for event in events {
        let tags = event["tags"].as_object().unwrap();
        assert_eq!(tags.len(), 2, "{tags:?}");
        let id = tags["request"].as_str().unwrap();
        assert_eq!(event["user"]["id"], format!("user-{id}"));
        assert_eq!(tags[&format!("only_{id}")], "yes");
    }
}

#[test]
fn what_a_handler_sets_stays_in_it_and_what_was_set_outside_is_seen() {
    #[sentry::server_action]
    fn inside() {
        sentry::set_tag("inside", "yes");
    }
    let seen = observe(options(), || {
        sentry::with_isolation_scope(|| {
            sentry::set_tag("outside", "yes");
            inside();
            sentry::capture_message("after", sentry::Level::Info);
        });
    });
    assert_eq!(seen.event()["tags"], json!({"outside": "yes"}));
    assert_eq!(seen.transaction()["tags"], json!({"outside": "yes", "inside": "yes"}));
}

/// Runs a closure on another thread, in the scopes of the process.
fn elsewhere(run: impl FnOnce() + Send) {
    std::thread::scope(|threads| threads.spawn(run).join().unwrap());
}

#[sentry::server_action]
fn interrupted(own: Option<&str>) {
    elsewhere(|| sentry::set_tag("meanwhile", "yes"));
    if let Some(own) = own {
        sentry::set_tag("own", own);
    }
}

#[test]
fn a_handler_outside_of_any_scope_begins_with_the_processs_data_and_keeps_its_own() {
    for (own, tags) in [(None, json!({"before": "yes"})), (Some("1"), json!({"before": "yes", "own": "1"}))] {
        let seen = observe(options(), || {
            sentry::set_tag("before", "yes");
            interrupted(own);
            sentry::capture_message("after", sentry::Level::Info);
            let scope = sentry::get_isolation_scope();
            ["before", "meanwhile"].into_iter().for_each(|tag| scope.remove_tag(tag));
        });
        assert_eq!(seen.transaction()["tags"], tags, "tags that are set later are not on the action");
        assert_eq!(seen.event()["tags"], json!({"before": "yes", "meanwhile": "yes"}));
        let (handler, after) = (root(&seen), seen.event()["contexts"]["trace"].clone());
        assert_ne!(handler["trace_id"], after["trace_id"], "the handler's trace is over");
    }
}

#[sentry::server_action]
fn passes_on() -> String {
    step();
    let sent = sentry::get_traceparent();
    elsewhere(sentry::bind_scope(|| {
        sentry::set_tag("from_elsewhere", "yes");
        step();
    }));
    sent.unwrap()
}

#[test]
fn a_handler_that_passes_its_trace_on_is_the_one_that_is_sent() {
    let seen = observe(options(), passes_on);
    let (root, transaction) = (root(&seen), seen.transaction());
    assert!(seen.result.starts_with(root["trace_id"].as_str().unwrap()));
    assert!(seen.result.contains(root["span_id"].as_str().unwrap()));
    assert_eq!(transaction["transaction"], "serverAction/passes_on");
    assert_eq!(transaction["tags"], json!({"from_elsewhere": "yes"}));
    let spans = spans_of(&transaction);
    assert_eq!(spans.len(), 3);
    assert!(spans[1..].iter().all(|span| span.parent.as_deref() == Some(&*spans[0].id)));
}
