//! What is emitted when something is wrong: the errors, and the user's item as it was written.
//!
//! Without the item every call of it would be an error too; with it one mistake gives one error.

use proc_macro2::{Group, TokenStream, TokenTree};

use crate::params::generated_at;

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

/// The errors as code. Their places are the user's, but the path `::core` is read as this crate's: in edition 2015 it
/// would be one of the user's crate.
pub(crate) fn compile_error(error: syn::Error) -> TokenStream {
    generated(error.into_compile_error())
}

fn generated(tokens: TokenStream) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            let span = generated_at(token.span());
            if let TokenTree::Group(group) = &token {
                token = Group::new(group.delimiter(), generated(group.stream())).into();
            }
            token.set_span(span);
            token
        })
        .collect()
}
