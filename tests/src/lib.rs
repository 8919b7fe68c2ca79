//! Helpers of the tests in `tests/tests`: a client against a fake server, and child programs.
//!
//! The server itself is the package `sentry-fake-server`, whose types are re-exported here.

pub use sentry_fake_server::{Answer, Envelope, FakeSentry, Item, Request, Schema};

pub mod support;
