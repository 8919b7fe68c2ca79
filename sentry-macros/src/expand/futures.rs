//! The shapes that give a future: the work goes around the future, which is made when the function is called.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use crate::expand::instrumentation::{Look, Work};
use crate::expand::wrap::Wrap;
use crate::hygiene::{generated_at, own_name};
use crate::parse::params::Params;
use crate::parse::returns::Returns;
use crate::parse::tail_expr::BoxedTail;
use crate::tokens::{braced, contains_word};

impl Wrap<'_> {
    pub(super) fn async_fn(&self) -> TokenStream {
        let Self { function, work, span, name, .. } = self;
        let Work { items, create, .. } = work;
        let returns = function.returns();
        let params = Params::moved(function, &work.mentioned);
        let record = self.record(Some(&params));
        let create = self.seeing(Some(&params), create);
        let body = self.body_after(&params);
        let started = |output: &TokenStream| {
            let pin = self.pin_output(output);
            let place = function.body.span();
            let inner = braced(quote_spanned!(*span=> #pin #body), place);
            let future = quote_spanned!(place=> async move #inner);
            let future = self.instrument(Some(returns), None, &future);
            quote_spanned! {*span=>
                let #name = { #items #create };
                #record
                #future
            }
        };
        let output = returns.nameable(*span);
        if matches!(returns, Returns::Never) {
            // `!` is no type argument yet; a body that never ends is of any type, of an empty one too.
            let started = started(&quote_spanned!(*span=> ::core::convert::Infallible));
            return self.with_body(Some(&params), None, quote_spanned!(*span=> match { #started }.await {}));
        }
        if function.must_stay_async() {
            let started = started(&output);
            return self.with_body(Some(&params), None, quote_spanned!(*span=> #started.await));
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
        self.with_body(Some(&params), Some(returned), started)
    }

    pub(super) fn impl_future(&self, output: Option<&Type>) -> TokenStream {
        let Self { function, work, span, name, .. } = self;
        let Work { items, create, .. } = work;
        let (params, future) = if contains_word(function.body.stream(), "return") {
            let params = Params::moved(function, &work.mentioned);
            let call = self.call(&params, &quote_spanned!(*span=> _));
            (Some(params), call)
        } else {
            (None, self.body())
        };
        let record = self.record(params.as_ref());
        let create = self.seeing(params.as_ref(), create);
        let future = self.instrument_output(output, &future);
        self.with_body(
            params.as_ref(),
            None,
            quote_spanned! {*span=>
                let #name = { #items #create };
                #record
                #future
            },
        )
    }

    pub(super) fn boxed_future(&self, output: Option<&Type>) -> TokenStream {
        let Self { function, work, span, name, .. } = self;
        let Work { items, create, .. } = work;
        if let Some(tail) = BoxedTail::find(&function.body) {
            let record = self.record(None);
            let future = self.instrument_boxed(output, &tail.future);
            let BoxedTail { before, path, .. } = &tail;
            let body = braced(quote_spanned!(*span=> ; #before #path (#future)), function.body.span());
            return self.with_body(
                None,
                None,
                quote_spanned! {*span=>
                    let #name = { #items #create };
                    #record
                    #body
                },
            );
        }
        let params = Params::moved(function, &work.mentioned);
        let record = self.record(Some(&params));
        let create = self.seeing(Some(&params), create);
        let inner = own_name("future", *span);
        let call = self.call(&params, &function.returns().nameable(*span));
        let future = self.instrument_boxed(output, &inner.to_token_stream());
        self.with_body(
            Some(&params),
            None,
            quote_spanned! {*span=>
                let #name = { #items #create };
                #record
                let #inner = #call;
                ::std::boxed::Box::pin(#future)
            },
        )
    }

    /// Fixes what an `async` block returns, which cannot be written: `?` and coercions need to know.
    fn pin_output(&self, output: &TokenStream) -> TokenStream {
        let private = &self.work.private;
        quote_spanned!(self.span=> if false { return #private::output::<#output>(); })
    }

    /// The future that gives an `output` with the work around it. The output is named where the return type of the
    /// function would tell the compiler what an `async` block gives.
    fn instrument_output(&self, output: Option<&Type>, future: &TokenStream) -> TokenStream {
        let output = output.map(Returns::of_type);
        self.instrument(output, output.map(|output| output.nameable(self.span)), future)
    }

    /// The same for a boxed future. Behind an alias there may be another output than its argument, so the compiler is
    /// asked for it.
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

    /// The future that `returns` something with the work around it, and what it returns as it is `named`, if it is.
    fn instrument(
        &self,
        returns: Option<Returns<'_>>,
        named: Option<TokenStream>,
        future: &TokenStream,
    ) -> TokenStream {
        let Self { work, span, name, .. } = self;
        let Work { private, .. } = work;
        let sees = returns.map_or(work.look != Look::Results, |returns| self.sees(returns));
        if !sees {
            let types = named.map(|output| quote_spanned!(*span=> ::<#output, _, _>));
            return quote_spanned!(*span=> #private::instrument #types (#name, #future));
        }
        let types = named.map(|output| quote_spanned!(*span=> ::<#output, _, _, _>));
        let value = own_name("value", *span);
        let returns = returns.unwrap_or(Returns::Unit);
        let observe = self.observe(returns, &name.to_token_stream(), &value.to_token_stream());
        quote_spanned!(*span=> #private::observe #types (#name, #future, |#value, #name| { #observe }))
    }
}
