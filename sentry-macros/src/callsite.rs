//! The `static` that stands for an annotated function: where it is, what it is called.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

/// What a callsite says beside its place; each call becomes one `const fn` call of its builder.
pub(crate) struct Callsite {
    private: TokenStream,
    calls: TokenStream,
    span: Span,
}

impl Callsite {
    /// A callsite without name, of the operation `function`.
    pub(crate) fn new(private: TokenStream, span: Span) -> Self {
        Self { private, calls: TokenStream::new(), span }
    }

    /// Adds `.method(value)`, if there is a value.
    pub(crate) fn with(mut self, method: &str, value: Option<&TokenStream>) -> Self {
        if let Some(value) = value {
            let method = Ident::new(method, self.span);
            self.calls.extend(quote_spanned!(self.span=> .#method(#value)));
        }
        self
    }

    /// Adds `.method()`, if it is set.
    pub(crate) fn flag(mut self, method: &str, set: bool) -> Self {
        if set {
            let method = Ident::new(method, self.span);
            self.calls.extend(quote_spanned!(self.span=> .#method()));
        }
        self
    }

    /// The static. The default name is read from the type name of an item beside it, the place from its call. Of all
    /// that has such a name a type without values costs the compiler least: there is no body to check.
    pub(crate) fn items(&self) -> TokenStream {
        let Self { private, calls, span } = self;
        quote_spanned! {*span=>
            enum __SentryFunction {}
            static __SENTRY_CALLSITE: #private::Callsite = #private::Callsite::new(
                #private::path_of::<__SentryFunction>(),
                ::core::module_path!(),
            ) #calls;
        }
    }
}
