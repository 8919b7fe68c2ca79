//! Tests that a stack shows the program's own calls, without those of the toolkit and of the start of a runtime.

use sentry_tests::support::{observe, options};
use serde_json::Value;

fn capture() {
    sentry::capture_error(&std::io::Error::other("disk full"));
}

/// Runs a function on a thread of its own, where it is the outermost, and returns the frames of its only event.
fn frames(run: fn()) -> Vec<Value> {
    let seen = observe(options(), || std::thread::spawn(run).join().unwrap());
    seen.event()["exception"]["values"][0]["stacktrace"]["frames"].as_array().unwrap().clone()
}

fn functions(frames: &[Value]) -> Vec<&str> {
    frames
        .iter()
        .filter(|frame| frame["in_app"] == true)
        .filter_map(|frame| frame["function"].as_str())
        .collect()
}

fn scope() {
    sentry::with_scope(|scope| scope.set_tag("a", "b"), capture);
}

fn isolation_scope() {
    sentry::with_isolation_scope(capture);
}

fn span() {
    sentry::start_span("span", |_| capture());
}

fn span_by_hand() {
    sentry::start_span_manual("span", |_| capture());
}

fn trace() {
    sentry::continue_trace(&[("sentry-trace", "")], capture);
}

fn new_trace() {
    sentry::start_new_trace(capture);
}

fn monitor() {
    sentry::with_monitor("job", None, capture);
}

fn nested() {
    sentry::start_span("span", |_| sentry::with_scope(|_| (), || sentry::with_isolation_scope(capture)));
}

#[test]
fn the_functions_of_the_toolkit_are_not_between_those_of_the_program() {
    for (run, name) in [
        (scope as fn(), "scope"),
        (isolation_scope, "isolation_scope"),
        (span, "span"),
        (span_by_hand, "span_by_hand"),
        (trace, "trace"),
        (new_trace, "new_trace"),
        (monitor, "monitor"),
        (nested, "nested"),
    ] {
        let frames = frames(run);
        let ours = |frame: &Value| {
            let module = frame["module"].as_str().unwrap_or_default();
            module == "sentry" || module.starts_with("sentry::") || module.starts_with("sentry_runtime")
        };
        assert!(!frames.iter().any(ours), "{name}: {frames:#?}");
        let functions = functions(&frames);
        assert_eq!(functions.first(), Some(&name), "{functions:?}");
        assert_eq!(functions.last(), Some(&"capture"), "{functions:?}");
    }
}

fn job() {
    async fn work() {
        capture();
    }
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async { work().await });
}

#[test]
fn the_function_that_starts_a_runtime_is_there_once() {
    let frames = frames(job);
    let functions = functions(&frames);
    assert_eq!(functions.iter().filter(|function| **function == "job").count(), 1, "{functions:?}");
    assert_eq!(frames[0]["function"], "job", "{frames:#?}");
    assert!(frames[0]["context_line"].as_str().unwrap().contains("work().await"), "{frames:#?}");
    assert_eq!(functions.last(), Some(&"capture"));
}
