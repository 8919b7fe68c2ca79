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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sample_rates_are_from_0_to_1() {
        for (rate, expected) in [
            ("0", Some("0.0")),
            ("1", Some("1.0")),
            ("1_0e-1", Some("1_0e-1")),
            ("1f64", Some("1f64")),
            ("0.25", Some("0.25")),
            ("1.0", Some("1.0")),
            ("-0.0", Some("- 0.0")),
            ("RATE", Some("RATE")),
            ("rate()", Some("rate ()")),
            ("-RATE", Some("- RATE")),
            ("2", None),
            ("1.01", None),
            ("-0.5", None),
            ("-1", None),
        ] {
            let read = sample_rate(&syn::parse_str(rate).unwrap()).map(|tokens| tokens.to_string());
            match expected {
                Some(expected) => assert_eq!(read.unwrap(), expected, "{rate}"),
                None => {
                    assert!(read.unwrap_err().to_string().contains("from 0.0 (nothing) to 1.0"), "{rate}")
                }
            }
        }
    }

    #[test]
    fn names_of_attributes_have_one_line_and_a_limit() {
        let check = |name: &str| {
            attribute_name(&LitStr::new(name, proc_macro2::Span::call_site()))
                .map_err(|error| error.to_string())
        };
        assert_eq!(check("order.id"), Ok(()));
        assert_eq!(check(&"ä".repeat(200)), Ok(()));
        for (name, expected) in [
            (&*"a".repeat(201), "has 201 characters, but Sentry keeps at most 200"),
            (&"a".repeat(300), "has 300 characters"),
            ("", "is empty"),
            ("a ", "write `a`"),
            ("a\tb", "control character"),
            ("a\nb", "line break"),
        ] {
            let message = check(name).unwrap_err();
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn rules_of_the_runtime_are_checked_and_reported() {
        type Check = fn(&LitStr) -> syn::Result<()>;
        let checks: [(&str, Check, &str, &str); 7] = [
            ("tag key", tag_key, "customer.plan", "a b"),
            ("tag value", tag_value, "gold", "a\nb"),
            ("route", route, "/orders/{id}", "orders"),
            ("method", method, "GET", "G E T"),
            ("slug", monitor_slug, "nightly", "Nightly Report"),
            ("time zone", time_zone, "Europe/Vienna", "Europe/Viena"),
            ("duration", |text| milliseconds(text).map(|_| ()), "5s", "5"),
        ];
        for (what, check, right, wrong) in checks {
            let text = |text: &str| LitStr::new(text, proc_macro2::Span::call_site());
            assert!(check(&text(right)).is_ok(), "{what}");
            assert!(!check(&text(wrong)).unwrap_err().to_string().is_empty(), "{what}");
        }
        let milliseconds = |text| milliseconds(&LitStr::new(text, proc_macro2::Span::call_site())).unwrap();
        assert_eq!((milliseconds("250ms"), milliseconds("2 min")), (250, 120_000));
    }
}
