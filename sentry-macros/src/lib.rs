//! The attribute macros of `sentry-runtime`.
//!
//! Do not depend on this crate: the macros are re-exported by `sentry-runtime`, whose functions the
//! generated code calls.

mod args;
mod callsite;
mod check;
mod expand;
mod fallback;
mod function;
mod main_attr;
mod monitor;
mod params;
mod returns;
mod schedule;
mod server_action;
mod span;
mod wrap;

use proc_macro::TokenStream;

/// x
#[proc_macro_attribute]
pub fn span(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::span(args.into(), item.into()).into()
}

/// x
#[proc_macro_attribute]
pub fn server_action(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::server_action(args.into(), item.into()).into()
}

/// x
#[proc_macro_attribute]
pub fn monitor(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::monitor(args.into(), item.into()).into()
}

/// x
#[proc_macro_attribute]
pub fn main(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::main(args.into(), item.into()).into()
}
