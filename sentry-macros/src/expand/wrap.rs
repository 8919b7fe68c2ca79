//! A function with work around its body.
//!
//! One [`Work`] describes what an attribute does; [`item`] puts it around the body in the way that the
//! function's [`Shape`] asks for. The user's body is always a block of its own, with our statements in
//! front of the block and never in it:
//!
//! ```text
//! sync                 { match &mut enter { work => { {body} } } }
//! sync, value seen     { let mut work = enter; let value = call(move || {body}); look at &value; value }
//! async                { let work = new; instrument(work, async move { {body} }) }
//! impl Future          { let work = new; instrument(work, {body}) }
//! boxed future         { let work = new; { …; Box::pin(instrument(work, tail)) } }
//! ```

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};

use crate::expand::for_lints;
use crate::expand::instrumentation::{Look, Work};
use crate::expand::lints::{holds_code, is_clippy};
use crate::hygiene::{generated_at, own_name, respanned};
use crate::parse::entries::Recorded;
use crate::parse::error_lifetime::error_may_borrow;
use crate::parse::function::{Function, Receiver, Shape};
use crate::parse::params::Params;
use crate::parse::returns::Returns;
use crate::parse::tail_expr::{ends_in_panic, is_made};
use crate::tokens::braced;

/// The function `item` with the work of an attribute around it.
pub(crate) fn item(args: &TokenStream, item: TokenStream, function: &Function, work: &Work) -> TokenStream {
    if !is_clippy() {
        self::function(function, work)
    } else if work.on_value.is_some() || holds_code(args) {
        for_lints::as_written(function, work)
    } else {
        item
    }
}

/// Puts `work` around `function`.
fn function(function: &Function, work: &Work) -> TokenStream {
    let shape = function.shape();
    let wrap = Wrap::new(function, work, usize::from(!matches!(shape, Shape::Sync)));
    match shape {
        Shape::Sync => wrap.sync(),
        Shape::Async => wrap.async_fn(),
        Shape::ImplFuture(output) => wrap.impl_future(output.as_ref()),
        Shape::BoxedFuture(output) => wrap.boxed_future(output.as_ref()),
    }
}

pub(super) struct Wrap<'a> {
    pub(super) function: &'a Function,
    pub(super) work: &'a Work,
    /// The type of the work.
    ty: Ident,
    /// Where generated tokens are shown: at the function's name.
    pub(super) span: Span,
    /// The variable that holds the work.
    pub(super) name: Ident,
}

impl<'a> Wrap<'a> {
    /// With work of the first of its types or of the second.
    pub(super) fn new(function: &'a Function, work: &'a Work, ty: usize) -> Self {
        let span = generated_at(function.sig.ident.span());
        Self { function, work, ty: Ident::new(work.types[ty], span), span, name: own_name("work", span) }
    }

    /// The value is seen when it can matter, and when no closure is in the way of `#[track_caller]`.
    pub(super) fn sees(&self, returns: Returns<'_>) -> bool {
        match (self.work.look, returns) {
            (_, Returns::Never) => false,
            (_, returns) if returns.is_closure() => false,
            // What a body that always panics would have returned is nowhere said.
            (_, returns) if returns.is_opaque() && ends_in_panic(&self.function.body) => false,
            (Look::Always, _) => true,
            (Look::MayFail, returns) => returns.may_fail(),
            (Look::MayAnswer, returns) => returns.may_fail() || returns.is_tuple(),
            (Look::Results, returns) => returns.names_result(),
        }
    }

