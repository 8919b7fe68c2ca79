//! The lifetime of a function's error: whether it may hold something that is not `'static`.
//!
//! Generated code finds out by autoref specialisation which traits an error implements, and the compiler ignores
//! lifetimes when it selects an implementation. For `impl<T: 'static> Error for Full<T>` it selects `Error` for
//! `Full<&str>` and then reports that the text does not live long enough. So for an error that may be borrowed, only its
//! text is recorded and not its causes.
//!
//! If only a method is annotated, the macro does not see the block around it. Then `Self::Error` counts as borrowed if
//! the method names a lifetime of the block (otherwise every such error would lose its causes), and a name inside of the
//! error's type counts as a type parameter unless it looks like something else. If the attribute is on the block, nothing
//! has to be guessed.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericParam, Generics, Signature, Type, TypeParamBound, WherePredicate};

use crate::parse::enclosing::Enclosing;
use crate::parse::function::Function;
use crate::parse::returns::Returns;
use crate::tokens::contains_word;

/// Returns whether the error of a function that returns `returns` may be borrowed, as far as the written types tell.
pub(crate) fn error_may_borrow(returns: Returns<'_>, function: &Function) -> bool {
    // `Result` has no lifetime argument; an alias may have one and pass it on to the error.
    if returns.takes_lifetime() {
        return true;
    }
    let Some(error) = returns.error() else { return false };
    let names = Names { sig: &function.sig, enclosing: function.enclosing.as_deref() };
    let tokens: Vec<TokenTree> = error.to_token_stream().into_iter().collect();
    match tokens.as_slice() {
        [TokenTree::Ident(this)] if this == "Self" => names.this_borrows(),
        [TokenTree::Ident(this), TokenTree::Punct(_), ..] if this == "Self" => names.of_this_borrows(&tokens),
        _ => names.borrows(&tokens, false),
    }
}

/// The names that a type may use.
struct Names<'a> {
    sig: &'a Signature,
    enclosing: Option<&'a Enclosing>,
}

impl Names<'_> {
    /// Returns whether `Self` may be borrowed.
    fn this_borrows(&self) -> bool {
        self.enclosing
            .is_none_or(|enclosing| enclosing.is_trait() || self.borrows(&enclosing.self_type(), true))
    }

    /// Returns whether `Self::Name` may be borrowed.
    fn of_this_borrows(&self, tokens: &[TokenTree]) -> bool {
        let Some(enclosing) = self.enclosing else {
            return lifetimes(self.sig.to_token_stream())
                .iter()
                .any(|lifetime| lifetime != "static" && !declares(self.sig, lifetime));
        };
        if enclosing.is_trait() {
            // The bounds in the trait hold for every implementation.
            return false;
        }
        let named = match tokens.last() {
            Some(TokenTree::Ident(name)) => enclosing.type_named(name),
            _ => None,
        };
        match named {
            Some(ty) if !contains_word(ty.iter().cloned().collect(), "Self") => self.borrows(&ty, false),
            _ => self.this_borrows(),
        }
    }

    /// Returns whether tokens of a type name a lifetime, a reference or, `inside` of another type, a type parameter.
    fn borrows(&self, tokens: &[TokenTree], mut inside: bool) -> bool {
        let mark = |index: Option<usize>, mark: char| {
            let token = index.and_then(|index| tokens.get(index));
            matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == mark)
        };
        tokens.iter().enumerate().any(|(index, token)| match token {
            TokenTree::Punct(punct) => match punct.as_char() {
                '\'' => !matches!(tokens.get(index + 1), Some(TokenTree::Ident(name)) if name == "static"),
                '&' => !mark(Some(index + 1), '\''),
                '<' => {
                    inside = true;
                    false
                }
                _ => false,
            },
            TokenTree::Ident(name) => {
                inside && self.may_be_parameter(name).unwrap_or_else(|| stands_for_a_type(tokens, index))
            }
            TokenTree::Group(group) => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                self.borrows(&inner, true)
            }
            TokenTree::Literal(_) => false,
        })
    }

    /// Returns whether a name is a type parameter, of the function or of the block around it, that may be borrowed. `None`
    /// if the macro does not see the block and the name could be one of its parameters.
    fn may_be_parameter(&self, name: &Ident) -> Option<bool> {
        if let Some(borrows) = parameter(&self.sig.generics, name) {
            return Some(borrows);
        }
        if let Some(enclosing) = self.enclosing {
            return Some(if name == "Self" {
                self.this_borrows()
            } else {
                parameter(&enclosing.generics(), name).unwrap_or(false)
            });
        }
        let text = name.to_string();
        let is_short = text.len() <= 2 && text.starts_with(|first: char| first.is_ascii_uppercase());
        if text == "Self" || is_short {
            return Some(true);
        }
        // A function that does not seem to use anything of a block is taken for one outside of any.
        let of_block = self.sig.receiver().is_some()
            || contains_word(self.sig.inputs.to_token_stream(), &text)
            || contains_word(self.sig.to_token_stream(), "Self");
        if of_block && looks_like_parameter(&text) { None } else { Some(false) }
    }
}

