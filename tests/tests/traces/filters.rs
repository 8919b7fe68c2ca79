//! Tests of the options that filter traces: `ignore_spans`, `ignore_transactions`, `trace_ignore_status_codes`.

use sentry::{Pattern, SpanFilter, SpanOptions, StatusCodes};
use sentry_tests::support::{block_on, names, observe, options, yield_once};

#[sentry::span(name = "leaf")]
fn leaf() {}

#[sentry::span(name = "noise", op = "cache.get")]
fn noise() {
    more_noise();
}

#[sentry::span(name = "more noise")]
fn more_noise() {
    leaf();
}

#[sentry::span(name = "root", op = "task")]
fn root() {
    noise();
    leaf();
}

#[test]
fn an_ignored_span_leaves_its_children_to_its_parent() {
    let seen = observe(options().ignore_spans(["noise"]), root);
    let root = seen.span("root");
    assert_eq!(names(&seen.spans()), ["root", "leaf", "leaf"]);
    for span in seen.spans().iter().filter(|span| !span.is_root) {
        assert_eq!(span.parent.as_ref(), Some(&root.id), "under the nearest parent that is sent");
    }
    assert_eq!(seen.reported("ignored", "span"), 2);
    assert_eq!(seen.reported("ignored", "transaction"), 0);
}

#[test]
fn spans_of_function_calls_are_ignored_before_they_start() {
    let filter = SpanFilter::new().op(Pattern::prefix("cache.")).attribute("hit", true);
    let seen = observe(options().ignore_spans([filter]), || {
        sentry::start_span("root", |root| {
            let hit = SpanOptions::new("get").op("cache.get").attribute("hit", true);
            let outgoing = sentry::start_span(hit, |span| {
                assert!(!span.is_recording());
                span.set_attribute("lost", true);
                span.update_name("lost");
                span.add_links(root.link());
                leaf();
                sentry::get_traceparent().unwrap()
            });
            assert!(
                outgoing.contains(&root.span_id().unwrap().to_string()),
                "the next service finds its parent"
            );
            sentry::start_span(SpanOptions::new("miss").op("cache.get").attribute("hit", false), |_| ());
            block_on(sentry::start_span_async(
                SpanOptions::new("later").op("cache.get").attribute("hit", true),
                |_| async {
                    yield_once().await;
                    leaf();
                },
            ));
        });
    });
    let root = seen.span("root");
    assert_eq!(names(&seen.spans()), ["root", "leaf", "miss", "leaf"]);
    assert!(seen.spans().iter().all(|span| span.is_root || span.parent.as_ref() == Some(&root.id)));
    assert_eq!(root.data.get("lost"), None);
    assert_eq!(seen.reported("ignored", "span"), 2);
}

#[test]
fn an_ignored_root_takes_its_tree_with_it() {
    let seen = observe(options().ignore_spans([SpanFilter::from(Pattern::exact("root")).op("task")]), || {
        root();
        sentry::start_span(SpanOptions::new("root").op("task"), |span| {
            assert!(!span.is_recording());
            assert!(sentry::get_traceparent().unwrap().ends_with("-0"));
            let baggage = sentry::get_baggage().unwrap();
            assert!(baggage.contains("sentry-sampled=false") && baggage.contains("sentry-sample_rate=0"));
            leaf();
        });
        sentry::start_span("root", |_| leaf());
    });
    assert_eq!(names(&seen.spans()), ["root", "leaf"]);
    assert_eq!(seen.reported("ignored", "transaction"), 2);
    assert_eq!(seen.reported("sample_rate", "transaction"), 0);
    assert_eq!(seen.reported("ignored", "span"), 7, "two roots and what is under them");
}

