//! The constant that stands for an annotated function: where it is, what it is called.
//!
//! It is written as a reference to literals, which the compiler makes a constant of when code is made, and not before.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::LitStr;

/// What a callsite says beside its place; each call becomes one `const fn` call of the options' builder.
pub(crate) struct Callsite {
    private: TokenStream,
    calls: TokenStream,
    /// Whether something is said of how the span starts.
    pub(crate) is_special: bool,
    span: Span,
}

impl Callsite {
    /// A callsite without name, of the operation `function`.
    pub(crate) fn new(private: TokenStream, span: Span) -> Self {
        Self { private, calls: TokenStream::new(), is_special: false, span }
    }

    /// Adds `.method(value)`, if there is a value.
    pub(crate) fn with(mut self, method: &str, value: Option<&TokenStream>) -> Self {
        if let Some(value) = value {
            let method = Ident::new(method, self.span);
            self.calls.extend(quote_spanned!(self.span=> .#method(#value)));
        }
        self
    }

    /// Adds the operation, if there is one. That of a generative model starts in its own way.
    pub(crate) fn op(mut self, op: Option<&TokenStream>) -> Self {
        let literal = |op: &TokenStream| syn::parse2::<LitStr>(op.clone()).map(|op| op.value());
        self.is_special |=
            op.is_some_and(|op| literal(op).is_ok_and(|op| op.starts_with("gen_ai")) || literal(op).is_err());
        self.with("op", op)
    }

    /// Adds `.method()`, if it is set.
    pub(crate) fn flag(mut self, method: &str, set: bool) -> Self {
        if set {
            let method = Ident::new(method, self.span);
            self.calls.extend(quote_spanned!(self.span=> .#method()));
            self.is_special = true;
        }
        self
    }

    /// The item beside the reference from whose type name the default name is read. Of all that has such a name a type
    /// without values costs the compiler least: there is no body to check.
    pub(crate) fn item(&self) -> TokenStream {
        quote_spanned!(self.span=> enum __SentryFunction {})
    }

    /// The reference.
    pub(crate) fn reference(&self) -> TokenStream {
        let Self { private, calls, span, .. } = self;
        let place = LitStr::new(&place(*span), *span);
        let options = if calls.is_empty() {
            quote_spanned!(*span=> #private::CallsiteOptions::DEFAULT)
        } else {
            quote_spanned!(*span=> const { &#private::CallsiteOptions::new() #calls })
        };
        quote_spanned! {*span=>
            &#private::Callsite {
                path: ::core::any::type_name::<__SentryFunction>,
                module: ::core::module_path!(),
                place: #place,
                options: #options,
            }
        }
    }
}

/// File and line of a place, if the compiler is there to tell.
fn place(span: Span) -> String {
    if !proc_macro::is_available() {
        return String::new();
    }
    let span = span.unwrap();
    format!("{}:{}", span.file(), span.line())
}
