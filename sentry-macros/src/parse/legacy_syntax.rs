//! Syntax of editions 2015 and 2018 that syn does not parse: `Box<Fn(u8) -> u8>` without `dyn`, and trait methods whose
//! arguments have a type but no name.
//!
//! Everything that syn can parse is parsed by syn. Other types stay tokens, which the compiler understands.

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::discouraged::Speculative;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, FnArg, Pat, PatType, PatWild, ReturnType, Signature, Token, Type, token};

use crate::tokens::is_punct;

/// Reads a signature. If it is invalid in every edition, returns the error of syn.
pub(crate) fn signature(input: ParseStream<'_>) -> syn::Result<Signature> {
    let ahead = input.fork();
    let error = match ahead.parse() {
        Ok(signature) => {
            input.advance_to(&ahead);
            return Ok(signature);
        }
        Err(error) => error,
    };
    let ahead = input.fork();
    let signature = legacy_signature(&ahead).map_err(|_| error)?;
    input.advance_to(&ahead);
    Ok(signature)
}

fn legacy_signature(input: ParseStream<'_>) -> syn::Result<Signature> {
    let constness = input.parse()?;
    let asyncness = input.parse()?;
    let safety = syn::Safety::parse_unsafe_only(input)?;
    let abi = input.parse()?;
    let fn_token = input.parse()?;
    let ident = input.parse()?;
    let mut generics: syn::Generics = input.parse()?;
    let content;
    let paren_token = syn::parenthesized!(content in input);
    let inputs = arguments(content.parse()?)?;
    let output = output(input)?;
    generics.where_clause = input.parse()?;
    Ok(Signature {
        constness,
        asyncness,
        safety,
        abi,
        fn_token,
        ident,
        generics,
        paren_token,
        inputs,
        variadic: None,
        output,
    })
}

fn arguments(tokens: TokenStream) -> syn::Result<Punctuated<FnArg, Token![,]>> {
    let mut arguments = Punctuated::new();
    let mut run = Vec::new();
    let mut brackets = AngleBrackets::default();
    for token in tokens {
        if brackets.outside(&token) && is_punct(&token, ',') {
            arguments.push_value(argument(std::mem::take(&mut run))?);
            let comma: TokenStream = token.into();
            arguments.push_punct(syn::parse2(comma)?);
        } else {
            run.push(token);
        }
    }
    if !run.is_empty() {
        arguments.push_value(argument(run)?);
    }
    Ok(arguments)
}

fn argument(tokens: Vec<TokenTree>) -> syn::Result<FnArg> {
    let tokens: TokenStream = tokens.into_iter().collect();
    if let Ok(argument) = syn::parse2(tokens.clone()) {
        return Ok(argument);
    }
    (|input: ParseStream<'_>| {
        let attrs = input.call(Attribute::parse_outer)?;
        let ahead = input.fork();
        let named = Pat::parse_single(&ahead).and_then(|pat| Ok((pat, ahead.parse::<Token![:]>()?)));
        let (pat, colon_token) = match named {
            Ok(named) => {
                input.advance_to(&ahead);
                named
            }
            Err(error) if is_half_written(input) => return Err(error),
            Err(_) => {
                let place = input.span();
                let underscore_token = Token![_](place);
                (Pat::Wild(PatWild { attrs: Vec::new(), underscore_token }), Token![:](place))
            }
        };
        if input.is_empty() {
            return Err(input.error("expected a type"));
        }
        let ty = ty(input.parse()?);
        Ok(FnArg::Typed(PatType { attrs, pat: Box::new(pat), colon_token, ty: Box::new(ty) }))
    })
    .parse2(tokens)
}

/// Returns whether the input is a name whose type is missing: a word in lower case that is not a primitive type.
fn is_half_written(input: ParseStream<'_>) -> bool {
    const TYPES: &[&str] = &[
        "bool", "char", "str", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32",
        "u64", "u128", "usize",
    ];
    let ahead = input.fork();
    let word = ahead.parse::<syn::Ident>().map(|word| word.to_string()).unwrap_or_default();
    let is_name = word.starts_with(char::is_lowercase) && !TYPES.contains(&&*word);
    (is_name && !ahead.peek(Token![::])) || ahead.peek(Token![:]) && !ahead.peek(Token![::])
}

