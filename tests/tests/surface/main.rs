//! Tests of the whole API, in the order of the crate's documentation: other tests use its functions one by one, these
//! use them together, as programs do.

#![allow(clippy::unwrap_used, reason = "annotated functions of tests are tests")]

mod core;
mod enriching;
mod listed;
mod options;
mod other_sdks;
mod scopes;
mod story;
mod tracing;
