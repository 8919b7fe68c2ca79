//! The server as SDKs, browsers, scripts and other sites see it.

#![allow(clippy::unwrap_used, reason = "what cannot be read fails the test")]

mod access;
mod history;
mod ingestion;
mod live;
mod page;
mod program;
mod submission;
mod support;
mod wait;
