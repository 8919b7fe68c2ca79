//! Lints, which shall say of an annotated function what they say of the plain one.
//!
//! Clippy looks for forms of code, and nobody runs what it compiles; so it is given the plain function. Arguments of
//! the attribute that hold code of the user's stand in front of the body then: they use what they name.
//!
//! Some bodies clippy knows by their whole shape, and must not see anything in front of: an empty one, the canonical
//! `clone` of a `Copy` type, `{ *self }`, and the canonical `partial_cmp` of an `Ord` type, `{ Some(self.cmp(other)) }`.

use std::sync::OnceLock;

use proc_macro2::{TokenStream, TokenTree};

use crate::parse::function::Function;

/// Whether clippy is compiling. Told by the program, since the environment of `cargo clippy` is that of the compiler
/// of the dependencies too, whose output may be used again later.
pub(crate) fn is_clippy() -> bool {
    static IS_CLIPPY: OnceLock<bool> = OnceLock::new();
    *IS_CLIPPY.get_or_init(|| {
        let program = std::env::current_exe().ok();
        let name = program.as_deref().and_then(|program| program.file_name());
        name.is_some_and(|name| name.to_string_lossy().contains("clippy-driver"))
    })
}

/// Whether an attribute's arguments are more than flags, literals and names that are given literals.
pub(crate) fn holds_code(args: &TokenStream) -> bool {
    let mut given = false;
    args.clone().into_iter().any(|token| {
        let is_value =
            std::mem::replace(&mut given, matches!(&token, TokenTree::Punct(mark) if mark.as_char() == '='));
        match token {
            TokenTree::Group(_) => true,
            TokenTree::Ident(name) => is_value && name != "true" && name != "false",
            TokenTree::Punct(mark) => !matches!(mark.as_char(), '=' | ',' | '-'),
            TokenTree::Literal(_) => false,
        }
    })
}

/// Whether clippy knows the body by its whole shape. It leaves a body alone that stands at generated braces.
pub(crate) fn is_known_shape(function: &Function) -> bool {
    if function.body.stream().is_empty() {
        return true;
    }
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

#[cfg(test)]
mod tests {
    use super::holds_code;

    #[test]
    fn arguments_that_hold_code() {
        for args in ["", "\"name\"", "op = \"db\", ret", "err = false, level = \"info\",", "max_runtime = -5"]
        {
            assert!(!holds_code(&args.parse().unwrap()), "{args}");
        }
        for args in
            ["name = NAME", "args(a)", "attributes(a = 1)", "parent = a::b()", "crate = c", "ret, x = y"]
        {
            assert!(holds_code(&args.parse().unwrap()), "{args}");
        }
    }
}
