//! The monitor of crashes: a second process, which must not disturb the program.

use super::*;

#[test]
fn a_program_that_ends_sends_no_event_and_leaves_no_process() {
    let ended = crash("", &[]);
    assert!(ended.status.success());
    assert!(ended.server.events().is_empty());
    assert_eq!(ended.server.sessions().pop().unwrap()["status"], "exited");
}

/// Then the executable of the process is the linker, whose first argument is a program.
#[cfg(all(target_arch = "x86_64", target_env = "gnu"))]
#[test]
fn no_argument_is_executed_if_the_dynamic_linker_was_started() {
    let server = FakeSentry::start();
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("touched-{}", std::process::id()));
    let mut command = Command::new("/lib64/ld-linux-x86-64.so.2");
    command
        .arg(env!("CARGO_BIN_EXE_crashes"))
        .arg("/usr/bin/touch")
        .arg(&file)
        .env("SENTRY_DSN", server.dsn());
    assert!(command.env("SENTRY_DEBUG", "1").env("LINGER", "1").output().unwrap().status.success());
    assert!(!file.exists());
}

/// As in `while wait(NULL) > 0`, and with handlers of SIGCHLD.
#[test]
fn the_monitor_is_no_child_for_which_a_program_waits() {
    let ended = crash("children", &[]);
    assert!(ended.status.success(), "{:?}", ended.status);
}

/// The program may have a lock by it, or be at the end of a pipe that somebody reads.
#[test]
fn the_monitor_keeps_nothing_open_that_the_program_has_inherited() {
    let server = FakeSentry::start();
    let mut program = Program::start(&server.dsn(), "wait", &[]);
    program.wait_until_ready();
    let is_open = |process: u32| PathBuf::from(format!("/proc/{process}/fd/{INHERITED}")).exists();
    assert!(is_open(program.child.id()) && !is_open(program.monitor()));
    kill(program.child.id(), libc::SIGKILL);
    program.end();
}

#[test]
fn files_of_the_program_stay_open_when_the_monitor_ends() {
    for (how, environment) in [("files", &[("MONITOR", "fails")][..]), ("closes everything", &[])] {
        let ended = crash(how, environment);
        assert!(ended.status.success(), "{how}: {}", ended.stderr);
    }
}

#[test]
fn a_killed_program_leaves_no_process() {
    let server = FakeSentry::start();
    let mut program = Program::start(&server.dsn(), "wait", &[]);
    program.wait_until_ready();
    program.monitor();
    kill(program.child.id(), libc::SIGKILL);
    program.end();
    assert!(server.events().is_empty());
}

#[test]
fn the_monitor_outlives_signals_for_the_program() {
    let server = FakeSentry::start();
    let mut program = Program::start(&server.dsn(), "wait", &[]);
    program.wait_until_ready();
    let monitor = program.monitor();
    [libc::SIGTERM, libc::SIGINT, libc::SIGHUP].into_iter().for_each(|signal| kill(monitor, signal));
    kill(program.child.id(), libc::SIGBUS);
    let (status, _) = program.end();
    assert_eq!(status.signal(), Some(libc::SIGBUS));
    let crashed = Crashed { server, status, stderr: String::new() };
    assert_eq!(exception(&crashed.event())["type"], "SIGBUS");
    assert!(minidump(&crashed.envelope()).is_some());
}

#[test]
fn without_a_monitor_the_event_is_sent_without_a_minidump() {
    for how in ["fails", "hangs"] {
        let crashed = crash("isolated", &[("MONITOR", how), ("SENTRY_DEBUG", "1")]);
        let event = crashed.event();
        assert_eq!(
            (exception(&event)["type"].as_str(), &event["tags"]["request"]),
            (Some("SIGSEGV"), &json!("42"))
        );
        assert!(minidump(&crashed.envelope()).is_none());
        let notes = crashed.stderr.matches("the crash monitor ended before it was ready").count();
        assert_eq!(notes, usize::from(how == "fails"), "{}", crashed.stderr);
    }
}

#[test]
fn the_monitor_sends_what_it_knows_if_the_program_hangs() {
    let crashed = crash("isolated", &[("CALLBACK", "hangs"), ("PATIENCE", "1")]);
    let event = crashed.event();
    assert_eq!(exception(&event)["type"], "SIGSEGV");
    assert_eq!(event["release"], "shop@1.4.2");
    assert_eq!(event["tags"], json!({ "seen": "by before_send" }), "the scopes are out of reach");
    check_minidump(&minidump(&crashed.envelope()).unwrap(), &exception(&event)["thread_id"]);
}

#[test]
fn children_of_a_fork_report_their_crashes() {
    for how in ["fork", "fork and record"] {
        let crashed = crash(how, &[]);
        assert!(crashed.status.success(), "the parent goes on: {}", crashed.stderr);
        let is_crash = |event: &Value| event["level"] == "fatal";
        let event = only(crashed.server.events().into_iter().filter(is_crash).collect::<Vec<_>>());
        assert_eq!(event["tags"]["shelf"], "lamps");
        let dumps: Vec<_> = crashed.server.envelopes().iter().filter_map(minidump).collect();
        check_minidump(&only(dumps), &exception(&event)["thread_id"]);
    }
}
