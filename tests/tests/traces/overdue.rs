//! Tests of spans that are open for longer than expected, and are reported while they are open.

use std::thread;
use std::time::{Duration, Instant};

use sentry_tests::FakeSentry;
use sentry_tests::support::{LONG, block_on, observe_server, options};

/// Waits inside of an open span until a log has arrived.
fn wait_for_log(server: &FakeSentry) {
    let begin = Instant::now();
    while server.logs().is_empty() && begin.elapsed() < LONG {
        thread::sleep(Duration::from_millis(20));
        sentry::flush(LONG);
    }
}

/// The name of a root, and a function that opens it.
type Case = (&'static str, fn(&FakeSentry));

fn limited() -> sentry::ClientOptions {
    options().enable_logs(true).warn_open_after(Duration::from_millis(50))
}

#[sentry::span("import")]
fn import(server: &FakeSentry) {
    wait_for_log(server);
    sentry::capture_message("imported", sentry::Level::Info);
}

#[sentry::span("import later")]
async fn import_later(server: &FakeSentry) {
    wait_for_log(server);
    sentry::capture_message("imported", sentry::Level::Info);
}

#[test]
fn a_root_is_reported_while_it_is_open() {
    let cases: [Case; 3] = [
        ("import", |server| import(server)),
        ("import later", |server| block_on(import_later(server))),
        ("by hand", |server| sentry::start_span("by hand", |_| import(server))),
    ];
    for (name, run) in cases {
        let seen = observe_server(limited(), run);
        let logs = seen.logs();
        assert_eq!(logs.len(), 1, "once: {logs:#?}");
        let text = logs[0]["body"].as_str().unwrap();
        assert!(text.starts_with("still open after ") && text.ends_with(&format!(" s: `{name}`")), "{text}");
        assert_eq!(logs[0]["level"], "warn");
        assert_eq!(logs[0]["span_id"], seen.span(name).id);
        let crumbs = seen.event()["breadcrumbs"]["values"].to_string();
        assert!(crumbs.contains("still open after ") && crumbs.contains("overdue"), "{crumbs}");
    }
}

#[sentry::span("step", warn_after = "50ms")]
fn step(server: &FakeSentry) {
    wait_for_log(server);
}

#[sentry::span("step later", warn_after = "50ms")]
async fn step_later(server: &FakeSentry) {
    wait_for_log(server);
}

#[sentry::span("quick step", warn_after = "1h")]
fn quick_step() {}

#[test]
fn a_function_has_a_limit_of_its_own() {
    let cases: [Case; 2] = [
        ("step", |server| sentry::start_span("root", |_| step(server))),
        ("step later", |server| sentry::start_span("root", |_| block_on(step_later(server)))),
    ];
    for (name, run) in cases {
        let seen = observe_server(options().enable_logs(true), |server| {
            quick_step();
            run(server);
        });
        let logs = seen.logs();
        assert_eq!(logs.len(), 1, "once: {logs:#?}");
        assert!(logs[0]["body"].as_str().unwrap().ends_with(&format!("`{name}`")), "{}", logs[0]);
        assert_eq!(logs[0]["span_id"], seen.span(name).id);
        assert_eq!(logs[0]["attributes"]["code.function.name"]["value"], name);
    }
}

#[test]
fn a_root_that_ends_in_time_is_not_reported() {
    let options = options().enable_logs(true).warn_open_after(Duration::from_secs(3600));
    let seen = observe_server(options, |_| sentry::start_span("quick", |_| {}));
    assert!(seen.logs().is_empty());
}
