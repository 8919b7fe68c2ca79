//! `#[sentry::span]` through the public face: what functions it can stand on, what it records of them, and where
//! in the tree of a trace they come to stand.

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
