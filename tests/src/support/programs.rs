//! Child programs: each runs with its own environment, and tests inspect what it prints and sends.

use std::process::{Command, Output, Stdio};

/// The end of a program.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; `None` if a signal ended the program.
    pub code: Option<i32>,
    /// Everything that the program printed on stdout.
    pub stdout: String,
    /// Everything that the program printed on stderr.
    pub stderr: String,
}

impl Ended {
    /// Returns the lines that the toolkit printed.
    pub fn notes(&self) -> Vec<&str> {
        self.stderr.lines().filter(|line| line.starts_with("[sentry]")).collect()
    }

    /// Returns what the program itself printed on stderr.
    pub fn own_stderr(&self) -> String {
        let own: Vec<&str> = self.stderr.lines().filter(|line| !line.starts_with("[sentry]")).collect();
        own.join("\n")
    }
}

/// Runs a program to its end with only the given environment, so that the environment of the test run does not matter.
pub fn run(program: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().stdin(Stdio::null());
    command.envs(environment.iter().copied());
    let Output { status, stdout, stderr } = command.output().expect("the program runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("readable output");
    Ended { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
}
