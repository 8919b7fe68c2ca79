//! The values that are shown if the function fails: a variable that keeps them, next to the guard.

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;
use syn::LitStr;

use crate::check::vars::{self, Var, VarKind};
use crate::expand::callsite::location;
use crate::expand::wrap::Wrap;
use crate::hygiene::{generated_at, own_name};
use crate::parse::params::Params;

impl Wrap<'_> {
    /// Returns whether the function keeps values.
    pub(super) fn keeps_vars(&self) -> bool {
        !self.instrumentation.vars.is_empty()
    }

    /// The variable that holds the kept values.
    pub(super) fn vars_name(&self) -> Ident {
        own_name("vars", self.span)
    }

    /// Returns the statement that keeps the values.
    pub(super) fn vars(&self, params: Option<&Params>) -> Option<TokenStream> {
        let Self { instrumentation, span, .. } = self;
        if !self.keeps_vars() {
            return None;
        }
        let private = &instrumentation.private;
        let views = params.map(|params| &params.views);
        let names = instrumentation.vars.iter().map(|var| &var.key);
        let kept = instrumentation.vars.iter().rev().fold(quote_spanned!(*span=> ()), |rest, var| {
            let value = self.kept(var, params);
            quote_spanned!(*span=> (#value, #rest))
        });
        let location = LitStr::new(&location(*span), *span);
        let name = self.vars_name();
        Some(quote_spanned! {*span=>
            let #name = {
                enum __SentryFunction {}
                #views
                #private::vars(
                    &#private::VarsSite {
                        marker: ::core::any::type_name::<__SentryFunction>,
                        location: #location,
                        names: &[#(#names),*],
                    },
                    #kept,
                )
            };
        })
    }

    fn kept(&self, var: &Var, params: Option<&Params>) -> TokenStream {
        let Var { value, kind, .. } = var;
        let private = &self.instrumentation.private;
        let at = generated_at(vars::place(var));
        // The names of patterns are references where the values are kept, see `Params::views`.
        let is_view = *kind != VarKind::Made && params.is_some_and(|params| params.is_view(value));
        let value = if is_view { quote_spanned!(at=> *#value) } else { value.clone() };
        match kind {
            VarKind::Any => quote_spanned!(at=> #private::keep!(&(#value))),
            VarKind::Named => quote_spanned!(at=> #private::named(#private::keep!(&(#value)))),
            VarKind::Made => quote_spanned!(at=> #private::named(#private::keep_own!(#value))),
        }
    }
}
