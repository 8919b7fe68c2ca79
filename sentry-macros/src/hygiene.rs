//! Spans and names of generated tokens.
//!
//! Generated code resolves its names at the macro (so nothing of the user's can shadow them), while the compiler
//! reports errors in it at a place in the user's code.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
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

/// Moves tokens to another span. `$crate` keeps its meaning, which is part of its span.
pub(crate) fn respanned(tokens: TokenStream, span: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            let own = token.span();
            let names_crate = matches!(&token, TokenTree::Ident(word) if word == "$crate");
            token.set_span(if names_crate { own.located_at(span) } else { span });
            token
        })
        .collect()
}

/// Returns tokens of the user's with the place of `span`, if that is in another file. Names keep their meaning.
pub(crate) fn in_file_of(tokens: TokenStream, span: Span) -> TokenStream {
    if !proc_macro::is_available() {
        return tokens;
    }
    let file = span.unwrap().file();
    tokens
        .into_iter()
        .map(|mut token| {
            let own = token.span();
            if own.unwrap().file() != file {
                token.set_span(own.located_at(span));
            }
            token
        })
        .collect()
}
