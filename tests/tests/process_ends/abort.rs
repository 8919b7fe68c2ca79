//! Tests of programs whose panics abort: no code runs after the panic hook, so the hook sends everything.
//!
//! The runtime has to be compiled with `panic = "abort"` as well. The test compiles only the runtime and one program,
//! and takes the other crates as they are; a profile of cargo cannot do this.

use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sentry_tests::FakeSentry;
use sentry_tests::support::only;
use serde_json::{Deserializer, Value};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn output(command: &mut Command) -> Vec<u8> {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn cargo() -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(ROOT);
    cargo
}

/// Returns the compiled dependencies of the runtime, as arguments of the compiler.
fn externs(profile: &str) -> Vec<String> {
    let metadata: Value =
        serde_json::from_slice(&output(cargo().args(["metadata", "--format-version=1"]))).unwrap();
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let runtime =
        metadata["packages"].as_array().unwrap().iter().find(|it| it["name"] == "sentry-runtime").unwrap();
    let node = nodes.iter().find(|node| node["id"] == runtime["id"]).unwrap();
    // Everything is already built when this test runs: cargo only reports the paths.
    let built = output(
        cargo()
            .args(["build", "-p", "sentry-tests", "--bin", "signals", "--message-format=json"])
            .args(["--profile", profile]),
    );
    let artifacts: Vec<Value> = Deserializer::from_slice(&built)
        .into_iter()
        .map(Result::unwrap)
        .filter(|it: &Value| it["reason"] == "compiler-artifact")
        .collect();
    let mut externs = Vec::new();
    for dependency in node["deps"].as_array().unwrap() {
        let file = artifacts
            .iter()
            .filter(|artifact| artifact["package_id"] == dependency["pkg"])
            .flat_map(|artifact| artifact["filenames"].as_array().unwrap())
            .filter_map(Value::as_str)
            .find(|file| file.ends_with(".rlib") || file.ends_with(".so"));
        if let (Some(file), Some(name)) = (file, dependency["name"].as_str()) {
            externs.extend(["--extern".to_owned(), format!("{name}={file}")]);
        }
    }
    externs
}

/// Compiles the program and returns its path.
fn program() -> PathBuf {
    let deps = Path::new(env!("CARGO_BIN_EXE_signals")).parent().unwrap();
    let profile = if deps.ends_with("release") { "release" } else { "dev" };
    let out = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("aborts");
    std::fs::create_dir_all(&out).unwrap();
    let rustc = || {
        let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or("rustc".into()));
        rustc.current_dir(ROOT).args([
            "--edition=2024",
            "--cap-lints=allow",
            "-Cpanic=abort",
            "-Cdebuginfo=line-tables-only",
        ]);
        rustc.arg("-L").arg(format!("dependency={}", deps.join("deps").display()));
        rustc.env("CARGO_PKG_NAME", "sentry-tests").env("CARGO_PKG_VERSION", env!("CARGO_PKG_VERSION"));
        rustc.arg("--out-dir").arg(&out);
        rustc
    };
    output(
        rustc()
            .args(["--crate-name=sentry", "--crate-type=rlib", "sentry-runtime/src/lib.rs"])
            .args(externs(profile)),
    );
    output(
        rustc()
            .args(["--crate-name=aborts", "tests/programs/aborts.rs", "--extern"])
            .arg(format!("sentry={}", out.join("libsentry.rlib").display())),
    );
    out.join("aborts")
}

#[test]
fn everything_is_sent_before_a_panic_aborts_the_program() {
    let program = program();
    for how in ["main", "thread"] {
        let server = FakeSentry::start();
        let ended =
            Command::new(&program).arg(how).env_clear().env("SENTRY_DSN", server.dsn()).output().unwrap();
        let stderr = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.signal(), Some(6), "{how}: {stderr}");
        assert_eq!(stderr.matches("the lamp broke").count(), 1, "std's message: {stderr}");
        server.assert_valid();
        let events = server.events();
        let panic = only(events.iter().filter(|event| event["exception"].is_object()).collect());
        assert_eq!(panic["exception"]["values"][0]["value"], "the lamp broke");
        assert_eq!(panic["level"], "fatal");
        assert!(
            events.iter().any(|event| event["logentry"]["message"] == "at work"),
            "the message from before the panic"
        );
        let statuses: Vec<_> = server.check_ins().iter().map(|check_in| check_in["status"].clone()).collect();
        assert_eq!(statuses, ["in_progress", "error"]);
    }
    let server = FakeSentry::start();
    let ended = Command::new(&program).env_clear().env("SENTRY_DSN", server.dsn()).output().unwrap();
    assert!(ended.status.success());
    assert_eq!(only(server.transactions())["transaction"], "job");
}