/// Returns whether the type parameter `name` may be borrowed; `None` if it is not declared here.
fn parameter(generics: &Generics, name: &Ident) -> Option<bool> {
    let declared = generics.type_params().find(|parameter| parameter.ident == *name)?;
    Some(!declared.bounds.iter().any(is_static) && !is_static_by_clause(name, generics))
}

/// Returns whether a name may be a type parameter, like `Item`: not a constant, not a primitive, and not the name of an
/// error, whose causes would be missed.
fn looks_like_parameter(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.contains(|letter: char| letter.is_ascii_lowercase())
        && !["Error", "Err", "Failure", "String", "Infallible"].iter().any(|known| name.ends_with(known))
}

/// Returns whether a name is a whole type, as a parameter is: not part of a path, not a trait, and without arguments.
fn stands_for_a_type(tokens: &[TokenTree], index: usize) -> bool {
    let follows = match index.checked_sub(1).and_then(|before| tokens.get(before)) {
        Some(TokenTree::Punct(mark)) => matches!(mark.as_char(), ':' | '+' | '?'),
        Some(TokenTree::Ident(word)) => word == "dyn" || word == "impl",
        _ => false,
    };
    let precedes = match tokens.get(index + 1) {
        Some(TokenTree::Punct(mark)) => matches!(mark.as_char(), '<' | '='),
        Some(TokenTree::Group(_)) => true,
        _ => false,
    };
    !follows && !precedes
}

fn is_static(bound: &TypeParamBound) -> bool {
    matches!(bound, TypeParamBound::Lifetime(lifetime) if lifetime.ident == "static")
}

fn is_static_by_clause(name: &Ident, generics: &Generics) -> bool {
    let predicates = generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    predicates.into_iter().any(|predicate| match predicate {
        WherePredicate::Type(bounded) => {
            matches!(&bounded.bounded_ty, Type::Path(path) if path.path.is_ident(name))
                && bounded.bounds.iter().any(is_static)
        }
        _ => false,
    })
}

/// Returns the names of the lifetimes in tokens.
fn lifetimes(tokens: TokenStream) -> Vec<String> {
    let mut names = Vec::new();
    let mut tokens = tokens.into_iter();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(mark) if mark.as_char() == '\'' => {
                names.extend(tokens.next().map(|name| name.to_string()).filter(|name| name != "_"));
            }
            TokenTree::Group(group) => names.extend(lifetimes(group.stream())),
            _ => {}
        }
    }
    names
}

