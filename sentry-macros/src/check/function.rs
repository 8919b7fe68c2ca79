//! Checks of the annotated function, and of the arguments that an attribute names.

use sentry_rules::nearest;

use crate::errors::Errors;
use crate::parse::function::{Function, Receiver};
use crate::parse::known_attributes::is_ours;

/// Checks that the function is one that code can be put around.
pub(crate) fn can_be_wrapped(attribute: &str, function: &Function, errors: &mut Errors) {
    if let Some(constness) = &function.sig.constness {
        errors.add(
            constness.span,
            format!(
                "`#[{attribute}]` cannot go on a `const fn`, which may run at compile time; \
                 annotate its callers"
            ),
        );
    }
    if let Some(variadic) = &function.sig.variadic {
        errors.add(
            variadic.dots.spans[0],
            format!("`#[{attribute}]` cannot go on a function with variable arguments; annotate its callers"),
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

/// Checks that the function does not carry the attribute a second time.
pub(crate) fn only_one(attribute: &str, function: &Function, advice: &str, errors: &mut Errors) {
    for other in &function.attrs {
        if is_ours(other, attribute) {
            errors.add(
                other.path().segments[0].ident.span(),
                format!("a function can have only one `#[{attribute}]`; {advice}"),
            );
        }
    }
}

/// Checks that the function has the argument that an attribute names.
pub(crate) fn has_argument(name: &syn::Ident, function: &Function) -> syn::Result<()> {
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
        (None, true) => "it has no arguments".to_owned(),
        (None, false) => format!("its arguments are `{}`", known.join("`, `")),
    };
    Err(syn::Error::new(name.span(), format!("the function has no argument `{name}`; {advice}")))
}

/// Checks the first name of an entry without a value, such as `name` in `name.field`: it must be an argument.
pub(crate) fn bare_name(name: &syn::Ident, function: Option<&Function>) -> syn::Result<()> {
    let Some(function) = function else {
        return Err(syn::Error::new(
            name.span(),
            format!(
                "not every function in this block has an argument `{name}`; write `key = expression`, or move it to the functions that have one"
            ),
        ));
    };
    // A name in capitals is a constant, which the compiler looks up.
    if name.to_string().starts_with(char::is_uppercase) { Ok(()) } else { has_argument(name, function) }
}
