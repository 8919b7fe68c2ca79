//! Tests of programs in the cloud: their context, and their invocations.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod cloud;
mod lambda;
