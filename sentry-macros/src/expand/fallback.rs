//! The fallback after an error: the errors as code, and the user's item as it was written.
//!
//! Without the item every use of it would be an error, too; with it one mistake gives one error.

use proc_macro2::{TokenStream, TokenTree};

use crate::hygiene::generated_at;
use crate::rustc_args::is_edition_2015;

/// Runs an expansion. If it fails, returns one `compile_error!` for each error, followed by `item` unchanged.
pub(crate) fn expand_or_item(
    item: TokenStream,
    expansion: impl FnOnce(TokenStream) -> syn::Result<TokenStream>,
) -> TokenStream {
    match expansion(item.clone()) {
        Ok(expanded) => expanded,
        Err(error) => {
            let mut output = compile_error(error);
            output.extend(item);
            output
        }
    }
}

/// Returns the errors as code. In edition 2015 their path `::core` would be looked up in the user's crate, so there it
/// gets the span of generated code. In other editions it does not: the compiler would add a note that the error
/// originates in a macro.
pub(crate) fn compile_error(error: syn::Error) -> TokenStream {
    let errors = error.into_compile_error();
    if !is_edition_2015() {
        return errors;
    }
    let mut is_path = true;
    let ours = errors.into_iter().map(|mut token| {
        if is_path {
            token.set_span(generated_at(token.span()));
        }
        is_path = matches!(&token, TokenTree::Punct(mark) if mark.as_char() == ':')
            || matches!(&token, TokenTree::Group(_));
        token
    });
    ours.collect()
}
