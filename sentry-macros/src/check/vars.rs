//! The argument `vars`: the values that are shown if the function fails.

use std::cell::RefCell;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{FnArg, LitStr};

use crate::check::entries;
use crate::errors::Errors;
use crate::parse::args::{Arguments, FlagOrList};
use crate::parse::entries::Recorded;
use crate::parse::function::{Function, Shape};
use crate::parse::pattern::{plain_name, simple_name};
use crate::parse::returns::Returns;
use crate::parse::tail_expr::{BoxedTail, ends_in_panic};

/// A value that is kept.
pub(crate) struct Var {
    pub(crate) key: LitStr,
    pub(crate) value: TokenStream,
    pub(crate) kind: VarKind,
}

/// Where a value comes from, and what is wrong if it cannot be kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum VarKind {
    /// One of all arguments: it is left out.
    Any,
    /// A named argument, or a field of it: an error.
    Named,
    /// An expression whose value is kept itself.
    Made,
}

/// Takes `vars`, `vars = false` or `vars(order_id, cart = cart.clone())` out of the arguments of an attribute on
/// `function`, or on a block.
pub(crate) fn take(list: &mut Arguments, function: Option<&Function>) -> Vec<Var> {
    let own = list.own_span_of("vars");
    let (Some(place), given) = (list.span_of("vars"), list.flag_or_list("vars")) else {
        return Vec::new();
    };
    let Some(function) = function else {
        if matches!(given, Some(FlagOrList::List(_))) {
            list.errors.add(
                place,
                "`vars(…)` names arguments of one function; put it on that function, or write `vars` alone for all arguments",
            );
        }
        return Vec::new();
    };
    let vars = match given {
        None | Some(FlagOrList::Flag(false)) => return Vec::new(),
        Some(FlagOrList::Flag(true)) => all(function),
        Some(FlagOrList::List(tokens)) if tokens.is_empty() => {
            let message = "`vars()` names no value; name some, as in `vars(order_id)`, or write `vars` alone for all arguments";
            list.errors.add(place, message);
            return Vec::new();
        }
        Some(FlagOrList::List(tokens)) => named(tokens, function, &mut list.errors),
    };
    match unsupported(function) {
        None => vars,
        Some(reason) => {
            // On a block, it means the functions for which it can be done.
            if own.is_some() {
                list.errors.add(place, format!("`vars` cannot go on a function that {reason}; remove it"));
            }
            Vec::new()
        }
    }
}

/// Returns all arguments that are plain names.
fn all(function: &Function) -> Vec<Var> {
    let names = function.sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(argument) if argument.attrs.is_empty() => simple_name(&argument.pat),
        _ => None,
    });
    let names = names.filter(|name| !plain_name(name).starts_with('_'));
    names
        .map(|name| Var {
            key: LitStr::new(&plain_name(name), name.span()),
            value: name.into_token_stream(),
            kind: VarKind::Any,
        })
        .collect()
}

fn named(tokens: TokenStream, function: &Function, errors: &mut Errors) -> Vec<Var> {
    let bare: RefCell<Vec<String>> = RefCell::default();
    let recorded = entries::vars(tokens, function, &bare, errors);
    let bare = bare.into_inner();
    recorded
        .into_iter()
        .map(|Recorded { key, value }| {
            let kind = if bare.contains(&key.value()) { VarKind::Named } else { VarKind::Made };
            Var { key, value, kind }
        })
        .collect()
}

/// Returns what keeps code from being put around the body of a function, other than in front of it.
fn unsupported(function: &Function) -> Option<&'static str> {
    let returns = function.returns();
    match function.shape() {
        Shape::Async => None,
        Shape::Sync if matches!(returns, Returns::Never) => Some("returns `!`"),
        Shape::Sync if returns.is_closure() => Some("returns a closure"),
        Shape::Sync if returns.is_opaque() && ends_in_panic(&function.body) => {
            Some("always panics and returns `impl Trait`")
        }
        Shape::Sync => None,
        Shape::ImplFuture(_) => Some("returns `impl Future` and is no `async fn`"),
        Shape::BoxedFuture(_) if BoxedTail::find(&function.body).is_some() => None,
        Shape::BoxedFuture(_) => Some("passes a boxed future on"),
    }
}

/// Returns the expressions of the values, which count as uses of what they name.
pub(crate) fn mentioned(vars: &[Var]) -> TokenStream {
    let used = vars.iter().filter(|var| var.kind != VarKind::Any);
    used.map(|var| var.value.clone()).collect()
}

