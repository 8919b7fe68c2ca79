//! The annotated function in its parts.
//!
//! The signature is parsed; the body stays the group of tokens that the user wrote. Inner attributes of the body become
//! outer ones, because the body moves one block deeper.

use std::rc::Rc;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, FnArg, ReceiverKind, Signature, Token, Type, Visibility, token};

use crate::hygiene::generated_at;
use crate::parse::enclosing::Enclosing;
use crate::parse::futures::{output_of_boxed, output_of_impl};
use crate::parse::known_attributes::is_built_in;
use crate::parse::legacy_syntax::signature;
use crate::parse::pattern::bindings;
use crate::parse::returns::Returns;
use crate::tokens::{contains_word, is_punct};

/// A function in its parts.
pub(crate) struct Function {
    /// The attributes that are left on the function, inner ones included.
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    /// `default`, in an impl that can be specialised.
    pub(crate) modifiers: TokenStream,
    pub(crate) sig: Signature,
    /// The body between braces, without inner attributes.
    pub(crate) body: Group,
    /// Whether the body begins with a semicolon.
    pub(crate) begins_empty: bool,
    /// The span of generated braces. It is generated itself if a `macro_rules!` macro passed the body on.
    pub(crate) end: Span,
    /// Whether a block around the function carries an attribute macro that is still to run, such as `async_trait`.
    pub(crate) block_is_read: bool,
    /// The block around the function, if the attribute is on that block.
    pub(crate) enclosing: Option<Rc<Enclosing>>,
}

/// The form in which a function takes `self`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Receiver {
    None,
    /// `&self`, `&mut self`: a closure captures the reference itself.
    Reference,
    /// `self`, `self: Box<Self>`: a closure must be made to capture it as a whole.
    Value,
}

/// The form in which a function returns its result, which decides how it is wrapped.
pub(crate) enum Shape {
    /// A function that runs when it is called.
    Sync,
    /// `async fn`.
    Async,
    /// A function that returns `impl Future`; the type of the output if it is written.
    ImplFuture(Option<Type>),
    /// A function that returns `Pin<Box<dyn Future>>`, as `async_trait` generates; the type of the output if it is written.
    BoxedFuture(Option<Type>),
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let modifiers = if input.peek(Token![default]) && !input.peek2(Token![!]) {
            input.parse::<Token![default]>()?.into_token_stream()
        } else {
            TokenStream::new()
        };
        let sig = input.call(signature)?;
        if input.peek(Token![;]) {
            return Err(syn::Error::new(
                sig.ident.span(),
                format!(
                    "`{}` has no body to instrument; annotate the functions that implement it",
                    sig.ident
                ),
            ));
        }
        let direct = matches!(input.cursor().token_tree(), Some((TokenTree::Group(group), _)) if group.delimiter() == Delimiter::Brace);
        let body = body(input)?;
        let end = if direct { body.span() } else { generated_at(body.span()) };
        let (inner, body, begins_empty) = without_inner_attributes(body)?;
        attrs.extend(inner);
        input.parse::<TokenStream>()?;
        Ok(Self {
            attrs,
            vis,
            modifiers,
            sig,
            body,
            begins_empty,
            end,
            block_is_read: false,
            enclosing: None,
        })
    }
}

/// Reads the body. A body that a `macro_rules!` macro passed on as `$body:block` is unwrapped.
fn body(input: ParseStream<'_>) -> syn::Result<Group> {
    if !input.peek(token::Brace) {
        return Err(input.error("expected the body of the function"));
    }
    let mut token: TokenTree = input.parse()?;
    loop {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return Ok(group),
            TokenTree::Group(group) => {
                let Some(inner) = group.stream().into_iter().next() else {
                    return Err(syn::Error::new(group.span(), "expected the body of the function"));
                };
                token = inner;
            }
            other => return Err(syn::Error::new(other.span(), "expected the body of the function")),
        }
    }
}

