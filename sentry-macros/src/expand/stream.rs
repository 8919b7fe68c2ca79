//! Functions that give a stream: with the runtime's feature `stream`, the span goes around the stream.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote_spanned};

use crate::expand::instrumentation::Instrumentation;
use crate::expand::wrap::Wrap;
use crate::parse::function::Function;
use crate::parse::futures;
use crate::parse::returns::Returns;
use crate::tokens::contains_word;

/// Returns whether a function returns a stream that can have a span. What `return` leaves is not known here.
pub(super) fn is_spanned_stream(function: &Function, instrumentation: &Instrumentation) -> bool {
    let Returns::Type(ty) = function.returns() else { return false };
    instrumentation.sync_guard == "SpanGuard"
        && instrumentation.vars.is_empty()
        && instrumentation.on_value.is_none()
        && futures::is_stream(ty)
        && !contains_word(function.body.to_token_stream(), "return")
}

/// Wraps the body for both cases. Only the runtime knows whether its feature is on.
pub(super) fn stream_fn(function: &Function, instrumentation: &Instrumentation) -> TokenStream {
    let around_stream = Wrap::future(function, instrumentation);
    let around_call = Wrap::sync(function, instrumentation);
    let (stream, call) = (around_stream.spanned_stream(), around_call.opaque_contents());
    let (private, span) = (&instrumentation.private, around_stream.span);
    around_stream.with_contents(
        None,
        None,
        quote_spanned!(span=> #private::if_stream! { { #stream } { #call } }),
    )
}

impl Wrap<'_> {
    fn spanned_stream(&self) -> TokenStream {
        let Self { instrumentation, span, guard, .. } = self;
        let Instrumentation { private, items, .. } = instrumentation;
        let create = instrumentation.create(*span);
        let record = self.record(None);
        let body = self.body();
        quote_spanned! {*span=>
            let #guard = { #items #create };
            #record
            #private::stream(#guard, #body)
        }
    }
}
