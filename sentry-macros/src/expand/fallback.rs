//! What is emitted when something is wrong: the errors, and the user's item as it was written.
//!
//! Without the item every call of it would be an error too; with it one mistake gives one error.

use proc_macro2::{TokenStream, TokenTree};

use crate::hygiene::generated_at;

/// Runs an expansion; on an error emits `item` unchanged beside one `compile_error!` a mistake.
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

/// The errors as code. In edition 2015 their path `::core` would be one of the user's crate, so it is this crate's
/// there. Not elsewhere: the compiler adds to such an error that it comes from a macro.
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

/// Whether the crate is of the edition that a compiler takes which is told none.
fn is_edition_2015() -> bool {
    let mut told = std::env::args().skip_while(|arg| !arg.starts_with("--edition") && !arg.starts_with('@'));
    match told.next() {
        None => true,
        Some(edition) if edition == "--edition" => told.next().is_some_and(|edition| edition == "2015"),
        Some(edition) => edition == "--edition=2015",
    }
}
