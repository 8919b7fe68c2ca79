//! Tests of data that no program should pass, and of environments that no program should run in: sent items stay valid
//! and small, and nothing panics.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod deep_and_wide;
mod doors;
mod errors;
mod panics;
mod texts;
mod times_and_numbers;
mod world;
