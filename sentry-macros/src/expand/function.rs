//! A function with instrumentation around its body, in the way that the function's [`Shape`] needs.
//!
//! The user's body stays a block of its own; generated statements are in front of that block and never in it:
//!
//! ```text
//! sync                   { match &mut enter { guard => { {body} } } }
//! sync, value inspected  { let mut guard = enter; let value = call(move || {body}); inspect(&value); value }
//! async                  { let guard = create; instrument(guard, async move { {body} }) }
//! impl Future            { let guard = create; instrument(guard, {body}) }
//! boxed future           { let guard = create; { …; Box::pin(instrument(guard, tail)) } }
//! impl Stream            if_stream!({ let guard = create; stream(guard, {body}) } { as a sync function })
//! box that is passed on  { let guard = create; let future = call(move || {body}); passed_on!(…) }
//! ```

use proc_macro2::TokenStream;

use crate::expand::for_lints::{calls_a_method, for_lints};
use crate::expand::instrumentation::Instrumentation;
use crate::expand::lints::{holds_code, is_clippy, is_rustdoc};
use crate::expand::stream::{is_spanned_stream, stream_fn};
use crate::expand::wrap::Wrap;
use crate::parse::function::{Function, Shape};

/// Expands an attribute with the arguments `args` on `item`, which is `function` in its tokens.
pub(super) fn expand(
    args: &TokenStream,
    item: TokenStream,
    function: &Function,
    instrumentation: &Instrumentation,
) -> TokenStream {
    if is_rustdoc() {
        item
    } else if !is_clippy() {
        wrapped(function, instrumentation)
    } else if instrumentation.warns || holds_code(args) || calls_a_method(function, instrumentation) {
        for_lints(function, instrumentation)
    } else {
        item
    }
}

fn wrapped(function: &Function, instrumentation: &Instrumentation) -> TokenStream {
    match function.shape() {
        Shape::Sync if is_spanned_stream(function, instrumentation) => stream_fn(function, instrumentation),
        Shape::Sync => Wrap::sync(function, instrumentation).sync_fn(),
        Shape::Async => Wrap::future(function, instrumentation).async_fn(),
        Shape::ImplFuture(output) => Wrap::future(function, instrumentation).impl_future(output.as_ref()),
        Shape::BoxedFuture(output) => Wrap::future(function, instrumentation).boxed_future(output.as_ref()),
    }
}
