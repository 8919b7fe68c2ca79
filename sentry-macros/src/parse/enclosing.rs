//! The block around a function, if the attribute is on that block or on a module around it: the meaning of `Self` and of
//! the names that the block declares.
//!
//! The block is kept as tokens and parsed on demand, because few functions need it.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::{Generics, WhereClause};

use crate::parse::split_items;
use crate::tokens::{contains_word, is_punct};

/// An impl block, a trait or a module.
#[derive(Clone)]
pub(crate) struct Enclosing {
    /// The tokens in front of the braces, from the keyword on.
    head: Vec<TokenTree>,
    contents: TokenStream,
}

impl Enclosing {
    /// Creates a block from its `head`, without attributes, and the `contents` of its braces.
    pub(crate) fn new(head: &[TokenTree], contents: TokenStream) -> Self {
        let keyword = head.iter().position(|token| {
            matches!(token, TokenTree::Ident(word)
            if ["impl", "trait", "mod"].iter().any(|keyword| word == keyword))
        });
        Self { head: head.get(keyword.unwrap_or(0)..).unwrap_or_default().to_vec(), contents }
    }

    /// Returns what [`Enclosing::new`] needs to create the block again: the head, and the contents that matter.
    pub(crate) fn parts(&self) -> (TokenStream, TokenStream) {
        let contents = self.items("type").chain(self.items("use")).flatten();
        (self.head.iter().cloned().collect(), contents.collect())
    }

    /// Returns the items with a keyword that is neither that of a function nor that of a block.
    fn items(&self, keyword: &str) -> impl Iterator<Item = Vec<TokenTree>> {
        let items = split_items::split(self.contents.clone()).into_iter();
        items.filter(|item| item.kind == split_items::Kind::Other).map(|item| item.tokens).filter(
            move |tokens| {
                let mut words = tokens.iter();
                words.any(|token| matches!(token, TokenTree::Ident(word) if word == keyword))
            },
        )
    }

    /// Returns whether the block is a trait, where `Self` is any type that implements it.
    pub(crate) fn is_trait(&self) -> bool {
        self.keyword("trait")
    }

    /// Returns whether the block is a module.
    pub(crate) fn is_module(&self) -> bool {
        self.keyword("mod")
    }

    /// Returns whether the block imports something with this name.
    pub(crate) fn imports(&self, name: &str) -> bool {
        self.items("use").any(|tokens| contains_word(tokens.into_iter().collect(), name))
    }

    /// Returns whether the block begins with this keyword.
    fn keyword(&self, keyword: &str) -> bool {
        matches!(self.head.first(), Some(TokenTree::Ident(word)) if word == keyword)
    }

    /// Returns the generics that the block declares, with its `where` clause.
    pub(crate) fn generics(&self) -> Generics {
        let (mut generics, rest) = self.split();
        let clause = rest.iter().position(|token| matches!(token, TokenTree::Ident(word) if word == "where"));
        if let Some(clause) = clause {
            let clause: TokenStream = rest[clause..].iter().cloned().collect();
            generics.where_clause = syn::parse2::<WhereClause>(clause).ok();
        }
        generics
    }

    /// Returns the type that an impl block is for.
    pub(crate) fn self_type(&self) -> Vec<TokenTree> {
        let (_, rest) = self.split();
        let mut ty = Vec::new();
        let mut tokens = rest.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match &token {
                TokenTree::Ident(word) if word == "where" => break,
                // `for<'a>` is part of a type.
                TokenTree::Ident(word)
                    if word == "for" && !tokens.peek().is_some_and(|next| is_punct(next, '<')) =>
                {
                    ty.clear()
                }
                _ => ty.push(token),
            }
        }
        ty
    }

    /// Returns the value of the associated type `name`.
    pub(crate) fn type_named(&self, name: &Ident) -> Option<Vec<TokenTree>> {
        let named = |tokens: &[TokenTree]| {
            let start =
                tokens.iter().position(|token| matches!(token, TokenTree::Ident(word) if word == "type"))?;
            let found = matches!(tokens.get(start + 1), Some(TokenTree::Ident(own)) if own == name);
            let value = start + tokens[start..].iter().position(|token| is_punct(token, '='))? + 1;
            let is_end = |token: &&TokenTree| {
                is_punct(token, ';') || matches!(token, TokenTree::Ident(word) if word == "where")
            };
            found.then(|| tokens[value..].iter().take_while(|token| !is_end(token)).cloned().collect())
        };
        self.items("type").find_map(|tokens| named(&tokens))
    }

    /// Splits the head after the keyword into the generics and what follows them.
    fn split(&self) -> (Generics, Vec<TokenTree>) {
        let named = usize::from(!self.keyword("impl"));
        let rest: TokenStream = self.head.iter().skip(1 + named).cloned().collect();
        let parser = |input: ParseStream<'_>| Ok((input.parse::<Generics>()?, input.parse::<TokenStream>()?));
        let (generics, rest) = parser.parse2(rest.clone()).unwrap_or_else(|_| (Generics::default(), rest));
        (generics, rest.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(head: &str, contents: &str) -> Enclosing {
        let head: Vec<TokenTree> = head.parse::<TokenStream>().unwrap().into_iter().collect();
        Enclosing::new(&head, contents.parse().unwrap())
    }

    /// Returns a text with the spaces that tokens have.
    fn spaced(text: &str) -> String {
        text.parse::<TokenStream>().unwrap().to_string()
    }

    fn text(tokens: Vec<TokenTree>) -> String {
        tokens.into_iter().collect::<TokenStream>().to_string()
    }

    #[test]
    fn the_type_of_an_impl_block_ends_before_its_clause() {
        for (head, ty) in [
            ("impl S", "S"),
            ("unsafe impl<T> P<u8> for S<T> where T: Copy", "S<T>"),
            ("impl<T> S<T> where T: Copy", "S<T>"),
            ("impl P for Box<dyn for<'x> Fn(&'x u8)>", "Box<dyn for<'x> Fn(&'x u8)>"),
        ] {
            assert_eq!(text(block(head, "").self_type()), spaced(ty), "{head}");
        }
    }

    #[test]
    fn an_associated_type_ends_before_its_clause() {
        let contents =
            "type Other = u8; #[a] #[b] pub type Error<T> = Full<T> where T: Copy; type Last = [u8; 2];";
        for (name, expected) in
            [("Other", Some("u8")), ("Error", Some("Full<T>")), ("Last", Some("[u8; 2]")), ("Missing", None)]
        {
            let name = Ident::new(name, proc_macro2::Span::call_site());
            let found = block("impl P for S", contents).type_named(&name).map(text);
            assert_eq!(found, expected.map(spaced), "{name}");
        }
    }

    #[test]
    fn generics_follow_the_keyword_or_the_name() {
        for head in ["impl<T> S<T> where T: Copy", "pub trait P<T> where T: Copy"] {
            let generics = block(head, "").generics();
            assert_eq!(generics.type_params().count(), 1, "{head}");
            assert!(generics.where_clause.is_some(), "{head}");
        }
        let generics = block("impl S", "").generics();
        assert!(generics.params.is_empty() && generics.where_clause.is_none());
    }
}
