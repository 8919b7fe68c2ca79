//! Tests of the server from the view of SDKs, browsers, scripts and other sites.

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
