//! The report of a crash: the event with the scopes of the crashing thread, and the minidump.

use super::*;

#[test]
fn every_crash_is_an_event_with_a_minidump_and_ends_the_program_as_ever() {
    let overflows = "has overflowed its stack";
    for (how, name, ends_by, says) in [
        ("null", "SIGSEGV", libc::SIGSEGV, ""),
        ("abort", "SIGABRT", libc::SIGABRT, ""),
        ("illegal", "SIGILL", libc::SIGILL, ""),
        ("thread", "SIGSEGV", libc::SIGSEGV, ""),
        ("overflow", "SIGSEGV", libc::SIGABRT, overflows),
        ("thread overflow", "SIGSEGV", libc::SIGABRT, overflows),
        ("small overflow", "SIGSEGV", libc::SIGABRT, overflows),
        ("c thread", "SIGSEGV", libc::SIGSEGV, ""),
        ("twice", "SIGSEGV", libc::SIGSEGV, ""),
        ("locked", "SIGSEGV", libc::SIGSEGV, ""),
        #[cfg(target_arch = "x86_64")]
        ("trap", "SIGTRAP", libc::SIGTRAP, ""),
        ("sent trap", "SIGTRAP", libc::SIGTRAP, ""),
    ] {
        let crashed = crash(how, &[]);
        assert_eq!(crashed.status.signal(), Some(ends_by), "{how}: {}", crashed.stderr);
        assert!(crashed.stderr.contains(says), "{how}: {}", crashed.stderr);
        let (event, envelope) = (crashed.event(), crashed.envelope());
        assert_eq!((&event["level"], &event["platform"]), (&json!("fatal"), &json!("native")), "{how}");
        let exception = exception(&event);
        assert_eq!(exception["type"], name, "{how}");
        let mechanism = &exception["mechanism"];
        assert_eq!((&mechanism["type"], &mechanism["handled"]), (&json!("signalhandler"), &json!(false)));
        assert_eq!(mechanism["meta"]["signal"]["name"], name);
        let thread = &event["threads"]["values"][0];
        assert_eq!((&thread["crashed"], &thread["id"]), (&json!(true), &exception["thread_id"]));
        check_minidump(&minidump(&envelope).expect(how), &thread["id"]);
        assert_eq!((&event["release"], &event["environment"]), (&json!("shop@1.4.2"), &json!("staging")));
        assert_eq!(event["tags"], json!({ "shelf": "lamps", "seen": "by before_send" }), "{how}");
        assert_eq!(event["user"], json!({ "id": "7" }));
        assert_eq!(event["breadcrumbs"]["values"][0]["message"], "opened the shelf");
        assert_eq!(only(crashed.server.logs())["body"], "at work", "{how}: what was captured before");
    }
}

#[test]
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
fn a_stack_overflow_is_told_apart_from_other_accesses() {
    let (overflow, other) = ("Stack overflow", "Segmentation fault");
    for (how, callback, value) in [
        ("overflow", "", overflow),
        ("thread overflow", "", overflow),
        ("small overflow", "", overflow),
        // The monitor makes the event.
        ("overflow", "crashes", overflow),
        ("thread overflow", "crashes", overflow),
        ("null", "", other),
        ("null", "crashes", other),
        ("null function", "", other),
        ("below the stack", "", other),
    ] {
        let crashed = crash(how, &[("CALLBACK", callback), ("PATIENCE", "1")]);
        let event = crashed.event();
        let exception = exception(&event);
        assert_eq!((&exception["type"], &exception["value"]), (&json!("SIGSEGV"), &json!(value)), "{how}");
        // The standard library takes every access to a guard page for an overflow.
        if how != "below the stack" {
            let says = crashed.stderr.contains("has overflowed its stack");
            assert_eq!(says, value == overflow, "the message of Rust: {}", crashed.stderr);
        }
    }
}

#[test]
fn the_program_ends_even_if_its_memory_is_there_again() {
    let crashed = crash("page", &[("CALLBACK", "opens the page")]);
    assert_eq!(crashed.status.signal(), Some(libc::SIGSEGV), "{}", crashed.stderr);
    assert_eq!(exception(&crashed.event())["type"], "SIGSEGV");
}

#[test]
fn a_handler_of_before_that_repairs_the_cause_lets_the_program_go_on() {
    let crashed = crash("repaired page", &[]);
    assert!(crashed.status.success(), "{:?} {}", crashed.status, crashed.stderr);
    assert_eq!(exception(&crashed.event())["type"], "SIGSEGV", "it was reported");
}

#[test]
fn a_thread_without_a_name_does_not_have_that_of_the_program() {
    let event = crash("unnamed thread", &[]).event();
    let thread = &event["threads"]["values"][0];
    assert_eq!((&thread["crashed"], &thread["name"]), (&json!(true), &Value::Null), "{thread}");
}

#[test]
fn the_event_has_the_scopes_and_the_span_of_the_crashing_thread() {
    let event = crash("isolated", &[]).event();
    assert_eq!(event["tags"]["request"], "42");

    let event = crash("thread", &[]).event();
    assert_eq!(event["threads"]["values"][0]["name"], "lamplighter");
    let crumbs = event["breadcrumbs"]["values"].as_array().unwrap();
    assert_eq!(crumbs.iter().map(|crumb| &crumb["message"]).collect::<Vec<_>>(), ["opened the shelf", "lit"]);

    // The root span is lazy, or has its context already.
    for (how, transaction) in [("null", "read_null"), ("span", "checkout")] {
        let crashed = crash(how, &[]);
        let (event, envelope) = (crashed.event(), crashed.envelope());
        assert_eq!(event["transaction"], transaction);
        let trace = &envelope.header["trace"];
        assert_eq!(
            (&trace["trace_id"], &trace["transaction"]),
            (&event["contexts"]["trace"]["trace_id"], &json!(transaction))
        );
    }
}

