//! The expansion for clippy if the attribute uses code of the user's: the function as it is written, with that code in
//! front of its body.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};

use crate::expand::instrumentation::{Inspect, Instrumentation};
use crate::expand::lints::is_known_shape;
use crate::expand::wrap::Wrap;
use crate::hygiene::{generated_at, own_name};
use crate::parse::function::{Function, Shape};
use crate::parse::returns::Returns;
use crate::tokens::{braced, contains_word, is_punct};

/// Returns the function as it is written, with what the attribute uses of the user's in front of its body.
pub(super) fn for_lints(function: &Function, instrumentation: &Instrumentation) -> TokenStream {
    let wrap = Wrap::future(function, instrumentation);
    let Wrap { span, guard, .. } = &wrap;
    let (items, create) = (&instrumentation.items, instrumentation.create(*span));
    let record = wrap.record(None);
    let vars = wrap.vars(None);
    let inspect = wrap.inspect_unreached();
    let body = wrap.body();
    let end = if is_known_shape(function) { generated_at(function.end) } else { function.end };
    let contents = quote_spanned! {*span=>
        {
            let mut #guard = { #items #create };
            #record
            #vars
            #inspect
            let _ = &mut #guard;
        }
        #body
    };
    wrap.with_body(None, None, braced(contents, end))
}

/// Returns whether the expansion may call a method of the returned value that nothing else calls: the `status()` of a
/// response. All else that it does with a value goes through traits.
pub(super) fn calls_a_method(function: &Function, instrumentation: &Instrumentation) -> bool {
    if instrumentation.inspect != Inspect::PossibleResponse {
        return false;
    }
    match function.shape() {
        Shape::Sync | Shape::Async => function.returns().may_be_response(),
        Shape::ImplFuture(output) | Shape::BoxedFuture(output) => {
            output.is_some_and(|output| Returns::of_type(&output).may_be_response())
        }
    }
}

impl Wrap<'_> {
    /// Inspects a value in code that is never reached, for lints that look for uses: the expansion may call a response's
    /// `status()`. `None` if the type of the value cannot be written.
    fn inspect_unreached(&self) -> Option<TokenStream> {
        let Self { function, instrumentation, span, guard, .. } = self;
        let private = &instrumentation.private;
        let shape = function.shape();
        let returns = match &shape {
            Shape::Sync | Shape::Async => function.returns(),
            Shape::ImplFuture(output) | Shape::BoxedFuture(output) => Returns::of_type(output.as_ref()?),
        };
        let Returns::Type(ty) = returns else { return None };
        let ignores = instrumentation.judgement.as_ref().is_some_and(|judgement| judgement.ignore.is_some());
        if !(ignores || calls_a_method(function, instrumentation))
            || contains_word(ty.to_token_stream(), "impl")
        {
            return None;
        }
        let ty = without_lifetimes(ty.to_token_stream());
        let value = own_name("value", *span);
        let inspect = self.inspect(
            returns,
            &quote_spanned!(*span=> &mut #guard),
            &quote_spanned!(*span=> &#value),
            None,
        );
        Some(quote_spanned! {*span=>
            if false {
                let #value = #private::output::<#ty>();
                #inspect
            }
        })
    }
}

/// Replaces the names of lifetimes in a type. A lifetime that the body names is one that the signature must name, too.
fn without_lifetimes(ty: TokenStream) -> TokenStream {
    let mut after_quote = false;
    ty.into_iter()
        .map(|token| {
            let is_name = std::mem::replace(&mut after_quote, is_punct(&token, '\''));
            match token {
                TokenTree::Ident(name) if is_name && name != "static" => Ident::new("_", name.span()).into(),
                TokenTree::Group(group) => {
                    let mut inner = Group::new(group.delimiter(), without_lifetimes(group.stream()));
                    inner.set_span(group.span());
                    inner.into()
                }
                other => other,
            }
        })
        .collect()
}
