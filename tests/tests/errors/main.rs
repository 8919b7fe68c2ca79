//! Events through the public face: errors, messages and panics with everything around them, and what scopes and
//! callbacks do to them.

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
