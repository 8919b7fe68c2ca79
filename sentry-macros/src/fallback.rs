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
            let mut output = compile_errors(error);
            output.extend(item);
            output
        }
    }
}

/// The errors as code. Its `::core` means the crate only in an edition that knows it, so it gets ours.
pub(crate) fn compile_errors(error: syn::Error) -> TokenStream {
    generated(error.into_compile_error())
}

fn generated(tokens: TokenStream) -> TokenStream {
    let mut output = TokenStream::new();
    for mut token in tokens {
        if let TokenTree::Group(group) = &token {
            let mut inner = Group::new(group.delimiter(), generated(group.stream()));
            inner.set_span(group.span());
            token = inner.into();
        }
        token.set_span(generated_at(token.span()));
        output.extend([token]);
    }
    output
}
