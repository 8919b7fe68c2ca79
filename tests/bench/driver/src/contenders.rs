//! The contenders and their builds: one package at a time, so that no contender's dependencies are built with features
//! that another one enables.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::Result;

/// The package, the program, and the heading in the tables.
const CONTENDERS: [(&str, &str, &str); 11] = [
    ("bench-plain", "bench-plain", "plain function"),
    ("bench-ours", "bench-ours", OURS),
    ("bench-fastrace", "bench-fastrace", FASTRACE),
    ("bench-fastrace", "per_trace", FASTRACE_PER_TRACE),
    ("bench-tracing", "bench-tracing", TRACING),
    ("bench-tracing-otel", "bench-tracing-otel", "tracing-opentelemetry"),
    ("bench-sentry-official", "manual", OFFICIAL),
    ("bench-sentry-official", "layer", "sentry, tracing layer"),
    ("bench-hotpath", "bench-hotpath", "hotpath"),
    ("bench-tokio-console", "bench-tokio-console", "tokio-console"),
    ("bench-dial9", "bench-dial9", "dial9"),
];

pub(crate) const OURS: &str = "ours";
pub(crate) const FASTRACE: &str = "fastrace";
pub(crate) const FASTRACE_PER_TRACE: &str = "fastrace, one request per trace";
pub(crate) const TRACING: &str = "tracing";
pub(crate) const OFFICIAL: &str = "sentry, by hand";

/// A program to measure.
#[derive(Debug)]
pub(crate) struct Contender {
    pub(crate) title: &'static str,
    pub(crate) program: PathBuf,
    /// The cases that it supports.
    pub(crate) cases: Vec<String>,
}

/// Builds everything; returns the contenders and the target directory.
pub(crate) fn build() -> Result<(Vec<Contender>, PathBuf)> {
    let mut contenders = Vec::new();
    for (package, binary, title) in CONTENDERS {
        eprintln!("building {package}");
        let program = program(package, binary)?;
        let list = Command::new(&program).arg("--list").output()?;
        let cases = String::from_utf8(list.stdout)?.lines().map(str::to_owned).collect();
        contenders.push(Contender { title, program, cases });
    }
    let sink = program("bench-sink", "bench-sink")?;
    let target =
        sink.parent().and_then(Path::parent).ok_or("the sink was not built into a target directory")?;
    Ok((contenders, target.to_owned()))
}

fn program(package: &str, binary: &str) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    // `cargo run` sets variables of this program's package, which would rerun build scripts that read them.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|prefix| name.starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    let output = command
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .args(["build", "--release", "--locked", "--message-format=json", "-p", package, "--bin", binary])
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("{package} could not be built").into());
    }
    let executable = String::from_utf8(output.stdout)?.lines().rev().find_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        message["executable"].as_str().map(PathBuf::from)
    });
    executable.ok_or_else(|| format!("cargo named no program for {package}").into())
}
