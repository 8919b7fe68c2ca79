//! Questions about tokens that several stages ask.

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::ToTokens;

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
pub(crate) fn braced(contents: TokenStream, span: Span) -> Group {
    let mut block = Group::new(Delimiter::Brace, contents);
    block.set_span(span);
    block
}

/// A few tokens that an expansion contains several times. To add a `TokenStream` to another is a call into the compiler;
/// to add a token is not.
#[derive(Clone)]
pub(crate) struct Fragment(Vec<TokenTree>);

impl Fragment {
    /// Adds `::name`.
    pub(crate) fn join(mut self, name: &str, span: Span) -> Self {
        for spacing in [Spacing::Joint, Spacing::Alone] {
            let mut colon = Punct::new(':', spacing);
            colon.set_span(span);
            self.0.push(colon.into());
        }
        self.0.push(Ident::new(name, span).into());
        self
    }
}

impl From<TokenStream> for Fragment {
    fn from(tokens: TokenStream) -> Self {
        Self(tokens.into_iter().collect())
    }
}

impl Default for Fragment {
    fn default() -> Self {
        Self(Vec::with_capacity(12))
    }
}

impl ToTokens for Fragment {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.0.iter().cloned());
    }
}
