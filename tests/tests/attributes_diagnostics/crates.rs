//! Tests of the user's crate and its dependencies: macros of other crates, a renamed dependency, the compiler without
//! Cargo.

use std::path::Path;
use std::process::{Command, Output};

use crate::compile::{deps, folder, library};

/// Compiles a text as the crate `name` into `folder`, without the variables that Cargo sets.
fn rustc(folder: &Path, name: &str, text: &str, args: &[&str]) -> Output {
    let source = folder.join(format!("{name}.rs"));
    std::fs::write(&source, text).unwrap();
    Command::new("rustc")
        .arg(source)
        .args(["--edition=2024", "--crate-name", name, "--out-dir"])
        .arg(folder)
        .arg(format!("-Ldependency={}", deps().display()))
        .args(args)
        .env_remove("CARGO_PKG_NAME")
        .env_remove("CARGO_PKG_VERSION")
        .output()
        .unwrap()
}

#[track_caller]
fn assert_compiled(output: &Output) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
}

fn runtime_as(name: &str) -> String {
    format!("--extern={name}={}", library(&deps()).display())
}

/// The names of functions and arguments come from the crate that calls the macro, `$crate` from the crate that defines
/// it.
#[test]
fn a_macro_of_another_crate_names_the_runtime() {
    let folder = folder("macro of a crate");
    let facade = "pub use sentry;\n\
        #[macro_export]\n\
        macro_rules! instrumented { ($name:ident, $arg:ident, $ty:ty, $text:literal, $value:expr) => {\n\
            #[$crate::sentry::span(crate = $crate::sentry, args($arg), attributes(value = $value))]\n\
            pub fn $name($arg: $ty) -> Result<$ty, ()> { Ok($arg) }\n\
            pub mod $arg {\n\
                #[$crate::sentry::span($text, crate = $crate::sentry, err, args($arg))]\n\
                pub async fn $name(($arg, _): ($ty, u8)) -> Result<$ty, String> { Ok($arg) }\n\
                #[$crate::sentry::server_action(crate = $crate::sentry, tags($arg), headers = headers)]\n\
                pub async fn act(($arg, _): ($ty, u8), headers: Vec<(String, String)>) -> Result<$ty, ()> { drop(headers); Ok($arg) }\n\
                #[$crate::sentry::api_handler(\"/\", crate = $crate::sentry, headers = $arg)]\n\
                pub fn answer($arg: Vec<(String, String)>) -> Result<u16, String> { Ok($arg.len() as u16) }\n\
                #[$crate::sentry::monitor(\"job\", crate = $crate::sentry)]\n\
                pub fn job() -> Result<(), String> { Ok(()) }\n\
            }\n\
            #[$crate::sentry::main(crate = $crate::sentry, dsn = $text)]\n\
            fn main() -> Result<(), Box<dyn std::error::Error>> { Ok(()) }\n\
        } }\n";
    assert_compiled(&rustc(
        &folder,
        "facade",
        facade,
        &["--crate-type=lib", "--emit=link", &runtime_as("sentry")],
    ));
    let caller = "#![allow(dead_code)]\nfacade::instrumented!(load, id, u8, \"load it\", 1 + 1);\n";
    let facade = format!("--extern=facade={}", folder.join("libfacade.rlib").display());
    assert_compiled(&rustc(&folder, "case", caller, &["--crate-type=bin", "--emit=metadata", &facade]));
}

#[test]
fn a_renamed_dependency_needs_no_path() {
    let text = "#[telemetry::span(err, args(a))] pub fn f(a: u8) -> Result<u8, String> { Ok(a) }\n\
        #[telemetry::server_action] pub async fn g() {}\n\
        #[telemetry::span] pub mod m { pub fn h() {} }\n";
    let lib = ["--crate-type=lib", "--emit=metadata"];
    let compile = |name: &str, text: &str| {
        rustc(&folder(name), "case", text, &[&lib[..], &[&runtime_as("telemetry")]].concat())
    };
    assert_compiled(&compile("renamed", text));
    // A crate may rename the dependency back.
    assert_compiled(&compile("renamed back", &format!("extern crate telemetry as sentry;\n{text}")));
}

/// Build systems other than Cargo do not set Cargo's variables.
#[test]
fn main_needs_no_variable_of_cargo() {
    let text = "#[sentry::main(traces_sample_rate = 1)] fn main() {}\n";
    assert_compiled(&rustc(
        &folder("without cargo"),
        "case",
        text,
        &["--crate-type=bin", "--emit=metadata", &runtime_as("sentry")],
    ));
}
