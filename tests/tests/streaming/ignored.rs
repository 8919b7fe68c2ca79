//! Tests of spans that match `ignore_spans` or `ignore_transactions` at their start: they are never started, and their
//! children get the next span above as their parent, no matter when they are sent.

use sentry::protocol::DiscardReason;
use sentry::{SpanFilter, SpanOptions};
use sentry_tests::support::{LONG, Seen, block_on, observe, observe_server, yield_once};

use super::{span, streaming};

#[sentry::span(name = "child", op = "db.query")]
fn child() {}

#[sentry::span(name = "noise")]
fn noise(inside: impl FnOnce()) {
    child();
    inside();
}

#[sentry::span(name = "noise", err)]
fn noise_that_captures() -> Result<(), String> {
    child();
    Err("cold".into())
}

#[sentry::span(name = "waits")]
async fn waits() {
    yield_once().await;
    child();
}

#[sentry::span(name = "async noise")]
async fn async_noise() {
    yield_once().await;
    waits().await;
}

fn names<R>(seen: &Seen<R>) -> Vec<String> {
    let mut names: Vec<_> =
        seen.streamed_spans().iter().map(|span| span["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

fn ignored<R>(seen: &Seen<R>) -> u64 {
    let counted = seen.stats.dropped.iter().filter(|entry| entry.reason == DiscardReason::Ignored);
    counted.map(|entry| entry.quantity).sum()
}

#[test]
fn children_that_are_sent_before_the_end_of_an_ignored_span_have_its_parent() {
    let seen = observe_server(streaming().ignore_spans(["noise"]), |server| {
        sentry::start_span("root", |_| {
            noise(|| {
                assert!(sentry::flush(LONG));
                assert_eq!(server.streamed_spans().len(), 1, "the child is sent while its caller runs");
                sentry::start_span("inner", |_| ());
            });
        });
    });
    let root = span(&seen, "root");
    for name in ["child", "inner"] {
        assert_eq!(span(&seen, name)["parent_span_id"], root["span_id"], "{name}");
    }
    assert_eq!((names(&seen).len(), ignored(&seen)), (3, 1));
    assert_eq!(seen.reported("ignored", "span"), 1);
}

#[test]
fn functions_of_every_kind_are_ignored() {
    let seen = observe(streaming().ignore_spans(["noise"]), || {
        sentry::start_span("root", |_| {
            block_on(async_noise());
            // This future is polled on another thread than the one that called the function.
            let spawned = async_noise();
            std::thread::scope(|scope| _ = scope.spawn(|| block_on(spawned)));
            assert!(noise_that_captures().is_err());
            sentry::start_span("noise by hand", |_| child());
            let _block = sentry::enter_span!("block of noise");
            child();
        });
    });
    assert_eq!(names(&seen), ["child", "child", "child", "child", "child", "root", "waits", "waits"]);
    let (root, spans) = (span(&seen, "root"), seen.streamed_spans());
    let waits: Vec<_> =
        spans.iter().filter(|span| span["name"] == "waits").map(|span| &span["span_id"]).collect();
    for one in spans.iter().filter(|span| span["name"] != "root") {
        let parent = &one["parent_span_id"];
        assert!(*parent == root["span_id"] || waits.contains(&parent), "{one}");
    }
    assert_eq!(ignored(&seen), 5);
    assert_eq!(
        seen.event()["contexts"]["trace"]["span_id"],
        root["span_id"],
        "an error belongs to a span that is sent"
    );
}

#[test]
fn with_an_ignored_root_everything_under_it_is_counted() {
    for options in [
        streaming().ignore_spans(["health"]),
        streaming().ignore_transactions(["health"]),
        streaming().ignore_spans([SpanFilter::new().op("probe")]),
    ] {
        let seen = observe(options, || {
            sentry::start_span(SpanOptions::new("health").op("probe"), |_| {
                noise(|| sentry::start_span("inner", |_| child()));
                block_on(waits());
                assert!(noise_that_captures().is_err());
            });
            sentry::start_span("other", |_| child());
        });
        assert_eq!(names(&seen), ["child", "other"]);
        assert_eq!(ignored(&seen), 1 + 4 + 2 + 2);
        assert_eq!(seen.reported("ignored", "span"), 9);
        assert_eq!(seen.reported("ignored", "transaction"), 0);
    }
}

#[test]
fn a_span_that_matches_at_its_end_alone_stays_if_a_child_was_sent() {
    let filter = SpanFilter::new().attribute("cache.hit", true);
    let seen = observe(streaming().ignore_spans([filter]), || {
        sentry::start_span("root", |_| {
            sentry::start_span("first", |span| {
                child();
                assert!(sentry::flush(LONG));
                span.set_attribute("cache.hit", true);
            });
            sentry::start_span("second", |span| span.set_attribute("cache.hit", true));
        });
    });
    assert_eq!(names(&seen), ["child", "first", "root"]);
    assert_eq!(span(&seen, "child")["parent_span_id"], span(&seen, "first")["span_id"]);
    assert_eq!(ignored(&seen), 1);
}