/// Splits `#![…]` and `//!` off the start of a body. Returns also whether the rest begins with a semicolon.
fn without_inner_attributes(body: Group) -> syn::Result<(Vec<Attribute>, Group, bool)> {
    let is = |token: Option<TokenTree>, mark| token.is_some_and(|token| is_punct(&token, mark));
    let mut head = body.stream().into_iter();
    let first = head.next();
    let begins_empty = is(first.clone(), ';');
    if !is(first, '#') || !is(head.next(), '!') {
        return Ok((Vec::new(), body, begins_empty));
    }
    let (mut attrs, rest) =
        (|input: ParseStream<'_>| Ok((input.call(Attribute::parse_inner)?, input.parse::<TokenStream>()?)))
            .parse2(body.stream())?;
    for attr in &mut attrs {
        attr.style = syn::AttrStyle::Outer;
    }
    let begins_empty = is(rest.clone().into_iter().next(), ';');
    let mut stripped = Group::new(Delimiter::Brace, rest);
    stripped.set_span(body.span());
    Ok((attrs, stripped, begins_empty))
}

impl Function {
    /// Returns how the function takes `self`.
    pub(crate) fn receiver(&self) -> Receiver {
        match self.sig.receiver() {
            None => Receiver::None,
            Some(receiver) => match &receiver.kind {
                ReceiverKind::Reference(..) => Receiver::Reference,
                ReceiverKind::Typed(_, ty) if matches!(**ty, Type::Reference(_)) => Receiver::Reference,
                _ => Receiver::Value,
            },
        }
    }

    /// Returns whether the function takes `mut self`.
    pub(crate) fn is_mut_self(&self) -> bool {
        self.sig.receiver().is_some_and(|receiver| receiver.mutability.is_some())
    }

    /// Returns the return type.
    pub(crate) fn returns(&self) -> Returns<'_> {
        Returns::of(&self.sig.output)
    }

    /// Returns how the function gives its result.
    pub(crate) fn shape(&self) -> Shape {
        if self.sig.asyncness.is_some() {
            return Shape::Async;
        }
        let Returns::Type(ty) = self.returns() else {
            return Shape::Sync;
        };
        if let Some(output) = output_of_impl(ty) {
            return Shape::ImplFuture(output);
        }
        match output_of_boxed(ty) {
            Some(output) => Shape::BoxedFuture(output),
            None => Shape::Sync,
        }
    }

    /// Returns whether an attribute macro that is still to run may depend on `async fn`.
    pub(crate) fn must_stay_async(&self) -> bool {
        self.block_is_read || self.attrs.iter().any(|attr| !is_built_in(attr))
    }

    /// Returns whether the function carries the attribute `name`.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.attrs.iter().any(|attr| attr.path().is_ident(name))
    }

    /// Returns whether an attribute on the block leaves this function as it is, because it cannot be wrapped.
    pub(crate) fn is_left_alone(&self) -> bool {
        self.sig.constness.is_some() || self.sig.variadic.is_some() || self.naked().is_some()
    }

    /// Returns the attribute `#[naked]`, in either of its forms: the body is assembly.
    pub(crate) fn naked(&self) -> Option<&Attribute> {
        self.attrs.iter().find(|attr| {
            attr.path().is_ident("naked")
                || (attr.path().is_ident("unsafe") && contains_word(attr.meta.to_token_stream(), "naked"))
        })
    }

    /// Returns the names that the function's arguments bind, also inside of patterns.
    pub(crate) fn bindings(&self) -> Vec<Ident> {
        let mut names = Vec::new();
        for input in &self.sig.inputs {
            if let FnArg::Typed(argument) = input {
                names.extend(bindings(argument.pat.to_token_stream()));
            }
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(text: &str) -> Function {
        syn::parse_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn receivers_are_references_or_values() {
        for (receiver, expected) in [
            ("", Receiver::None),
            ("a: Self", Receiver::None),
            ("&self", Receiver::Reference),
            ("&'a mut self", Receiver::Reference),
            ("self: &Self", Receiver::Reference),
            ("self", Receiver::Value),
            ("mut self", Receiver::Value),
            ("self: Box<Self>", Receiver::Value),
            ("self: Pin<&mut Self>", Receiver::Value),
        ] {
            let function = function(&format!("fn f({receiver}) {{}}"));
            assert!(function.receiver() == expected, "{receiver}");
            assert_eq!(function.is_mut_self(), receiver == "mut self", "{receiver}");
        }
    }

    #[test]
    fn naked_functions_are_recognised() {
        for (text, expected) in [
            ("#[naked] fn f() {}", true),
            ("#[unsafe(naked)] fn f() {}", true),
            ("#[unsafe(no_mangle)] fn f() {}", false),
            ("#[doc(naked)] fn f() {}", false),
            ("fn f() {}", false),
        ] {
            assert_eq!(function(text).naked().is_some(), expected, "{text}");
        }
    }

    #[test]
    fn a_body_may_be_passed_on_in_groups() {
        let mut body: TokenStream = "{ a }".parse().unwrap();
        for _ in 0..2 {
            body = TokenTree::from(Group::new(Delimiter::None, body)).into();
        }
        let read = |body: &TokenStream| syn::parse2::<Function>(quote::quote!(fn f() #body));
        assert_eq!(read(&body).unwrap().body.to_string(), "{ a }");
        let empty = TokenTree::from(Group::new(Delimiter::None, TokenStream::new())).into();
        assert!(read(&empty).is_err());
    }
}
