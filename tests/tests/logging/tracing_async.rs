//! Tests of instrumented futures, whose span is entered at every poll.

use sentry::SentryFutureExt as _;
use sentry_tests::support::{Seen, block_on, observe, options, poll_once, yield_once};
use tracing::{Instrument as _, info_span};

use crate::traced;

#[sentry::span("annotated")]
async fn annotated() {
    yield_once().await;
    leaf().await;
}

#[tracing::instrument]
async fn leaf() {
    yield_once().await;
    sentry::start_span("by hand", |_| ());
}

fn parent<R>(seen: &Seen<R>, name: &str) -> String {
    let parent = seen.span(name).parent.unwrap();
    seen.spans().into_iter().find(|span| span.id == parent).unwrap().name
}

#[test]
fn futures_of_both_kinds_nest_in_each_other() {
    let seen = observe(options(), || {
        traced(|| {
            block_on(
                async {
                    yield_once().await;
                    annotated().await;
                }
                .instrument(info_span!("root")),
            );
            assert!(sentry::get_active_span().is_none());
        });
    });
    assert_eq!(seen.transactions().len(), 1);
    for (name, of) in [("annotated", "root"), ("leaf", "annotated"), ("by hand", "leaf")] {
        assert_eq!(parent(&seen, name), of, "{name}");
    }
}

#[test]
fn futures_that_take_turns_on_a_thread_do_not_see_each_other() {
    let work = |name: &'static str| {
        async move {
            for _ in 0..3 {
                yield_once().await;
                sentry::start_span(format!("in {name}"), |_| ());
            }
        }
        .instrument(info_span!("work", otel.name = name))
    };
    let seen = observe(options(), || {
        traced(|| {
            let (mut one, mut two) = (Box::pin(work("one")), Box::pin(work("two")));
            let mut task = std::task::Context::from_waker(std::task::Waker::noop());
            for _ in 0..4 {
                let _pending = one.as_mut().poll(&mut task);
                assert!(sentry::get_active_span().is_none());
                let _pending = two.as_mut().poll(&mut task);
            }
        });
    });
    assert_eq!(seen.transactions().len(), 2);
    for name in ["one", "two"] {
        let root = seen.span(name);
        let inside: Vec<_> =
            seen.spans().into_iter().filter(|span| span.name == format!("in {name}")).collect();
        assert_eq!(inside.len(), 3);
        assert!(inside.iter().all(|span| span.parent.as_deref() == Some(&*root.id)));
    }
}

#[test]
fn a_future_that_is_dropped_ends_its_span() {
    let seen = observe(options(), || {
        traced(|| {
            let _root = info_span!("root").entered();
            assert!(!poll_once(annotated().instrument(info_span!("given up"))));
        });
    });
    assert_eq!(parent(&seen, "given up"), "root");
    assert_eq!(seen.span("annotated").status, "cancelled");
}

#[test]
fn tasks_on_many_threads_belong_to_the_request_that_spawned_them() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let dispatch = {
        use tracing_subscriber::layer::SubscriberExt as _;
        tracing::Dispatch::new(tracing_subscriber::registry().with(sentry::integrations::tracing::layer()))
    };
    let seen = observe(options(), || {
        use tracing::instrument::WithSubscriber as _;
        let request = |number: u32| {
            let dispatch = dispatch.clone();
            async move {
                sentry::set_tag("request", number);
                let task = async {
                    for _ in 0..10 {
                        tokio::task::yield_now().await;
                    }
                    sentry::capture_message("in the task", sentry::Level::Info);
                }
                .instrument(info_span!("task"));
                tokio::spawn(task.with_subscriber(dispatch)).await.unwrap();
            }
        };
        let one = sentry::with_isolation_scope(|| request(1).bind_scope());
        let two = sentry::with_isolation_scope(|| request(2).bind_scope());
        runtime.block_on(async {
            let (one, two) = (one.with_subscriber(dispatch.clone()), two.with_subscriber(dispatch.clone()));
            let (one, two) = (tokio::spawn(one), tokio::spawn(two));
            one.await.unwrap();
            two.await.unwrap();
        });
    });
    let mut tags: Vec<_> = seen.events().iter().map(|event| event["tags"]["request"].clone()).collect();
    tags.sort_by_key(|tag| tag.to_string());
    assert_eq!(tags, ["1", "2"]);
    assert_eq!(seen.transactions().len(), 2);
}
