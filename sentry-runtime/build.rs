//! Refuses targets without threads, decides which stacks can be walked and whether the feature `crash` can write
//! minidumps on the target, and notes the compiler's version, for the runtime context of events.
//!
//! Without an answer from the compiler the version is left out; the build goes on.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Said here and not by `compile_error!`: the library is compiled after its dependencies, whose errors would hide the
    // reason.
    if std::env::var_os("CARGO_CFG_TARGET_FAMILY").is_some_and(|family| family == "wasm") {
        let target = std::env::var("TARGET").unwrap_or_default();
        println!(
            "cargo::error=sentry-runtime cannot be used on the target `{target}`: it needs threads and sockets of the \
             operating system. Move it to `[target.'cfg(not(target_family = \"wasm\"))'.dependencies]` in \
             Cargo.toml, and put attributes behind `#[cfg_attr(not(target_family = \"wasm\"), sentry::span)]`"
        );
        return;
    }
    println!("cargo::rustc-check-cfg=cfg(walks_calling_thread)");
    if walks_calling_thread() {
        println!("cargo::rustc-cfg=walks_calling_thread");
    }
    println!("cargo::rustc-check-cfg=cfg(writes_minidumps)");
    println!("cargo::rustc-check-cfg=cfg(walks_crashed_threads)");
    if std::env::var_os("CARGO_FEATURE_CRASH").is_some() && writes_minidumps() {
        println!("cargo::rustc-cfg=writes_minidumps");
        if walks_crashed_threads() {
            println!("cargo::rustc-cfg=walks_crashed_threads");
        }
    }
    let Some(rustc) = std::env::var_os("RUSTC") else {
        return;
    };
    let Ok(output) = Command::new(rustc).arg("--version").output() else {
        return;
    };
    let version = String::from_utf8_lossy(&output.stdout);
    // A second line would be read by cargo as an instruction of its own.
    if let (true, Some(line)) = (output.status.success(), version.lines().next()) {
        println!("cargo:rustc-env=SENTRY_RUSTC_VERSION={line}");
    }
}

fn target(part: &str) -> String {
    std::env::var(format!("CARGO_CFG_TARGET_{part}")).unwrap_or_default()
}

/// Returns whether the calling thread's stack is walked with remembered rules, see `stacktrace/unwind/calling_thread/`:
/// on the systems on which the addresses are compared with those of the system's unwinder. Miri has no such stack.
fn walks_calling_thread() -> bool {
    let is_compared = [target("OS"), target("ENV"), target("ARCH"), target("POINTER_WIDTH")]
        == ["linux", "gnu", "x86_64", "64"];
    is_compared && std::env::var_os("CARGO_CFG_MIRI").is_none()
}

/// Returns whether the stack of a crashed thread can be walked in the process itself, see
/// `stacktrace/unwind/stopped_thread.rs`.
fn walks_crashed_threads() -> bool {
    ["linux", "android"].contains(&&*target("OS")) && ["x86_64", "aarch64"].contains(&&*target("ARCH"))
}

/// Returns whether there is a writer of minidumps for the target. Its crates have the same condition in `Cargo.toml`.
fn writes_minidumps() -> bool {
    match &*target("OS") {
        "linux" | "android" => ["x86", "x86_64", "arm", "aarch64"].contains(&&*target("ARCH")),
        "windows" => ["x86", "x86_64", "aarch64"].contains(&&*target("ARCH")),
        _ => false,
    }
}
