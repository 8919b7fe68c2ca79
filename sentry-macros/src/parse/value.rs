//! Argument values: expressions in the user's tokens, string literals, and text that is a literal or a constant.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream};
use syn::{Expr, Ident, Lit, LitStr};

use crate::tokens::is_punct;

/// An expression with the tokens it was written in, which expansions repeat instead of printing the expression anew.
#[derive(Clone)]
pub(crate) struct Raw {
    pub(crate) expr: Expr,
    pub(crate) tokens: TokenStream,
}

impl Parse for Raw {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let start = input.cursor();
        let expr = input.parse()?;
        let end = input.cursor();
        let mut tokens = TokenStream::new();
        let mut cursor = start;
        while cursor != end {
            let Some((token, next)) = cursor.token_tree() else {
                break;
            };
            tokens.extend(Some(token));
            cursor = next;
        }
        Ok(Self { expr, tokens })
    }
}

/// Reads a string literal.
pub(crate) fn string(argument: &str, value: &Expr) -> syn::Result<LitStr> {
    match ungrouped(value) {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Ok(text.clone()),
            other => Err(syn::Error::new(
                other.span(),
                format!("`{argument}` takes a string literal, as in `{argument} = \"…\"`"),
            )),
        },
        other => Err(syn::Error::new_spanned(
            other,
            format!(
                "`{argument}` is checked at compile time, so it takes a string literal, as in `{argument} = \"…\"`"
            ),
        )),
    }
}

/// Reads a string literal or a constant. A literal must not be blank and has one line. `bindings` are the arguments of the
/// function, which are no constants.
pub(crate) fn text(argument: &str, value: &Raw, bindings: &[Ident]) -> syn::Result<TokenStream> {
    match ungrouped(&value.expr) {
        Expr::Lit(_) => {
            let text = string(argument, &value.expr)?;
            not_blank(argument, &text)?;
            Ok(value.tokens.clone())
        }
        Expr::Path(path) if path.path.get_ident().is_none_or(|name| !bindings.contains(name)) => {
            Ok(value.tokens.clone())
        }
        Expr::Macro(call) if call.mac.path.segments.last().is_none_or(|name| name.ident != "format") => {
            Ok(value.tokens.clone())
        }
        other => {
            let advice = match argument {
                "name" => {
                    "; set a name that is made at run time in the body: `sentry::get_active_span()` returns the span, which \
                     has `update_name`"
                }
                _ => "",
            };
            Err(syn::Error::new_spanned(
                other,
                format!(
                    "`{argument}` takes a string literal or a constant, because it is stored in a `static`{advice}"
                ),
            ))
        }
    }
}

/// Checks that a literal holds something readable, in one line.
pub(crate) fn not_blank(argument: &str, text: &LitStr) -> syn::Result<()> {
    let value = text.value();
    if value.trim().is_empty() {
        return Err(syn::Error::new(
            text.span(),
            format!("the {argument} is empty; write one or leave it out"),
        ));
    }
    if value.contains(['\n', '\r']) {
        return Err(syn::Error::new(
            text.span(),
            format!("the {argument} contains a line break; write it on one line"),
        ));
    }
    Ok(())
}

/// Returns the literal that `value` is, if it is one.
pub(crate) fn literal(value: &Expr) -> Option<&Lit> {
    match ungrouped(value) {
        Expr::Lit(literal) => Some(&literal.lit),
        _ => None,
    }
}

/// Returns whether an expression is a literal, with or without a minus sign.
pub(crate) fn is_literal(value: &TokenStream) -> bool {
    let mut tokens = value.clone().into_iter();
    let mut first = tokens.next();
    let is_minus = first.as_ref().is_some_and(|first| is_punct(first, '-'));
    if is_minus {
        first = tokens.next();
    }
    let literal = match first {
        Some(TokenTree::Literal(_)) => true,
        Some(TokenTree::Ident(word)) => !is_minus && (word == "true" || word == "false"),
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::None && !is_minus => {
            is_literal(&group.stream())
        }
        _ => false,
    };
    literal && tokens.next().is_none()
}

/// Looks through the invisible groups around what a `macro_rules!` macro interpolated.
pub(crate) fn ungrouped(mut value: &Expr) -> &Expr {
    while let Expr::Group(group) = value {
        value = &group.expr;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_told_from_expressions() {
        let group = |text: &str| {
            let group = proc_macro2::Group::new(Delimiter::None, text.parse().unwrap());
            TokenStream::from(TokenTree::from(group))
        };
        let minus_group: TokenStream =
            "-".parse::<TokenStream>().unwrap().into_iter().chain(group("1")).collect();
        for (value, expected) in [
            ("1".parse().unwrap(), true),
            ("-1.5".parse().unwrap(), true),
            ("\"a\"".parse().unwrap(), true),
            ("true".parse().unwrap(), true),
            ("false".parse().unwrap(), true),
            (group("1"), true),
            (group("false"), true),
            ("".parse().unwrap(), false),
            ("-".parse().unwrap(), false),
            ("-true".parse().unwrap(), false),
            ("name".parse().unwrap(), false),
            ("1 + 1".parse().unwrap(), false),
            ("true && a".parse().unwrap(), false),
            ("(1)".parse().unwrap(), false),
            ("[1]".parse().unwrap(), false),
            (group("name"), false),
            (minus_group, false),
        ] {
            assert_eq!(is_literal(&value), expected, "{value}");
        }
    }
}
