//! `#[server_action]`: a web handler that is called like a function, with form data and a response.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::LitStr;

use crate::attributes::handler::HandlerArgs;
use crate::check::values;
use crate::errors::Errors;
use crate::expand::attribute::{Attribute, Instrument};
use crate::expand::instrumentation::{Inspect, Instrumentation, OnValue, ValueTokens};
use crate::hygiene::generated_at;
use crate::parse::args::Arguments;
use crate::parse::function::Function;
use crate::parse::pattern::plain_name;

const KNOWN: &[&str] =
    &["name", "headers", "form_data", "record_response", "tags", "vars", "flush", "ignore", "crate"];

/// The arguments of `#[server_action]`.
pub(super) struct ServerActionArgs {
    common: HandlerArgs,
    form_data: Option<TokenStream>,
    /// `None` if the option `data_collection` decides.
    record_response: Option<bool>,
}

impl Attribute for ServerActionArgs {
    const NAME: &'static str = "server_action";

    fn read(args: TokenStream, function: &Function) -> (Self, Errors) {
        let mut list = Arguments::read(Self::NAME, args, KNOWN, None);
        let this = Self {
            common: HandlerArgs::take(&mut list, function),
            form_data: values::expression(&mut list, "form_data").map(|raw| raw.tokens),
            record_response: list.switch("record_response"),
        };
        (this, list.finish())
    }
}

impl Instrument for ServerActionArgs {
    fn instrumentation(mut self, function: &Function) -> Instrumentation {
        let ident = &function.sig.ident;
        let span = generated_at(ident.span());
        let private = self.common.private(span);
        let own = LitStr::new(&plain_name(ident), span);
        let name = self.common.name.take().unwrap_or_else(|| quote_spanned!(span=> #own));
        let form_data = self
            .form_data
            .as_ref()
            .map(|fields| quote_spanned!(span=> .form_data(#private::form_data!(&(#fields)))));
        let record_response =
            self.record_response.map(|record| quote_spanned!(span=> .record_response(#record)));
        let made = quote_spanned!(span=> #private::server_action(#name) #form_data #record_response);
        // By default, the value of a `#[track_caller]` function is inspected only if it may hold an error: a function that
        // cannot fail keeps its caller's location. To lose an error would be worse than to lose the location.
        let unasked = self.record_response.is_none() && function.has("track_caller");
        let (inspect, on_value) = if self.record_response == Some(false) || unasked {
            (Inspect::PossibleError, None)
        } else {
            (Inspect::Always, Some(record_response_value as OnValue))
        };
        self.common.instrumentation(span, made, self.form_data.unwrap_or_default(), inspect, on_value)
    }
}

/// Records the response, if the action wants it.
fn record_response_value(tokens: &ValueTokens<'_>) -> TokenStream {
    let ValueTokens { private, guard_type, guard, value, span } = tokens;
    quote_spanned! {*span=>
        if #guard_type::wants_response(#guard) {
            #guard_type::response(#guard, #private::response!(#value));
        }
    }
}
