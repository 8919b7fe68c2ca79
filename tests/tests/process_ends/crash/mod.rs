//! Crashes: a minidump and an event with the scopes of the crashing thread, sent while the program ends. Here are the
//! programs that crash, and what is read of their reports.

mod monitor;
mod races;
mod reports;
mod threads;
mod views;

use std::io::{BufReader, Read as _, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use minidump::{Minidump, MinidumpException, MinidumpModuleList, MinidumpThreadList, Module as _};
use sentry_fake_server::Envelope;
use sentry_tests::FakeSentry;
use sentry_tests::support::addresses::{Nowhere, apart};
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
        Self::start_in(&std::env::current_dir().unwrap(), dsn, how, environment)
    }

    fn start_in(dir: &Path, dsn: &str, how: &str, environment: &[(&str, &str)]) -> Self {
        Self::start_of(env!("CARGO_BIN_EXE_crashes"), dir, dsn, how, environment)
    }

    fn start_of(program: &str, dir: &Path, dsn: &str, how: &str, environment: &[(&str, &str)]) -> Self {
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        // No mark is the beginning of another one.
        let mark = format!("hunter2-argument-{}-{number}-", std::process::id());
        let mut command = Command::new(program);
        command
            .current_dir(dir)
            .args([how, &mark])
            .env_clear()
            .env("SENTRY_DSN", dsn)
            .env("PASSWORD", "hunter2-variable");
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
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        Self { child, mark }
    }

    /// Waits until it is about to crash, or waits.
    fn wait_until_ready(&mut self) {
        self.wait_for("ready");
    }

    /// Waits until it prints a line, and reads nothing behind it.
    fn wait_for(&mut self, line: &str) {
        let mut read = Vec::new();
        for byte in BufReader::with_capacity(1, self.child.stdout.as_mut().unwrap()).bytes() {
            match byte.unwrap() {
                b'\n' if read == line.as_bytes() => return,
                b'\n' => read.clear(),
                other => read.push(other),
            }
        }
        panic!("the program has ended before it printed `{line}`");
    }

    /// Waits until it prints a text on stderr, and reads nothing behind it.
    fn wait_for_error(&mut self, text: &str) {
        let mut read = Vec::new();
        for byte in BufReader::with_capacity(1, self.child.stderr.as_mut().unwrap()).bytes() {
            read.push(byte.unwrap());
            if read.ends_with(text.as_bytes()) {
                return;
            }
        }
        panic!("the program has ended: {}", String::from_utf8_lossy(&read));
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
    /// Waits for the monitor, which sends on after a program that has ended early.
    fn wait_for_event(&self) {
        assert_eventually(|| !self.server.events().is_empty());
    }

    /// Returns the envelope with the only event.
    fn envelope(&self) -> Envelope {
        self.wait_for_event();
        let with_event = |envelope: &Envelope| envelope.items_of("event").next().is_some();
        only(self.server.envelopes().into_iter().filter(with_event).collect())
    }

    fn event(&self) -> Value {
        self.wait_for_event();
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
