//! Crashes: a minidump and an event with the scopes of the crashing thread, sent while the program ends.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use minidump::{Minidump, MinidumpException, MinidumpModuleList, MinidumpThreadList, Module as _};
use sentry_fake_server::Envelope;
use sentry_tests::FakeSentry;
use sentry_tests::support::{LONG, only};
use serde_json::{Value, json};

/// A descriptor that the program inherits.
const INHERITED: i32 = 100;

/// A program that runs until it crashes, with a mark of its own in its arguments.
struct Program {
    child: Child,
    mark: String,
}

impl Program {
    fn start(dsn: &str, how: &str, environment: &[(&str, &str)]) -> Self {
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let mark = format!("hunter2-argument-{}-{number}", std::process::id());
        let mut command = Command::new(env!("CARGO_BIN_EXE_crashes"));
        command.args([how, &mark]).env_clear().env("SENTRY_DSN", dsn).env("PASSWORD", "hunter2-variable");
        // SAFETY: `dup2` may run after a fork.
        unsafe {
            command.pre_exec(|| {
                let _ = libc::dup2(0, INHERITED);
                Ok(())
            });
        }
        // No folder that can be written to, as in a container.
        command.env("TMPDIR", "/nonexistent").envs(environment.iter().copied());
        let child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        Self { child, mark }
    }

    /// Waits until it is about to crash, or waits.
    fn wait_until_ready(&mut self) {
        let lines = BufReader::new(self.child.stdout.as_mut().unwrap()).lines();
        assert!(lines.map(Result::unwrap).any(|line| line == "ready"));
    }

    /// Returns its exit status, what it printed on stderr, and makes sure that nothing of it is left.
    fn end(self) -> (ExitStatus, String) {
        let Self { child, mark } = self;
        let output = child.wait_with_output().unwrap();
        assert_eventually(|| processes(&mark).is_empty());
        (output.status, String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Returns the id of its monitor, which is ready.
    fn monitor(&self) -> u32 {
        let monitors = || {
            let mut processes = processes(&self.mark);
            processes.retain(|id| {
                std::fs::read_to_string(format!("/proc/{id}/comm"))
                    .is_ok_and(|name| name == "sentry-monitor\n")
            });
            processes
        };
        assert_eventually(|| monitors().len() == 1);
        only(monitors())
    }
}

fn assert_eventually(is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < LONG);
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Returns the processes with a mark in their arguments that have not ended.
fn processes(mark: &str) -> Vec<u32> {
    let ids = std::fs::read_dir("/proc").unwrap();
    let ids = ids.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    ids.filter(|id| {
        // The arguments of a process that has ended are empty.
        std::fs::read_to_string(format!("/proc/{id}/cmdline")).is_ok_and(|text| text.contains(mark))
    })
    .collect()
}

fn kill(process: u32, signal: i32) {
    // SAFETY: the process is a child of this one that was not waited for, or a child of that.
    assert_eq!(unsafe { libc::kill(process.try_into().unwrap(), signal) }, 0);
}

/// What a crashed program has sent.
struct Crashed {
    server: FakeSentry,
    status: ExitStatus,
    stderr: String,
}

fn crash(how: &str, environment: &[(&str, &str)]) -> Crashed {
    let server = FakeSentry::start();
    let (status, stderr) = Program::start(&server.dsn(), how, environment).end();
    server.assert_valid();
    Crashed { server, status, stderr }
}

impl Crashed {
    /// Returns the envelope with the only event.
    fn envelope(&self) -> Envelope {
        let with_event = |envelope: &Envelope| envelope.items_of("event").next().is_some();
        only(self.server.envelopes().into_iter().filter(with_event).collect())
    }

    fn event(&self) -> Value {
        only(self.server.events())
    }
}

fn exception(event: &Value) -> &Value {
    &event["exception"]["values"][0]
}

/// Returns the minidump in an envelope.
fn minidump(envelope: &Envelope) -> Option<Vec<u8>> {
    let item = envelope.items_of("attachment").next()?;
    assert_eq!(item.header["attachment_type"], "event.minidump");
    assert_eq!(
        (&item.header["filename"], &item.header["content_type"]),
        (&json!("minidump.dmp"), &json!("application/x-dmp"))
    );
    Some(item.bytes.clone())
}

/// Checks that a minidump has what a server needs: the thread that crashed, all stacks, and the images.
fn check_minidump(bytes: &[u8], thread: &Value) {
    let minidump = Minidump::read(bytes.to_vec()).unwrap();
    let exception: MinidumpException<'_> = minidump.get_stream().unwrap();
    assert_eq!(json!(exception.thread_id), *thread);
    let threads: MinidumpThreadList<'_> = minidump.get_stream().unwrap();
    let memory = minidump.get_memory().unwrap();
    let stack = |id: u32| threads.get_thread(id).and_then(|thread| thread.stack_memory(&memory)).is_some();
    assert!(stack(exception.thread_id));
    assert!(threads.threads.len() > 2, "those of the toolkit, too");
    let modules: MinidumpModuleList = minidump.get_stream().unwrap();
    assert!(modules.iter().any(|module| module.code_file().ends_with("/crashes")));
}

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
fn a_report_that_cannot_be_sent_is_sent_at_the_next_start() {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("crash-{}", std::process::id()));
    let environment = [("SPOOL", dir.to_str().unwrap()), ("PATIENCE", "2")];
    let server = FakeSentry::start();
    let (address, dsn) = (server.address(), server.dsn());
    drop(server);
    Program::start(&dsn, "isolated", &environment).end();
    let server = FakeSentry::start_at(address).expect("the port is free again");
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
    let crashed = crash("isolated", &[("STUCK", "1"), ("PATIENCE", "1")]);
    let event = crashed.event();
    assert_eq!(exception(&event)["type"], "SIGSEGV");
    assert_eq!(event["release"], "shop@1.4.2");
    assert_eq!(event["tags"], json!({ "seen": "by before_send" }), "the scopes are out of reach");
    check_minidump(&minidump(&crashed.envelope()).unwrap(), &exception(&event)["thread_id"]);
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
    for how in ["panic", "abort while panicking"] {
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

#[test]
fn a_program_that_has_closed_its_client_reports_nothing() {
    let crashed = crash("closed", &[]);
    assert_eq!(crashed.status.signal(), Some(libc::SIGSEGV));
    assert!(crashed.server.events().is_empty());
}
