//! Names and patterns of arguments.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::Pat;
use syn::ext::IdentExt;

/// Returns a name without `r#`.
pub(crate) fn plain_name(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// Returns the argument's name if its pattern is just a name.
pub(crate) fn simple_name(pat: &Pat) -> Option<&Ident> {
    match pat {
        Pat::Ident(name) if name.by_ref.is_none() && name.subpat.is_none() => {
            // A name with a capital letter may be a unit struct or a constant, which are patterns.
            let text = plain_name(&name.ident);
            let plain = text.trim_start_matches('_').starts_with(|first: char| !first.is_uppercase());
            plain.then_some(&name.ident)
        }
        _ => None,
    }
}

/// Returns the names that a pattern binds: words in lower case that are neither part of a path nor a field name in
/// front of a colon.
pub(crate) fn bindings(pattern: TokenStream) -> Vec<Ident> {
    let mut names = Vec::new();
    let tokens: Vec<TokenTree> = pattern.into_iter().collect();
    let colon =
        |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    for (index, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => names.extend(bindings(group.stream())),
            TokenTree::Ident(ident) => {
                let name = plain_name(ident);
                let keyword = matches!(name.as_str(), "mut" | "ref" | "_" | "box");
                let in_path = index > 0 && colon(tokens.get(index - 1));
                let field_or_path = colon(tokens.get(index + 1));
                let after_field = in_path && !(index > 1 && colon(tokens.get(index - 2)));
                if !keyword
                    && !field_or_path
                    && (!in_path || after_field)
                    && !name.starts_with(char::is_uppercase)
                {
                    names.push(ident.clone());
                }
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    names
}
