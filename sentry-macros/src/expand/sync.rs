//! Functions that run when they are called: the guard is in front of the body.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote_spanned};

use crate::expand::instrumentation::Instrumentation;
use crate::expand::wrap::Wrap;
use crate::hygiene::own_name;
use crate::parse::params::Params;
use crate::parse::returns::Returns;

impl Wrap<'_> {
    /// Wraps the body, in a closure if the value is inspected.
    pub(super) fn sync_fn(&self) -> TokenStream {
        let Self { function, instrumentation, span, guard, .. } = self;
        let returns = function.returns();
        let keeps_caller = instrumentation.keeps_caller && function.has("track_caller");
        let inspects = self.inspects(returns) && !keeps_caller;
        // A closure hides the caller of a `#[track_caller]` function, and what its `impl Trait` is.
        let catches = instrumentation.catches() && !function.has("track_caller") && !returns.is_opaque();
        if !inspects && !catches && !self.keeps_vars() {
            return self.sync_fn_uninspected(returns);
        }
        let params = Params::moved(function, &instrumentation.mentioned);
        let record = self.record(Some(&params));
        let (made, begin) = self.made(Some(&params), inspects, &quote_spanned!(*span=> &mut #guard));
        let vars = self.vars(Some(&params));
        let call = self.call(&params, &returns.nameable(*span));
        let value = own_name("value", *span);
        let kept = self.keeps_vars().then(|| {
            let kept = self.vars_name();
            quote_spanned!(*span=> &#kept)
        });
        let inspect = inspects.then(|| {
            let guard = quote_spanned!(*span=> &mut #guard);
            self.inspect(returns, &guard, &quote_spanned!(*span=> &#value), kept.as_ref())
        });
        self.with_contents(
            Some(&params),
            None,
            quote_spanned! {*span=>
                let mut #guard = #made;
                #begin
                #record
                #vars
                let #value = #call;
                #inspect
                #value
            },
        )
    }

    /// Puts the guard in front of the body.
    ///
    /// The guard is a temporary around the body and not a variable, wherever that is possible: up to edition 2021 the
    /// temporaries of the body's last expression are dropped after all variables, and so after the span had ended.
    fn sync_fn_uninspected(&self, returns: Returns<'_>) -> TokenStream {
        let Self { function, span, guard, .. } = self;
        // A body learns what its `impl Trait` is from the function's signature, but not through a `match`.
        if returns.is_opaque() {
            return self.with_contents(None, None, self.opaque_contents());
        }
        let (record, body) = (self.record(None), self.body());
        let (made, begin) = self.made(None, false, &guard.to_token_stream());
        // If the expression holds code of the user's, its temporaries must end before the body.
        let made = match begin {
            Some(_) => made,
            None => quote_spanned!(*span=> { let #guard = #made; #guard }),
        };
        // An attribute macro below may put the body into another block. To the compiler, the braces around an expression that
        // is alone in there are unnecessary.
        let before = function.must_stay_async().then(|| quote_spanned!(*span=> let () = ();));
        let contents = quote_spanned! {*span=>
            #before
            match &mut #made {
                #guard => {
                    #begin
                    #record
                    #body
                }
            }
        };
        self.with_contents(None, None, contents)
    }

    /// Returns the contents of a function that returns `impl Trait`.
    pub(super) fn opaque_contents(&self) -> TokenStream {
        let Self { span, guard, .. } = self;
        let (made, begin) = self.made(None, false, &quote_spanned!(*span=> &mut #guard));
        let (record, body) = (self.record(None), self.body());
        let mutable = begin.as_ref().map(|_| quote_spanned!(*span=> mut));
        quote_spanned! {*span=>
            let #mutable #guard = #made;
            #begin
            #record
            #body
        }
    }

    /// Returns the expression that makes the guard, and the statement that starts the guard where it lies: behind the
    /// reference `guard`.
    fn made(
        &self,
        params: Option<&Params>,
        inspects: bool,
        guard: &TokenStream,
    ) -> (TokenStream, Option<TokenStream>) {
        let Self { instrumentation, span, .. } = self;
        let Instrumentation { private, .. } = instrumentation;
        let Some((begin, site)) = instrumentation.begin(inspects, *span) else {
            let enter = self.with_views(params, instrumentation.enter(*span));
            let items = &instrumentation.items;
            return (quote_spanned!(*span=> { #items #enter }), None);
        };
        let site = self.beside_items(site.clone());
        let begin = quote_spanned!(*span=> #private::#begin(#guard, #site););
        (quote_spanned!(*span=> #private::guard()), Some(begin))
    }
}
