//! Lints that look at a whole body, and that the wrapped body would set off although the user's is as they want it.
//!
//! Clippy knows the canonical `clone` of a `Copy` type, `{ *self }`, and the canonical `partial_cmp` of an `Ord`
//! type, `{ Some(self.cmp(other)) }`, by their shape. A body of exactly that shape is excused; any other is not.

use proc_macro2::{TokenStream, TokenTree};

use crate::function::Function;

/// Whether the body has a canonical shape. Clippy leaves a body alone that stands at generated braces.
pub(crate) fn is_canonical(function: &Function) -> bool {
    let body = || words(function.body.stream());
    if function.sig.ident == "clone" {
        return body() == ["*", "self"];
    }
    function.sig.ident == "partial_cmp"
        && matches!(body().as_slice(), [some, this, dot, cmp, _other]
            if some == "Some" && this == "self" && dot == "." && cmp == "cmp")
}

/// The tokens as texts, those in groups too; stops when there are more than a canonical body has.
fn words(tokens: TokenStream) -> Vec<String> {
    let mut all = Vec::new();
    collect(tokens, &mut all);
    all
}

fn collect(tokens: TokenStream, all: &mut Vec<String>) {
    const MOST: usize = 6;
    for token in tokens {
        if all.len() >= MOST {
            return;
        }
        match token {
            TokenTree::Group(group) => collect(group.stream(), all),
            other => all.push(other.to_string()),
        }
    }
}
