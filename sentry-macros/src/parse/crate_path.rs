//! The path of the runtime crate in generated code: `::sentry`, or the argument `crate = path`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Expr, Lit};

use crate::parse::value::{Raw, ungrouped};

/// The path of `sentry-runtime` in the user's crate; `None` if the attribute does not name one.
pub(crate) struct CratePath(Option<TokenStream>);

impl CratePath {
    /// The default path, `::sentry`.
    pub(crate) const DEFAULT: Self = Self(None);

    /// Reads the value of `crate = path`, or of `crate = "path"` as other attributes write it.
    pub(crate) fn read(value: Raw) -> syn::Result<Self> {
        let message = "`crate` takes the path of the crate, as in `crate = my_app::sentry`";
        match ungrouped(&value.expr) {
            Expr::Path(path) if path.qself.is_none() => Ok(Self(Some(value.tokens))),
            Expr::Lit(literal) => {
                if let Lit::Str(text) = &literal.lit
                    && let Ok(path) = text.parse::<syn::Path>()
                {
                    return Ok(Self(Some(path.into_token_stream())));
                }
                Err(syn::Error::new(literal.lit.span(), message))
            }
            other => Err(syn::Error::new_spanned(other, message)),
        }
    }

    /// Returns the path. All of an expression is placed at `span`: one that began at the attribute and ended at the
    /// function would reach from one file into another where a macro puts the two together.
    pub(crate) fn path(&self, span: Span) -> TokenStream {
        match &self.0 {
            Some(path) => path.clone(),
            None => quote_spanned!(span=> ::sentry),
        }
    }

    /// Returns the path of the module that generated code calls.
    pub(crate) fn private(&self, span: Span) -> TokenStream {
        let path = self.path(span);
        quote_spanned!(span=> #path::__private)
    }
}