fn output(input: ParseStream<'_>) -> syn::Result<ReturnType> {
    if !input.peek(Token![->]) {
        return Ok(ReturnType::Default);
    }
    let arrow = input.parse()?;
    let mut tokens = TokenStream::new();
    while !(input.is_empty()
        || input.peek(Token![where])
        || input.peek(token::Brace)
        || input.peek(Token![;]))
    {
        tokens.extend(Some(input.parse::<TokenTree>()?));
    }
    Ok(ReturnType::Type(arrow, Box::new(ty(tokens))))
}

fn ty(tokens: TokenStream) -> Type {
    syn::parse2(tokens.clone()).unwrap_or(Type::Verbatim(tokens))
}

/// The nesting of `<` and `>` in a run of tokens.
#[derive(Default)]
struct AngleBrackets {
    depth: u32,
    dash: bool,
}

impl AngleBrackets {
    /// Reads the next token and returns whether it is outside of all angle brackets.
    fn outside(&mut self, token: &TokenTree) -> bool {
        let dash = std::mem::replace(&mut self.dash, is_punct(token, '-'));
        if is_punct(token, '<') {
            self.depth += 1;
        } else if is_punct(token, '>') && !dash {
            self.depth = self.depth.saturating_sub(1);
        }
        self.depth == 0
    }
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;

    use super::*;

    #[test]
    fn signatures_of_older_editions() {
        for (older, read) in [
            ("fn f(a: Box<Fn(u8) -> u8>, b: Vec<u8>)", "fn f(a: Box<Fn(u8) -> u8>, b: Vec<u8>)"),
            (
                "unsafe extern \"C\" fn f<'a, T>(&self, (a, _): (u8, Box<FnOnce() + 'a>),) -> Result<Box<Fn()>, T> where T: Copy",
                "unsafe extern \"C\" fn f<'a, T>(&self, (a, _): (u8, Box<FnOnce() + 'a>),) -> Result<Box<Fn()>, T> where T: Copy",
            ),
            ("fn f(&self, u8, Box<Fn(u8, u8)>) -> u8", "fn f(&self, _: u8, _: Box<Fn(u8, u8)>) -> u8"),
            ("fn f(&self, #[cfg(a)] &'a str)", "fn f(&self, #[cfg(a)] _: &'a str)"),
            (
                "fn f(&self, Map<u8, Box<Fn() -> u8>>, (u8, u8), Vec<u8>)",
                "fn f(&self, _: Map<u8, Box<Fn() -> u8>>, _: (u8, u8), _: Vec<u8>)",
            ),
            (
                "fn f(&self, Map<Box<Fn() -> u8>, u8>, ::m::A, m::B)",
                "fn f(&self, _: Map<Box<Fn() -> u8>, u8>, _: ::m::A, _: m::B)",
            ),
        ] {
            let parsed = signature.parse_str(older).unwrap().into_token_stream();
            let read: TokenStream = read.parse().unwrap();
            assert_eq!(parsed.to_string().replace(' ', ""), read.to_string().replace(' ', ""));
        }
    }

    #[test]
    fn an_older_type_ends_where_the_signature_does() {
        for (rest, clause) in [("{ a }", ""), (";", ""), ("where T: Copy { a }", "where T : Copy")] {
            let text = format!("fn f() -> Box<Fn() + Send> {rest}");
            let read = |input: ParseStream<'_>| Ok((signature(input)?, input.parse::<TokenStream>()?));
            let (signature, left) = read.parse_str(&text).unwrap();
            let ReturnType::Type(_, ty) = &signature.output else { panic!("{text}") };
            assert_eq!(ty.to_token_stream().to_string().replace(' ', ""), "Box<Fn()+Send>", "{text}");
            assert_eq!(signature.generics.where_clause.to_token_stream().to_string(), clause, "{text}");
            assert!(rest.ends_with(&left.to_string()) && !left.is_empty(), "{text}: {left}");
        }
    }

    #[test]
    fn an_error_is_that_of_syn() {
        let said = |result: syn::Result<Signature>| result.err().map(|error| error.to_string());
        for half in ["fn f(&self, x)", "fn f(x, y: u8)", "fn (a: u8)", "fn f(a: ) -> u8"] {
            assert!(said(signature.parse_str(half)).is_some(), "{half}");
            assert_eq!(said(signature.parse_str(half)), said(syn::parse_str(half)));
        }
    }
}
