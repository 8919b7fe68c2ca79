//! `#[span]` on an impl block, a trait or a module: every function in it that can be instrumented is.
//!
//! The arguments there are defaults. A function, or a nested block, that carries a `#[span(…)]` of its own has its
//! own arguments in front of them, and `#[span(skip)]` leaves it out:
//!
//! ```text
//! #[span(op = "db")]            impl Store {
//! impl Store {                      <span(op = "db")>        fn load(&self) {…}
//!     fn load(&self) {…}            <span("x", op = "db")>   fn save(&self) {…}
//!     #[span("x")]            =>                             fn len(&self) {…}
//!     fn save(&self) {…}        }
//!     #[span(skip)]
//!     fn len(&self) {…}
//! }
//! ```
//!
//! A function is wrapped here and now, as its own attribute would do it: no second round of expansion.

use std::rc::Rc;

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::Attribute;
use syn::parse::Parser;

use crate::attributes::span::{REPLACES, SpanArgs};
use crate::check;
use crate::errors::Errors;
use crate::expand::fallback::compile_error;
use crate::expand::function;
use crate::parse::args::Arguments;
use crate::parse::enclosing::Around;
use crate::parse::function::Function;
use crate::parse::known_attributes::{is_inert, is_ours};
use crate::parse::split_items::{self, Item, Kind};

/// Instruments what is in `item`, which starts with `keyword`.
pub(crate) fn expand(args: TokenStream, item: TokenStream, keyword: Span) -> syn::Result<TokenStream> {
    let (defaults, mut errors) = SpanArgs::defaults(args.clone());
    if !matches!(item.clone().into_iter().last(), Some(TokenTree::Group(_))) {
        errors.add(keyword, "the body of this item is elsewhere; put `#[span]` on the items that have one");
    }
    let mut defaults = errors.finish_with(defaults)?;
    if defaults.flag("skip") {
        return Ok(item);
    }
    let mut walk = Walk { errors: Errors::default(), args, is_read: false, around: None };
    let (attrs, rest) = split_attributes(item.into_iter().collect());
    let instrumented = walk.container(&attrs, rest, &defaults);
    let errors = walk.errors.finish_with(()).err().map(compile_error);
    Ok(errors.into_iter().chain([instrumented]).collect())
}

struct Walk {
    errors: Errors,
    /// The arguments of the blocks around the current item, as they are written.
    args: TokenStream,
    /// Whether a block around the current item carries a macro that is still to run.
    is_read: bool,
    /// The block around the current item.
    around: Option<Rc<Around>>,
}

impl Walk {
    /// The tokens in front of the last brace stay, those in it are instrumented.
    fn container(
        &mut self,
        attrs: &[Attribute],
        mut rest: Vec<TokenTree>,
        defaults: &Arguments,
    ) -> TokenStream {
        if let Some((TokenTree::Group(body), head)) = rest.split_last_mut()
            && body.delimiter() == Delimiter::Brace
        {
            let outside = self.is_read;
            self.is_read |= attrs.iter().any(|attr| !is_inert(attr));
            let around = self.around.replace(Rc::new(Around::new(head, body.stream())));
            let contents = split_items::split(body.stream());
            let contents = contents.into_iter().map(|item| self.item(item, defaults)).collect();
            self.is_read = outside;
            self.around = around;
            let span = body.span();
            *body = Group::new(Delimiter::Brace, contents);
            body.set_span(span);
        }
        written(attrs, rest)
    }

    fn item(&mut self, item: Item, defaults: &Arguments) -> TokenStream {
        match item.kind {
            Kind::Function => self.function(item.tokens, defaults),
            Kind::Container => self.nested(item.tokens, defaults),
            Kind::PlainFunction => self.plain_function(item.tokens),
            Kind::Other => item.tokens.into_iter().collect(),
        }
    }

    fn function(&mut self, tokens: Vec<TokenTree>, defaults: &Arguments) -> TokenStream {
        let as_written = || tokens.iter().cloned().collect();
        let (mut attrs, rest) = split_attributes(tokens.clone());
        let own = take_own(&mut attrs);
        let plain = written(&attrs, rest);
        let mut function = match syn::parse2::<Function>(plain.clone()) {
            Ok(function) => function,
            Err(error) => {
                if !own.is_some_and(|own| self.is_skipped(&own)) {
                    let advice = "`#[span]` cannot read this function, which `#[span(skip)]` leaves out";
                    self.errors.add(error.span(), format!("{advice}: {error}"));
                }
                return plain;
            }
        };
        function.block_is_read = self.is_read;
        function.around = self.around.clone();
        if function.is_left_alone() {
            return if own.is_some_and(|own| self.is_skipped(&own)) { plain } else { as_written() };
        }
        let args = self.args_with(own.as_ref());
        let Some(list) = self.merged(own, defaults) else {
            return plain;
        };
        let (model, errors) = SpanArgs::of(list, Some(&function));
        match errors.finish_with(model) {
            Ok(model) => function::expand(&args, plain, &function, &model.instrumentation(&function)),
            Err(error) => {
                self.errors.push(error);
                plain
            }
        }
    }

