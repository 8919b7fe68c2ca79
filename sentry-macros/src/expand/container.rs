//! An attribute on an impl block, a trait or a module: every function in it that can be instrumented is.
//!
//! The arguments on the block are defaults. The arguments that a function, or a nested block, has in an attribute of its
//! own replace them, and `#[span(skip)]` leaves it out:
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
//! Functions are expanded at once, with the code that their own attributes would give: there is no second round of
//! expansion.

use std::marker::PhantomData;
use std::rc::Rc;

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::Parser;

use crate::check;
use crate::errors::Errors;
use crate::expand::attribute::{self, Instrument};
use crate::expand::fallback::{compile_error, expand_or_item};
use crate::expand::function;
use crate::parse::args::Arguments;
use crate::parse::enclosing::Enclosing;
use crate::parse::function::Function;
use crate::parse::known_attributes::{is_inert, is_ours};
use crate::parse::split_items::{self, Item, Kind};
use crate::parse::target::Target;

/// An attribute that also goes on blocks and modules, with the flag `skip` to leave a function out.
pub(crate) trait BlockAttribute: Instrument {
    /// The defaults that an argument of a function replaces besides the one of its own name.
    const REPLACES: &'static [(&'static str, &'static [&'static str])];

    /// Reads the list of arguments.
    fn list(args: TokenStream) -> Arguments;

    /// Reads and checks the arguments on a block, which are defaults for the functions in it.
    fn defaults(args: TokenStream) -> (Arguments, Errors);

    /// Takes the arguments for `function` out of `list`, in which the defaults are filled in.
    fn take(list: Arguments, function: &Function) -> (Self, Errors);
}

/// Expands an attribute that instruments a function, or all functions of a block.
pub(crate) fn instrument<A: BlockAttribute>(args: TokenStream, item: TokenStream) -> TokenStream {
    expand_or_item(item, |item| {
        let function = match Target::read(item.clone())? {
            Target::Container(_, keyword) => return block::<A>(args, item, keyword),
            other => other.function(A::NAME)?,
        };
        let mut list = A::list(args.clone());
        if list.flag("skip") {
            return list.errors.finish_with(item);
        }
        let attribute = attribute::check(A::take(list, &function), &function)?;
        Ok(function::expand(&args, item, &function, &attribute.instrumentation(&function)))
    })
}

/// Instruments the functions in `item`, which starts with `keyword`.
fn block<A: BlockAttribute>(args: TokenStream, item: TokenStream, keyword: Span) -> syn::Result<TokenStream> {
    let (defaults, mut errors) = A::defaults(args.clone());
    if !matches!(item.clone().into_iter().last(), Some(TokenTree::Group(_))) {
        let message = format!("this item has no body here; put `#[{}]` on the items that have one", A::NAME);
        errors.add(keyword, message);
    }
    let mut defaults = errors.finish_with(defaults)?;
    if defaults.flag("skip") {
        return Ok(item);
    }
    let mut walk = Walk::<A> {
        errors: Errors::default(),
        args,
        is_read: false,
        enclosing: None,
        attribute: PhantomData,
    };
    let (attrs, rest) = split_attributes(item.into_iter().collect());
    let instrumented = walk.container(&attrs, rest, &defaults);
    let errors = walk.errors.finish_with(()).err().map(compile_error);
    Ok(errors.into_iter().chain([instrumented]).collect())
}

/// The walk through the items of a block.
struct Walk<A> {
    errors: Errors,
    /// The arguments of the blocks around the current item, as they are written.
    args: TokenStream,
    /// Whether a block around the current item carries an attribute macro that is still to run.
    is_read: bool,
    /// The block around the current item.
    enclosing: Option<Rc<Enclosing>>,
    attribute: PhantomData<A>,
}

impl<A: BlockAttribute> Walk<A> {
    /// Instruments the items between the last braces. The tokens in front of them stay.
    fn container(
        &mut self,
        attrs: &[syn::Attribute],
        mut rest: Vec<TokenTree>,
        defaults: &Arguments,
    ) -> TokenStream {
        if let Some((TokenTree::Group(body), head)) = rest.split_last_mut()
            && body.delimiter() == Delimiter::Brace
        {
            let outer_is_read = self.is_read;
            self.is_read |= attrs.iter().any(|attr| !is_inert(attr));
            let outer = self.enclosing.replace(Rc::new(Enclosing::new(head, body.stream())));
            let contents = split_items::split(body.stream());
            let contents = contents.into_iter().map(|item| self.item(item, defaults)).collect();
            self.is_read = outer_is_read;
            self.enclosing = outer;
            let span = body.span();
            *body = Group::new(Delimiter::Brace, contents);
            body.set_span(span);
        }
        joined(attrs, rest)
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
        let own = take_own::<A>(&mut attrs);
        let plain = joined(&attrs, rest);
        let mut function = match syn::parse2::<Function>(plain.clone()) {
            Ok(function) => function,
            Err(error) => {
                if !own.is_some_and(|own| self.is_skipped(&own)) {
                    let name = A::NAME;
                    let message = format!(
                        "`#[{name}]` cannot parse this function; `#[{name}(skip)]` leaves it out: {error}"
                    );
                    self.errors.add(error.span(), message);
                }
                return plain;
            }
        };
        function.block_is_read = self.is_read;
        function.enclosing = self.enclosing.clone();
        if function.is_left_alone() {
            return if own.is_some_and(|own| self.is_skipped(&own)) { plain } else { as_written() };
        }
        let args = self.args_with(own.as_ref());
        let Some(list) = self.merged(own, defaults) else {
            return plain;
        };
        let (attribute, errors) = A::take(list, &function);
        match errors.finish_with(attribute) {
            Ok(attribute) => function::expand(&args, plain, &function, &attribute.instrumentation(&function)),
            Err(error) => {
                self.errors.push(error);
                plain
            }
        }
    }

