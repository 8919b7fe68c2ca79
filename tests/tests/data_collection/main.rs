//! The option `data_collection`: what each category decides, by default, off, on, with allow and deny lists, from the
//! environment, and by the short form `send_default_pii`.

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

/// The text in place of a value that is not shown.
const FILTERED: &str = "[Filtered]";
