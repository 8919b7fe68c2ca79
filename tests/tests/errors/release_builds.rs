//! Tests of programs that are built for a release: without symbols, without debug information, and with debug
//! information in a separate file. Their events contain everything that the server needs to find the names.
//!
//! The runtime is the one that cargo built for the tests; only the program is compiled here, by `rustc` itself.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use sentry_tests::FakeSentry;
use sentry_tests::support::only;
use serde_json::{Deserializer, Value};

const BUILD_ID: &str = "0102030405060708090a0b0c0d0e0f1011121314";

fn output(command: &mut Command) -> Vec<u8> {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Returns the path of the runtime's library, and the folder of the libraries that it uses.
fn runtime() -> &'static (PathBuf, PathBuf) {
    static RUNTIME: OnceLock<(PathBuf, PathBuf)> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let folder = Path::new(env!("CARGO_BIN_EXE_captures")).parent().unwrap();
        let profile = if folder.ends_with("release") { "release" } else { "dev" };
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
        cargo.args(["build", "-p", "sentry-tests", "--bin", "captures", "--message-format=json"]);
        let messages = output(cargo.args(["--profile", profile]));
        let library = Deserializer::from_slice(&messages)
            .into_iter()
            .map(Result::unwrap)
            .filter(|it: &Value| it["reason"] == "compiler-artifact" && it["target"]["name"] == "sentry")
            .flat_map(|it| it["filenames"].as_array().unwrap().clone())
            .find_map(|file| file.as_str().filter(|file| file.ends_with(".rlib")).map(PathBuf::from))
            .expect("cargo names the library");
        (library, folder.join("deps"))
    })
}

/// Compiles the program with the given arguments, and runs it. Returns its path and its event.
fn run(name: &str, arguments: &[&str]) -> (String, Value) {
    let (library, deps) = runtime();
    let out = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("released-{name}"));
    std::fs::create_dir_all(&out).unwrap();
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or("rustc".into()));
    rustc
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["--edition=2024", "--crate-name=released", "programs/released.rs", "-Copt-level=3"])
        .args(arguments)
        .arg("-L")
        .arg(format!("dependency={}", deps.display()))
        .arg("--extern")
        .arg(format!("sentry={}", library.display()))
        .arg("--out-dir")
        .arg(&out);
    output(&mut rustc);
    let program = out.join("released").canonicalize().unwrap();
    let server = FakeSentry::start();
    output(Command::new(&program).env_clear().env("SENTRY_DSN", server.dsn()));
    server.assert_valid();
    (program.to_str().unwrap().to_owned(), only(server.events()))
}

fn with_build_id(id: &str) -> String {
    format!("-Clink-arg=-Wl,--build-id={id}")
}

fn frames(event: &Value) -> &[Value] {
    event["exception"]["values"][0]["stacktrace"]["frames"].as_array().unwrap()
}

fn function<'a>(event: &'a Value, name: &str) -> Option<&'a Value> {
    frames(event).iter().find(|frame| frame["function"] == name)
}

/// Returns the image of the program.
fn image<'a>(program: &str, event: &'a Value) -> &'a Value {
    let images = event["debug_meta"]["images"].as_array().expect("images are sent");
    only(images.iter().filter(|image| image["code_file"] == program).collect())
}

fn number(address: &Value) -> u64 {
    u64::from_str_radix(address.as_str().unwrap().strip_prefix("0x").unwrap(), 16).unwrap()
}

/// Asserts that the server can find the names of all frames of the program, and returns how many there are.
fn assert_can_be_resolved(program: &str, event: &Value) -> usize {
    let image = image(program, event);
    assert_eq!(image["type"], "elf");
    let (start, size) = (number(&image["image_addr"]), image["image_size"].as_u64().unwrap());
    let own: Vec<_> =
        frames(event).iter().filter(|frame| frame["image_addr"] == image["image_addr"]).collect();
    for frame in &own {
        let address = number(&frame["instruction_addr"]);
        assert!((start..start + size).contains(&address), "{frame} in {image}");
    }
    own.len()
}

#[test]
fn a_stripped_program_is_its_own_code_and_the_system_is_not() {
    let (program, event) =
        run("stripped", &["-Cdebuginfo=0", "-Cstrip=symbols", &with_build_id(&format!("0x{BUILD_ID}"))]);
    assert_eq!(image(&program, &event)["code_id"], BUILD_ID);
    assert_eq!(image(&program, &event)["debug_id"], "04030201-0605-0807-090a-0b0c0d0e0f10");
    assert!(assert_can_be_resolved(&program, &event) > 2, "{event:#}");
    for frame in frames(&event) {
        let package = frame["package"].as_str().unwrap_or_default();
        if package == program {
            assert_eq!((&frame["function"], &frame["in_app"]), (&Value::Null, &Value::Bool(true)), "{frame}");
        } else if package.contains("/libc.so") {
            assert_eq!(frame["in_app"], false, "{frame}");
        }
    }
}

#[test]
fn without_debug_information_functions_have_names_and_the_server_finds_the_lines() {
    for strip in ["none", "debuginfo"] {
        let (program, event) =
            run(&format!("strip-{strip}"), &["-Cdebuginfo=0", &format!("-Cstrip={strip}")]);
        let frame = function(&event, "place_order").unwrap_or_else(|| panic!("{event:#}"));
        assert_eq!((&frame["in_app"], &frame["lineno"]), (&Value::Bool(true), &Value::Null), "{strip}");
        assert_can_be_resolved(&program, &event);
        let foreign =
            |frame: &&Value| frame["module"].as_str().is_some_and(|module| module.starts_with("std"));
        assert!(frames(&event).iter().filter(foreign).all(|frame| frame["in_app"] == false), "{event:#}");
    }
}

#[test]
fn debug_information_in_a_file_beside_the_program_is_found() {
    let split = ["-Cdebuginfo=2", "-Csplit-debuginfo=packed"];
    let (program, event) = run("split", &split);
    assert!(Path::new(&format!("{program}.dwp")).exists());
    let frame = function(&event, "place_order").unwrap_or_else(|| panic!("{event:#}"));
    assert_eq!(frame["in_app"], true);
    assert!(frame["filename"].as_str().unwrap().ends_with("programs/released.rs"), "{frame}");
    assert!(frame["context_line"].as_str().unwrap().contains("capture_error"), "{frame}");
    // A stripped program no longer refers to its separate file.
    let (program, event) = run("split-stripped", &[split[0], split[1], "-Cstrip=symbols"]);
    assert!(assert_can_be_resolved(&program, &event) > 2);
    assert!(frames(&event).iter().any(|frame| frame["in_app"] == true), "{event:#}");
}

#[test]
fn without_a_build_id_the_code_identifies_the_program_before_and_after_it_is_stripped() {
    let none = with_build_id("none");
    let identified = |name, strip| {
        let (program, event) = run(name, &["-Cdebuginfo=0", strip, &none]);
        let image = image(&program, &event);
        assert_eq!(image["code_id"], Value::Null);
        image["debug_id"].as_str().unwrap().to_owned()
    };
    let whole = identified("no-id", "-Cstrip=none");
    assert_eq!(whole, identified("no-id-stripped", "-Cstrip=symbols"));
    assert_ne!(whole.replace(['0', '-'], ""), "");
}
