//! Tests of the option `data_collection`: the effect of each category by default, off, on, with allow and deny lists,
//! from the environment, and through the short form `send_default_pii`.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod clients;
mod contents;
mod environment;
mod foreign;
mod frames;
mod requests;
mod responses;
mod serve;
mod users;

/// The text that replaces a filtered value.
const FILTERED: &str = "[Filtered]";
