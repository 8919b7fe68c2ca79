//! Tests of OpenTelemetry: its spans and ours in one tree, and our spans in its protocol.

#![allow(clippy::unwrap_used, reason = "annotated functions of tests are tests")]

mod collector;
mod nesting;
mod propagation;
mod sampling;
mod setup;
mod span_data;
