//! Tests of spans of `tracing`, which become spans and transactions.

use std::panic::{AssertUnwindSafe, catch_unwind};

use sentry::ClientOptions;
use sentry_tests::support::{names, observe, options, untraced, without_client};
use serde_json::json;
use tracing::field::Empty;
use tracing::{Level, debug_span, error, info_span, span};

use crate::{DiskFull, traced, traced_by};

#[test]
fn a_span_outside_of_any_trace_is_a_transaction_with_its_place_and_fields() {
    let seen = observe(options(), || {
        traced(|| {
            info_span!(
                "price",
                lamps = 3,
                paid = true,
                weight = 1.5,
                large = u128::MAX,
                by = "ada",
                shown = %"a text",
                debugged = ?[1, 2]
            )
            .in_scope(|| ());
        });
    });
    let transaction = seen.transaction();
    assert_eq!(
        (&transaction["transaction"], &transaction["transaction_info"]["source"]),
        (&json!("price"), &json!("custom"))
    );
    let span = seen.span("price");
    assert_eq!((&*span.op, &*span.origin, &*span.status), ("function", "auto.tracing", "ok"));
    for (key, value) in [
        ("lamps", json!(3)),
        ("paid", json!(true)),
        ("weight", json!(1.5)),
        ("large", json!(u128::MAX.to_string())),
        ("by", json!("ada")),
        ("shown", json!("a text")),
        ("debugged", json!("[1, 2]")),
        ("sentry.tracing.target", json!(module_path!())),
        ("code.module.name", json!(module_path!())),
    ] {
        assert_eq!(span.data[key], value, "{key}");
    }
    assert!(span.data["code.file.path"].as_str().unwrap().ends_with("tracing_spans.rs"));
    assert!(span.data["code.line.number"].is_number());
}

#[test]
fn fields_say_name_operation_tags_and_status() {
    let seen = observe(options(), || {
        traced(|| {
            let _root = info_span!("root", tags.shop = "north", sentry.op = "task").entered();
            let db = info_span!("query", otel.name = "SELECT orders", db.system = "sqlite");
            drop(db.entered());
            drop(
                info_span!(
                    "get",
                    otel.kind = "client",
                    http.request.method = "GET",
                    http.response.status_code = 404
                )
                .entered(),
            );
            drop(
                info_span!("serve", otel.kind = "SERVER", http.method = "GET", otel.status_code = "ERROR")
                    .entered(),
            );
            drop(info_span!("told", otel.status_code = "OK", http.response.status_code = 500).entered());
        });
    });
    assert_eq!(seen.transaction()["tags"]["shop"], "north");
    assert_eq!(seen.span("root").op, "task");
    assert_eq!(seen.span("SELECT orders").op, "db");
    let of = |name: &str| (seen.span(name).op, seen.span(name).status);
    assert_eq!(of("get"), ("http.client".to_owned(), "not_found".to_owned()));
    assert_eq!(of("serve"), ("http.server".to_owned(), "internal_error".to_owned()));
    assert_eq!(of("told").1, "ok");
    let kind = |name: &str| seen.span(name).data["sentry.kind"].clone();
    assert_eq!((kind("get"), kind("serve")), ("client".into(), "server".into()));
    assert_eq!(seen.span("get").data.get("otel.kind"), None, "the older name of the same");
}

#[test]
fn fields_recorded_after_the_start_are_sent() {
    let seen = observe(options(), || {
        traced(|| {
            let root = info_span!("root", rows = Empty, otel.name = Empty);
            root.in_scope(|| {
                let child = info_span!(
                    "child",
                    rows = Empty,
                    sentry.op = Empty,
                    http.response.status_code = Empty,
                    never = Empty
                );
                child
                    .record("rows", 7)
                    .record("sentry.op", "db.query")
                    .record("http.response.status_code", 503);
            });
            root.record("rows", "many").record("otel.name", "GET /orders/{id}");
        });
    });
    let child = seen.span("child");
    assert_eq!((&child.data["rows"], &*child.op, &*child.status), (&json!(7), "db.query", "unavailable"));
    assert!(child.data.get("never").is_none());
    assert_eq!(seen.span("GET /orders/{id}").data["rows"], "many");
}

#[test]
fn the_filter_decides_and_children_stand_under_the_nearest_span() {
    let nested = || {
        let _root = info_span!("root").entered();
        let _left_out = debug_span!("left out").entered();
        drop(span!(Level::WARN, "child").entered());
    };
    let seen = observe(options(), || traced(nested));
    assert_eq!(names(&seen.spans()), ["root", "child"]);
    assert_eq!(seen.span("child").parent, Some(seen.span("root").id));

    let all = sentry::integrations::tracing::layer().span_filter(|_| true);
    let seen = observe(options(), || traced_by(all, nested));
    assert_eq!(names(&seen.spans()).len(), 3);

    let broken = sentry::integrations::tracing::layer().span_filter(|_| panic!("no"));
    let seen = observe(options(), || traced_by(broken, nested));
    assert!(seen.transactions().is_empty() && seen.events().is_empty());
}

#[test]
fn an_explicit_parent_counts_and_none_makes_a_transaction_of_its_own() {
    let seen = observe(options(), || {
        traced(|| {
            let root = info_span!("root");
            let quiet = debug_span!(parent: &root, "quiet");
            drop(info_span!(parent: &quiet, "child"));
            let _other = info_span!("other").entered();
            drop(info_span!(parent: &root, "second"));
            drop(info_span!(parent: None, "alone"));
        });
    });
    let root = seen.span("root");
    for name in ["child", "second"] {
        assert_eq!(seen.span(name).parent.as_deref(), Some(&*root.id), "{name}");
    }
    assert!(seen.span("alone").is_root && seen.span("other").is_root);
    assert_eq!(seen.transactions().len(), 3);
}

