//! `#[main]`: a `main` around the user's that owns the client.
//!
//! ```text
//! #[main] #[tokio::main] async fn main() -> Ret { body }
//! // becomes
//! fn main() -> Ret {
//!     #[tokio::main] async fn main() -> Ret { body }
//!     let guard = main_guard(options);
//!     guard.finish(catching(main), |result, guard| report an error)
//! }
//! ```
//!
//! So the client exists before the async runtime starts, and is flushed after it has ended.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};

use crate::check::values;
use crate::errors::Errors;
use crate::expand::attribute::Attribute;
use crate::hygiene::{generated_at, own_name};
use crate::parse::args::Arguments;
use crate::parse::crate_path::CratePath;
use crate::parse::function::Function;

const KNOWN: &[&str] = &["dsn", "options", "traces_sample_rate", "environment", "release", "crate"];

/// The variables that Cargo sets for the compiler: the name of the package and its version.
const CARGO: [&str; 2] = ["CARGO_PKG_NAME", "CARGO_PKG_VERSION"];

/// The arguments of `#[main]`.
pub(super) struct MainArgs {
    crate_path: CratePath,
    options: Option<TokenStream>,
    /// Calls on the options' builder.
    calls: Vec<(&'static str, TokenStream)>,
    release: Option<TokenStream>,
}

impl Attribute for MainArgs {
    const NAME: &'static str = "main";

    fn read(args: TokenStream, _function: &Function) -> (Self, Errors) {
        let mut list = Arguments::read(Self::NAME, args, KNOWN, None);
        let mut calls = Vec::new();
        for name in ["dsn", "environment"] {
            calls.extend(list.value(name).map(|raw| (name, raw.tokens)));
        }
        if let Some(raw) = list.value("traces_sample_rate") {
            let rate = values::sample_rate(&raw);
            calls.extend(list.errors.handle(rate).map(|rate| ("traces_sample_rate", rate)));
        }
        let this = Self {
            crate_path: list.crate_path(),
            options: list.value("options").map(|raw| raw.tokens),
            calls,
            release: list.value("release").map(|raw| raw.tokens),
        };
        (this, list.finish())
    }

    fn check(function: &Function, errors: &mut Errors) {
        let sig = &function.sig;
        if sig.ident != "main" {
            errors.add(
                sig.ident.span(),
                format!(
                    "`#[main]` goes on `fn main`, but this is `{}`; use `#[span]` on other functions",
                    sig.ident
                ),
            );
        } else if let Some(argument) = sig.inputs.first() {
            errors.push(syn::Error::new_spanned(argument, "`fn main` takes no arguments"));
        }
        if let (Some(asyncness), false) = (&sig.asyncness, function.attrs.iter().any(starts_a_runtime)) {
            errors.add(
                asyncness.span,
                "an `async fn main` needs a runtime; put the runtime's attribute below this one, such as `#[tokio::main]`",
            );
        }
    }
}

/// Returns whether an attribute may turn `async fn main` into a plain one.
fn starts_a_runtime(attr: &syn::Attribute) -> bool {
    !stays_outside(attr) && !["inline", "cold", "must_use"].iter().any(|known| attr.path().is_ident(known))
}

/// Returns whether an attribute belongs to the whole item. All others stay on the user's `main`.
fn stays_outside(attr: &syn::Attribute) -> bool {
    let known = ["cfg", "doc", "allow", "warn", "deny", "expect", "forbid", "deprecated"];
    known.iter().any(|known| attr.path().is_ident(known))
}

/// Returns the `main` around `function`.
pub(super) fn expand(args: MainArgs, function: &Function) -> TokenStream {
    let Function { attrs, vis, modifiers, sig, body, end, .. } = function;
    let span = generated_at(sig.ident.span());
    let MainArgs { crate_path, options, calls, release } = args;
    let private = crate_path.private(span);
    let crate_path = crate_path.path(span);
    let options = options.unwrap_or_else(|| quote_spanned!(span=> #crate_path::ClientOptions::new()));
    let calls = calls.into_iter().map(|(name, value)| {
        let method = proc_macro2::Ident::new(name, span);
        quote_spanned!(span=> .#method(#value))
    });
    let options = quote_spanned!(span=> (#options) #(#calls)*);
    let options = match release {
        Some(release) => quote_spanned!(span=> #options.release(#release)),
        // Without Cargo, the variables are not set.
        None if CARGO.iter().all(|name| std::env::var_os(name).is_some()) => {
            let [package, version] = CARGO;
            quote_spanned! {span=>
                #private::default_release(
                    #options,
                    ::core::concat!(::core::env!(#package), "@", ::core::env!(#version)),
                )
            }
        }
        None => options,
    };
    let (outside, inside): (Vec<&syn::Attribute>, Vec<&syn::Attribute>) =
        attrs.iter().partition(|attr| stays_outside(attr));
    let guard = own_name("guard", span);
    let value = own_name("value", span);
    let main = &sig.ident;
    let finished = if function.returns().may_fail() {
        quote_spanned! {span=>
            #private::MainGuard::finish(#guard, #private::catching(#main), |#value, #guard| {
                #private::report!(#guard, #value);
            })
        }
    } else {
        quote_spanned!(span=> #private::catching(#main))
    };
    let outer_sig = {
        let mut outer = sig.clone();
        outer.asyncness = None;
        outer.into_token_stream()
    };
    let contents = quote_spanned! {span=>
        #(#inside)* #sig #body
        let #guard = #private::main_guard(::core::option::Option::Some(#options));
        #finished
    };
    let mut block = proc_macro2::Group::new(proc_macro2::Delimiter::Brace, contents);
    block.set_span(*end);
    quote!(#(#outside)* #vis #modifiers #outer_sig #block)
}
