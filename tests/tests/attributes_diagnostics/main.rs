//! Tests that the compiler reports the same about an annotated function as about the plain one: the same code, the same
//! message, the same place.
//!
//! Each case is one small crate with `@` in the places for the attribute; `compile.rs` compiles it once with spaces in
//! place of `@`, once with `#[sentry::span]`, and compares the messages.

#![allow(clippy::unwrap_used, reason = "a test fails where it unwraps")]

mod compile;
mod conventions;
mod crates;
mod docs;
mod editions;
mod errors;
mod lints;
mod vars;
