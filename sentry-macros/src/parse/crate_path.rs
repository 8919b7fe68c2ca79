//! The path of the runtime crate in generated code: the argument `crate = path`, or the name of the dependency.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{Expr, Lit};

use crate::hygiene::in_file_of;
use crate::parse::value::{Raw, ungrouped};
use crate::rustc_args::renamed_dependency;
use crate::tokens::Fragment;

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
    pub(crate) fn path(&self, span: Span) -> Fragment {
        match &self.0 {
            Some(path) => in_file_of(path.clone(), span).into(),
            None => Fragment::default().join(renamed_dependency().unwrap_or("sentry"), span),
        }
    }

    /// Returns the path of the module that generated code calls.
    pub(crate) fn private(&self, span: Span) -> Fragment {
        self.path(span).join("__private", span)
    }
}
