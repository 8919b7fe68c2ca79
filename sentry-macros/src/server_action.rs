//! `#[server_action]`: its arguments, and the work they ask for.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::LitStr;

use crate::args::{Arguments, Krate};
use crate::callsite::Callsite;
use crate::check::Mistakes;
use crate::function::{Function, plain_name};
use crate::params::generated_at;
use crate::wrap::{Look, OnValue, Work};

const KNOWN: &[&str] = &["name", "headers", "form_data", "record_response", "flush", "crate"];

/// The arguments of `#[server_action]`.
pub(crate) struct ServerActionArgs {
    krate: Krate,
    name: Option<TokenStream>,
    headers: Option<TokenStream>,
    form_data: Option<TokenStream>,
    record_response: bool,
    flush: bool,
}

impl ServerActionArgs {
    /// Reads the arguments.
    pub(crate) fn read(tokens: TokenStream) -> (Self, Mistakes) {
        let mut list = Arguments::read("server_action", tokens, KNOWN, None);
        let this = Self {
            krate: list.krate(),
            name: list.text("name"),
            headers: list.value("headers").map(|raw| raw.tokens),
            form_data: list.value("form_data").map(|raw| raw.tokens),
            record_response: list.flag("record_response"),
            flush: list.flag("flush"),
        };
        (this, list.finish())
    }

    /// What the attribute does around the function.
    pub(crate) fn work(self, function: &Function) -> Work {
        let ident = &function.sig.ident;
        let span = generated_at(ident.span());
        let private = self.krate.private(span);
        let mentioned: TokenStream = self.headers.iter().chain(&self.form_data).cloned().collect();
        let own = LitStr::new(&plain_name(ident), span);
        let name = self.name.unwrap_or_else(|| quote_spanned!(span=> #own));
        let callsite = Callsite::new(private.clone(), span)
            .with("name", Some(&name))
            .with("op", Some(&quote_spanned!(span=> "function.server_action")))
            .with("origin", Some(&quote_spanned!(span=> "auto.function.server_action")));
        let headers = self.headers.map(|headers| {
            // A value that is no source of headers is pointed at, not the function.
            let at = headers.clone().into_iter().next().map_or(span, |token| generated_at(token.span()));
            quote_spanned!(at=> .headers(&(#headers)))
        });
        let form_data =
            self.form_data.map(|fields| quote_spanned!(span=> .form_data(#private::form_data!(&(#fields)))));
        let record_response = self.record_response.then(|| quote_spanned!(span=> .record_response()));
        let flush = self.flush.then(|| quote_spanned!(span=> .flush()));
        let create = quote_spanned! {span=>
            #private::server_action(&__SENTRY_CALLSITE) #headers #form_data #record_response #flush
        };
        Work {
            statics: callsite.items(),
            types: ["ServerAction"; 2],
            enter: quote_spanned!(span=> #private::hold(#create)),
            begin: None,
            create,
            mentioned,
            recorded: Vec::new(),
            look: if self.record_response { Look::Always } else { Look::MayFail },
            keeps_caller: false,
            on_value: self.record_response.then_some(record_response_value as OnValue),
            private,
        }
    }
}

/// Hands the response over, if the action wants it.
fn record_response_value(
    private: &TokenStream,
    ty: &TokenStream,
    work: &TokenStream,
    value: &TokenStream,
    span: Span,
) -> TokenStream {
    quote_spanned! {span=>
        if #ty::wants_response(#work) {
            #ty::response(#work, #private::response!(#value));
        }
    }
}
