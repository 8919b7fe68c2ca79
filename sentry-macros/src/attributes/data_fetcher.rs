//! `#[data_fetcher]`: a function that fetches the data of a page.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::LitStr;

use crate::attributes::handler::{HandlerArgs, route};
use crate::errors::Errors;
use crate::expand::attribute::{Attribute, Instrument};
use crate::expand::instrumentation::{Inspect, Instrumentation};
use crate::hygiene::generated_at;
use crate::parse::args::Arguments;
use crate::parse::function::Function;
use crate::parse::pattern::plain_name;

const KNOWN: &[&str] = &["route", "name", "headers", "tags", "vars", "flush", "ignore", "crate"];

/// The kinds that serve every page, and their default routes.
const WHOLE_APP: &[(&str, &str)] = &[("app", "/_app"), ("document", "/_document"), ("error", "/_error")];

/// The arguments of `#[data_fetcher]`.
pub(super) struct DataFetcherArgs {
    common: HandlerArgs,
    kind: LitStr,
    route: TokenStream,
}

impl Attribute for DataFetcherArgs {
    const NAME: &'static str = "data_fetcher";

    fn read(args: TokenStream, function: &Function) -> (Self, Errors) {
        let (kind, rest) = split_kind(args);
        let mut list = Arguments::read(Self::NAME, rest, KNOWN, Some("route"));
        if kind.is_none() && list.errors.is_empty() {
            list.errors.add(
                Span::call_site(),
                "`#[data_fetcher]` needs its kind as the first argument, as in \
                 `#[data_fetcher(get_server_side_props, \"/users/{id}\")]`; expected `get_server_side_props`, \
                 `get_static_props`, `get_initial_props`, `app`, `document`, `error` or a name of your own",
            );
        }
        let kind = kind.unwrap_or_else(|| LitStr::new("", Span::call_site()));
        let own = WHOLE_APP.iter().find(|(name, _)| *name == kind.value());
        let route = match own {
            Some((_, route)) if list.leading_span().or(list.span_of("route")).is_none() => {
                Some(LitStr::new(route, kind.span()).into_token_stream())
            }
            _ => {
                let kind = kind.value();
                route(
                    &mut list,
                    function,
                    &format!("`#[data_fetcher]` needs a route: `#[data_fetcher({kind}, \"/users/{{id}}\")]`"),
                )
            }
        };
        let common = HandlerArgs::take(&mut list, function);
        (Self { common, kind, route: route.unwrap_or_default() }, list.finish())
    }
}

impl Instrument for DataFetcherArgs {
    fn instrumentation(mut self, function: &Function) -> Instrumentation {
        let span = generated_at(function.sig.ident.span());
        let private = self.common.private(span);
        let name = self.common.name.take().map(|name| quote_spanned!(span=> .name(#name)));
        let Self { kind, route, .. } = &self;
        let made = quote_spanned!(span=> #private::data_fetcher(#kind, #route) #name);
        self.common.instrumentation(span, made, TokenStream::new(), Inspect::PossibleError, None)
    }
}

/// Splits off the kind, a bare word at the start: `get_static_props, "/about"`.
fn split_kind(tokens: TokenStream) -> (Option<LitStr>, TokenStream) {
    let mut rest = tokens.clone().into_iter();
    let Some(TokenTree::Ident(kind)) = rest.next() else {
        return (None, tokens);
    };
    match rest.next() {
        None => {}
        Some(TokenTree::Punct(comma)) if comma.as_char() == ',' => {}
        Some(_) => return (None, tokens),
    }
    (Some(LitStr::new(&plain_name(&kind), kind.span())), rest.collect())
}
