//! Checks of the annotated function, and of the arguments that an attribute names.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use sentry_rules::nearest;

use crate::errors::Errors;
use crate::parse::attributes::arguments_of;
use crate::parse::function::{Function, Receiver, Shape};
use crate::parse::known_attributes::is_ours;
use crate::parse::pattern::{may_be_constant, plain_name};
use crate::parse::returns::Returns;
use crate::tokens::type_text;

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

/// Checks that the function does not carry the attribute a second time. An attribute of the same name whose arguments are
/// not readable may be another one, and is left to the compiler.
pub(crate) fn only_one(
    attribute: &str,
    function: &Function,
    is_readable: impl Fn(TokenStream) -> bool,
    advice: &str,
    errors: &mut Errors,
) {
    for other in &function.attrs {
        if is_ours(other, attribute)
            && (!other.path().is_ident(attribute) || is_readable(arguments_of(other)))
        {
            errors.add(
                other.path().segments[0].ident.span(),
                format!("a function can have only one `#[{attribute}]`; {advice}"),
            );
        }
    }
}

/// Warns if a function whose errors are captured, because of the argument at `place`, cannot return one.
pub(crate) fn may_fail(place: Span, function: &Function, errors: &mut Errors) {
    let shape = function.shape();
    let returns = match &shape {
        Shape::Sync | Shape::Async => function.returns(),
        Shape::ImplFuture(Some(output)) | Shape::BoxedFuture(Some(output)) => Returns::of_type(output),
        Shape::ImplFuture(None) | Shape::BoxedFuture(None) => return,
    };
    if returns.may_fail() {
        return;
    }
    let returned = match returns {
        Returns::Unit => "nothing".to_owned(),
        Returns::Never => "`!`".to_owned(),
        Returns::Type(ty) => format!("`{}`", type_text(&ty.to_token_stream())),
    };
    let message = format!(
        "`err` captures a returned `Err`, but `{}` returns {returned}; remove `err`, or return a `Result`",
        function.sig.ident
    );
    errors.warn(place, message);
}

/// Returns the argument that an attribute names, as the function writes it: `r#type` may be named `type`.
pub(crate) fn argument(name: &Ident, function: &Function) -> syn::Result<Ident> {
    let plain = plain_name(name);
    let bindings = function.bindings();
    if let Some(binding) = bindings.iter().find(|binding| plain_name(binding) == plain) {
        let mut binding = binding.clone();
        binding.set_span(name.span());
        return Ok(binding);
    }
    if plain == "self" && !matches!(function.receiver(), Receiver::None) {
        return Ok(name.clone());
    }
    let known: Vec<String> = bindings.iter().map(plain_name).collect();
    let advice = match (nearest(&plain, known.iter().map(String::as_str)), known.is_empty()) {
        (Some(meant), _) => format!("did you mean `{meant}`?"),
        (None, true) => "it has no arguments".to_owned(),
        (None, false) => format!("its arguments are `{}`", known.join("`, `")),
    };
    Err(syn::Error::new(name.span(), format!("the function has no argument `{plain}`; {advice}")))
}

/// Returns the first name of an entry without a value, such as `name` in `name.field`: it must be an argument.
pub(crate) fn bare_name(name: &Ident, function: Option<&Function>) -> syn::Result<Ident> {
    let Some(function) = function else {
        return Err(syn::Error::new(
            name.span(),
            format!(
                "not every function in this block has an argument `{name}`; write `key = expression`, or move it to the functions that have one"
            ),
        ));
    };
    // A name in capitals that is not an argument is a constant, which the compiler looks up.
    match argument(name, function) {
        Err(_) if may_be_constant(&plain_name(name)) => Ok(name.clone()),
        argument => argument,
    }
}
