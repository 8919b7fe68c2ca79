//! The arguments of a function whose body moves into a closure or an `async` block.
//!
//! All of them have to move in, used or not, and have to be dropped there in the order in which the
//! plain function drops them:
//!
//! ```text
//! fn f(mut a: A, (b, _): B, _: C) { body }
//! // becomes
//! fn f(a: A, __sentry_arg1: B, __sentry_arg2: C) {
//!     wrapper(move || {
//!         let mut a = a;
//!         let __sentry_arg1 = __sentry_arg1;
//!         let (b, _) = __sentry_arg1;
//!         let __sentry_arg2 = __sentry_arg2;
//!         body
//!     })
//! }
//! ```
//!
//! The names and patterns keep the user's tokens: what the compiler has to say about them is said there.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, FnArg, Pat, PatType};

use crate::function::{Function, Receiver, bindings, simple_name};
use crate::tail::contains_word;

/// The arguments as a wrapper needs them.
pub(crate) struct Params {
    /// What stands in the signature.
    pub(crate) inputs: TokenStream,
    /// What stands before the body, inside of the wrapper.
    pub(crate) rebinds: TokenStream,
    /// The bindings of patterns by reference, for expressions outside of the wrapper.
    pub(crate) views: TokenStream,
}

impl Params {
    /// Splits the arguments of `function`, some of which are `mentioned` by the attribute.
    pub(crate) fn moved(function: &Function, mentioned: &TokenStream) -> Self {
        let mut params =
            Self { inputs: TokenStream::new(), rebinds: TokenStream::new(), views: TokenStream::new() };
        for (index, pair) in function.sig.inputs.pairs().enumerate() {
            let (input, comma) = pair.into_tuple();
            match input {
                FnArg::Receiver(receiver) => {
                    receiver.to_tokens(&mut params.inputs);
                    if function.receiver() == Receiver::Value {
                        // A closure would capture only the fields in use, and leave the others behind.
                        let span = generated_at(receiver.self_token.span);
                        let this = &receiver.self_token;
                        params.rebinds.extend(quote_spanned!(span=> let _ = &#this;));
                    }
                }
                FnArg::Typed(argument) => {
                    params.argument(index, argument);
                    params.mark_used(argument, mentioned);
                }
            }
            comma.to_tokens(&mut params.inputs);
        }
        params
    }

    /// An argument that only the attribute reads is in use, though the body does not read it.
    fn mark_used(&mut self, argument: &PatType, mentioned: &TokenStream) {
        let span = generated_at(argument.pat.span());
        let cfgs: Vec<&Attribute> = argument.attrs.iter().filter(|attr| role(attr) == Role::Both).collect();
        for name in bindings(argument.pat.to_token_stream()) {
            if contains_word(mentioned.clone(), &name.to_string()) {
                self.rebinds.extend(quote_spanned!(span=> #(#cfgs)* let _ = &#name;));
            }
        }
    }

    fn argument(&mut self, index: usize, argument: &PatType) {
        let span = generated_at(argument.pat.span());
        let PatType { attrs, pat, colon_token, ty } = argument;
        let cfgs: Vec<&Attribute> = attrs.iter().filter(|attr| role(attr) == Role::Both).collect();
        let on_input = attrs.iter().filter(|attr| role(attr) != Role::Pattern);
        let on_pattern: Vec<&Attribute> = attrs.iter().filter(|attr| role(attr) != Role::Input).collect();
        if let Some(name) = simple_name(pat) {
            self.inputs.extend(quote!(#(#on_input)* #name #colon_token #ty));
            self.rebinds.extend(quote_spanned!(span=> #(#on_pattern)* let #pat = #name;));
            return;
        }
        let name = Ident::new(&format!("__sentry_arg{index}"), span);
        self.inputs.extend(quote!(#(#on_input)* #name #colon_token #ty));
        self.rebinds.extend(quote_spanned!(span=> #(#cfgs)* let #name = #name;));
        if !matches!(**pat, Pat::Wild(_)) {
            self.rebinds.extend(quote_spanned!(span=> #(#on_pattern)* let #pat = #name;));
            if let Some(view) = view(pat.to_token_stream()) {
                self.views.extend(quote_spanned!(span=> #(#cfgs)* let #view = &#name;));
            }
        }
    }
}

/// Where an attribute of an argument belongs after the split.
#[derive(PartialEq, Eq)]
enum Role {
    Input,
    Pattern,
    Both,
}

fn role(attr: &Attribute) -> Role {
    let is = |names: &[&str]| names.iter().any(|name| attr.path().is_ident(name));
    if is(&["cfg", "cfg_attr"]) {
        Role::Both
    } else if is(&["allow", "warn", "deny", "expect", "forbid"]) {
        Role::Pattern
    } else {
        Role::Input
    }
}

/// A pattern that binds by reference: without `mut`; none where it says itself how it binds.
///
/// Its names come from the expansion, so that those which no attribute uses are not called unused.
fn view(pattern: TokenStream) -> Option<TokenStream> {
    let mut output = TokenStream::new();
    for token in pattern {
        match token {
            TokenTree::Ident(word) if word == "ref" => return None,
            TokenTree::Punct(punct) if punct.as_char() == '&' => return None,
            TokenTree::Ident(word) if word == "mut" => {}
            TokenTree::Ident(mut word) => {
                if !word.to_string().starts_with('$') {
                    word.set_span(Span::call_site().located_at(word.span()));
                }
                output.extend([TokenTree::Ident(word)]);
            }
            TokenTree::Group(group) => {
                let mut inner = proc_macro2::Group::new(group.delimiter(), view(group.stream())?);
                inner.set_span(group.span());
                output.extend([TokenTree::Group(inner)]);
            }
            other => output.extend([other]),
        }
    }
    Some(output)
}

/// A span for generated tokens that the compiler shows at the user's `span`.
pub(crate) fn generated_at(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

/// A name that generated code uses for itself.
pub(crate) fn own_name(name: &str, span: Span) -> Ident {
    format_ident!("__sentry_{}", name, span = span)
}
