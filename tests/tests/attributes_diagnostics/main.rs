//! What the compiler says about an annotated function is what it says about the plain one: the same code, the same
//! message, the same place.
//!
//! Each case is one small crate, in which `@` stands where the attribute goes; `compile.rs` compiles it once with a
//! blank there and once with `#[sentry::span]`, and compares.

#![allow(clippy::unwrap_used, reason = "a test fails where it unwraps")]

mod compile;
mod conventions;
mod crates;
mod docs;
mod editions;
mod errors;
mod lints;
mod vars;
