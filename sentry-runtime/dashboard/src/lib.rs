//! A small Sentry server for development: it takes envelopes and shows them in a browser.

#![allow(dead_code, unused, reason = "the rooms are being filled")]

mod analysis;
mod envelope;
mod history;
mod mcp;
mod model;
mod query;
pub mod server;
