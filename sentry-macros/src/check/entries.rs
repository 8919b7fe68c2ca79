//! Checks of the lists `attributes(…)`, `tags(…)` and `args(…)`: keys, values, and the arguments that they name.

use std::cell::RefCell;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::LitStr;

use crate::check::{conventions, escapes, function, values};
use crate::errors::Errors;
use crate::parse::args::Arguments;
use crate::parse::entries::{self, Entry, Noun, Recorded};
use crate::parse::function::Function;
use crate::parse::pattern::plain_name;

/// Reads and checks `attributes(order.id = expr, "order.value" = expr, key)`.
///
/// A bare name must be an argument of `function`. On a block, where there is none, bare names are errors. `warns` says
/// whether to warn of names that Sentry's conventions deprecate.
pub(crate) fn attributes(
    tokens: TokenStream,
    function: Option<&Function>,
    warns: bool,
    errors: &mut Errors,
) -> Vec<Recorded> {
    let noun = Noun { article: "an", word: "attribute", example: "order.id" };
    let check = |entry: &mut Entry, errors: &mut Errors| {
        let key = values::attribute_name(&entry.recorded.key);
        let valid = is_valid(entry, key, function, errors);
        if valid && warns {
            conventions::attribute(entry, errors);
        }
        valid
    };
    entries::recorded(tokens, &noun, check, errors)
}

/// Takes `tags(key = expr, "key" = expr, key)` out of the arguments of an attribute on `function`. Keys are checked, and
/// values that are literals.
pub(crate) fn tags(list: &mut Arguments, function: &Function) -> Vec<Recorded> {
    let Some(tokens) = list.list("tags") else {
        return Vec::new();
    };
    let noun = Noun { article: "a", word: "tag", example: "customer.plan" };
    let check = |entry: &mut Entry, errors: &mut Errors| {
        let key = tag(&entry.recorded);
        is_valid(entry, key, Some(function), errors)
    };
    entries::recorded(tokens, &noun, check, &mut list.errors)
}

/// Reads and checks `vars(order_id, cart = cart.clone())`. The keys of entries without a value are added to `bare`.
pub(crate) fn vars(
    tokens: TokenStream,
    function: &Function,
    bare: &RefCell<Vec<String>>,
    errors: &mut Errors,
) -> Vec<Recorded> {
    let noun = Noun { article: "a", word: "value", example: "cart" };
    let check = |entry: &mut Entry, errors: &mut Errors| {
        let key = values::attribute_name(&entry.recorded.key);
        let valid = is_valid(entry, key, Some(function), errors);
        if entry.value.is_none() {
            bare.borrow_mut().push(entry.recorded.key.value());
        }
        valid
    };
    entries::recorded(tokens, &noun, check, errors)
}

/// Reads and checks `args(a, b)`: arguments of the function, recorded under their own names.
pub(crate) fn args(tokens: TokenStream, function: &Function, errors: &mut Errors) -> Vec<Recorded> {
    let mut recorded: Vec<Recorded> = Vec::new();
    for name in entries::names(tokens, errors) {
        let Some(name) = errors.handle(function::argument(&name, function)) else {
            continue;
        };
        let key = LitStr::new(&plain_name(&name), name.span());
        if recorded.iter().any(|other| other.key.value() == key.value()) {
            errors.add(name.span(), format!("`{}` is given twice; keep one", key.value()));
        } else {
            recorded.push(Recorded { key, value: name.into_token_stream() });
        }
    }
    recorded
}

/// Adds what is wrong with the key, the value and a bare name; returns whether nothing is.
fn is_valid(
    entry: &mut Entry,
    key: syn::Result<()>,
    function: Option<&Function>,
    errors: &mut Errors,
) -> bool {
    let key = errors.handle(key).is_some();
    let value = entry.value.as_ref().is_none_or(|value| errors.handle(escapes::check(value)).is_some());
    let Some(name) = &entry.bare else {
        return key && value;
    };
    match errors.handle(function::bare_name(name, function)) {
        Some(name) => {
            entry.rename(name);
            key
        }
        None => false,
    }
}

fn tag(recorded: &Recorded) -> syn::Result<()> {
    values::tag_key(&recorded.key)?;
    match syn::parse2::<LitStr>(recorded.value.clone()) {
        Ok(value) => values::tag_value(&value),
        Err(_) => Ok(()),
    }
}
