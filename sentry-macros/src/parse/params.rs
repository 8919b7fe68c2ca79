//! The arguments of a function whose body moves into a closure or an `async` block.
//!
//! All of them must move in, used or not, and must be dropped in the order in which the plain function drops them:
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
//! Names and patterns keep the user's spans, so that the compiler reports at them as it does for the plain function.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{FnArg, Pat, PatType};

use crate::hygiene::{generated_at, own_name};
use crate::parse::function::{Function, Receiver};
use crate::parse::param_attrs::Halves;
use crate::parse::pattern::{bindings, may_be_constant, simple_name};
use crate::tokens::contains_word;

/// The arguments, split for a function whose body moves.
pub(crate) struct Params {
    /// The arguments in the signature.
    pub(crate) inputs: TokenStream,
    /// The statements in front of the body, inside of the closure.
    pub(crate) rebinds: TokenStream,
    /// Statements that bind the names of patterns by reference, for expressions outside of the closure.
    pub(crate) views: TokenStream,
    /// The names that the views bind.
    viewed: Vec<Ident>,
}

impl Params {
    /// Splits the arguments of `function`. `mentioned` holds the expressions of the attribute that may use them.
    pub(crate) fn moved(function: &Function, mentioned: &TokenStream) -> Self {
        let mut params = Self {
            inputs: TokenStream::new(),
            rebinds: TokenStream::new(),
            views: TokenStream::new(),
            viewed: Vec::new(),
        };
        for (index, pair) in function.sig.inputs.pairs().enumerate() {
            let (input, comma) = pair.into_tuple();
            match input {
                FnArg::Receiver(receiver) => {
                    receiver.to_tokens(&mut params.inputs);
                    params.receiver(function);
                }
                FnArg::Typed(argument) => {
                    params.argument(index, argument, mentioned);
                    params.mark_used(argument, mentioned);
                }
            }
            comma.to_tokens(&mut params.inputs);
        }
        params
    }