    fn sync(&self) -> TokenStream {
        let Self { function, work, span, name, .. } = self;
        let Work { items, enter, .. } = work;
        let returns = function.returns();
        let keeps_caller = work.keeps_caller && function.has("track_caller");
        if !self.sees(returns) || keeps_caller {
            return self.sync_unseen(returns);
        }
        let params = Params::moved(function, &work.mentioned);
        let record = self.record(Some(&params));
        let enter = self.seeing(Some(&params), enter);
        let call = self.call(&params, &returns.nameable(*span));
        let value = own_name("value", *span);
        let observe =
            self.observe(returns, &quote_spanned!(*span=> &mut #name), &quote_spanned!(*span=> &#value));
        let begin = self.begin();
        self.with_body(
            Some(&params),
            None,
            quote_spanned! {*span=>
                let mut #name = { #items #enter };
                #begin
                #record
                let #value = #call;
                #observe
                #value
            },
        )
    }

    /// The guard is a temporary of the whole, and not a variable, wherever it can be: up to edition 2021 what the last
    /// expression of the body leaves behind is dropped after all variables, and so after the span had ended.
    fn sync_unseen(&self, returns: Returns<'_>) -> TokenStream {
        let Self { work, span, name, .. } = self;
        let Work { items, enter, .. } = work;
        let record = self.record(None);
        let body = self.body();
        // What is returned as `impl Trait` learns of it from the function, and not through a `match`.
        if returns.is_opaque() {
            let begin = self.begin();
            let mutable = begin.as_ref().map(|_| quote_spanned!(*span=> mut));
            let contents = quote_spanned! {*span=>
                let #mutable #name = { #items #enter };
                #begin
                #record
                #body
            };
            return self.with_body(None, None, contents);
        }
        let begin = work.begin.map(|begin| {
            let (private, begin) = (&work.private, Ident::new(begin, *span));
            quote_spanned!(*span=> #private::#begin(#name);)
        });
        // Where the expression holds code of the user's, what that leaves behind does not stay.
        let made = match begin {
            Some(_) => enter.clone(),
            None => quote_spanned!(*span=> let #name = #enter; #name),
        };
        let contents = quote_spanned! {*span=>
            match &mut { #items #made } {
                #name => {
                    #begin
                    #record
                    #body
                }
            }
        };
        self.with_body(None, None, contents)
    }

    /// The user's body as a block that is no function body any more.
    ///
    /// The semicolon keeps the compiler from calling the braces of a short body unnecessary; it is
    /// gone before anything else looks at the block. The braces keep the user's span, because the
    /// edition of a block decides when its temporaries are dropped.
    pub(super) fn body(&self) -> TokenStream {
        let span = self.span;
        let inner = self.function.body.stream();
        // One of the user's does as well, and what the compiler has to say about it is said.
        let own = matches!(inner.clone().into_iter().next(), Some(TokenTree::Punct(first)) if first.as_char() == ';');
        let semicolon = (!own).then(|| quote_spanned!(span=> ;));
        braced(quote!(#semicolon #inner), self.function.body.span())
    }

    /// The body behind its arguments, which are variables in front of it. Up to edition 2021 what the last expression
    /// of a block leaves behind is dropped after the block's variables; of an arm of a `match`, before them.
    pub(super) fn body_after(&self, params: &Params) -> TokenStream {
        let Params { rebinds, .. } = params;
        let body = self.body();
        if rebinds.is_empty() {
            return body;
        }
        quote_spanned!(self.span=> #rebinds match () { () => #body })
    }

    /// The body as a closure that is called at once, so that `return` and `?` end there.
    pub(super) fn call(&self, params: &Params, returned: &TokenStream) -> TokenStream {
        let span = self.span;
        let Work { private, .. } = self.work;
        let body = self.body_after(params);
        // The closure itself stands at the user's body, as what it is: what lints look for in a closure's body
        // they look for in a body of the user's.
        let closure = {
            let place = self.function.body.span();
            let inner = braced(body, place);
            quote_spanned!(place=> move || -> #returned #inner)
        };
        quote_spanned!(span=> #private::call(#closure))
    }

    /// Looks at the value behind the reference `value`, with `name` as a mutable reference to the work.
    pub(super) fn observe(
        &self,
        returns: Returns<'_>,
        name: &TokenStream,
        value: &TokenStream,
    ) -> TokenStream {
        let Self { work, span, ty, .. } = self;
        let Work { private, .. } = work;
        let ty = quote_spanned!(*span=> #private::#ty);
        let on_value = work.on_value.map(|on_value| on_value(private, &ty, name, value, *span));
        let borrowed = error_may_borrow(returns, self.function).then(|| quote_spanned!(*span=> borrowed));
        // The stack of an error begins here. The line of code that comes from an attribute is that of the attribute, so
        // this call counts as the user's: its line is the function's.
        let place = self.function.sig.ident.span();
        let report = respanned(quote_spanned!(*span=> #private::report!), place);
        let mut arguments =
            Group::new(Delimiter::Parenthesis, quote_spanned!(*span=> #borrowed #name, #value));
        arguments.set_span(place);
        quote_spanned! {*span=>
            #on_value
            #report #arguments;
        }
    }

    /// An expression of the attribute's arguments, which may name what a pattern of an argument binds: the pattern
    /// itself binds further in, where the body is.
    pub(super) fn seeing(&self, params: Option<&Params>, expression: &TokenStream) -> TokenStream {
        match params.map(|params| &params.views).filter(|views| !views.is_empty()) {
            Some(views) if !self.work.mentioned.is_empty() => {
                quote_spanned!(self.span=> { #views #expression })
            }
            _ => expression.clone(),
        }
    }

    /// Starts the work in its place.
    fn begin(&self) -> Option<TokenStream> {
        let Self { work, span, name, .. } = self;
        let private = &work.private;
        let begin = Ident::new(work.begin?, *span);
        Some(quote_spanned!(*span=> #private::#begin(&mut #name);))
    }

    /// Records the attributes, if anybody listens.
    pub(super) fn record(&self, params: Option<&Params>) -> TokenStream {
        let Self { work, span, name, ty, .. } = self;
        let Work { private, recorded, .. } = work;
        if recorded.is_empty() {
            return TokenStream::new();
        }
        let views = params.map(|params| &params.views);
        let sets = recorded.iter().map(|Recorded { key, value }| {
            let value = if is_made(value) {
                quote_spanned!(*span=> #private::made_attribute!(#value))
            } else {
                quote_spanned!(*span=> #private::attribute!(&(#value)))
            };
            quote_spanned!(*span=> #private::#ty::set(&#name, #key, #value);)
        });
        quote_spanned! {*span=>
            if #private::#ty::is_recording(&#name) {
                #views
                #(#sets)*
            }
        }
    }

    /// The function again, with other contents.
    pub(super) fn with_body(
        &self,
        params: Option<&Params>,
        future: Option<TokenStream>,
        contents: TokenStream,
    ) -> TokenStream {
        self.written(params, future, braced(contents, self.function.end))
    }

    /// The function again, with another body.
    pub(super) fn written(
        &self,
        params: Option<&Params>,
        future: Option<TokenStream>,
        body: TokenStream,
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
        let output = future.unwrap_or_else(|| output.to_token_stream());
        let inputs = params.map_or_else(|| inputs.to_token_stream(), |params| params.inputs.clone());
        // The compiler takes what is assigned to a captured `self` for unread where only its destructor reads it.
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