#[test]
fn a_span_that_follows_from_another_is_linked_to_it() {
    let seen = observe(options(), || {
        traced(|| {
            let first = info_span!("first");
            let second = info_span!(parent: None, "second");
            second.follows_from(&first);
            let _root = second.enter();
            info_span!("child").follows_from(first.id());
        });
    });
    let (first, second) = (seen.span("first"), seen.span("second"));
    let transactions = seen.transactions();
    let transaction = transactions.iter().find(|one| one["transaction"] == "second").unwrap();
    for links in [&transaction["contexts"]["trace"]["links"], &transaction["spans"][0]["links"]] {
        let link = &links[0];
        assert_eq!((&link["trace_id"], &link["span_id"]), (&json!(first.trace), &json!(first.id)));
    }
    assert_ne!(first.trace, second.trace);
}

#[test]
fn errors_in_a_span_are_its_status() {
    #[tracing::instrument(err)]
    fn saves() -> Result<(), DiskFull> {
        Err(DiskFull)
    }
    let seen = observe(options(), || {
        traced(|| {
            let _root = info_span!("root").entered();
            let _answer = saves();
            let error = DiskFull;
            drop(info_span!("by value", cause = &error as &dyn std::error::Error));
            info_span!("logged").in_scope(|| error!("not an error value"));
            let _panicked = catch_unwind(AssertUnwindSafe(|| {
                info_span!("panics").in_scope(|| std::panic::resume_unwind(Box::new(())))
            }));
        });
    });
    let status = |name: &str| seen.span(name).status;
    assert_eq!(status("saves"), "internal_error");
    assert_eq!(status("by value"), "internal_error");
    assert_eq!(seen.span("by value").data["cause"], "the disk is full");
    assert_eq!(status("logged"), "ok");
    assert_eq!(status("panics"), "internal_error");
    assert_eq!(status("root"), "ok");
}

#[test]
fn a_header_in_a_field_is_continued_outside_of_any_trace() {
    const HEADER: &str = "771a43a4192642f0b136d5159a501700-1234567890abcdef-1";
    let seen = observe(options(), || {
        traced(|| {
            let _root = info_span!("root", sentry.trace = HEADER).entered();
            drop(info_span!("child", sentry.trace = "ffffffffffffffffffffffffffffffff-1234567890abcdef-1"));
        });
    });
    let root = seen.span("root");
    assert_eq!((&*root.trace, root.parent.as_deref()), (&HEADER[..32], Some("1234567890abcdef")));
    assert_eq!(seen.span("child").parent, Some(root.id));
    assert!(root.data.get("sentry.trace").is_none());
}

#[test]
fn values_that_misbehave_cost_themselves_alone() {
    struct Panics;
    impl std::fmt::Debug for Panics {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("no")
        }
    }
    let long = "x".repeat(1 << 20);
    let seen = observe(options(), || {
        traced(|| drop(info_span!("root", bad = ?Panics, long = &*long, longer = ?long, good = 7)));
    });
    let root = seen.span("root");
    assert_eq!(root.data["good"], 7);
    assert!(root.data["long"].as_str().unwrap().len() <= 8_200);
    assert!(seen.events().is_empty(), "a contained panic is no event");
}

#[test]
fn what_is_not_sampled_stays_so_and_without_a_client_nothing_happens() {
    let run = || {
        let _root = info_span!("root").entered();
        let _child = info_span!("child").entered();
        #[sentry::span]
        fn annotated() -> Option<String> {
            sentry::get_trace_data().map(|data| data.sentry_trace)
        }
        annotated()
    };
    let seen = observe(options().traces_sample_rate(0.0), || traced(run));
    assert!(seen.transactions().is_empty());
    assert!(seen.result.as_ref().unwrap().ends_with("-0"));

    let seen = observe(untraced(), || traced(run));
    assert!(seen.transactions().is_empty());
    without_client(|| {
        traced(|| {
            run();
            error!("unheard");
        });
    });
}

#[test]
fn a_sampler_sees_the_fields_and_may_use_tracing_itself() {
    let options: ClientOptions = options().traces_sampler(|root| {
        tracing::info_span!("in the sampler").in_scope(|| tracing::error!("in the sampler"));
        if root.attribute("important").is_some() { 1.0 } else { 0.0 }
    });
    let seen = observe(options, || {
        traced(|| {
            drop(info_span!("kept", important = true));
            drop(info_span!("left"));
        });
    });
    assert_eq!(names(&seen.spans()), ["kept"]);
    assert!(seen.events().is_empty());
}

#[test]
fn spans_nest_deeply() {
    const DEPTH: usize = 500;
    fn down(left: usize) {
        let _entered = info_span!("level", left).entered();
        if left > 0 {
            down(left - 1);
        }
    }
    let seen = observe(options(), || traced(|| down(DEPTH)));
    let spans = seen.spans();
    assert_eq!(spans.len(), DEPTH + 1);
    for left in 0..DEPTH {
        let at = |left: usize| spans.iter().find(|span| span.data["left"] == left).unwrap();
        assert_eq!(at(left).parent.as_deref(), Some(&*at(left + 1).id));
    }
}
