//! Functions that give a future: the guard is made when the function is called, and goes around the future.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use crate::expand::instrumentation::{Inspect, Instrumentation};
use crate::expand::wrap::Wrap;
use crate::hygiene::{generated_at, own_name};
use crate::parse::params::Params;
use crate::parse::returns::Returns;
use crate::parse::tail_expr::BoxedTail;
use crate::tokens::{braced, contains_word};

impl Wrap<'_> {
    pub(super) fn async_fn(&self) -> TokenStream {
        let Self { function, instrumentation, span, guard, .. } = self;
        let returns = function.returns();
        let is_never = matches!(returns, Returns::Never);
        let stays_async = is_never || function.must_stay_async();
        let in_place = if stays_async { Params::in_place(function) } else { None };
        let params = in_place.unwrap_or_else(|| Params::moved(function, &instrumentation.mentioned));
        let record = self.record(Some(&params));
        let vars = self.vars(Some(&params));
        let create = self.beside_items(self.with_views(Some(&params), instrumentation.create(*span)));
        let body = self.body_after(&params);
        let started = |output: &TokenStream| {
            let pin = self.pin_output(output);
            let place = function.body.span();
            let inner = braced(quote_spanned!(*span=> #pin #body), place);
            let future = quote_spanned!(place=> async move #inner);
            let future = self.instrument(Some(returns), None, &future);
            quote_spanned! {*span=>
                let #guard = #create;
                #record
                #vars
                #future
            }
        };
        let output = returns.nameable(*span);
        if is_never {
            // `!` cannot be a type argument yet; a body that never ends can have any type, also an empty one.
            let started = started(&quote_spanned!(*span=> ::core::convert::Infallible));
            return self.with_contents(
                Some(&params),
                None,
                quote_spanned!(*span=> match { #started }.await {}),
            );
        }
        if stays_async {
            let started = started(&output);
            return self.with_contents(Some(&params), None, quote_spanned!(*span=> #started.await));
        }
        let output = match returns {
            Returns::Type(ty) => ty.to_token_stream(),
            _ => output,
        };
        // Lints about the future are shown where they are shown for an `async fn`.
        let place = match &function.sig.output {
            syn::ReturnType::Type(_, ty) => generated_at(ty.span()),
            syn::ReturnType::Default => generated_at(function.sig.paren_token.span.close()),
        };
        let returned = quote_spanned!(place=> -> impl ::core::future::Future<Output = #output>);
        let started = started(&returns.nameable(*span));
        self.with_contents(Some(&params), Some(returned), started)
    }

    pub(super) fn impl_future(&self, output: Option<&Type>) -> TokenStream {
        let Self { function, instrumentation, span, guard, .. } = self;
        let (params, future) = if contains_word(function.body.stream(), "return") {
            let params = Params::moved(function, &instrumentation.mentioned);
            let call = self.call(&params, &quote_spanned!(*span=> _));
            (Some(params), call)
        } else {
            (None, self.body().into_token_stream())
        };
        let record = self.record(params.as_ref());
        let create = self.beside_items(self.with_views(params.as_ref(), instrumentation.create(*span)));
        let future = self.instrument_output(output, &future);
        self.with_contents(
            params.as_ref(),
            None,
            quote_spanned! {*span=>
                let #guard = #create;
                #record
                #future
            },
        )
    }

    pub(super) fn boxed_future(&self, output: Option<&Type>) -> TokenStream {
        let Self { function, instrumentation, span, guard, .. } = self;
        if let Some(tail) = BoxedTail::find(&function.body) {
            let record = self.record(None);
            let vars = self.vars(None);
            let create = self.beside_items(instrumentation.create(*span));
            let future = self.instrument_boxed(output, &tail.future);
            let BoxedTail { before, path, .. } = &tail;
            let body = braced(quote_spanned!(*span=> ; #before #path (#future)), function.body.span());
            return self.with_contents(
                None,
                None,
                quote_spanned! {*span=>
                    let #guard = #create;
                    #record
                    #vars
                    #body
                },
            );
        }
        let params = Params::moved(function, &instrumentation.mentioned);
        let record = self.record(Some(&params));
        let create = self.beside_items(self.with_views(Some(&params), instrumentation.create(*span)));
        let inner = own_name("future", *span);
        let call = self.call(&params, &function.returns().nameable(*span));
        let future = self.instrument_passed_on(output, &inner.to_token_stream());
        self.with_contents(
            Some(&params),
            None,
            quote_spanned! {*span=>
                let #guard = #create;
                #record
                let #inner = #call;
                #future
            },
        )
    }

    /// Fixes the output of an `async` block, for which there is no syntax: `?` and coercions need to know it.
    fn pin_output(&self, output: &TokenStream) -> TokenStream {
        let private = &self.instrumentation.private;
        quote_spanned!(self.span=> if false { return #private::output::<#output>(); })
    }

    /// Instruments a future that gives an `output`. The output is named, because the compiler no longer infers the output
    /// of an `async` block from the function's return type.
    fn instrument_output(&self, output: Option<&Type>, future: &TokenStream) -> TokenStream {
        let output = output.map(Returns::of_type);
        self.instrument(output, output.map(|output| output.nameable(self.span)), future)
    }

    /// Instruments a future that the function boxes. The output of an alias may differ from its argument, so generated code
    /// names it through the type.
    fn instrument_boxed(&self, output: Option<&Type>, future: &TokenStream) -> TokenStream {
        let boxed = self.function.returns();
        if !boxed.is_boxed_alias() {
            return self.instrument_output(output, future);
        }
        let ty = boxed.nameable(self.span);
        let named = quote_spanned!(self.span=> <#ty as ::core::future::Future>::Output);
        let result = output.map(Returns::of_type).filter(|output| output.names_result());
        self.instrument(result, Some(named), future)
    }

    /// Instruments a boxed future that the function returns in the type of its box.
    fn instrument_passed_on(&self, output: Option<&Type>, future: &TokenStream) -> TokenStream {
        let Self { instrumentation, span, guard, .. } = self;
        let Instrumentation { private, .. } = instrumentation;
        let mut output = output.map(Returns::of_type);
        if self.function.returns().is_boxed_alias() {
            output = output.filter(|output| output.names_result());
        }
        match self.observer(output) {
            None => quote_spanned!(*span=> #private::passed_on!(instrument(#future, #guard))),
            Some(observer) => {
                quote_spanned!(*span=> #private::passed_on!(observe(#future, #guard, #observer)))
            }
        }
    }

    /// Instruments a future with the output `returns`, which generated code writes as `named`.
    fn instrument(
        &self,
        returns: Option<Returns<'_>>,
        named: Option<TokenStream>,
        future: &TokenStream,
    ) -> TokenStream {
        let Self { instrumentation, span, guard, .. } = self;
        let Instrumentation { private, .. } = instrumentation;
        if self.keeps_vars() {
            let types = named.map(|output| quote_spanned!(*span=> ::<#output, _, _>));
            let vars = self.vars_name();
            let explaining = quote_spanned!(*span=> #private::explain #types (#vars, #future));
            return match self.observer(returns) {
                None => quote_spanned!(*span=> #private::value_of(#private::instrument(#guard, #explaining))),
                Some(observer) => {
                    quote_spanned!(*span=> #private::value_of(#private::observe(#guard, #explaining, #observer)))
                }
            };
        }
        let Some(observer) = self.observer(returns) else {
            let types = named.map(|output| quote_spanned!(*span=> ::<#output, _, _>));
            return quote_spanned!(*span=> #private::instrument #types (#guard, #future));
        };
        let types = named.map(|output| quote_spanned!(*span=> ::<#output, _, _, _>));
        quote_spanned!(*span=> #private::observe #types (#guard, #future, #observer))
    }

    /// Returns the closure that inspects the output `returns` of a future; `None` if it is not inspected.
    fn observer(&self, returns: Option<Returns<'_>>) -> Option<TokenStream> {
        let Self { instrumentation, span, guard, .. } = self;
        let inspects =
            returns.map_or(instrumentation.inspect != Inspect::NamedResult, |returns| self.inspects(returns));
        if !inspects {
            return None;
        }
        let value = own_name("value", *span);
        let returns = returns.unwrap_or(Returns::Unit);
        let guard = guard.to_token_stream();
        if self.keeps_vars() {
            let vars = quote_spanned!(*span=> &#value.vars);
            let inspect = self.inspect(returns, &guard, &quote_spanned!(*span=> &#value.value), Some(&vars));
            return Some(quote_spanned!(*span=> |#value, #guard: &mut _| { #inspect }));
        }
        let inspect = self.inspect(returns, &guard, &value.to_token_stream(), None);
        Some(quote_spanned!(*span=> |#value, #guard: &mut _| { #inspect }))
    }
}
