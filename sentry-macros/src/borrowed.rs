//! Whether the error of a function may hold something that does not live as long as the program.
//!
//! What an error offers is found out by asking the compiler which traits it has, and the compiler does not look at
//! lifetimes while it chooses. Of `impl<T: 'static> Error for Full<T>` it says that `Full<&str>` is an error, and then
//! that the text does not live long enough. Such an error is not asked for more than its text.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericParam, Signature, Type, TypeParamBound, WherePredicate};

use crate::returns::Returns;

/// Whether the error in what the function returns may be borrowed, as far as the written types tell.
pub(crate) fn error_may_borrow(returns: Returns<'_>, sig: &Signature) -> bool {
    let Some(error) = returns.error() else { return false };
    let tokens: Vec<TokenTree> = error.to_token_stream().into_iter().collect();
    match tokens.as_slice() {
        [TokenTree::Ident(this)] if this == "Self" => true,
        // The type is chosen in the impl, whose lifetimes are not seen here unless the signature names one.
        [TokenTree::Ident(this), TokenTree::Punct(_), ..] if this == "Self" => {
            lifetimes(sig.to_token_stream())
                .iter()
                .any(|lifetime| lifetime != "static" && !declares(sig, lifetime))
        }
        _ => borrows(&tokens, false, sig),
    }
}

/// Whether tokens of a type name a lifetime, a reference or, `inside` of another type, a type parameter.
fn borrows(tokens: &[TokenTree], mut inside: bool, sig: &Signature) -> bool {
    let mut tokens = tokens.iter().peekable();
    while let Some(token) = tokens.next() {
        let found = match token {
            TokenTree::Punct(mark) => match mark.as_char() {
                '\'' => !matches!(tokens.next(), Some(TokenTree::Ident(name)) if name == "static"),
                '&' => !matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == '\''),
                '<' => {
                    inside = true;
                    false
                }
                _ => false,
            },
            TokenTree::Ident(name) => inside && may_be_parameter(name, sig),
            TokenTree::Group(group) => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                borrows(&inner, true, sig)
            }
            TokenTree::Literal(_) => false,
        };
        if found {
            return true;
        }
    }
    false
}

/// Whether a name is that of a type parameter which may be borrowed: one of the function's, or one of the block's
/// around it, of which nothing is seen but that they have the shortest names.
fn may_be_parameter(name: &Ident, sig: &Signature) -> bool {
    let declared = sig.generics.type_params().find(|parameter| parameter.ident == *name);
    match declared {
        Some(parameter) => !parameter.bounds.iter().any(is_static) && !is_static_by_clause(name, sig),
        None => {
            let name = name.to_string();
            name == "Self" || (name.len() <= 2 && name.starts_with(|first: char| first.is_ascii_uppercase()))
        }
    }
}

fn is_static(bound: &TypeParamBound) -> bool {
    matches!(bound, TypeParamBound::Lifetime(lifetime) if lifetime.ident == "static")
}

fn is_static_by_clause(name: &Ident, sig: &Signature) -> bool {
    let predicates = sig.generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    predicates.into_iter().any(|predicate| match predicate {
        WherePredicate::Type(bounded) => {
            matches!(&bounded.bounded_ty, Type::Path(path) if path.path.is_ident(name))
                && bounded.bounds.iter().any(is_static)
        }
        _ => false,
    })
}

/// The names of the lifetimes in tokens.
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
    use super::*;

    fn may_borrow(sig: &str) -> bool {
        let sig: Signature = syn::parse_str(sig).unwrap();
        error_may_borrow(Returns::of(&sig.output), &sig)
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
            "fn f(a: T) -> Result<(), Full<T>>",
            "fn f(a: Self::Item) -> Result<(), Full<Self::Item>>",
            "fn f(self) -> Result<u8, Self>",
            "fn f(a: &'a str) -> Result<Self, Self::Error>",
        ] {
            assert!(may_borrow(sig), "{sig}");
        }
    }
}
