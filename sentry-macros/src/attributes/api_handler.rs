//! `#[api_handler]`: the handler of an HTTP route.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use crate::attributes::handler::{HandlerArgs, route};
use crate::check::values;
use crate::errors::Errors;
use crate::expand::attribute::{Attribute, Instrument};
use crate::expand::instrumentation::{Inspect, Instrumentation, OnValue, ValueTokens};
use crate::hygiene::{generated_at, generated_at_start};
use crate::parse::args::Arguments;
use crate::parse::function::Function;
use crate::parse::value::{self, Raw};

const KNOWN: &[&str] = &["route", "method", "name", "headers", "tags", "vars", "flush", "ignore", "crate"];

/// The arguments of `#[api_handler]`.
pub(super) struct ApiHandlerArgs {
    common: HandlerArgs,
    route: TokenStream,
    method: Option<TokenStream>,
}

impl Attribute for ApiHandlerArgs {
    const NAME: &'static str = "api_handler";

    fn read(args: TokenStream, function: &Function) -> (Self, Errors) {
        let mut list = Arguments::read(Self::NAME, args, KNOWN, Some("route"));
        let route =
            route(&mut list, function, "`#[api_handler]` needs a route: `#[api_handler(\"/users/{id}\")]`");
        let method = values::expression(&mut list, "method");
        let this = Self {
            common: HandlerArgs::take(&mut list, function),
            route: route.unwrap_or_default(),
            method: method.map(|raw| checked_method(&raw, &mut list.errors)),
        };
        (this, list.finish())
    }
}

impl Instrument for ApiHandlerArgs {
    fn instrumentation(mut self, function: &Function) -> Instrumentation {
        let span = generated_at(function.sig.ident.span());
        let private = self.common.private(span);
        let route = &self.route;
        let method = self.method.as_ref().map(|method| {
            let at = generated_at_start(method, span);
            quote_spanned!(at=> .method(&(#method)))
        });
        let name = self.common.name.take().map(|name| quote_spanned!(span=> .name(#name)));
        let made = quote_spanned!(span=> #private::api_handler(#route) #method #name);
        let further = self.method.unwrap_or_default();
        self.common.instrumentation(
            span,
            made,
            further,
            Inspect::PossibleResponse,
            Some(record_status as OnValue),
        )
    }
}

/// Returns the method, which may be any expression. A literal is checked.
fn checked_method(raw: &Raw, errors: &mut Errors) -> TokenStream {
    if matches!(value::ungrouped(&raw.expr), syn::Expr::Lit(_))
        && let Some(text) = errors.handle(value::string("method", &raw.expr))
    {
        errors.handle(values::method(&text));
    }
    raw.tokens.clone()
}

/// Records the status of the response, if the handler wants it.
fn record_status(tokens: &ValueTokens<'_>) -> TokenStream {
    let ValueTokens { private, guard_type, guard, value, span } = tokens;
    quote_spanned! {*span=>
        if #guard_type::wants_status(#guard) {
            #guard_type::answered(#guard, #private::status!(#value));
        }
    }
}
