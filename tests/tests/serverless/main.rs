//! Programs in the cloud: where they run, and how they are invoked.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod cloud;
mod lambda;
