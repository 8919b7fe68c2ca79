//! Checks of the values of arguments.

use proc_macro2::TokenStream;
use quote::ToTokens;
use sentry_rules::{crontab, duration, interval, monitor, nearest, route, slug, tag, timezone};
use syn::{Expr, ExprUnary, Lit, LitFloat, LitStr, UnOp};

use crate::check::escapes;
use crate::parse::args::Arguments;
use crate::parse::value::{Raw, literal, not_blank, ungrouped};

/// Takes `name = expression` out of the arguments and checks that the expression does not leave the function.
pub(crate) fn expression(list: &mut Arguments, name: &'static str) -> Option<Raw> {
    let raw = list.value(name)?;
    let checked = escapes::check(&raw.expr);
    list.errors.handle(checked);
    Some(raw)
}

/// Takes `parent = expression` out of the arguments.
pub(crate) fn parent(list: &mut Arguments) -> Option<Raw> {
    let raw = expression(list, "parent")?;
    if matches!(ungrouped(&raw.expr), Expr::Path(path) if path.path.is_ident("None")) {
        let message = "`None` is no parent: write `new_trace` to start without one, or leave `parent` out to start in the \
                       active span";
        list.errors.push(at(&raw.tokens, message));
    }
    Some(raw)
}

/// Checks the name of an attribute: one line, without spaces at its ends, and no longer than Sentry keeps.
pub(crate) fn attribute_name(name: &LitStr) -> syn::Result<()> {
    /// The limit in Sentry's conventions for attribute names.
    const LONGEST: usize = 200;
    not_blank("attribute name", name)?;
    let value = name.value();
    let wrong = if value.trim() != value {
        format!("the attribute name `{value}` starts or ends with a space; write `{}`", value.trim())
    } else if value.chars().any(char::is_control) {
        format!("the attribute name {value:?} contains a control character; remove it")
    } else if value.chars().count() > LONGEST {
        format!(
            "the attribute name has {} characters, but Sentry keeps at most {LONGEST}; shorten it",
            value.chars().count()
        )
    } else {
        return Ok(());
    };
    Err(syn::Error::new(name.span(), wrong))
}

/// Reads a short duration.
pub(crate) fn milliseconds(text: &LitStr) -> syn::Result<u32> {
    duration::milliseconds(&text.value()).map_err(|error| syn::Error::new(text.span(), error))
}

/// Checks that a text is one of a few words.
pub(crate) fn one_of(argument: &str, text: &LitStr, known: &[&'static str]) -> syn::Result<()> {
    let value = text.value();
    if known.contains(&value.as_str()) {
        return Ok(());
    }
    let meant = nearest(&value, known.iter().copied());
    let meant = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
    let known = known.join("`, `");
    Err(syn::Error::new(
        text.span(),
        format!("unknown {argument} `{value}`; expected one of `{known}`{meant}"),
    ))
}

/// Checks a crontab and returns its canonical form.
pub(crate) fn schedule(text: &LitStr) -> syn::Result<String> {
    crontab::check(&text.value()).map_err(|error| at(text, error))
}

/// Reads the interval of a schedule.
pub(crate) fn every(text: &LitStr) -> syn::Result<(u64, &'static str)> {
    interval::parse(&text.value()).map_err(|error| at(text, error))
}

/// Checks a monitor slug.
pub(crate) fn monitor_slug(text: &LitStr) -> syn::Result<()> {
    slug::check(&text.value()).map_err(|error| at(text, error))
}

/// Checks the name of a time zone.
pub(crate) fn time_zone(text: &LitStr) -> syn::Result<()> {
    timezone::check(&text.value()).map_err(|error| at(text, error))
}

/// Checks the key of a tag.
pub(crate) fn tag_key(text: &LitStr) -> syn::Result<()> {
    tag::check_key(&text.value()).map_err(|error| at(text, error))
}

/// Checks the value of a tag.
pub(crate) fn tag_value(text: &LitStr) -> syn::Result<()> {
    tag::check_value(&text.value()).map_err(|error| at(text, error))
}

/// Checks the route of a web handler.
pub(crate) fn route(text: &LitStr) -> syn::Result<()> {
    route::check(&text.value()).map_err(|error| at(text, error))
}

/// Checks an HTTP method.
pub(crate) fn method(text: &LitStr) -> syn::Result<()> {
    route::check_method(&text.value()).map_err(|error| at(text, error))
}

/// A check that a number of a monitor's configuration is in its range.
pub(crate) type Range = fn(u64) -> Result<u64, monitor::RangeError>;

/// A reader of such a number: [`minutes`] or [`count`].
pub(crate) type Number = fn(&str, &Expr, Range) -> syn::Result<u64>;

/// Reads a number of minutes, or a string such as `"30m"`.
pub(crate) fn minutes(argument: &str, value: &Expr, range: Range) -> syn::Result<u64> {
    let takes = "a number of minutes or a duration such as `\"30m\"`";
    let minutes = match literal(value) {
        Some(Lit::Str(text)) => interval::minutes(&text.value()).map_err(|error| at(text, error))?,
        Some(Lit::Int(number)) => number.base10_parse()?,
        _ => return Err(at(value, format!("`{argument}` takes {takes}"))),
    };
    range(minutes).map_err(|error| at(value, error))
}

/// Reads a count.
pub(crate) fn count(argument: &str, value: &Expr, range: Range) -> syn::Result<u64> {
    match literal(value) {
        Some(Lit::Int(number)) => range(number.base10_parse()?).map_err(|error| at(value, error)),
        _ => Err(at(value, format!("`{argument}` takes a number of check-ins"))),
    }
}

/// Checks a sample rate that is a literal, and returns it. An integer becomes a floating-point number.
pub(crate) fn sample_rate(rate: &Raw) -> syn::Result<TokenStream> {
    let (negative, value) = match ungrouped(&rate.expr) {
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => (true, &**expr),
        value => (false, value),
    };
    let number = match literal(value) {
        Some(Lit::Int(number)) => number.base10_digits(),
        Some(Lit::Float(number)) => number.base10_digits(),
        _ => return Ok(rate.tokens.clone()),
    };
    let is_in_range = number.parse::<f64>().is_ok_and(|number| number <= 1.0 && (!negative || number == 0.0));
    if !is_in_range {
        let message = format!(
            "`traces_sample_rate` is `{}`, but must be a number from 0.0 (nothing) to 1.0 (everything)",
            rate.tokens
        );
        return Err(at(&rate.tokens, message));
    }
    match literal(value) {
        Some(Lit::Int(whole)) if whole.suffix().is_empty() => {
            let text = format!("{}.0", whole.base10_digits());
            Ok(LitFloat::new(&text, whole.span()).into_token_stream())
        }
        _ => Ok(rate.tokens.clone()),
    }
}

fn at(place: &impl quote::ToTokens, error: impl std::fmt::Display) -> syn::Error {
    syn::Error::new_spanned(place, error)
}
