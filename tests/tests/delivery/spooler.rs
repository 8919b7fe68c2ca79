//! A spool's directory, and a program that captures into it and that a test can kill.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use sentry_tests::FakeSentry;

use crate::until;

pub(crate) const SPOOLER: &str = env!("CARGO_BIN_EXE_spooler");

/// A directory that is removed on drop.
pub(crate) struct Dir(pub(crate) PathBuf);

impl Dir {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sentry-delivery-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }

    /// Returns all files of the spool.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
            for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() { walk(&path, found) } else { found.push(path) }
            }
        }
        let mut found = Vec::new();
        walk(&self.0, &mut found);
        found.retain(|path| path.extension().is_some_and(|ending| ending == "envelope"));
        found
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The program `spooler`, which captures, prints the captured ids, and runs until it is killed or told to end.
pub(crate) struct Spooler {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Spooler {
    /// Starts a program that captures `count` items of each kind under its name.
    pub(crate) fn start(server: &FakeSentry, dir: &Dir, name: &str, count: u32) -> Self {
        let mut child = Command::new(SPOOLER)
            .args([&*server.dsn(), dir.0.to_str().unwrap(), name, &count.to_string()])
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout }
    }

    /// Waits until the captured items are on disk in this number of files, and returns their ids. On a quiet machine
    /// that takes less than 50 ms, see `captured_items_are_on_disk_in_a_moment`.
    pub(crate) fn captured(&mut self, dir: &Dir, files: usize) -> Vec<String> {
        let mut ids = Vec::new();
        loop {
            let mut line = String::new();
            assert!(self.stdout.read_line(&mut line).unwrap() > 0, "the program ended too early");
            match line.trim() {
                "done" => break,
                id => ids.push(id.to_owned()),
            }
        }
        until("everything is on disk", || dir.files().len() >= files);
        ids
    }

    /// Kills the program with SIGKILL, maybe in the middle of a request.
    pub(crate) fn kill(mut self, server: &FakeSentry) {
        server.expect_killed_clients();
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends the program in the ordinary way, by closing its stdin.
    pub(crate) fn end(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}
