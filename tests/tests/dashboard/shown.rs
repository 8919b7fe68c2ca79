//! A program with a dashboard, and the data that a browser or a script would get from it.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use sentry_tests::support::LONG;
use serde_json::Value;

pub const TOKEN: &str = "token-of-the-tests";

/// A running program.
pub struct Shown {
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    /// The lines that the program prints on stderr.
    stderr: Receiver<String>,
}

impl Shown {
    /// Starts a program with this environment.
    pub fn start(environment: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shown"));
        command.env_clear().env("SENTRY_DASHBOARD_TOKEN", TOKEN).envs(environment.iter().copied());
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let orders = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (sender, stderr) = channel();
        thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, orders, answers, stderr }
    }

    /// Starts a program whose dashboard listens on `address`, and returns the line that it prints about that.
    pub fn at(address: &str) -> (Self, String) {
        let shown = Self::start(&[("SENTRY_DASHBOARD", address)]);
        let line = shown.line();
        (shown, line)
    }

    /// Starts a program that serves the page on a free port.
    pub fn serving() -> (Self, Page) {
        let (shown, line) = Self::at("127.0.0.1:0");
        let page = Page::of(&line);
        (shown, page)
    }

    /// Returns the next line on stderr.
    pub fn line(&self) -> String {
        self.stderr.recv_timeout(LONG).expect("the program prints a line")
    }

    /// Sends a command, and waits until it is done.
    pub fn order(&mut self, order: &str) {
        writeln!(self.orders.as_mut().unwrap(), "{order}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        assert_eq!(answer, "done\n", "{order}: {:?}", self.stderr.try_iter().collect::<Vec<_>>());
    }

    /// Kills the program.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends the program by closing its stdin, and returns the lines on stderr that were not read yet.
    pub fn end(mut self) -> Vec<String> {
        drop(self.orders.take());
        assert!(self.child.wait().unwrap().success());
        let mut lines = Vec::new();
        while let Ok(line) = self.stderr.recv_timeout(LONG) {
            lines.push(line);
        }
        lines
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The page of a dashboard.
pub struct Page {
    pub address: SocketAddr,
}

impl Page {
    /// Returns the page whose URL is in a line.
    pub fn of(line: &str) -> Self {
        let url = line.split_once("http://").unwrap_or_else(|| panic!("no URL in `{line}`")).1;
        assert!(url.contains(&format!("/?token={TOKEN}")), "{line}");
        Self { address: url.split_once('/').unwrap().0.parse().unwrap() }
    }

    pub fn get(&self, path: &str) -> Value {
        let url = format!("http://{}{path}", self.address);
        let agent = ureq::Agent::config_builder().proxy(None).timeout_global(Some(LONG)).build().new_agent();
        let mut answer = agent.get(url).header("authorization", format!("Bearer {TOKEN}")).call().unwrap();
        serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
    }

    /// Waits for the first item of a kind that matches, and returns it.
    pub fn wait(&self, kind: &str, q: &str) -> Value {
        let found = self.get(&format!("/api/wait?kind={kind}&q={q}&after=0&timeout=60"));
        assert_eq!(found["matched"], true, "{kind} {q}: {found}");
        found["item"].clone()
    }

    /// Returns the names of all traces.
    pub fn traces(&self) -> Vec<String> {
        let answer = self.get("/api/traces?limit=1000");
        answer["traces"]
            .as_array()
            .unwrap()
            .iter()
            .map(|trace| trace["name"].as_str().unwrap().to_owned())
            .collect()
    }
}
