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

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, FnArg, Pat, PatType};

use crate::hygiene::{generated_at, own_name};
use crate::parse::function::{Function, Receiver};
use crate::parse::pattern::{bindings, simple_name};
use crate::tokens::contains_word;

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
        let name = own_name(&format!("arg{index}"), span);
        let mutable = binds_mutably(pat.to_token_stream()).then(|| quote_spanned!(span=> mut));
        self.inputs.extend(quote!(#(#on_input)* #name #colon_token #ty));
        self.rebinds.extend(quote_spanned!(span=> #(#cfgs)* let #mutable #name = #name;));
        if !matches!(**pat, Pat::Wild(_)) {
            self.rebinds.extend(quote_spanned!(span=> #(#on_pattern)* let #pat = #name;));
            let behind_reference = matches!(**pat, Pat::Reference(_));
            let viewed = view(pat.to_token_stream(), behind_reference);
            let value =
                if behind_reference { quote_spanned!(span=> #name) } else { quote_spanned!(span=> &#name) };
            self.views.extend(quote_spanned!(span=> #(#cfgs)* let #viewed = #value;));
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

/// Whether a pattern binds something as `ref mut`.
fn binds_mutably(pattern: TokenStream) -> bool {
    let mut after_ref = false;
    pattern.into_iter().any(|token| match token {
        TokenTree::Ident(word) if word == "mut" => after_ref,
        TokenTree::Ident(word) => {
            after_ref = word == "ref";
            false
        }
        TokenTree::Group(group) => binds_mutably(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// A pattern that binds by reference: without a word of its own on how it binds. `behind_reference` it keeps those,
/// but for `mut`: there it can only copy or borrow.
///
/// Its names come from the expansion, so that those which no attribute uses are not called unused.
fn view(pattern: TokenStream, behind_reference: bool) -> TokenStream {
    let mut output = TokenStream::new();
    let mut after_and = false;
    for token in pattern {
        let and = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '&');
        match token {
            TokenTree::Ident(word) if word == "mut" && !(behind_reference && after_and) => {}
            TokenTree::Ident(word) if word == "ref" && !behind_reference => {}
            TokenTree::Punct(_) if and && !behind_reference => {}
            TokenTree::Ident(mut word) => {
                if !word.to_string().starts_with('$') {
                    word.set_span(Span::call_site().located_at(word.span()));
                }
                output.extend([TokenTree::Ident(word)]);
            }
            TokenTree::Group(group) => {
                let contents = view(group.stream(), behind_reference);
                let mut inner = proc_macro2::Group::new(group.delimiter(), contents);
                inner.set_span(group.span());
                output.extend([TokenTree::Group(inner)]);
            }
            other => output.extend([other]),
        }
        after_and = and;
    }
    output
}