    /// A function that cannot be instrumented. That it is not to be, `#[span(skip)]`, it may say all the same; and
    /// nobody but this block knows the attribute where it is not imported.
    fn plain_function(&mut self, tokens: Vec<TokenTree>) -> TokenStream {
        let (mut attrs, rest) = split_attributes(tokens);
        let own = take_own(&mut attrs);
        let plain = written(&attrs, rest);
        if own.is_some_and(|own| !self.is_skipped(&own)) {
            match syn::parse2::<Function>(plain.clone()) {
                Ok(function) => check::function::can_be_wrapped("span", &function, &mut self.errors),
                Err(error) => self.errors.push(error),
            }
        }
        plain
    }

    /// Whether an item's own attribute leaves it out.
    fn is_skipped(&mut self, own: &Attribute) -> bool {
        let mut list = SpanArgs::list(arguments_of(own));
        let skips = list.flag("skip");
        if skips {
            let checked = list.errors.finish_with(());
            self.errors.handle(checked);
        }
        skips
    }

    fn nested(&mut self, tokens: Vec<TokenTree>, defaults: &Arguments) -> TokenStream {
        let (mut attrs, rest) = split_attributes(tokens);
        let own = take_own(&mut attrs);
        let checked = own.map(|own| {
            let tokens = arguments_of(&own);
            let (_, errors) = SpanArgs::defaults(tokens);
            errors.finish_with(own)
        });
        let own = match checked.transpose() {
            Ok(own) => own,
            Err(error) => {
                self.errors.push(error);
                return written(&attrs, rest);
            }
        };
        let args = self.args_with(own.as_ref());
        let Some(defaults) = self.merged(own, defaults) else {
            return written(&attrs, rest);
        };
        let outside = std::mem::replace(&mut self.args, args);
        let instrumented = self.container(&attrs, rest, &defaults);
        self.args = outside;
        instrumented
    }

    /// The arguments that are written around an item and on it.
    fn args_with(&self, own: Option<&Attribute>) -> TokenStream {
        let own = own.map(arguments_of).unwrap_or_default();
        let around = &self.args;
        quote!(#around, #own)
    }

    /// The arguments of an item, its own before the defaults; `None` if it is to be left out.
    fn merged(&mut self, own: Option<Attribute>, defaults: &Arguments) -> Option<Arguments> {
        let Some(own) = own else {
            return Some(defaults.clone());
        };
        if self.is_skipped(&own) {
            return None;
        }
        let mut list = SpanArgs::list(arguments_of(&own));
        list.default_to(defaults, REPLACES);
        Some(list)
    }
}

/// Takes the item's own `#[span]` out.
fn take_own(attrs: &mut Vec<Attribute>) -> Option<Attribute> {
    let index = attrs.iter().position(|attr| is_ours(attr, "span"))?;
    Some(attrs.remove(index))
}

/// What stands between the parentheses of an attribute.
fn arguments_of(attr: &Attribute) -> TokenStream {
    match &attr.meta {
        syn::Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    }
}

/// An item in its tokens again.
fn written(attrs: &[Attribute], rest: Vec<TokenTree>) -> TokenStream {
    let mut tokens: TokenStream = attrs.iter().map(ToTokens::to_token_stream).collect();
    tokens.extend(rest);
    tokens
}

/// The outer attributes of an item, and what follows.
fn split_attributes(tokens: Vec<TokenTree>) -> (Vec<Attribute>, Vec<TokenTree>) {
    let stream: TokenStream = tokens.iter().cloned().collect();
    let parser = |input: syn::parse::ParseStream<'_>| {
        Ok((input.call(Attribute::parse_outer)?, input.parse::<TokenStream>()?))
    };
    match parser.parse2(stream) {
        Ok((attrs, rest)) => (attrs, rest.into_iter().collect()),
        Err(_) => (Vec::new(), tokens),
    }
}
