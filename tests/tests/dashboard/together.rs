//! Tests of several programs on one page.

use crate::shown::{Page, Shown};

#[test]
fn a_second_program_is_shown_on_the_page_of_the_first() {
    let (mut first, page) = Shown::serving();
    let (mut second, line) = Shown::at(&page.address.to_string());
    assert!(line.contains("of another program shows this one too"), "{line}");
    assert!(line.contains(&page.address.to_string()), "{line}");
    first.order("span of the first");
    second.order("span of the second");
    page.wait("trace", "name:*first");
    page.wait("trace", "name:*second");
    assert_eq!(second.end(), [""; 0]);
    first.order("span of the first again");
    page.wait("trace", "name:*again");
}

#[test]
fn the_program_that_is_left_serves_the_page() {
    // On Linux, no client of another test uses this address; such a client could take the port meanwhile.
    let (first, line) = Shown::at(if cfg!(target_os = "linux") { "127.0.77.1:0" } else { "127.0.0.1:0" });
    let page = Page::of(&line);
    let (mut second, _) = Shown::at(&page.address.to_string());
    first.kill();
    // The second program notices the end with this envelope, and shows the envelope on its own page.
    second.order("span left alone");
    let line = second.line();
    assert_eq!(Page::of(&line).address, page.address, "{line}");
    page.wait("trace", "name:*alone");
}

#[cfg(target_os = "linux")]
#[test]
fn the_crash_of_a_program_is_shown() {
    let (first, page) = Shown::serving();
    let address = page.address.to_string();
    let crashed = sentry_tests::support::programs::run(
        env!("CARGO_BIN_EXE_crashes"),
        &["span"],
        &[("SENTRY_DASHBOARD", &address), ("SENTRY_DASHBOARD_TOKEN", crate::shown::TOKEN)],
    );
    assert_eq!(crashed.code, None, "{}", crashed.stderr);
    let issue = page.wait("error", "type:SIGSEGV");
    let id = issue["event_id"].as_str().unwrap();
    let event = page.get(&format!("/api/events/{id}"));
    let exception = &event["exceptions"][0];
    assert_eq!(exception["type"], "SIGSEGV", "{event}");
    assert!(!exception["frames"].as_array().unwrap().is_empty(), "{event}");
    assert_eq!(exception["thread"], "main", "{event}");
    if cfg!(target_arch = "x86_64") {
        assert!(exception["registers"]["rip"].is_string(), "{event}");
    }
    assert_eq!(event["breadcrumbs"][0]["message"], "opened the shelf");
    drop(first);
}

#[cfg(unix)]
#[test]
fn the_child_of_a_fork_is_shown_on_the_page_of_its_parent() {
    let (mut parent, page) = Shown::serving();
    parent.order("span before");
    for number in 1..=3 {
        parent.order(&format!("fork child {number}"));
    }
    parent.order("span after");
    for name in ["before", "1", "2", "3", "after"] {
        page.wait("trace", &format!("name:*{name}"));
    }
    assert_eq!(parent.end(), [""; 0], "no child prints a URL");
}