#[test]
fn the_session_has_crashed_and_running_jobs_have_failed() {
    let crashed = crash("job", &[]);
    let session = crashed.server.sessions().pop().unwrap();
    assert_eq!((&session["status"], &session["errors"]), (&json!("crashed"), &json!(1)));
    assert!(crashed.envelope().items_of("session").next().is_some(), "with the event");
    let statuses: Vec<_> = crashed.server.check_ins().iter().map(|it| it["status"].clone()).collect();
    assert_eq!(statuses, ["in_progress", "error"]);
}

#[test]
fn a_minidump_has_no_text_of_the_stack_the_environment_or_the_arguments() {
    let minidump = minidump(&crash("null", &[]).envelope()).unwrap();
    let contains = |text: &[u8]| minidump.windows(text.len()).any(|part| part == text);
    let has = |text: &str| {
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        contains(text.as_bytes()) || contains(&wide)
    };
    assert!(has("sentry-crash"), "it has the names of threads");
    // Longer than a register.
    for secret in ["hunter2-on-the-stack", "er2-on-the-stack", "hunter2-variable", "hunter2-argument"] {
        assert!(!has(secret), "{secret}");
    }
}

#[test]
fn a_report_that_cannot_be_sent_is_sent_at_the_next_start() {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("crash-{}", std::process::id()));
    let environment = [("SPOOL", dir.to_str().unwrap()), ("PATIENCE", "2")];
    let server = FakeSentry::start_at(apart()).unwrap();
    let (address, dsn) = (server.address(), server.dsn());
    drop(server);
    Program::start(&dsn, "isolated", &environment).end();
    // A program that was just being started may have inherited the socket.
    let again = std::cell::OnceCell::new();
    assert_eventually(|| FakeSentry::start_at(address).is_some_and(|server| again.set(server).is_ok()));
    let server = again.into_inner().unwrap();
    Program::start(&dsn, "", &environment).end();
    assert!(server.wait_for_type("event", 1, LONG));
    let crashed = Crashed { server, status: ExitStatus::default(), stderr: String::new() };
    let event = crashed.event();
    assert_eq!(
        (exception(&event)["type"].as_str(), &event["tags"]["request"]),
        (Some("SIGSEGV"), &json!("42"))
    );
    check_minidump(&minidump(&crashed.envelope()).unwrap(), &exception(&event)["thread_id"]);
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn callbacks_may_drop_a_crash() {
    let crashed = crash("dropped", &[]);
    assert_eq!(crashed.status.signal(), Some(libc::SIGSEGV));
    assert!(crashed.server.events().is_empty());
    assert!(crashed.server.envelopes().iter().all(|envelope| minidump(envelope).is_none()));
    assert_eq!(crashed.server.reported("before_send", "error"), 1);
}

#[test]
fn a_panic_that_aborts_is_one_event() {
    for how in ["panic", "abort while panicking", "abort in the hook before"] {
        let crashed = crash(how, &[]);
        assert_eq!(crashed.status.signal(), Some(libc::SIGABRT));
        assert_eq!(exception(&crashed.event())["value"], "the lamp broke", "{how}");
    }
    let crashed = crash("caught panic", &[]);
    let events = crashed.server.events();
    let mut types: Vec<_> = events.iter().map(|event| exception(event)["type"].as_str()).collect();
    types.sort_unstable();
    assert_eq!(types, [Some("SIGABRT"), Some("panic")], "the abort is a failure of its own");
}

#[test]
fn a_program_that_has_closed_its_client_reports_nothing() {
    let crashed = crash("closed", &[]);
    assert_eq!(crashed.status.signal(), Some(libc::SIGSEGV));
    assert!(crashed.server.events().is_empty());
}

/// A hook that aborts before ours is called. The panic is not known then.
#[test]
fn an_abort_in_a_hook_that_was_installed_later_is_a_crash() {
    let crashed = crash("abort in the hook after", &[]);
    assert_eq!(crashed.status.signal(), Some(libc::SIGABRT));
    assert_eq!(exception(&crashed.event())["type"], "SIGABRT");
    assert!(minidump(&crashed.envelope()).is_some());
}

#[test]
fn a_crash_in_the_pipeline_is_reported() {
    for how in ["in a callback", "while closing"] {
        let crashed = crash(how, &[("CALLBACK", "crashes once"), ("PATIENCE", "1")]);
        assert_eq!(crashed.status.signal(), Some(libc::SIGSEGV), "{how}");
        let event = crashed.event();
        assert_eq!((&event["level"], exception(&event)["type"].as_str()), (&json!("fatal"), Some("SIGSEGV")));
        assert_eq!(event["release"], "shop@1.4.2", "{how}");
        assert!(minidump(&crashed.envelope()).is_some(), "{how}");
    }
}

/// The thread that makes the event crashes, too.
#[test]
fn a_crash_while_a_crash_is_reported_costs_the_scopes_alone() {
    let crashed = crash("isolated", &[("CALLBACK", "crashes"), ("PATIENCE", "1")]);
    assert_eq!(crashed.status.signal(), Some(libc::SIGSEGV));
    let event = crashed.event();
    assert_eq!(
        (exception(&event)["type"].as_str(), &event["tags"]["request"]),
        (Some("SIGSEGV"), &Value::Null)
    );
    check_minidump(&minidump(&crashed.envelope()).unwrap(), &exception(&event)["thread_id"]);
}
