//! Questions about tokens that several stages ask.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};

/// Returns whether a token is the punctuation character `character`.
pub(crate) fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}

/// Returns whether `word` occurs anywhere in the tokens, nested groups included.
pub(crate) fn contains_word(tokens: TokenStream, word: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == word,
        TokenTree::Group(group) => contains_word(group.stream(), word),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// Returns a type as text, without the spaces that tokens are printed with.
pub(crate) fn type_text(tokens: &TokenStream) -> String {
    let mut text = tokens.to_string();
    for (printed, written) in [(" :: ", "::"), (" < ", "<"), (" >", ">"), (" ,", ","), ("& ", "&")] {
        text = text.replace(printed, written);
    }
    text
}

/// Returns `contents` between braces at `span`.
pub(crate) fn braced(contents: TokenStream, span: Span) -> TokenStream {
    let mut block = Group::new(Delimiter::Brace, contents);
    block.set_span(span);
    TokenTree::Group(block).into()
}
