//! Spans and names of generated tokens.
//!
//! Generated code resolves its names at the macro (so nothing of the user's can shadow them), while the compiler
//! reports errors in it at a place in the user's code.

use proc_macro2::{Ident, Span, TokenStream};
use quote::format_ident;

/// Returns a span for generated tokens that the compiler shows at the user's `span`.
pub(crate) fn generated_at(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

/// Returns a span for generated tokens that the compiler shows at the start of `value`, so that an error about its type
/// points at the value and not at the function; `otherwise` if there is no value.
pub(crate) fn generated_at_start(value: &TokenStream, otherwise: Span) -> Span {
    value.clone().into_iter().next().map_or(otherwise, |token| generated_at(token.span()))
}

/// Returns the name of a variable of the generated code.
pub(crate) fn own_name(name: &str, span: Span) -> Ident {
    format_ident!("__sentry_{}", name, span = span)
}

/// Moves tokens to another span.
pub(crate) fn respanned(tokens: TokenStream, span: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            token.set_span(span);
            token
        })
        .collect()
}
