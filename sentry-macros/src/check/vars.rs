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