    /// Emits a function that cannot be instrumented. `#[span(skip)]` is allowed on it, and is removed here: if the
    /// attribute is not imported, no one else knows it. Any other use of the attribute on it is an error.
    fn plain_function(&mut self, tokens: Vec<TokenTree>) -> TokenStream {
        let (mut attrs, rest) = split_attributes(tokens);
        let own = take_own::<A>(&mut attrs);
        let plain = joined(&attrs, rest);
        if own.is_some_and(|own| !self.is_skipped(&own)) {
            match syn::parse2::<Function>(plain.clone()) {
                Ok(function) => check::function::can_be_wrapped(A::NAME, &function, &mut self.errors),
                Err(error) => self.errors.push(error),
            }
        }
        plain
    }

    /// Returns whether an item's own attribute leaves it out.
    fn is_skipped(&mut self, own: &syn::Attribute) -> bool {
        let mut list = A::list(arguments_of(own));
        let skips = list.flag("skip");
        if skips {
            let checked = list.errors.finish_with(());
            self.errors.handle(checked);
        }
        skips
    }

    fn nested(&mut self, tokens: Vec<TokenTree>, defaults: &Arguments) -> TokenStream {
        let (mut attrs, rest) = split_attributes(tokens);
        let own = take_own::<A>(&mut attrs);
        let checked = own.map(|own| {
            let (_, errors) = A::defaults(arguments_of(&own));
            errors.finish_with(own)
        });
        let own = match checked.transpose() {
            Ok(own) => own,
            Err(error) => {
                self.errors.push(error);
                return joined(&attrs, rest);
            }
        };
        let args = self.args_with(own.as_ref());
        let Some(defaults) = self.merged(own, defaults) else {
            return joined(&attrs, rest);
        };
        let outer_args = std::mem::replace(&mut self.args, args);
        let instrumented = self.container(&attrs, rest, &defaults);
        self.args = outer_args;
        instrumented
    }

    /// Returns the arguments that are written around an item and on it.
    fn args_with(&self, own: Option<&syn::Attribute>) -> TokenStream {
        let own = own.map(arguments_of).unwrap_or_default();
        let outer = &self.args;
        quote!(#outer, #own)
    }

    /// Returns the arguments of an item: its own, and the defaults that they leave; `None` if the item is skipped.
    fn merged(&mut self, own: Option<syn::Attribute>, defaults: &Arguments) -> Option<Arguments> {
        let Some(own) = own else {
            return Some(defaults.clone());
        };
        if self.is_skipped(&own) {
            return None;
        }
        let mut list = A::list(arguments_of(&own));
        list.default_to(defaults, A::REPLACES);
        Some(list)
    }
}

/// Takes the item's own attribute out.
fn take_own<A: BlockAttribute>(attrs: &mut Vec<syn::Attribute>) -> Option<syn::Attribute> {
    let index = attrs.iter().position(|attr| is_ours(attr, A::NAME))?;
    Some(attrs.remove(index))
}

/// Returns the tokens between the parentheses of an attribute.
fn arguments_of(attr: &syn::Attribute) -> TokenStream {
    match &attr.meta {
        syn::Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    }
}

/// Splits the outer attributes of an item from what follows.
fn split_attributes(tokens: Vec<TokenTree>) -> (Vec<syn::Attribute>, Vec<TokenTree>) {
    let stream: TokenStream = tokens.iter().cloned().collect();
    let parser = |input: syn::parse::ParseStream<'_>| {
        Ok((input.call(syn::Attribute::parse_outer)?, input.parse::<TokenStream>()?))
    };
    match parser.parse2(stream) {
        Ok((attrs, rest)) => (attrs, rest.into_iter().collect()),
        Err(_) => (Vec::new(), tokens),
    }
}

/// Joins the attributes of an item with what follows them.
fn joined(attrs: &[syn::Attribute], rest: Vec<TokenTree>) -> TokenStream {
    let mut tokens: TokenStream = attrs.iter().map(ToTokens::to_token_stream).collect();
    tokens.extend(rest);
    tokens
}
