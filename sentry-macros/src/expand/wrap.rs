//! The parts of a wrapped function that all shapes share: body, closure, inspection, recording, signature.

use proc_macro2::{Delimiter, Group, Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::LitStr;

use crate::expand::instrumentation::{Inspect, Instrumentation, ValueTokens};
use crate::hygiene::{generated_at, generated_at_start, own_name, respanned};
use crate::parse::entries::Recorded;
use crate::parse::error_lifetime::error_may_borrow;
use crate::parse::function::{Function, Receiver};
use crate::parse::params::Params;
use crate::parse::returns::Returns;
use crate::parse::tail_expr::{ends_in_panic, is_call};
use crate::parse::value::is_literal;
use crate::tokens::{Fragment, braced};

/// The maximum number of attributes that one record of the runtime holds.
const PACKED: usize = 4;

/// A function and the instrumentation to put around it.
pub(super) struct Wrap<'a> {
    pub(super) function: &'a Function,
    pub(super) instrumentation: &'a Instrumentation,
    /// The type of the guard.
    guard_type: &'static str,
    /// The span of generated tokens: the function's name.
    pub(super) span: Span,
    /// The variable that holds the guard.
    pub(super) guard: Ident,
}

impl<'a> Wrap<'a> {
    /// Wraps a function that runs when it is called.
    pub(super) fn sync(function: &'a Function, instrumentation: &'a Instrumentation) -> Self {
        Self::new(function, instrumentation, instrumentation.sync_guard)
    }

    /// Wraps a function that gives a future.
    pub(super) fn future(function: &'a Function, instrumentation: &'a Instrumentation) -> Self {
        Self::new(function, instrumentation, instrumentation.future_guard)
    }

    fn new(function: &'a Function, instrumentation: &'a Instrumentation, guard_type: &'static str) -> Self {
        let span = generated_at(function.sig.ident.span());
        Self { function, instrumentation, guard_type, span, guard: own_name("work", span) }
    }

    /// Returns whether the value is inspected: the attribute asks for it, and the value can pass through a closure.
    pub(super) fn inspects(&self, returns: Returns<'_>) -> bool {
        match (self.instrumentation.inspect, returns) {
            (_, Returns::Never) => false,
            (_, returns) if returns.is_closure() => false,
            // The type that a body which always panics would have returned is not written anywhere.
            (_, returns) if returns.is_opaque() && ends_in_panic(&self.function.body) => false,
            (Inspect::Always, _) => true,
            (Inspect::PossibleError, returns) => returns.may_fail(),
            (Inspect::PossibleResponse, returns) => returns.may_fail() || returns.is_tuple(),
            (Inspect::NamedResult, returns) => returns.names_result(),
        }
    }

