//! The arguments and the instrumentation that `#[server_action]`, `#[api_handler]` and `#[data_fetcher]` share.
//!
//! Each creates a `Handler` of the runtime in one expression and passes its arguments on with builder calls.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};

use crate::check::vars::Var;
use crate::check::{self, values};
use crate::expand::instrumentation::{Inspect, Instrumentation, Judgement, OnValue};
use crate::hygiene::generated_at_start;
use crate::parse::args::Arguments;
use crate::parse::crate_path::CratePath;
use crate::parse::entries::Recorded;
use crate::parse::function::Function;
use crate::parse::value;
use crate::tokens::Fragment;

/// The arguments that all of them have.
pub(super) struct HandlerArgs {
    crate_path: CratePath,
    pub(super) name: Option<TokenStream>,
    headers: Option<TokenStream>,
    tags: Vec<Recorded>,
    vars: Vec<Var>,
    flush: bool,
    ignore: Option<TokenStream>,
}

impl HandlerArgs {
    /// Takes the shared arguments out of the list.
    pub(super) fn take(list: &mut Arguments, function: &Function) -> Self {
        Self {
            crate_path: list.crate_path(),
            name: list.text("name", || function.bindings()),
            headers: values::expression(list, "headers").map(|raw| raw.tokens),
            tags: check::entries::tags(list, function),
            vars: check::vars::take(list, Some(function)),
            flush: list.flag("flush"),
            ignore: values::expression(list, "ignore").map(|raw| raw.tokens),
        }
    }

    /// Returns the path of the module that generated code calls.
    pub(super) fn private(&self, span: Span) -> Fragment {
        self.crate_path.private(span)
    }

    /// Returns the instrumentation of a handler that the expression `made` creates. `further` holds expressions of the
    /// user's besides the shared ones.
    pub(super) fn instrumentation(
        self,
        span: Span,
        made: TokenStream,
        further: TokenStream,
        inspect: Inspect,
        on_value: Option<OnValue>,
    ) -> Instrumentation {
        let private = self.private(span);
        let mut mentioned = further;
        mentioned.extend(self.headers.clone());
        mentioned.extend(self.tags.iter().map(|tag| tag.value.clone()));
        mentioned.extend(check::vars::mentioned(&self.vars));
        let made = match &self.headers {
            None => made,
            Some(headers) => {
                // This includes the path, because an error is shown at the whole macro call.
                let at = generated_at_start(headers, span);
                let private = self.crate_path.private(at);
                quote_spanned!(at=> #private::headers!(#made, &(#headers)))
            }
        };
        let tags = self.tags.into_iter().map(|Recorded { key, value }| {
            let at = generated_at_start(&value, span);
            quote_spanned!(at=> .tag(#key, &(#value)))
        });
        let flush = self.flush.then(|| quote_spanned!(span=> .flush()));
        let create = quote_spanned!(span=> #made #(#tags)* #flush);
        Instrumentation {
            mentioned,
            vars: self.vars,
            on_value,
            judgement: Some(Judgement { ignore: self.ignore }),
            ..Instrumentation::held("Handler", private, create, inspect)
        }
    }
}

/// Takes the route: the leading literal, `route = "…"`, or a constant.
pub(super) fn route(list: &mut Arguments, function: &Function, missing: &str) -> Option<TokenStream> {
    let given = list.span_of("route").is_some();
    let literal = match list.leading() {
        Some(leading) => Some(leading),
        None => {
            let raw = list.value("route");
            if raw.is_none() && !given && list.errors.is_empty() {
                list.errors.add(Span::call_site(), missing);
            }
            let raw = raw?;
            match value::ungrouped(&raw.expr) {
                syn::Expr::Lit(_) => list.errors.handle(value::string("route", &raw.expr)),
                _ => return list.errors.handle(value::text("route", &raw, &function.bindings())),
            }
        }
    }?;
    list.errors.handle(values::route(&literal))?;
    Some(literal.into_token_stream())
}