/// The place of a value, for errors about it.
pub(crate) fn place(var: &Var) -> Span {
    var.value.clone().into_iter().next().map_or_else(|| var.key.span(), |first| first.span())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values kept of a function, as `key=value`, and the message if it is not accepted.
    fn taken(args: &str, function: &str) -> Result<Vec<String>, String> {
        let mut list = Arguments::read("span", args.parse().unwrap(), &["vars"], None);
        let function: Function =
            syn::parse_str(function).unwrap_or_else(|error| panic!("{function}: {error}"));
        let vars = take(&mut list, Some(&function));
        let vars = vars.iter().map(|var| format!("{}={}", var.key.value(), var.value)).collect();
        list.finish().finish_with(vars).map_err(|error| error.to_string())
    }

    #[test]
    fn vars_keeps_arguments_by_name() {
        let function = "fn f(&self, a: u8, _: u8, _c: u8, (d, e): (u8, u8), #[cfg(x)] g: u8, r#type: u8) {}";
        for (args, expected) in [
            ("", &[][..]),
            ("vars = false", &[]),
            ("vars", &["a=a", "type=r#type"]),
            ("vars = true", &["a=a", "type=r#type"]),
            ("vars(a)", &["a=a"]),
            ("vars(d, x = e + 1)", &["d=d", "x=e + 1"]),
        ] {
            assert_eq!(taken(args, function).unwrap(), expected, "{args}");
        }
        for (args, expected) in [
            ("vars()", "`vars()` names no value"),
            ("vars(b)", "no argument `b`"),
            ("vars = 1", "`vars` takes no value"),
            ("vars(x = a?)", "`?` would return"),
        ] {
            let message = taken(args, function).unwrap_err();
            assert!(message.contains(expected), "{args}: {message}");
        }
    }

    #[test]
    fn some_functions_cannot_keep_values() {
        for (function, reason) in [
            ("fn f(a: u8) -> ! { loop {} }", "returns `!`"),
            ("fn f(a: u8) -> impl Fn(u8) { g }", "returns a closure"),
            ("fn f(a: u8) -> impl Sized { todo!() }", "always panics and returns `impl Trait`"),
            ("fn f(a: u8) -> impl Future<Output = ()> { g() }", "returns `impl Future` and is no `async fn`"),
            ("fn f(a: u8) -> BoxFuture<'static, ()> { g() }", "passes a boxed future on"),
        ] {
            let expected = format!("`vars` cannot go on a function that {reason}; remove it");
            assert_eq!(taken("vars", function).unwrap_err(), expected, "{function}");
        }
        for function in [
            "fn f(a: u8) {}",
            "fn f(a: u8) -> u8 { todo!() }",
            "fn f(a: u8) -> impl Sized { g() }",
            "async fn f(a: u8) -> ! { loop {} }",
            "fn f(a: u8) -> BoxFuture<'static, ()> { Box::pin(g()) }",
        ] {
            assert_eq!(taken("vars", function).unwrap(), ["a=a"], "{function}");
        }
    }

    #[test]
    fn a_block_asks_for_all_arguments_where_that_can_be_done() {
        let on_block = |args: &str| {
            let mut list = Arguments::read("span", args.parse().unwrap(), &["vars"], None);
            assert!(take(&mut list, None).is_empty());
            list.finish().finish_with(()).map_err(|error| error.to_string())
        };
        assert_eq!(on_block("vars"), Ok(()));
        assert!(on_block("vars(a)").unwrap_err().contains("names arguments of one function"));

        let mut list = Arguments::read("span", TokenStream::new(), &["vars"], None);
        list.default_to(&Arguments::read("span", quote::quote!(vars), &["vars"], None), &[]);
        let never = syn::parse_str("fn f(a: u8) -> ! { loop {} }").unwrap();
        assert!(take(&mut list, Some(&never)).is_empty());
        assert!(list.finish().is_empty(), "the function did not ask for it");
    }

    #[test]
    fn only_named_values_count_as_uses() {
        let mut list = Arguments::read("span", quote::quote!(vars(a, x = b.c)), &["vars"], None);
        let function = syn::parse_str("fn f(a: u8, b: B) {}").unwrap();
        let named = take(&mut list, Some(&function));
        assert_eq!(mentioned(&named).to_string(), "a b . c");
        assert!(named[0].kind == VarKind::Named && named[1].kind == VarKind::Made);
        let mut list = Arguments::read("span", quote::quote!(vars), &["vars"], None);
        let all = take(&mut list, Some(&function));
        assert!(all.len() == 2 && mentioned(&all).is_empty());
    }
}