    /// Returns the user's body as a block that is not a function body any more.
    ///
    /// The semicolon keeps the compiler from calling the braces of a short body unnecessary; the parser drops it, and
    /// later passes do not see it. The braces keep the user's span, because the edition of a block decides when its
    /// temporaries are dropped.
    pub(super) fn body(&self) -> Group {
        let span = self.span;
        let inner = self.function.body.stream();
        // A semicolon of the user's does as well, and the compiler still reports what is wrong with it.
        let semicolon = (!self.function.begins_empty).then(|| quote_spanned!(span=> ;));
        braced(quote!(#semicolon #inner), self.function.body.span())
    }

    /// Returns the body after its arguments, which are variables in front of it. Up to edition 2021 the temporaries of a
    /// block's last expression are dropped after the block's variables; those of a `match` arm, before them.
    pub(super) fn body_after(&self, params: &Params) -> TokenStream {
        let Params { rebinds, .. } = params;
        let body = self.body();
        if rebinds.is_empty() {
            return TokenTree::Group(body).into();
        }
        quote_spanned!(self.span=> #rebinds match () { () => #body })
    }

    /// Returns the body as a closure that is called at once, so that `return` and `?` end in it.
    pub(super) fn call(&self, params: &Params, returned: &TokenStream) -> TokenStream {
        let span = self.span;
        let Instrumentation { private, .. } = self.instrumentation;
        let body = self.body_after(params);
        // The closure itself has the span of the user's body: lints treat the body of such a closure as the user's.
        let closure = {
            let place = self.function.body.span();
            let inner = braced(body, place);
            quote_spanned!(place=> move || -> #returned #inner)
        };
        let catches = self.instrumentation.catches();
        if self.keeps_vars() {
            let kept = self.vars_name();
            let call_with = Ident::new(if catches { "catching_with" } else { "call_with" }, span);
            return quote_spanned!(span=> #private::#call_with(&#kept, #closure));
        }
        let call = Ident::new(if catches { "catching" } else { "call" }, span);
        quote_spanned!(span=> #private::#call(#closure))
    }

    /// Inspects the value behind the reference `value`; `guard` is a mutable reference to the guard, `vars` a reference to
    /// the kept values, if there are any.
    pub(super) fn inspect(
        &self,
        returns: Returns<'_>,
        guard: &TokenStream,
        value: &TokenStream,
        vars: Option<&TokenStream>,
    ) -> TokenStream {
        let Self { instrumentation, span, guard_type, .. } = self;
        let Instrumentation { private, .. } = instrumentation;
        let guard_type = &private.clone().join(guard_type, *span);
        let on_value = instrumentation
            .on_value
            .map(|on_value| on_value(&ValueTokens { private, guard_type, guard, value, span: *span }));
        let borrowed = error_may_borrow(returns, self.function).then(|| quote_spanned!(*span=> borrowed));
        // An error's stack trace starts here. A frame in code that an attribute generated would show the attribute's
        // line, so this call gets a span of the user's: its line is the function's.
        let place = self.function.sig.ident.span();
        let judged = instrumentation.judgement.as_ref().map(|judgement| {
            let refusal = match returns {
                Returns::Type(ty) if names_rejection(ty.to_token_stream()) => {
                    quote_spanned!(*span=> #private::refusal!(rejection #value))
                }
                _ => quote_spanned!(*span=> #private::refusal!(#value)),
            };
            let ignore = judgement.ignore.as_ref().map(|ignore| {
                let at = generated_at_start(ignore, *span);
                quote_spanned!(at=> #guard_type::ignore(#guard, #value, #ignore);)
            });
            quote_spanned! {*span=>
                #guard_type::refused(#guard, #refusal);
                #ignore
            }
        });
        // A web handler reports the error in a response: that in `(StatusCode, error)`.
        let report = match judged {
            Some(_) => respanned(quote_spanned!(*span=> #private::report_inner!), place),
            None => respanned(quote_spanned!(*span=> #private::report!), place),
        };
        let work = match vars {
            Some(vars) => quote_spanned!(*span=> &mut #private::explained(#guard, #vars)),
            None => guard.clone(),
        };
        let mut arguments =
            Group::new(Delimiter::Parenthesis, quote_spanned!(*span=> #borrowed #work, #value));
        arguments.set_span(place);
        let worded = instrumentation.captures.map(|captures| self.warn_without_text(captures, value));
        quote_spanned! {*span=>
            #on_value
            #judged
            #worded
            #report #arguments;
        }
    }

    /// Makes the compiler warn at `captures` if the error in `value` has no text.
    fn warn_without_text(&self, captures: Span, value: &TokenStream) -> TokenStream {
        let Self { instrumentation, span, .. } = self;
        let Instrumentation { private, .. } = instrumentation;
        let check = Ident::new("check_text", generated_at(captures));
        quote_spanned!(*span=> #private::text!(#value, #check);)
    }

    /// Returns an expression of the attribute's arguments with the names in scope that the patterns of the function's
    /// arguments bind: the patterns themselves bind further in, next to the body.
    pub(super) fn with_views(&self, params: Option<&Params>, expression: TokenStream) -> TokenStream {
        match params.map(|params| &params.views).filter(|views| !views.is_empty()) {
            Some(views) if !self.instrumentation.mentioned.is_empty() => {
                quote_spanned!(self.span=> { #views #expression })
            }
            _ => expression,
        }
    }

    /// Returns an expression in a block with the items that it names, if there are any.
    pub(super) fn beside_items(&self, expression: TokenStream) -> TokenStream {
        let items = &self.instrumentation.items;
        if items.is_empty() {
            return expression;
        }
        quote_spanned!(self.span=> { #items #expression })
    }

    /// Records the attributes, if the guard records at all.
    pub(super) fn record(&self, params: Option<&Params>) -> Option<TokenStream> {
        let Self { instrumentation, span, guard, guard_type, .. } = self;
        let Instrumentation { private, recorded, .. } = instrumentation;
        if recorded.is_empty() {
            return None;
        }
        let is_packed = *guard_type == "SpanGuard" && recorded.len() > 1;
        let guard_type = &private.clone().join(guard_type, *span);
        let views = params.map(|params| &params.views);
        let sets = if is_packed {
            recorded.chunks(PACKED).map(|recorded| self.gather(guard_type, recorded)).collect()
        } else {
            let set = |recorded: &Recorded| {
                let (key, value) = (&recorded.key, self.attribute_of(recorded));
                quote_spanned!(*span=> #guard_type::set(&#guard, #key, #value);)
            };
            recorded.iter().map(set).collect::<TokenStream>()
        };
        Some(quote_spanned! {*span=>
            if #guard_type::is_recording(&#guard) {
                #views
                #sets
            }
        })
    }

    /// Returns the expression of an attribute's value.
    fn attribute_of(&self, Recorded { value, .. }: &Recorded) -> TokenStream {
        let Self { instrumentation: Instrumentation { private, .. }, span, .. } = self;
        if is_literal(value) {
            quote_spanned!(*span=> #private::AttributeLiteral::into_attribute(#value))
        } else if is_call(value) {
            quote_spanned!(*span=> #private::made_attribute!(#value))
        } else {
            quote_spanned!(*span=> #private::attribute!(&(#value)))
        }
    }

    /// Records a few attributes together. Each value has a statement of its own, which drops the temporaries of its
    /// expression.
    fn gather(&self, guard_type: &Fragment, recorded: &[Recorded]) -> TokenStream {
        let Self { instrumentation: Instrumentation { private, .. }, span, guard, .. } = self;
        let (attributes, words) = (own_name("attributes", *span), own_name("words", *span));
        let mut keys = TokenStream::new();
        let sets = recorded.iter().enumerate().map(|(index, recorded)| {
            let key = &recorded.key;
            let index = Literal::usize_unsuffixed(index);
            match syn::parse2::<LitStr>(recorded.value.clone()) {
                Ok(text) => {
                    keys.extend(quote_spanned!(*span=> (#key, #text),));
                    quote_spanned!(*span=> #private::Attributes::literal(&mut #attributes, #index);)
                }
                Err(_) => {
                    keys.extend(quote_spanned!(*span=> (#key, ""),));
                    let value = self.attribute_of(recorded);
                    quote_spanned!(*span=> #private::Attributes::set(&mut #attributes, #index, #value);)
                }
            }
        });
        let sets = sets.collect::<TokenStream>();
        quote_spanned! {*span=>
            {
                let #words = &mut [0; 4];
                let mut #attributes =
                    #guard_type::attributes(&#guard, &#private::AttributeKeys(&[#keys]), #words);
                #sets
            }
        }
    }

    /// Returns the function with other contents between its braces.
    pub(super) fn with_contents(
        &self,
        params: Option<&Params>,
        future: Option<TokenStream>,
        contents: TokenStream,
    ) -> TokenStream {
        self.with_body(params, future, braced(contents, self.function.end))
    }

    /// Returns the function with another body, and, if they are given, with the inputs of `params` and with the return
    /// type `future` in place of `async`.
    pub(super) fn with_body(
        &self,
        params: Option<&Params>,
        future: Option<TokenStream>,
        body: Group,
    ) -> TokenStream {
        let Function { attrs, vis, modifiers, sig, .. } = self.function;
        let syn::Signature {
            asyncness,
            safety,
            abi,
            fn_token,
            ident,
            generics,
            paren_token,
            inputs,
            output,
            ..
        } = sig;
        let asyncness = if future.is_some() { None } else { asyncness.as_ref() };
        let where_clause = &generics.where_clause;
        let output: &dyn ToTokens = future.as_ref().map_or(output, |future| future);
        let inputs = params.map_or_else(|| inputs.to_token_stream(), |params| params.inputs.clone());
        // The compiler calls an assignment to a captured `self` unread if only the destructor of `self` reads it.
        let place = self.span;
        let lenient =
            (params.is_some() && self.function.receiver() == Receiver::Value && self.function.is_mut_self())
                .then(|| quote_spanned!(place=> #[allow(unused_assignments)]));
        let mut parameters = Group::new(Delimiter::Parenthesis, inputs);
        parameters.set_span(paren_token.span.join());
        quote! {
            #lenient
            #(#attrs)*
            #vis #modifiers #asyncness #safety #abi #fn_token #ident #generics #parameters #output #where_clause
            #body
        }
    }
}

/// Returns whether a type names one of the rejections of axum's extractors, which tell their status by a method alone.
fn names_rejection(ty: TokenStream) -> bool {
    ty.into_iter().any(|token| match token {
        TokenTree::Ident(name) => name.to_string().ends_with("Rejection"),
        TokenTree::Group(group) => names_rejection(group.stream()),
        _ => false,
    })
}
