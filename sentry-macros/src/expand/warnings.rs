//! Warnings of the macros. Only the lint for deprecated items lets a macro warn with a stable compiler, so each warning is
//! the use of a deprecated constant at the token that the warning is about. `#[allow(deprecated)]` silences it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::Attribute;

use crate::errors::Warning;
use crate::hygiene::generated_at;

/// Returns statements at `span` that make the compiler give the warnings.
pub(crate) fn statements(warnings: &[Warning], span: Span) -> TokenStream {
    let statements = warnings.iter().map(|Warning { place, message }| {
        let name = Ident::new("argument", generated_at(*place));
        quote_spanned! {span=>
            {
                #[deprecated(note = #message)]
                #[allow(non_upper_case_globals)]
                const argument: () = ();
                #name
            }
        }
    });
    statements.collect()
}

/// Returns an item beside a block that makes the compiler give the warnings about the block's arguments. The lint levels
/// among the block's attributes apply.
pub(super) fn item(warnings: &[Warning], attrs: &[Attribute], keyword: Span) -> TokenStream {
    if warnings.is_empty() {
        return TokenStream::new();
    }
    let span = generated_at(keyword);
    let levels =
        attrs.iter().filter(|attr| ["allow", "warn", "deny"].iter().any(|level| attr.path().is_ident(level)));
    let statements = statements(warnings, span);
    quote_spanned!(span=> #(#levels)* const _: () = { #statements };)
}
