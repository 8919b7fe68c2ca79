//! Tests of the polls of annotated futures: their number and times as attributes, and polls that block their thread.

use std::future::Future as _;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use sentry::{ClientOptions, TraceLifecycle};
use sentry_tests::support::{
    LONG, block_on, names, observe, observe_server, options, poll_once, untraced, yield_once,
};
use serde_json::Value;

#[sentry::span("leaf")]
async fn leaf(yields: u32) {
    for _ in 0..yields {
        yield_once().await;
    }
}

#[sentry::span("branch")]
async fn branch() {
    leaf(2).await;
    yield_once().await;
}

#[sentry::server_action(name = "action")]
async fn action() {
    leaf(1).await;
}

#[sentry::monitor("job")]
async fn job() {
    yield_once().await;
}

fn polls(data: &Value) -> Option<u64> {
    let read = |key: &str| data[key].as_f64();
    let (Some(busy), Some(idle), Some(longest)) = (read("poll.busy"), read("poll.idle"), read("poll.max"))
    else {
        assert!(read("poll.busy").is_none() && read("poll.count").is_none(), "{data}");
        return None;
    };
    assert!(busy >= longest && longest >= 0.0 && idle >= 0.0, "{data}");
    data["poll.count"].as_u64()
}

#[test]
fn polls_are_counted_for_every_async_span() {
    let seen = observe(options().track_polls(true), || {
        block_on(branch());
        block_on(action());
        block_on(job());
    });
    let counts: Vec<_> = seen.spans().iter().map(|span| (span.name.clone(), polls(&span.data))).collect();
    let expected = [
        ("branch", Some(4)),
        ("leaf", Some(3)),
        ("serverAction/action", Some(2)),
        ("leaf", Some(2)),
        ("polls::job", Some(2)),
    ];
    assert_eq!(counts, expected.map(|(name, count)| (name.to_owned(), count)));
}

#[test]
fn streamed_spans_have_them_too() {
    let options = options().track_polls(true).trace_lifecycle(TraceLifecycle::Stream);
    let seen = observe(options, || block_on(branch()));
    let spans = seen.streamed_spans();
    let count = |name: &str| {
        let span = spans.iter().find(|span| span["name"] == name).unwrap();
        span["attributes"]["poll.count"]["value"].as_u64()
    };
    assert_eq!((count("branch"), count("leaf")), (Some(4), Some(3)));
}

#[test]
fn without_the_option_nothing_is_counted() {
    let seen = observe(options(), || block_on(branch()));
    assert_eq!(names(&seen.spans()), ["branch", "leaf"]);
    assert!(seen.spans().iter().all(|span| polls(&span.data).is_none()));
}

#[test]
fn a_future_that_is_dropped_was_polled_as_often_as_it_was() {
    let seen = observe(options().track_polls(true), || assert!(!poll_once(branch())));
    assert_eq!(polls(&seen.span("branch").data), Some(1));
    assert_eq!(polls(&seen.span("leaf").data), Some(1));
    assert_eq!(seen.span("leaf").status, "cancelled");
}

#[test]
fn polls_are_counted_on_whatever_threads_they_happen() {
    let seen = observe(options().track_polls(true), || {
        let mut future = Box::pin(leaf(3));
        for _ in 0..4 {
            future = thread::spawn(move || {
                _ = future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
                future
            })
            .join()
            .unwrap();
        }
    });
    assert_eq!(polls(&seen.span("leaf").data), Some(4));
}

#[sentry::span("waits")]
async fn waits(started: mpsc::Sender<()>, release: mpsc::Receiver<()>) {
    started.send(()).unwrap();
    release.recv_timeout(LONG).unwrap();
    sentry::capture_message("released", sentry::Level::Info);
}

#[sentry::span("outer")]
async fn outer(started: mpsc::Sender<()>, release: mpsc::Receiver<()>) {
    waits(started, release).await;
}

