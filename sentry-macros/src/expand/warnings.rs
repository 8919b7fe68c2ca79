//! Warnings of the macros. Only the lint for deprecated items lets a macro warn with a stable compiler, so each warning is
//! the use of a deprecated constant at the token that the warning is about. `#[allow(deprecated)]` silences it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

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
