//! Lints: clippy reports the same for an annotated function as for the plain one.
//!
//! Clippy looks at the form of code, and what it compiles is never run, so it gets the plain function. If the arguments
//! of the attribute hold code of the user's, that code comes in front of the body, because it uses what it names.
//!
//! Clippy recognises some bodies as a whole, and must not see anything in front of them: an empty body, the canonical
//! `clone` of a `Copy` type, `{ *self }`, and the canonical `partial_cmp` of an `Ord` type, `{ Some(self.cmp(other)) }`.

use std::sync::OnceLock;

use proc_macro2::{TokenStream, TokenTree};

use crate::parse::function::Function;

/// Returns whether clippy is compiling. This is read from the name of the program: `cargo clippy` sets its environment for
/// the dependencies, too, which the plain compiler compiles and whose output later builds reuse.
pub(crate) fn is_clippy() -> bool {
    static IS_CLIPPY: OnceLock<bool> = OnceLock::new();
    *IS_CLIPPY.get_or_init(|| runs_in("clippy-driver"))
}

/// Returns whether rustdoc reads the code, of which it shows the signatures and runs nothing. The code of documentation
/// tests is compiled by the compiler.
pub(crate) fn is_rustdoc() -> bool {
    static IS_RUSTDOC: OnceLock<bool> = OnceLock::new();
    *IS_RUSTDOC.get_or_init(|| runs_in("rustdoc"))
}

/// Returns whether the macro runs in the program `name`.
fn runs_in(name: &str) -> bool {
    let program = std::env::current_exe().ok();
    let program = program.as_deref().and_then(|program| program.file_name());
    program.is_some_and(|program| program.to_string_lossy().contains(name))
}

/// Returns whether the arguments of an attribute hold more than flags and literals.
pub(crate) fn holds_code(args: &TokenStream) -> bool {
    let mut after_equals = false;
    args.clone().into_iter().any(|token| {
        let is_value = std::mem::replace(
            &mut after_equals,
            matches!(&token, TokenTree::Punct(mark) if mark.as_char() == '='),
        );
        match token {
            TokenTree::Group(_) => true,
            TokenTree::Ident(name) => is_value && name != "true" && name != "false",
            TokenTree::Punct(mark) => !matches!(mark.as_char(), '=' | ',' | '-'),
            TokenTree::Literal(_) => false,
        }
    })
}

/// Returns whether clippy recognises the body as a whole. It ignores a body whose braces are generated.
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

/// Returns the tokens as text, groups included; stops when there are more than a canonical body has.
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