    /// Leaves the arguments in the variables that the body captures, so that a future inside of a future does not hold them
    /// once more. `None` if one of them has to be bound again: for a pattern, for `mut`, or because the body does not use
    /// it, which the compiler should report.
    ///
    /// Captured variables are dropped after the variables of the body, in the order in which they are first mentioned.
    pub(crate) fn in_place(function: &Function) -> Option<Self> {
        let mut params = Self {
            inputs: function.sig.inputs.to_token_stream(),
            rebinds: TokenStream::new(),
            views: TokenStream::new(),
            viewed: Vec::new(),
        };
        for input in function.sig.inputs.iter().rev() {
            match input {
                FnArg::Receiver(_) => params.receiver(function),
                FnArg::Typed(argument) => {
                    let name = match &*argument.pat {
                        Pat::Ident(name) if name.mutability.is_none() => simple_name(&argument.pat)?,
                        _ => return None,
                    };
                    let is_used = contains_word(function.body.stream(), &name.to_string());
                    if !is_used || !argument.attrs.is_empty() {
                        return None;
                    }
                    let span = generated_at(name.span());
                    params.rebinds.extend(quote_spanned!(span=> let _ = &#name;));
                }
            }
        }
        Some(params)
    }

    /// Returns whether an expression is a name that [`Params::views`] binds.
    pub(crate) fn is_view(&self, expression: &TokenStream) -> bool {
        let name = expression.to_string();
        self.viewed.iter().any(|viewed| *viewed == name)
    }

    /// Makes a closure capture all of `self`, and not only the fields that the body uses.
    fn receiver(&mut self, function: &Function) {
        if let (Receiver::Value, Some(receiver)) = (function.receiver(), function.sig.receiver()) {
            let span = generated_at(receiver.self_token.span);
            let this = &receiver.self_token;
            self.rebinds.extend(quote_spanned!(span=> let _ = &#this;));
        }
    }

    /// Keeps the compiler from calling an argument unused that only the attribute reads.
    fn mark_used(&mut self, argument: &PatType, mentioned: &TokenStream) {
        if mentioned.is_empty() {
            return;
        }
        let span = generated_at(argument.pat.span());
        let Halves { cfgs, .. } = Halves::of(&argument.attrs);
        for name in mentioned_names(argument, mentioned) {
            self.rebinds.extend(quote_spanned!(span=> #(#cfgs)* let _ = &#name;));
        }
    }

    fn argument(&mut self, index: usize, argument: &PatType, mentioned: &TokenStream) {
        let span = generated_at(argument.pat.span());
        let PatType { attrs, pat, colon_token, ty } = argument;
        let Halves { input, pattern, cfgs } = Halves::of(attrs);
        if let Some(name) = simple_name(pat) {
            self.inputs.extend(quote!(#(#input)* #name #colon_token #ty));
            self.rebinds.extend(quote_spanned!(span=> #(#pattern)* let #pat = #name;));
            return;
        }
        let name = own_name(&format!("arg{index}"), span);
        let mutable = binds_mutably(pat.to_token_stream()).then(|| quote_spanned!(span=> mut));
        self.inputs.extend(quote!(#(#input)* #name #colon_token #ty));
        self.rebinds.extend(quote_spanned!(span=> #(#cfgs)* let #mutable #name = #name;));
        if !matches!(**pat, Pat::Wild(_)) {
            self.rebinds.extend(quote_spanned!(span=> #(#pattern)* let #pat = #name;));
            let behind_reference = matches!(**pat, Pat::Reference(_));
            let viewed = view(pat.to_token_stream(), behind_reference, mentioned);
            let value =
                if behind_reference { quote_spanned!(span=> #name) } else { quote_spanned!(span=> &#name) };
            self.views.extend(quote_spanned!(span=> #(#cfgs)* let #viewed = #value;));
            if !behind_reference {
                self.viewed.extend(bindings(pat.to_token_stream()));
            }
            for used in mentioned_names(argument, mentioned) {
                self.views.extend(quote_spanned!(span=> #(#cfgs)* let _ = &#used;));
            }
        }
    }
}

/// Returns the names of an argument that expressions of the attribute mention.
fn mentioned_names(argument: &PatType, mentioned: &TokenStream) -> Vec<Ident> {
    let mut names = bindings(argument.pat.to_token_stream());
    names.retain(|name| {
        let text = name.to_string();
        // The pattern of a unit struct binds nothing. Such a struct is its own type.
        let is_struct = may_be_constant(&text) && contains_word(argument.ty.to_token_stream(), &text);
        contains_word(mentioned.clone(), &text) && !is_struct
    });
    names
}

/// Returns whether a pattern binds with `ref mut`.
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

/// Returns a pattern that binds the same names by reference: without `mut`, `ref` and `&`. A pattern that is itself a
/// reference (`behind_reference`) keeps `ref` and `&`, since it can only copy or borrow.
///
/// Names that no expression of the attribute uses get the span of generated code, so that the compiler does not call them
/// unused. The others keep their own: a name that a `macro_rules!` macro passed on is found through it.
fn view(pattern: TokenStream, behind_reference: bool, mentioned: &TokenStream) -> TokenStream {
    let mut output = TokenStream::new();
    let mut after_and = false;
    for token in pattern {
        let and = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '&');
        match token {
            TokenTree::Ident(word) if word == "mut" && !(behind_reference && after_and) => {}
            TokenTree::Ident(word) if word == "ref" && !behind_reference => {}
            TokenTree::Punct(_) if and && !behind_reference => {}
            TokenTree::Ident(mut word) => {
                let text = word.to_string();
                if !text.starts_with('$') && !contains_word(mentioned.clone(), &text) {
                    word.set_span(Span::call_site().located_at(word.span()));
                }
                output.extend([TokenTree::Ident(word)]);
            }
            TokenTree::Group(group) => {
                let contents = view(group.stream(), behind_reference, mentioned);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn function(text: &str) -> Function {
        syn::parse_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn a_view_borrows_what_the_pattern_binds() {
        for (pattern, behind_reference, expected) in [
            ("(mut a, ref b)", false, "(a, b)"),
            ("Some(ref mut a)", false, "Some(a)"),
            ("Point { x: &a, .. }", false, "Point { x: a, .. }"),
            ("&(ref a, b)", true, "&(ref a, b)"),
            ("&(mut a, b)", true, "&(a, b)"),
            ("&mut a", true, "&mut a"),
        ] {
            let viewed = view(pattern.parse().unwrap(), behind_reference, &TokenStream::new());
            assert_eq!(viewed.to_string(), expected.parse::<TokenStream>().unwrap().to_string(), "{pattern}");
        }
    }

    #[test]
    fn patterns_that_bind_mutably() {
        for (pattern, expected) in [
            ("ref mut a", true),
            ("(a, ref mut b)", true),
            ("mut a", false),
            ("ref a", false),
            ("(ref a, mut b)", false),
            ("_", false),
        ] {
            assert_eq!(binds_mutably(pattern.parse().unwrap()), expected, "{pattern}");
        }
    }

    #[test]
    fn arguments_stay_in_place_if_nothing_binds_them_again() {
        for (text, rebinds) in [
            ("fn f(a: u8) { a }", Some("let _ = &a;")),
            ("fn f(a: A, b: B) { b(a) }", Some("let _ = &b; let _ = &a;")),
            ("fn f(self, a: A) { a }", Some("let _ = &a; let _ = &self;")),
            ("fn f(&self, a: A) { a }", Some("let _ = &a;")),
            ("fn f(mut a: A) { a }", None),
            ("fn f((a, b): A) { a }", None),
            ("fn f(_: A) { a }", None),
            ("fn f(a: A) { b }", None),
            ("fn f(#[cfg(x)] a: A) { a }", None),
        ] {
            let rebinds = rebinds.map(|text| text.parse::<TokenStream>().unwrap().to_string());
            let params = Params::in_place(&function(text));
            assert_eq!(params.map(|params| params.rebinds.to_string()), rebinds, "{text}");
        }
    }

    #[test]
    fn names_of_patterns_are_views_and_uses() {
        let function =
            function("fn f(a: A, (b, _): B, &c: &C, Unit: Unit, (id, MAX): id::Pair, (unused): U) {}");
        let mentioned: TokenStream = "a + b + c + Unit + id + MAX".parse().unwrap();
        let params = Params::moved(&function, &mentioned);
        let is_view = |text: &str| params.is_view(&text.parse().unwrap());
        assert!(is_view("b") && is_view("id") && is_view("MAX"));
        assert!(!is_view("a") && !is_view("c") && !is_view("b.c") && !is_view("d"));
        let rebinds = params.rebinds.to_string();
        for name in ["a", "b", "c", "id", "MAX"] {
            assert!(rebinds.contains(&format!("let _ = & {name} ;")), "{name}: {rebinds}");
        }
        // A unit struct binds nothing, and what the attribute does not use may be unused.
        assert!(!rebinds.contains("& Unit") && !rebinds.contains("& unused"), "{rebinds}");
        assert!(params.views.to_string().contains("let (b , _) = & __sentry_arg1 ; let _ = & b ;"));
        assert!(params.views.to_string().contains("let & c = __sentry_arg2 ;"));
    }
}
