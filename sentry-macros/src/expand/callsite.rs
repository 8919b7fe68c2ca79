//! The callsite of an annotated function: a constant with its location, its name and its options.
//!
//! The constant is written as a reference to literals, which the compiler promotes to a `static` only when it generates
//! code; `cargo check` does not pay for it. A callsite without arguments is a macro of the runtime: the compiler makes
//! its tokens from that much faster than it takes them from this macro, which is not optimised in a debug build.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::LitStr;

use crate::tokens::Fragment;

/// A callsite. Each option becomes one `const fn` call on the options' builder.
pub(crate) struct Callsite {
    private: Fragment,
    calls: TokenStream,
    /// Whether an option changes how the span starts.
    pub(crate) is_special: bool,
    span: Span,
}

impl Callsite {
    /// Creates a callsite without a name and with the default operation, `function`.
    pub(crate) fn new(private: Fragment, span: Span) -> Self {
        Self { private, calls: TokenStream::new(), is_special: false, span }
    }

    /// Adds `.method(value)` if there is a value.
    pub(crate) fn with(mut self, method: &str, value: Option<&TokenStream>) -> Self {
        if let Some(value) = value {
            let method = Ident::new(method, self.span);
            self.calls.extend(quote_spanned!(self.span=> .#method(#value)));
        }
        self
    }

    /// Adds the operation if there is one. Spans of generative AI start in their own way.
    pub(crate) fn op(mut self, op: Option<&TokenStream>) -> Self {
        let literal = |op: &TokenStream| syn::parse2::<LitStr>(op.clone()).map(|op| op.value());
        self.is_special |=
            op.is_some_and(|op| literal(op).is_ok_and(|op| op.starts_with("gen_ai")) || literal(op).is_err());
        self.with("op", op)
    }

    /// Adds `.method(number)` if there is a number.
    pub(crate) fn number(mut self, method: &str, number: Option<u32>) -> Self {
        self.is_special |= number.is_some();
        let value = number.map(|number| quote_spanned!(self.span=> #number));
        self.with(method, value.as_ref())
    }

    /// Adds `.method()` if it is set.
    pub(crate) fn flag(mut self, method: &str, set: bool) -> Self {
        if set {
            let method = Ident::new(method, self.span);
            self.calls.extend(quote_spanned!(self.span=> .#method()));
            self.is_special = true;
        }
        self
    }

    /// Returns the item whose type name gives the default name of the span, if the reference needs one beside it. An enum
    /// without variants costs the compiler least: there is no body to check.
    pub(crate) fn item(&self) -> TokenStream {
        if self.calls.is_empty() {
            return TokenStream::new();
        }
        quote_spanned!(self.span=> enum __SentryFunction {})
    }

    /// Returns the reference to the callsite.
    pub(crate) fn reference(&self) -> TokenStream {
        let Self { private, calls, span, .. } = self;
        let location = LitStr::new(&location(*span), *span);
        if calls.is_empty() {
            return quote_spanned!(*span=> #private::site!(#location));
        }
        let options = quote_spanned!(*span=> const { &#private::CallsiteOptions::new() #calls });
        quote_spanned! {*span=>
            &#private::Callsite {
                path: ::core::any::type_name::<__SentryFunction>,
                module: ::core::module_path!(),
                location: #location,
                options: #options,
            }
        }
    }
}

/// Returns the file and line of a span; empty outside of the compiler, as in tests.
pub(super) fn location(span: Span) -> String {
    if !proc_macro::is_available() {
        return String::new();
    }
    let span = span.unwrap();
    format!("{}:{}", span.file(), span.line())
}
