//! `#[api_handler]`: its arguments, and the work they ask for.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};

use crate::attributes::handler::HandlerArgs;
use crate::check::values;
use crate::errors::Errors;
use crate::expand::instrumentation::{Inspect, Instrumentation, OnValue, ValueTokens};
use crate::hygiene::{generated_at, generated_at_start};
use crate::parse::args::Arguments;
use crate::parse::function::Function;
use crate::parse::value::{self, Raw};

const KNOWN: &[&str] = &["route", "method", "name", "headers", "tags", "flush", "crate"];

/// The arguments of `#[api_handler]`.
pub(crate) struct ApiHandlerArgs {
    common: HandlerArgs,
    route: TokenStream,
    method: Option<TokenStream>,
}

impl ApiHandlerArgs {
    /// Reads the arguments of the attribute on `function`.
    pub(crate) fn read(tokens: TokenStream, function: &Function) -> (Self, Errors) {
        let mut list = Arguments::read("api_handler", tokens, KNOWN, Some("route"));
        let route = route(&mut list, "`#[api_handler]` needs the route: `#[api_handler(\"/users/{id}\")]`");
        let method = list.value("method");
        let this = Self {
            common: HandlerArgs::take(&mut list, function),
            route: route.unwrap_or_default(),
            method: method.map(|raw| checked_method(&raw, &mut list.errors)),
        };
        (this, list.finish())
    }

    /// What the attribute does around the function.
    pub(crate) fn instrumentation(mut self, function: &Function) -> Instrumentation {
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

/// Takes the route: the leading literal, or `route = "…"`, or a constant.
pub(crate) fn route(list: &mut Arguments, missing: &str) -> Option<TokenStream> {
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
                _ => return list.errors.handle(value::text("route", &raw)),
            }
        }
    }?;
    list.errors.handle(values::route(&literal))?;
    Some(literal.into_token_stream())
}

/// A method: any expression; a literal is checked.
fn checked_method(raw: &Raw, errors: &mut Errors) -> TokenStream {
    if matches!(value::ungrouped(&raw.expr), syn::Expr::Lit(_))
        && let Some(text) = errors.handle(value::string("method", &raw.expr))
    {
        errors.handle(values::method(&text));
    }
    raw.tokens.clone()
}

/// Hands the status of the response over.
fn record_status(tokens: &ValueTokens<'_>) -> TokenStream {
    let ValueTokens { private, guard_type, guard, value, span } = tokens;
    quote_spanned! {*span=>
        if #guard_type::wants_status(#guard) {
            #guard_type::answered(#guard, #private::status!(#value));
        }
    }
}
