//! Data that nobody should hand over, and a world that nobody should run in: what is sent stays valid and small, and
//! nothing panics.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod deep_and_wide;
mod doors;
mod errors;
mod panics;
mod texts;
mod times_and_numbers;
mod world;
