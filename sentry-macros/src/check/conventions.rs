//! Warnings about names and values of attributes that Sentry's conventions do not have any more, or have otherwise.

use sentry_rules::conventions::{self, Name, Type};
use syn::{Lit, LitStr};

use crate::errors::Errors;
use crate::parse::entries::Entry;
use crate::parse::value::{Raw, literal, ungrouped};

/// Warns of a deprecated name, and of a literal of another type than the name has in the conventions.
pub(crate) fn attribute(entry: &Entry, errors: &mut Errors) {
    let key = &entry.recorded.key;
    let name = key.value();
    match conventions::attribute(&name) {
        None => {}
        Some(Name::Renamed(new)) => {
            errors.warn(
                key.span(),
                format!("Sentry's conventions have renamed the attribute `{name}` to `{new}`"),
            );
        }
        Some(Name::Retired) => {
            errors.warn(key.span(), format!("Sentry's conventions have deprecated the attribute `{name}`"));
        }
        Some(Name::Typed(ty)) => {
            let Some(value) = entry.value.as_ref().and_then(|value| literal(unsigned(value))) else { return };
            if !is_of(value, ty) {
                let ty = described(ty);
                let message = format!("in Sentry's conventions, the value of the attribute `{name}` is {ty}");
                errors.warn(value.span(), message);
            }
        }
    }
}

/// Warns of an operation that differs in one letter from one of the conventions.
pub(crate) fn operation(op: &Raw, errors: &mut Errors) {
    if let Some(Lit::Str(text)) = literal(&op.expr)
        && let Some(meant) = conventions::operation_meant(&text.value())
    {
        let message = format!(
            "Sentry's conventions have no operation `{}`; did you mean `{meant}`?",
            LitStr::value(text)
        );
        errors.warn(text.span(), message);
    }
}

/// Returns the number behind a minus sign.
fn unsigned(value: &syn::Expr) -> &syn::Expr {
    match ungrouped(value) {
        syn::Expr::Unary(syn::ExprUnary { op: syn::UnOp::Neg(_), expr, .. }) => expr,
        value => value,
    }
}

fn is_of(value: &Lit, ty: Type) -> bool {
    match ty {
        Type::Boolean => matches!(value, Lit::Bool(_)),
        Type::Integer => matches!(value, Lit::Int(_) | Lit::Byte(_)),
        Type::Double => matches!(value, Lit::Int(_) | Lit::Float(_)),
        Type::String => matches!(value, Lit::Str(_) | Lit::Char(_)),
    }
}

fn described(ty: Type) -> &'static str {
    match ty {
        Type::Boolean => "a boolean",
        Type::Integer => "an integer",
        Type::Double => "a number",
        Type::String => "a string",
    }
}
