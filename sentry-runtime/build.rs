//! Notes the compiler's version, for the runtime context of events.
//!
//! Without an answer from the compiler the version is left out; the build goes on.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
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