#[test]
fn filters_see_the_name_of_a_root_at_its_start_and_at_its_end() {
    let filter = SpanFilter::from("healthz").attribute("http.response.status_code", 200);
    let seen = observe(options().ignore_spans([filter]), || {
        for status in [200, 503] {
            sentry::start_span("GET", |span| {
                span.update_name("GET /healthz");
                leaf();
                span.set_http_status(status);
            });
        }
    });
    assert_eq!(names(&seen.spans()), ["GET /healthz", "leaf"]);
    assert_eq!(seen.span("GET /healthz").data["http.response.status_code"], 503);
    assert_eq!((seen.reported("ignored", "transaction"), seen.reported("ignored", "span")), (1, 2));
}

#[test]
fn ignored_spans_take_no_room() {
    let seen = observe(options().ignore_spans(["noise"]), || {
        sentry::start_span("root", |_| {
            for _ in 0..600 {
                noise();
            }
        });
    });
    assert_eq!(seen.spans().len(), 601);
    assert_eq!(seen.reported("ignored", "span"), 1200);
    assert_eq!(seen.reported("buffer_overflow", "span"), 0);
}

#[test]
fn work_that_goes_on_after_its_root_is_filtered_too() {
    let seen = observe(options().ignore_spans(["noise"]), || {
        let later = sentry::start_span("root", |_| sentry::start_inactive_span("later"));
        assert!(sentry::flush(sentry_tests::support::LONG));
        sentry::with_active_span(&later, noise);
        later.end();
    });
    let later = seen.span("later");
    assert_eq!((later.is_root, later.parent), (true, Some(seen.span("root").id)));
    assert_eq!(seen.span("leaf").parent, Some(later.id));
    assert_eq!(seen.spans().len(), 3);
    assert_eq!(seen.reported("ignored", "span"), 2);
}

#[test]
fn transactions_are_ignored_by_their_last_name() {
    let options = options().ignore_transactions([Pattern::prefix("GET /static/"), "probe".into()]);
    let seen = observe(options, || {
        sentry::start_span("GET /static/logo.svg", |_| leaf());
        sentry::start_span("request", |span| span.update_name("a probe of ours"));
        sentry::with_isolation_scope(|| {
            sentry::start_span("probe", |_| sentry::set_transaction_name("named by the scope"));
        });
        sentry::start_span("GET /orders", |_| sentry::start_span("a probe inside", |_| ()));
    });
    let mut sent: Vec<_> =
        seen.transactions().iter().map(|sent| sent["transaction"].as_str().unwrap().to_owned()).collect();
    sent.sort();
    assert_eq!(sent, ["GET /orders", "named by the scope"]);
    assert_eq!((seen.reported("ignored", "transaction"), seen.reported("ignored", "span")), (2, 3));
}

#[test]
fn transactions_are_dropped_by_the_status_of_the_response() {
    let codes = [StatusCodes::from(404), StatusCodes::from(301..=303)];
    let seen = observe(options().trace_ignore_status_codes(codes), || {
        for code in [200, 300, 301, 303, 304, 404, 405] {
            sentry::start_span(format!("answer {code}"), |span| {
                span.set_http_status(code);
                sentry::start_span("outgoing", |outgoing| outgoing.set_http_status(404));
            });
        }
        sentry::start_span("as a text", |span| span.set_attribute("http.response.status_code", "404"));
        sentry::start_span("no response", |_| ());
    });
    let mut sent: Vec<_> =
        seen.transactions().iter().map(|sent| sent["transaction"].as_str().unwrap().to_owned()).collect();
    sent.sort();
    assert_eq!(sent, ["answer 200", "answer 300", "answer 304", "answer 405", "no response"]);
    assert_eq!(seen.reported("event_processor", "transaction"), 4);
    assert_eq!(seen.reported("event_processor", "span"), 7);
}

#[test]
fn a_pattern_that_panics_ignores_nothing() {
    let panics = || Pattern::from_fn(|name| panic!("thrown for {name}"));
    let options = options().ignore_spans([SpanFilter::from(panics())]).ignore_transactions([panics()]);
    let seen = observe(options, root);
    assert_eq!(seen.spans().len(), 5);
    assert_eq!(seen.events().len(), 0, "a panic that is contained is no event");
}
