//! Tests of events through the public API: errors, messages and panics with their data, and the effects of scopes and
//! callbacks.

#![allow(clippy::unwrap_used, reason = "annotated functions of tests are tests")]

mod filters;
mod groups;
mod hooks;
mod once;
mod panics;
mod payload;
#[cfg(target_os = "linux")]
mod release_builds;
mod scopes;
mod stacks;
mod values;
mod vars;
