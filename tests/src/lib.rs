//! What the tests of the workspace share: the fake Sentry server of `tests/fake-server`.

pub use sentry_fake_server::{Answer, Envelope, FakeSentry, Item, Request, Schema};

pub mod support;