/// Runs a poll that blocks until `seen_enough` returns true for the server, or for a minute at most.
fn block(
    options: ClientOptions,
    seen_enough: fn(&sentry_tests::FakeSentry) -> bool,
) -> sentry_tests::support::Seen<()> {
    observe_server(options, |server| {
        let (start, started) = mpsc::channel();
        let (release, released) = mpsc::channel();
        let blocked = thread::Builder::new().name("worker-7".to_owned());
        let blocked = blocked.spawn(move || block_on(outer(start, released))).unwrap();
        started.recv_timeout(LONG).unwrap();
        let begin = Instant::now();
        while !seen_enough(server) && begin.elapsed() < LONG {
            thread::sleep(Duration::from_millis(10));
        }
        release.send(()).unwrap();
        blocked.join().unwrap();
    })
}

/// Returns whether a text reports the poll of `waits`. A busy machine may also interrupt the thread before that poll
/// for longer than the limit, which is reported as well.
fn is_of_waits(text: &Value) -> bool {
    text.as_str().is_some_and(|text| text.ends_with(" s in `waits`, thread `worker-7`"))
}

#[test]
fn a_blocked_thread_is_captured_while_it_is_blocked() {
    for options in [options(), options().traces_sample_rate(0.0)] {
        let limit = Duration::from_millis(50);
        // The event arrives before the poll returns.
        let options = options.blocked_poll_event(limit).blocked_poll_warning(limit);
        let seen = block(options, |server| {
            server.events().iter().any(|event| is_of_waits(&event["exception"]["values"][0]["value"]))
        });
        let events = seen.events();
        let blocked: Vec<_> =
            events.iter().filter(|event| is_of_waits(&event["exception"]["values"][0]["value"])).collect();
        assert_eq!(blocked.len(), 1, "once: {events:#?}");
        let (event, exception) = (blocked[0], &blocked[0]["exception"]["values"][0]);
        assert_eq!((&event["level"], &exception["type"]), (&"warning".into(), &"BlockedPoll".into()));
        let text = exception["value"].as_str().unwrap();
        assert!(
            text.starts_with("blocked for ") && text.ends_with(" s in `waits`, thread `worker-7`"),
            "{text}"
        );
        let frames = exception["stacktrace"]["frames"].as_array().unwrap();
        let functions: Vec<_> = frames.iter().map(|frame| frame["function"].as_str().unwrap()).collect();
        assert_eq!(functions, ["outer", "waits"]);
        assert!(
            frames[1]["filename"].as_str().unwrap().ends_with("polls.rs") && frames[1]["lineno"].is_u64()
        );
        assert_eq!(event["tags"]["thread.name"], "worker-7");
        // Later events of the same work have the blocked poll as a breadcrumb.
        let released = events.iter().find(|event| event["logentry"]["message"] == "released").unwrap();
        let crumbs = released["breadcrumbs"]["values"].to_string();
        assert!(crumbs.contains("blocked for ") && crumbs.contains("waits"), "{crumbs}");
        assert_eq!(event["contexts"]["trace"]["trace_id"], released["contexts"]["trace"]["trace_id"]);
    }
}

#[test]
fn a_warning_is_a_log_and_no_event() {
    let options =
        untraced().traces_sample_rate(1.0).enable_logs(true).blocked_poll_warning(Duration::from_millis(50));
    let seen = block(options, |server| {
        sentry::flush(LONG);
        server.logs().iter().any(|log| is_of_waits(&log["body"]))
    });
    let logs: Vec<_> = seen.logs().into_iter().filter(|log| is_of_waits(&log["body"])).collect();
    assert_eq!(logs.len(), 1, "{logs:#?}");
    assert_eq!(logs[0]["level"], "warn");
    assert_eq!(logs[0]["span_id"], seen.span("waits").id);
    assert!(seen.events().iter().all(|event| event["exception"].is_null()));
}

#[test]
fn a_thread_that_is_not_blocked_is_not_reported() {
    let limit = Duration::from_secs(3600);
    let seen =
        observe(options().blocked_poll_event(limit).blocked_poll_warning(limit), || block_on(branch()));
    assert!(seen.events().is_empty());
    assert_eq!(polls(&seen.span("branch").data), Some(4), "watched polls are counted as well");
}
