//! The attributes in front of an item, apart from the item.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::Attribute;
use syn::parse::{ParseStream, Parser};

/// Returns the tokens between the parentheses of an attribute.
pub(crate) fn arguments_of(attr: &Attribute) -> TokenStream {
    match &attr.meta {
        syn::Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    }
}

/// Returns whether an item may begin with an attribute: it does not begin with a word. A group without delimiters comes
/// from a `macro_rules!` macro, and may hold one.
pub(crate) fn may_begin_with_attribute(item: &TokenStream) -> bool {
    !matches!(item.clone().into_iter().next(), Some(TokenTree::Ident(_)))
}

/// Splits the outer attributes of an item from what follows.
pub(crate) fn split_attributes(tokens: Vec<TokenTree>) -> (Vec<Attribute>, Vec<TokenTree>) {
    let stream: TokenStream = tokens.iter().cloned().collect();
    let parser =
        |input: ParseStream<'_>| Ok((input.call(Attribute::parse_outer)?, input.parse::<TokenStream>()?));
    match parser.parse2(stream) {
        Ok((attrs, rest)) => (attrs, rest.into_iter().collect()),
        Err(_) => (Vec::new(), tokens),
    }
}

/// Joins the attributes of an item with what follows them.
pub(crate) fn joined(attrs: &[Attribute], rest: Vec<TokenTree>) -> TokenStream {
    let mut tokens: TokenStream = attrs.iter().map(ToTokens::to_token_stream).collect();
    tokens.extend(rest);
    tokens
}
