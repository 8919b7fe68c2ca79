//! What the toolkit takes of the machine: wake-ups, threads and memory.

#![allow(clippy::unwrap_used, reason = "annotated functions of tests are tests")]

#[path = "../support/mod.rs"]
mod support;
#[path = "../support_more/mod.rs"]
mod support_more;

#[cfg(target_os = "linux")]
mod idle;
mod memory;
