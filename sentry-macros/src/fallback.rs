//! What is emitted when something is wrong: the errors, and the user's item as it was written.
//!
//! Without the item every call of it would be an error too; with it one mistake gives one error.

use proc_macro2::TokenStream;

/// Runs an expansion; on an error emits `item` unchanged beside one `compile_error!` a mistake.
pub(crate) fn expand_or_item(
    item: TokenStream,
    expansion: impl FnOnce(TokenStream) -> syn::Result<TokenStream>,
) -> TokenStream {
    match expansion(item.clone()) {
        Ok(expanded) => expanded,
        Err(error) => {
            let mut output = error.into_compile_error();
            output.extend(item);
            output
        }
    }
}
