//! Crashes as a developer sees them, with a server or without one.

use super::*;

/// The environment of a developer. Names are looked up as long as the slowest machine needs.
const LOCAL: [(&str, &str); 2] = [("SENTRY_LOCAL", "1"), ("PATIENCE", "120")];

#[test]
fn without_a_server_the_local_view_prints_the_crash() {
    for (how, name, function, thread) in [
        ("span", "SIGSEGV", "read_null", "main"),
        ("thread", "SIGSEGV", "read_null", "lamplighter"),
        ("abort", "SIGABRT", "main", "main"),
        ("null function", "SIGSEGV", "call_null", "main"),
    ] {
        let (status, stderr) = Program::start("", how, &LOCAL).end();
        assert_eq!(status.signal().map(|signal| signal == libc::SIGABRT), Some(name == "SIGABRT"), "{how}");
        let shown = stderr.split_once(&format!("✗ {name}: ")).unwrap_or_else(|| panic!("{how}: {stderr}")).1;
        assert!(!shown.contains('✗'), "once: {stderr}");
        assert!(shown.contains(&format!("thread {thread}")), "{how}: {shown}");
        assert!(shown.contains("opened the shelf"), "{how}: {shown}");
        let line = shown.lines().find(|line| line.contains(&format!("in {function} ")));
        assert!(line.is_some_and(|line| line.contains("programs/crashes.rs:")), "{how}: {shown}");
        if name == "SIGSEGV" {
            assert!(shown.contains("at the address 0x0"), "{how}: {shown}");
        }
        if how == "span" {
            assert!(shown.contains("in checkout"), "the transaction: {shown}");
        }
    }
}

/// Only x86-64 has a C library whose tables describe the call of a handler: on AArch64 the kernel returns from handlers.
#[test]
#[cfg(all(target_arch = "x86_64", target_env = "gnu"))]
fn the_stack_of_a_crashed_handler_of_signals_has_what_was_interrupted() {
    let (status, stderr) = Program::start("", "signal handler", &LOCAL).end();
    assert_eq!(status.signal(), Some(libc::SIGSEGV));
    let places: Vec<_> = ["crash_in_handler", "interrupted", "main"]
        .iter()
        .map(|function| {
            stderr.find(&format!("in {function} ")).unwrap_or_else(|| panic!("{function}: {stderr}"))
        })
        .collect();
    assert!(places.is_sorted(), "{stderr}");
}

#[test]
fn a_crash_of_the_callback_ends_the_wait_for_the_report() {
    let (status, stderr) = Program::start("", "null", &[LOCAL[0], LOCAL[1], ("CALLBACK", "crashes")]).end();
    assert_eq!(status.signal(), Some(libc::SIGSEGV));
    let said = "[sentry] error: the report of a crash is incomplete, as it has crashed itself";
    assert_eq!(stderr.matches(said).count(), 1, "{stderr}");
    assert!(!stderr.contains("took too long"), "{stderr}");
}

#[test]
fn a_thread_that_has_locked_the_errors_is_shown() {
    for debug in ["0", "1"] {
        let environment = [LOCAL[0], LOCAL[1], ("SENTRY_DEBUG", debug)];
        let (status, stderr) = Program::start("", "locked errors", &environment).end();
        assert_eq!(status.signal(), Some(libc::SIGSEGV));
        assert!(stderr.contains("✗ SIGSEGV: Segmentation fault"), "{debug}: {stderr}");
    }
}

#[test]
fn an_abort_shows_the_function_that_was_called_instead_of_the_insides_of_the_c_library() {
    let (_, stderr) = Program::start("", "abort", &LOCAL).end();
    assert!(stderr.contains("in abort "), "{stderr}");
    assert!(!stderr.contains("pthread_kill"), "{stderr}");
}

#[test]
fn a_line_reports_the_crash_if_only_the_dashboard_of_the_program_shows_it() {
    let said = "[sentry] the program has crashed: SIGSEGV: Segmentation fault";
    let dashboard = ("SENTRY_DASHBOARD", "127.0.0.1:0");
    let (_, stderr) = Program::start("", "null", &[dashboard]).end();
    assert_eq!(stderr.matches(said).count(), 1, "{stderr}");
    let (_, stderr) = Program::start("", "null", &[dashboard, LOCAL[0], LOCAL[1]]).end();
    assert!(stderr.contains("✗ SIGSEGV") && !stderr.contains(said), "{stderr}");
}

#[test]
fn a_report_that_hangs_says_so() {
    let (status, stderr) =
        Program::start("", "null", &[LOCAL[0], ("PATIENCE", "1"), ("CALLBACK", "hangs")]).end();
    assert_eq!(status.signal(), Some(libc::SIGSEGV));
    assert!(stderr.contains("incomplete, as it took too long"), "{stderr}");
}

#[test]
fn callbacks_see_a_crash_without_a_server() {
    let (status, stderr) = Program::start("", "dropped", &LOCAL).end();
    assert_eq!(status.signal(), Some(libc::SIGSEGV));
    assert!(!stderr.contains("SIGSEGV"), "{stderr}");
}

#[test]
fn nothing_writes_minidumps_that_nobody_reads() {
    let mut program = Program::start("", "wait", &LOCAL);
    program.wait_until_ready();
    // The thread that would start the monitor begins before the one that waits for a crash.
    let has_reporter = |id: u32| {
        let threads = std::fs::read_dir(format!("/proc/{id}/task")).unwrap().flatten();
        threads.into_iter().any(|thread| {
            std::fs::read_to_string(thread.path().join("comm")).is_ok_and(|name| name == "sentry-crash\n")
        })
    };
    let id = program.child.id();
    assert_eventually(|| has_reporter(id));
    assert_eq!(processes(&program.mark), [id]);
    kill(id, libc::SIGBUS);
    let (status, stderr) = program.end();
    assert_eq!(status.signal(), Some(libc::SIGBUS));
    assert!(stderr.contains("✗ SIGBUS"), "{stderr}");
}

#[test]
fn with_a_server_the_local_view_prints_the_crash_too() {
    let crashed = crash("isolated", &[("SENTRY_LOCAL", "1")]);
    assert_eq!(crashed.stderr.matches("✗ SIGSEGV").count(), 1, "{}", crashed.stderr);
    assert!(minidump(&crashed.envelope()).is_some());
}

#[test]
fn the_event_has_the_stack_of_the_crashing_thread() {
    let crashed = crash("span", &[]);
    let event = crashed.event();
    let stack = &exception(&event)["stacktrace"];
    let frames = stack["frames"].as_array().unwrap();
    assert!(frames.len() > 3, "{stack}");
    if cfg!(target_arch = "x86_64") {
        assert_eq!(frames.last().unwrap()["instruction_addr"], stack["registers"]["rip"]);
    }
    assert_eq!(exception(&event)["mechanism"]["data"]["relevant_address"], "0x0");
    assert!(event["debug_meta"].is_null(), "the minidump has the images: {}", event["debug_meta"]);
}
