//! The whole surface, section by section as the crate's documentation lists it: what other tests look at one by one
//! is used here side by side, as programs do.

#![allow(clippy::unwrap_used, reason = "annotated functions of tests are tests")]

mod core;
mod enriching;
mod listed;
mod options;
mod other_sdks;
mod scopes;
mod story;
mod tracing;
