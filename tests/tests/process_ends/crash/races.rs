//! Crashes while the program closes its client or ends, and reports that come late. Each crash is one event.

use super::*;
use sentry_fake_server::Answer;

/// A file for which a program waits, until it is made.
struct Hold(PathBuf);

impl Hold {
    fn new(name: &str) -> Self {
        let name = format!("hold-{name}-{}", std::process::id());
        let hold = Self(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name));
        let _ = std::fs::remove_file(&hold.0);
        hold
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    fn release(&self) {
        std::fs::write(&self.0, "").unwrap();
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.release();
        let _ = std::fs::remove_file(&self.0);
    }
}

fn start(server: &FakeSentry, how: &str, environment: &[(&str, &str)]) -> Program {
    let here = std::env::current_dir().unwrap();
    Program::start_of(env!("CARGO_BIN_EXE_crash_races"), &here, &server.dsn(), how, environment)
}

fn end(server: FakeSentry, program: Program) -> Crashed {
    let (status, stderr) = program.end();
    server.assert_valid();
    assert_eq!(status.signal(), Some(libc::SIGSEGV), "{status:?} {stderr}");
    Crashed { server, status, stderr }
}

/// Returns the crashes among the events that have arrived.
fn crashes(server: &FakeSentry) -> Vec<Value> {
    let mut events = server.events();
    events.retain(|event| event["level"] == "fatal");
    events
}

#[test]
fn a_crash_is_reported_if_another_thread_closes_the_client_meanwhile() {
    let (server, monitor) = (FakeSentry::start(), Hold::new("close"));
    let mut program = start(&server, "crash, then close", &[("HOLD_MONITOR", monitor.path())]);
    program.wait_for("closed");
    monitor.release();
    let crashed = end(server, program);
    assert_eq!(crashed.event()["tags"], json!({ "shelf": "lamps", "thread": "the other" }));
    assert_eq!(crashed.server.sessions().pop().unwrap()["status"], "crashed");
}

#[test]
fn a_crash_is_reported_while_the_client_is_being_closed() {
    for (environment, has_minidump) in [(&[][..], true), (&[("MONITOR", "ends")][..], false)] {
        let (server, hold) = (FakeSentry::start(), Hold::new("closing"));
        server.answer_all(Answer::ok().held());
        let common = [("PATIENCE", "60"), ("HOLD_PROGRAM", hold.path())];
        let program = start(&server, "crash while closing", &[environment, &common].concat());
        if has_minidump {
            program.monitor();
        }
        hold.release();
        assert_eventually(|| !crashes(&server).is_empty());
        server.answer_all(Answer::ok());
        server.release();
        let crashed = end(server, program);
        let event = only(crashes(&crashed.server));
        assert_eq!(event["tags"], json!({ "shelf": "lamps", "thread": "the other" }));
        assert_eq!(crashed.server.envelopes().iter().any(|it| minidump(it).is_some()), has_minidump);
    }
}

/// The thread that returns from `main` would end the program with the status of success.
#[test]
fn a_program_that_has_crashed_does_not_end_as_if_it_had_not() {
    for (how, tags) in [
        ("crash, then return", json!({ "shelf": "lamps", "thread": "the other" })),
        ("crash, then exit", json!({ "shelf": "lamps", "thread": "the other" })),
        // The standard library frees the stack on which the main thread handles its signal.
        ("crash, then exit elsewhere", json!({ "shelf": "lamps" })),
    ] {
        let (server, monitor) = (FakeSentry::start(), Hold::new(&how.replace(' ', "-")));
        let mut program = start(&server, how, &[("HOLD_MONITOR", monitor.path())]);
        program.wait_for("leaving");
        monitor.release();
        let crashed = end(server, program);
        assert_eq!(crashed.event()["tags"], tags, "{how}");
    }
}

/// The program has asked the toolkit to send its data when a signal ends it.
#[test]
fn a_signal_that_ends_the_program_does_not_cut_a_report_off() {
    let (server, monitor) = (FakeSentry::start(), Hold::new("signal"));
    let environment = [("HOLD_MONITOR", monitor.path()), ("SENTRY_DEBUG", "1")];
    let mut program = start(&server, "crash, then a signal", &environment);
    program.wait_for("crashed");
    kill(program.child.id(), libc::SIGTERM);
    program.wait_for_error("all data was sent in time");
    monitor.release();
    let crashed = end(server, program);
    assert_eq!(crashed.event()["tags"], json!({ "shelf": "lamps", "thread": "the other" }));
}

#[test]
fn a_report_that_comes_after_that_of_the_monitor_is_not_sent() {
    let (server, callback) = (FakeSentry::start(), Hold::new("late"));
    let environment = [("HOLD_CALLBACK", callback.path()), ("PATIENCE", "60")];
    let mut program = start(&server, "crash", &environment);
    program.wait_for("in the callback");
    // The monitor ends after it has sent its own event. The program waits for `shutdown_timeout`.
    assert_eventually(|| processes(&program.mark) == [program.child.id()]);
    callback.release();
    let crashed = end(server, program);
    assert_eq!(crashed.event()["tags"], Value::Null, "that of the monitor");
    assert!(minidump(&crashed.envelope()).is_some());
}

#[test]
fn a_report_is_sent_by_the_program_if_the_monitor_is_killed_meanwhile() {
    let (server, callback) = (FakeSentry::start(), Hold::new("killed"));
    let mut program = start(&server, "wait", &[("HOLD_CALLBACK", callback.path())]);
    program.wait_until_ready();
    let monitor = program.monitor();
    kill(program.child.id(), libc::SIGSEGV);
    program.wait_for("in the callback");
    kill(monitor, libc::SIGKILL);
    assert_eventually(|| processes(&program.mark) == [program.child.id()]);
    callback.release();
    let crashed = end(server, program);
    assert_eq!(crashed.event()["tags"], json!({ "shelf": "lamps" }));
}

#[test]
fn a_report_that_the_monitor_has_not_sent_is_sent_by_the_program() {
    let (server, callback) = (FakeSentry::start(), Hold::new("stopped"));
    let environment = [("HOLD_CALLBACK", callback.path()), ("SENTRY_LOCAL", "1")];
    let mut program = start(&server, "wait", &environment);
    program.wait_until_ready();
    let monitor = program.monitor();
    kill(program.child.id(), libc::SIGSEGV);
    program.wait_for("in the callback");
    kill(monitor, libc::SIGSTOP);
    callback.release();
    // The event is shown after it was handed to the monitor, or was not.
    program.wait_for_error("✗ SIGSEGV");
    kill(monitor, libc::SIGKILL);
    let crashed = end(server, program);
    assert_eq!(crashed.event()["tags"], json!({ "shelf": "lamps" }));
}

#[test]
fn the_client_that_takes_the_place_of_another_one_reports_its_crashes() {
    let server = FakeSentry::start();
    let program = start(&server, "second client", &[]);
    let crashed = end(server, program);
    assert_eq!(crashed.event()["tags"], json!({ "shelf": "lamps", "client": "second" }));
}
