//! Everything that can be wrong with the use of an attribute, said at the token.
//!
//! The readers of `args.rs` and the models call into here. A message names what was found, the rule,
//! and what to write instead; errors are collected, so that all of them are told at once.

use proc_macro2::{Span, TokenStream};
use sentry_rules::{crontab, interval, monitor, nearest, route, slug, tag, timezone};
use syn::{Expr, Lit, LitStr};

use crate::errors::Errors;
use crate::parse::function::{Function, Receiver, is_ours};

/// An argument that the attribute does not have.
pub(crate) fn unknown(attribute: &str, name: &str, known: &[&'static str], span: Span) -> syn::Error {
    let meant = match nearest(name, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`? "),
        None => String::new(),
    };
    let known: Vec<String> = known.iter().map(|known| format!("`{known}`")).collect();
    syn::Error::new(
        span,
        format!("`#[{attribute}]` has no argument `{name}`; {meant}known are {}", known.join(", ")),
    )
}

/// The function itself: what no attribute of ours can wrap.
pub(crate) fn function(attribute: &str, function: &Function, errors: &mut Errors) {
    if let Some(constness) = &function.sig.constness {
        errors.add(
            constness.span,
            format!(
                "`#[{attribute}]` cannot go on a `const fn`, which may run in the compiler; \
                 leave it plain and annotate its callers"
            ),
        );
    }
    if let Some(variadic) = &function.sig.variadic {
        errors.add(
            variadic.dots.spans[0],
            format!("`#[{attribute}]` cannot wrap a function with variable arguments; annotate its callers"),
        );
    }
    if let Some(naked) = function.naked() {
        errors.add(
            naked.path().segments[0].ident.span(),
            format!(
                "`#[{attribute}]` cannot go on a naked function, whose body is assembly; annotate its callers"
            ),
        );
    }
}

/// A second attribute of the same name on the function.
pub(crate) fn only_one(attribute: &str, function: &Function, why: &str, errors: &mut Errors) {
    for other in &function.attrs {
        if is_ours(other, attribute) {
            errors.add(
                other.path().segments[0].ident.span(),
                format!("a function takes one `#[{attribute}]`, and this is a second one; {why}"),
            );
        }
    }
}

/// An argument that the attribute names must be one of the function.
pub(crate) fn in_scope(name: &syn::Ident, function: &Function) -> syn::Result<()> {
    let bindings = function.bindings();
    if bindings.iter().any(|binding| name == binding) {
        return Ok(());
    }
    if name == "self" && !matches!(function.receiver(), Receiver::None) {
        return Ok(());
    }
    let known: Vec<&str> = bindings.iter().map(String::as_str).collect();
    let advice = match (nearest(&name.to_string(), known.iter().copied()), known.is_empty()) {
        (Some(meant), _) => format!("did you mean `{meant}`?"),
        (None, true) => "the function has none".to_owned(),
        (None, false) => format!("its arguments are `{}`", known.join("`, `")),
    };
    Err(syn::Error::new(name.span(), format!("the function has no argument `{name}`; {advice}")))
}

/// An attribute that is given as a name alone, or as `name.field`.
pub(crate) fn bare_attribute(name: &syn::Ident, function: Option<&Function>) -> syn::Result<()> {
    let Some(function) = function else {
        return Err(syn::Error::new(
            name.span(),
            format!(
                "not every function in here has an argument `{name}`; write `key = expression`, or put it on the functions"
            ),
        ));
    };
    // In capitals it is a constant, which the compiler looks for.
    if name.to_string().starts_with(char::is_uppercase) { Ok(()) } else { in_scope(name, function) }
}

/// The name of an attribute: one line without spaces at its ends, and not more than Sentry keeps.
pub(crate) fn attribute_name(name: &LitStr) -> syn::Result<()> {
    /// What Sentry's conventions for attribute names allow.
    const LONGEST: usize = 200;
    not_blank("attribute name", name)?;
    let value = name.value();
    let wrong = if value.trim() != value {
        format!("the attribute name `{value}` starts or ends with a space; write `{}`", value.trim())
    } else if value.chars().any(char::is_control) {
        format!("the attribute name {value:?} has a control character; leave it out")
    } else if value.chars().count() > LONGEST {
        format!(
            "the attribute name has {} characters, and {LONGEST} are kept; shorten it",
            value.chars().count()
        )
    } else {
        return Ok(());
    };
    Err(syn::Error::new(name.span(), wrong))
}

/// A string literal.
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
            format!("`{argument}` is checked while compiling, so it takes a string literal"),
        )),
    }
}