fn declares(sig: &Signature, lifetime: &str) -> bool {
    sig.generics.params.iter().any(
        |parameter| matches!(parameter, GenericParam::Lifetime(declared) if declared.lifetime.ident == lifetime),
    )
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;

    /// Of a function that is annotated alone.
    fn may_borrow(sig: &str) -> bool {
        let function: Function = syn::parse_str(&format!("{sig} {{}}")).unwrap();
        error_may_borrow(function.returns(), &function)
    }

    /// Of one in a block that is annotated.
    fn may_borrow_in(head: &str, contents: &str, sig: &str) -> bool {
        let mut function: Function = syn::parse_str(&format!("{sig} {{}}")).unwrap();
        let head: Vec<TokenTree> = head.parse::<TokenStream>().unwrap().into_iter().collect();
        function.enclosing = Some(Rc::new(Enclosing::new(&head, contents.parse().unwrap())));
        error_may_borrow(function.returns(), &function)
    }

    #[test]
    fn errors_that_live_as_long_as_the_program() {
        for sig in [
            "fn f()",
            "fn f() -> io::Result<&str>",
            "fn f<'a>(a: &'a str) -> Result<&'a str, Error>",
            "fn f<E>() -> Result<(), E>",
            "fn f<T: Tr>() -> Result<T, T::Error>",
            "fn f() -> Result<(), &'static str>",
            "fn f() -> Result<(), Box<dyn Error + Send + Sync>>",
            "fn f() -> Result<(), SdkError<GetObjectError>>",
            "fn f<E: Error + 'static>() -> Result<(), Failed<E>>",
            "fn f<E>() -> Result<(), Failed<E>> where E: 'static",
            "fn f<'a>(a: &'a str) -> Result<Self, Self::Error>",
            "fn f(a: &str) -> Result<Self, Self::Error>",
            "fn f(&self) -> Result<u8, Self::Error>",
            "fn f(&self) -> Result<(), SdkError<GetObjectError>>",
            "fn f(&self) -> Result<(), Retried<tonic::Status>>",
            "fn f(&self) -> Result<(), Box<dyn Error + Send + Sync>>",
            "fn f(&self) -> Result<(), Failed<Vec<u8>, [u8; MAX], String>>",
            "fn f() -> Result<(), Failed<Status>>",
            "fn f(&self) -> Result<(), Box<dyn Problem>>",
            "fn f(&self) -> Result<(), Full<impl Problem>>",
            "fn f(&self) -> Result<(), Full<Make(u8)>>",
            "fn f() -> ApiResult<Row>",
            "fn f() -> Short<'static, u8>",
        ] {
            assert!(!may_borrow(sig), "{sig}");
        }
    }

    #[test]
    fn errors_that_may_be_borrowed() {
        for sig in [
            "fn f<'a>(a: &'a str) -> Result<(), Full<&'a str>>",
            "fn f(a: &str) -> Result<(), &str>",
            "fn f(a: &str) -> Result<(), ParseError<'_>>",
            "fn f<'a>() -> Result<(), Box<dyn Error + 'a>>",
            "fn f<Item>() -> Result<(), Full<Item>>",
            "fn f<Item: Copy>() -> Result<(), Full<Item>>",
            "fn f<'a, Item: Copy + 'a>() -> Result<(), Full<Item>>",
            "fn f<A, Item>() -> Result<(), Full<Item>> where A: 'static",
            "fn f(a: Item) -> Result<u8, Full<*mut Item>>",
            "fn f(a: T) -> Result<(), Full<T>>",
            "fn f(a: Self::Item) -> Result<(), Full<Self::Item>>",
            "fn f(self) -> Result<u8, Self>",
            "fn f(a: &'a str) -> Result<Self, Self::Error>",
            "fn f(&self) -> Result<u8, Full<Item>>",
            "fn f(a: Item) -> Result<Self, Full<(u8, Item)>>",
            "fn f(a: Item) -> Result<u8, Full<Item>>",
            "fn f(&self) -> Result<u8, Full<Item::Key>>",
            "fn f(a: &str) -> FullResult<'_, u8>",
            "fn f<'a>(a: &'a str) -> my::FullResult<'a>",
        ] {
            assert!(may_borrow(sig), "{sig}");
        }
    }

    #[test]
    fn a_parameter_is_a_whole_type() {
        for (text, place, expected) in [
            ("Item", 0, true),
            ("&Item", 1, true),
            ("*mut Item", 2, true),
            ("Item, u8", 0, true),
            ("Make(u8)", 0, false),
            ("Full<u8>", 0, false),
            ("Key = u8", 0, false),
            ("dyn Item", 1, false),
            ("impl Item", 1, false),
            ("a::Item", 3, false),
            ("A + Item", 2, false),
            ("?Item", 1, false),
        ] {
            let tokens: Vec<TokenTree> = text.parse::<TokenStream>().unwrap().into_iter().collect();
            assert_eq!(stands_for_a_type(&tokens, place), expected, "{text}");
        }
    }

    #[test]
    fn a_block_tells_what_is_borrowed() {
        let go = "fn go(&self) -> Result<u8, Self::Error>";
        let full = "fn go(&self) -> Result<u8, Full<Item>>";
        let this = "fn go(self) -> Result<u8, Self>";
        for (head, contents, sig, expected) in [
            ("impl P for S", "type Error = Full<u8>;", go, false),
            ("impl<'a> P for S<'a>", "type Error = io::Error;", go, false),
            ("impl<'a> P for S<'a>", "type Error = Full<&'a str>;", go, true),
            ("impl P for S<'_>", "type Other = Full<&'a str>; type Error = Box<dyn Error>;", go, false),
            (
                "impl<Item> P for S<Item>",
                "#[doc = \"x\"] type Error = Full<Item> where Item: Copy;",
                go,
                true,
            ),
            ("impl<Item: 'static> P for S<Item>", "type Error = Full<Item>;", go, false),
            ("impl<Item> P for S<Item> where Item: 'static", "type Error = Full<Item>;", go, false),
            ("impl<P: Tr> P for S<P>", "type Error = P::Error;", go, false),
            ("impl P for S", "type Error = Self::Other;", go, false),
            ("impl P for &S", "", go, true),
            ("impl P for &S", "type Error = Self;", go, true),
            ("pub trait P", "type Error;", go, false),
            ("pub trait P", "type Item;", "fn go(&self) -> Result<u8, Full<Self::Item>>", true),
            ("impl<Item> S<Item>", "", full, true),
            ("impl S", "", full, false),
            ("unsafe impl<'a, Item: Copy + 'static> S<'a, Item>", "", full, false),
            ("pub(crate) mod items", "", "fn send(a: Item) -> Result<u8, Full<Item>>", false),
            ("impl<'a> From<&'a str> for S", "", this, false),
            ("impl From<u8> for S<'_>", "", this, true),
            ("impl From<u8> for Box<dyn for<'x> Fn(u8)>", "", "fn go(self) -> Result<u8, Full<u8>>", false),
        ] {
            assert_eq!(may_borrow_in(head, contents, sig), expected, "{head} {{ {contents} {sig} }}");
        }
    }
}
