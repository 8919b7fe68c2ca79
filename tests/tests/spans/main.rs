//! Tests of `#[sentry::span]` through the public API: the functions that accept it, its recorded data, and the place of
//! its spans in the trace.

#![allow(clippy::unwrap_used, reason = "annotated functions of tests are tests")]

mod arguments;
mod forms;
mod futures;
mod limits;
mod mcp;
mod names;
mod nesting;
mod outcomes;
mod polls;
mod queues;
mod roots;
mod streams;