/// A string literal or a constant; a literal is not blank and has one line.
pub(crate) fn text(argument: &str, value: &Expr, tokens: &TokenStream) -> syn::Result<TokenStream> {
    match ungrouped(value) {
        Expr::Lit(_) => {
            let text = string(argument, value)?;
            not_blank(argument, &text)?;
            Ok(tokens.clone())
        }
        Expr::Path(_) | Expr::Macro(_) => Ok(tokens.clone()),
        other => Err(syn::Error::new_spanned(
            other,
            format!("`{argument}` takes a string literal or a constant, because it is kept in a `static`"),
        )),
    }
}

/// A literal with something readable in one line.
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
            format!("the {argument} has a line break; write it in one line"),
        ));
    }
    Ok(())
}

/// One of a few words.
pub(crate) fn one_of(argument: &str, text: &LitStr, known: &[&'static str]) -> syn::Result<()> {
    let value = text.value();
    if known.contains(&value.as_str()) {
        return Ok(());
    }
    let meant = match nearest(&value, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`? "),
        None => String::new(),
    };
    Err(syn::Error::new(
        text.span(),
        format!("`{value}` is no {argument}; {meant}known are `{}`", known.join("`, `")),
    ))
}

/// A crontab, in its canonical form.
pub(crate) fn schedule(text: &LitStr) -> syn::Result<String> {
    crontab::check(&text.value()).map_err(|error| at(text, error))
}

/// The interval of a schedule.
pub(crate) fn every(text: &LitStr) -> syn::Result<(u64, &'static str)> {
    interval::parse(&text.value()).map_err(|error| at(text, error))
}

/// A monitor slug.
pub(crate) fn monitor_slug(text: &LitStr) -> syn::Result<()> {
    slug::check(&text.value()).map_err(|error| at(text, error))
}

/// The name of a time zone.
pub(crate) fn time_zone(text: &LitStr) -> syn::Result<()> {
    timezone::check(&text.value()).map_err(|error| at(text, error))
}

/// The key of a tag.
pub(crate) fn tag_key(text: &LitStr) -> syn::Result<()> {
    tag::check_key(&text.value()).map_err(|error| at(text, error))
}

/// The value of a tag.
pub(crate) fn tag_value(text: &LitStr) -> syn::Result<()> {
    tag::check_value(&text.value()).map_err(|error| at(text, error))
}

/// The route of a web handler.
pub(crate) fn route(text: &LitStr) -> syn::Result<()> {
    route::check(&text.value()).map_err(|error| at(text, error))
}

/// An HTTP method.
pub(crate) fn method(text: &LitStr) -> syn::Result<()> {
    route::check_method(&text.value()).map_err(|error| at(text, error))
}

/// How a number of a monitor's configuration is checked.
pub(crate) type Range = fn(u64) -> Result<u64, monitor::RangeError>;

/// How a number is read: [`minutes`] or [`count`].
pub(crate) type Number = fn(&str, &Expr, Range) -> syn::Result<u64>;

/// A number of minutes, or a string such as `"30m"`.
pub(crate) fn minutes(argument: &str, value: &Expr, range: Range) -> syn::Result<u64> {
    let takes = "a number of minutes or a duration such as `\"30m\"`";
    let minutes = match literal(value) {
        Some(Lit::Str(text)) => interval::minutes(&text.value()).map_err(|error| at(text, error))?,
        Some(Lit::Int(number)) => number.base10_parse()?,
        _ => return Err(at(value, format!("`{argument}` takes {takes}"))),
    };
    range(minutes).map_err(|error| at(value, error))
}

/// A count.
pub(crate) fn count(argument: &str, value: &Expr, range: Range) -> syn::Result<u64> {
    match literal(value) {
        Some(Lit::Int(number)) => range(number.base10_parse()?).map_err(|error| at(value, error)),
        _ => Err(at(value, format!("`{argument}` takes a number of check-ins"))),
    }
}

fn literal(value: &Expr) -> Option<&Lit> {
    match ungrouped(value) {
        Expr::Lit(literal) => Some(&literal.lit),
        _ => None,
    }
}

fn at(place: &impl quote::ToTokens, error: impl std::fmt::Display) -> syn::Error {
    syn::Error::new_spanned(place, error)
}

/// Looks through the invisible groups around what a `macro_rules!` macro interpolated.
pub(crate) fn ungrouped(mut value: &Expr) -> &Expr {
    while let Expr::Group(group) = value {
        value = &group.expr;
    }
    value
}
