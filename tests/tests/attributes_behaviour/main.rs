//! Tests that an annotated function behaves like the plain one. Each case is written once and compiled twice, without
//! and with the attribute. Both versions behave the same without a client, with a client that does not trace, and with
//! one that does.
//!
//! `support.rs` contains the macro and the comparison; each other module contains cases of one kind.

#![allow(
    clippy::all,
    clippy::todo,
    clippy::unimplemented,
    clippy::unwrap_used,
    clippy::undocumented_unsafe_blocks,
    deprecated,
    rust_2018_idioms,
    missing_docs,
    non_snake_case,
    unused,
    unused_must_use,
    unconditional_recursion,
    private_interfaces,
    elided_lifetimes_in_paths,
    reason = "the functions are made to be odd"
)]

mod arguments;
mod async_forms;
mod borrowed_errors;
mod containers;
mod drop_order;
mod macro_made;
mod names;
mod no_prelude;
mod other_names;
mod packed;
mod panics;
mod passed_on;
mod results;
mod sizes;
mod stacked;
mod support;
mod sync_forms;
