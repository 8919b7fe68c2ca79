//! The path of the runtime crate in generated code: the argument `crate = path`, or the name of the dependency.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Expr, Lit};

use crate::hygiene::in_file_of;
use crate::parse::value::{Raw, ungrouped};
use crate::rustc_args::renamed_dependency;

/// The path of `sentry-runtime` in the user's crate; `None` if the attribute does not name one.
pub(crate) struct CratePath(Option<TokenStream>);

impl CratePath {
    /// The default path: `::sentry`, or the name to which the crate's `Cargo.toml` renames the dependency.
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

    /// Returns the path. All of an expression is in the file of `span`: one that began at the attribute and ended at the
    /// function would reach from one file into another where a macro puts the two together.
    pub(crate) fn path(&self, span: Span) -> TokenStream {
        match &self.0 {
            Some(path) => in_file_of(path.clone(), span),
            None => {
                let name = Ident::new(renamed_dependency().unwrap_or("sentry"), span);
                quote_spanned!(span=> ::#name)
            }
        }
    }

    /// Returns the path of the module that generated code calls.
    pub(crate) fn private(&self, span: Span) -> TokenStream {
        let path = self.path(span);
        quote_spanned!(span=> #path::__private)
    }
}
