//! Tests of the program from its command line.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

use crate::support::{TOKEN, exactly, transaction};

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sentry-dashboard"));
    command.args(arguments).env("SENTRY_DASHBOARD_TOKEN", TOKEN);
    command
}

/// A running program and the first line that it printed. It is killed on drop.
struct Running(Child, String);

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut child = command(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self(child, line)
    }

    fn address(&self) -> &str {
        self.1.split_once("http://").unwrap().1.split_once('/').unwrap().0
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn refused(arguments: &[&str]) -> String {
    let Output { status, stderr, .. } = command(arguments).output().unwrap();
    assert!(!status.success(), "{arguments:?}");
    String::from_utf8(stderr).unwrap()
}

#[test]
fn it_prints_the_url_and_takes_what_is_sent() {
    let running = Running::start(&["--listen", "127.0.0.1:0"]);
    assert!(running.1.trim_end().ends_with(&format!("/?token={TOKEN}")), "{}", running.1);
    let address = running.address().parse().unwrap();
    assert!(sentry_dashboard::is_dashboard(address));
    let body = transaction(1, "GET /");
    let length = body.len().to_string();
    let answer = exactly(
        address,
        "POST",
        "/api/1/envelope/",
        &[("host", "x"), ("content-length", &length)],
        body.as_bytes(),
    );
    assert_eq!(answer.status, 200);
    // A second program on the same address reports that a dashboard already listens there.
    let message = refused(&["--listen", running.address()]);
    assert!(message.contains("a dashboard listens on") && message.contains("--listen"), "{message}");
}

#[test]
fn what_it_cannot_do_is_one_clear_message() {
    for (arguments, message) in [
        (&["--listen", "0.0.0.0:0"][..], "--allow-remote"),
        (&["--listen", "nonsense"], "127.0.0.1:8969"),
        (&["--memory", "0"], "at least 1 MiB"),
        (&["--open", "/nowhere/run"], "/nowhere/run"),
        (&["--token", "short"], "8 to 128"),
        (&["--editor", "javascript:alert(1)"], "must be a URL"),
        (&["--weather"], "--weather"),
    ] {
        let printed = refused(arguments);
        assert!(printed.contains(message), "{arguments:?}: {printed}");
        assert!(printed.lines().count() <= 3, "{printed}");
    }
}

#[test]
fn help_and_version_are_printed() {
    for (argument, text) in
        [("--help", "--keep FILE"), ("-h", "--allow-remote"), ("--version", env!("CARGO_PKG_VERSION"))]
    {
        let output = command(&[argument]).output().unwrap();
        assert!(output.status.success());
        assert!(String::from_utf8(output.stdout).unwrap().contains(text), "{argument}");
    }
}
