//! The last expression of a body or of a value, recognised by its tokens: `Box::pin(future)`, a panic, a call.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use crate::tokens::contains_word;

/// A body that ends in `Box::pin(future)`.
pub(crate) struct BoxedTail {
    /// The statements in front of the expression.
    pub(crate) before: TokenStream,
    /// `Box::pin`, in the user's tokens.
    pub(crate) path: TokenStream,
    /// The argument of `Box::pin`.
    pub(crate) future: TokenStream,
}

impl BoxedTail {
    /// Returns the last expression if it is `Box::pin(…)` and no `return` gives another future. `async_trait` generates
    /// such bodies, too.
    pub(crate) fn find(body: &Group) -> Option<Self> {
        let mut tokens: Vec<TokenTree> = body.stream().into_iter().collect();
        let Some(TokenTree::Group(arguments)) = tokens.pop() else {
            return None;
        };
        if arguments.delimiter() != Delimiter::Parenthesis {
            return None;
        }
        let path_start = tokens.iter().rposition(|token| match token {
            TokenTree::Ident(_) => false,
            TokenTree::Punct(punct) => punct.as_char() != ':',
            TokenTree::Group(_) | TokenTree::Literal(_) => true,
        });
        let path = tokens.split_off(path_start.map_or(0, |index| index + 1));
        let words: Vec<String> = path
            .iter()
            .filter(|token| matches!(token, TokenTree::Ident(_)))
            .map(ToString::to_string)
            .collect();
        if !matches!(words.as_slice(), [.., boxed, pin] if boxed == "Box" && pin == "pin") {
            return None;
        }
        let starts_statement = match tokens.last() {
            None => true,
            Some(TokenTree::Punct(punct)) => punct.as_char() == ';',
            Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Brace,
            Some(_) => false,
        };
        let before: TokenStream = tokens.into_iter().collect();
        if !starts_statement || contains_word(before.clone(), "return") {
            return None;
        }
        Some(Self { before, path: path.into_iter().collect(), future: without_comma(arguments.stream()) })
    }
}

/// Removes a trailing comma.
fn without_comma(argument: TokenStream) -> TokenStream {
    let mut tokens: Vec<TokenTree> = argument.into_iter().collect();
    tokens.pop_if(|last| matches!(last, TokenTree::Punct(mark) if mark.as_char() == ','));
    tokens.into_iter().collect()
}

/// Returns whether a body ends in `todo!()` or another macro that panics, and nothing before it returns a value.
pub(crate) fn ends_in_panic(body: &Group) -> bool {
    const PANICS: &[&str] = &["todo", "unimplemented", "panic", "unreachable"];
    let mut tokens: Vec<TokenTree> = body.stream().into_iter().collect();
    tokens.pop_if(|last| matches!(last, TokenTree::Punct(mark) if mark.as_char() == ';'));
    let panics = matches!(&tokens[..], [.., TokenTree::Ident(name), TokenTree::Punct(mark), TokenTree::Group(_)]
        if mark.as_char() == '!' && PANICS.iter().any(|panics| name == panics));
    panics && !contains_word(body.stream(), "return")
}

/// Returns whether an expression is a call. The value of a call is a temporary, which can be moved.
pub(crate) fn is_call(value: &TokenStream) -> bool {
    let tokens: Vec<_> = value.clone().into_iter().collect();
    match &tokens[..] {
        [.., called, TokenTree::Group(arguments)] => {
            arguments.delimiter() == Delimiter::Parenthesis
                && match called {
                    TokenTree::Ident(_) => true,
                    TokenTree::Punct(mark) => matches!(mark.as_char(), '!' | '>'),
                    _ => false,
                }
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> Group {
        Group::new(Delimiter::Brace, text.parse().unwrap())
    }

    #[test]
    fn a_body_ends_in_a_panic() {
        for (text, expected) in [
            ("todo!()", true),
            ("log(); unimplemented!(\"later\");", true),
            ("panic!(\"no\")", true),
            ("core::unreachable!()", true),
            ("if a { return b; } todo!()", false),
            ("vec![]", false),
            ("todo()", false),
            ("a != (b)", false),
            ("", false),
        ] {
            assert_eq!(ends_in_panic(&body(text)), expected, "{text}");
        }
    }

    #[test]
    fn a_boxed_tail_is_found() {
        for (text, before) in [
            ("Box::pin(a)", Some("")),
            ("a(); Box::pin(b,)", Some("a () ;")),
            ("if a {} std::boxed::Box::pin(b)", Some("if a { }")),
            ("let a = Box::pin(b)", None),
            ("Box::new(a)", None),
            ("Rc::pin(a)", None),
            ("Box::pin[a]", None),
            ("if a { return b; } Box::pin(c)", None),
            ("Box::pin(a);", None),
        ] {
            let found = BoxedTail::find(&body(text));
            assert_eq!(found.map(|found| found.before.to_string()).as_deref(), before, "{text}");
        }
    }

    #[test]
    fn calls_are_recognised() {
        for (text, expected) in [
            ("a()", true),
            ("a.b(c)", true),
            ("a::<u8>(1)", true),
            ("format!(\"\")", true),
            ("a", false),
            ("a[1]", false),
            ("A { b }", false),
            ("vec![1]", false),
            ("-(a)", false),
            ("a()()", false),
            ("(a)", false),
        ] {
            assert_eq!(is_call(&text.parse().unwrap()), expected, "{text}");
        }
    }
}
