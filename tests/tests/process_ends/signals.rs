//! Tests of signals: captured items are sent, and the signal ends the program as usual.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use sentry_tests::support::{LONG, assert_takes_less_than, only};
use sentry_tests::{Answer, FakeSentry};

/// A running program that has printed that it waits.
struct Waiting {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
    /// The lines that the program printed before that.
    said: Vec<String>,
}

impl Waiting {
    fn start(mut command: Command, server: &FakeSentry, patience: u64) -> Self {
        command.env_clear().env("SENTRY_DSN", server.dsn()).env("PATIENCE", patience.to_string());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = Vec::new();
        for line in lines.by_ref() {
            let line = line.unwrap();
            if line == "ready" {
                break;
            }
            said.push(line);
        }
        Self { child, lines, said }
    }

    fn signal(&self, signal: i32) {
        kill(self.child.id(), signal);
    }

    fn end(mut self) -> (ExitStatus, Vec<String>) {
        let status = self.child.wait().unwrap();
        (status, self.lines.map(Result::unwrap).collect())
    }
}

fn kill(process: u32, signal: i32) {
    // SAFETY: the process is a child that was not waited for, or a child of such a child.
    assert_eq!(unsafe { libc::kill(process.try_into().unwrap(), signal) }, 0);
}

fn program(argument: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_signals"));
    command.arg(argument);
    command
}

#[test]
fn everything_is_sent_and_the_status_is_that_of_the_signal() {
    for signal in [libc::SIGTERM, libc::SIGINT] {
        let server = FakeSentry::start();
        let waiting = Waiting::start(program(""), &server, 20);
        waiting.signal(signal);
        let (status, _) = waiting.end();
        assert_eq!(status.signal(), Some(signal), "{status:?}");
        server.assert_valid();
        assert_eq!(only(server.events())["logentry"]["message"], "at work");
        let statuses: Vec<_> = server.check_ins().iter().map(|check_in| check_in["status"].clone()).collect();
        assert_eq!(statuses, ["in_progress", "error"], "the job did not come to its end");
    }
}

#[test]
fn a_silent_server_delays_the_end_no_longer_than_the_shutdown_timeout() {
    assert_takes_less_than(LONG / 6, || {
        let server = FakeSentry::start();
        server.answer_all(Answer::never());
        let waiting = Waiting::start(program(""), &server, 1);
        let started = Instant::now();
        waiting.signal(libc::SIGTERM);
        let (status, _) = waiting.end();
        assert_eq!(status.signal(), Some(libc::SIGTERM));
        started.elapsed()
    });
}

#[test]
fn a_second_signal_ends_the_program_at_once() {
    let server = FakeSentry::start();
    server.answer_all(Answer::never());
    let waiting = Waiting::start(program(""), &server, 600);
    assert!(server.wait_for_requests(1, LONG), "it is being sent");
    let started = Instant::now();
    waiting.signal(libc::SIGTERM);
    // A thread handles the first signal, which may take some time.
    while started.elapsed() < LONG / 2 && waiting.child.id() > 0 {
        waiting.signal(libc::SIGINT);
        std::thread::sleep(Duration::from_millis(20));
        // SAFETY: the call only asks whether the child has ended, and leaves it to be waited for.
        let ended = unsafe {
            let mut info = std::mem::zeroed();
            libc::waitid(
                libc::P_PID,
                waiting.child.id(),
                &raw mut info,
                libc::WEXITED | libc::WNOHANG | libc::WNOWAIT,
            );
            info.si_pid() != 0
        };
        if ended {
            break;
        }
    }
    let (status, _) = waiting.end();
    assert!(
        status.signal().is_some_and(|signal| [libc::SIGTERM, libc::SIGINT].contains(&signal)),
        "{status:?}"
    );
    assert!(started.elapsed() < LONG / 2, "{:?}", started.elapsed());
}

#[test]
fn the_child_of_a_fork_is_covered_once_it_captures_and_ends_at_once_before() {
    for (argument, events) in [("fork", 1), ("fork-idle", 0)] {
        let server = FakeSentry::start();
        let waiting = Waiting::start(program(argument), &server, 20);
        let child = waiting.said[0].strip_prefix("child ").unwrap().parse().unwrap();
        kill(child, libc::SIGTERM);
        let (status, rest) = waiting.end();
        assert_eq!((status.code(), &*rest[0]), (Some(0), "child ended by 15"), "the parent goes on");
        server.assert_valid();
        assert_eq!(server.events().len(), events, "{argument}");
    }
}

#[test]
fn a_signal_that_is_ignored_stays_ignored() {
    let server = FakeSentry::start();
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "trap '' INT; exec \"$0\"", env!("CARGO_BIN_EXE_signals")]);
    let waiting = Waiting::start(shell, &server, 20);
    waiting.signal(libc::SIGINT);
    waiting.signal(libc::SIGTERM);
    let (status, _) = waiting.end();
    assert_eq!(status.signal(), Some(libc::SIGTERM), "{status:?}");
}

/// In a container, Linux delivers to process 1 no signal with the default action, not even one from itself.
#[test]
#[cfg(target_os = "linux")]
fn the_first_process_of_a_container_sends_everything_and_exits_with_the_code_of_the_signal() {
    let namespace = |program: &str| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--pid", "--fork", "--kill-child", program]);
        command
    };
    if !namespace("true").stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
        return eprintln!("skipped: this system lets nobody make a process namespace");
    }
    let server = FakeSentry::start();
    let waiting = Waiting::start(namespace(env!("CARGO_BIN_EXE_signals")), &server, 20);
    let unshare = waiting.child.id();
    let children = std::fs::read_to_string(format!("/proc/{unshare}/task/{unshare}/children")).unwrap();
    kill(children.trim().parse().unwrap(), libc::SIGTERM);
    let (status, _) = waiting.end();
    assert_eq!(status.code(), Some(128 + libc::SIGTERM), "{status:?}");
    server.assert_valid();
    assert_eq!(only(server.events())["logentry"]["message"], "at work");
    assert_eq!(server.check_ins().len(), 2);
}
