//! Tests of the resources that the toolkit uses: wake-ups, threads, memory and stack.

#![allow(clippy::unwrap_used, reason = "annotated functions of tests are tests")]

#[cfg(target_os = "linux")]
mod idle;
mod memory;
mod stack;
