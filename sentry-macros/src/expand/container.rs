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
//! A function is expanded at once, with the code that its own attribute would give, unless it has attributes that may be
//! anything: see `parse/in_block.rs`.

use std::marker::PhantomData;
use std::rc::Rc;

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::quote;
use syn::Attribute;

use crate::check;
use crate::errors::{Errors, Warning};
use crate::expand::attribute::{self, Instrument};
use crate::expand::fallback::{compile_error, expand_or_item};
use crate::expand::function;
use crate::expand::warnings;
use crate::hygiene::generated_at;
use crate::parse::args::Arguments;
use crate::parse::attributes::{arguments_of, joined, split_attributes};
use crate::parse::enclosing::Enclosing;
use crate::parse::function::Function;
use crate::parse::in_block::InBlock;
use crate::parse::known_attributes::is_built_in;
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
    let (around, item) = InBlock::take(item);
    expand_or_item(item, |item| {
        if is_skipped::<A>(args.clone())? {
            return match Target::read(item.clone()) {
                Ok(Target::Other(kind, place)) => Target::Other(kind, place).function(A::NAME).map(|_| item),
                _ => Ok(item),
            };
        }
        match Target::read(item.clone())? {
            Target::Container(_, keyword) => block::<A>(args, around, item, keyword, true),
            other => one::<A>(args, around, item, other.function(A::NAME)?),
        }
    })
}

/// Expands the attribute that an attribute on a block left on an item. If another attribute has made something of the
/// item that cannot be instrumented, it stays as it is.
pub(crate) fn in_block<A: BlockAttribute>(args: TokenStream, item: TokenStream) -> TokenStream {
    let Some(around) = InBlock::parse(args).filter(|around| !around.is_taken) else {
        return item;
    };
    let args = around.own.clone();
    expand_or_item(item, |item| match Target::read(item.clone()) {
        Ok(Target::Container(_, keyword)) => block::<A>(args, Some(around), item, keyword, false),
        Ok(Target::Function(function)) if !function.is_left_alone() => {
            one::<A>(args, Some(around), item, *function)
        }
        _ => Ok(item),
    })
}

/// Instruments a function.
fn one<A: BlockAttribute>(
    args: TokenStream,
    around: Option<InBlock>,
    item: TokenStream,
    mut function: Function,
) -> syn::Result<TokenStream> {
    let mut list = A::list(args.clone());
    let mut all = args;
    if let Some(around) = around {
        inherit::<A>(&mut list, &around.lists);
        all = around.all_args(&all);
        function.enclosing = around.enclosing;
    }
    let attribute = attribute::check(A::take(list, &function), &function)?;
    Ok(function::expand(&all, item, &function, &attribute.instrumentation(&function)))
}

/// Instruments the functions in `item`, which starts with `keyword`. If it `may_wait`, other attributes come first.
fn block<A: BlockAttribute>(
    args: TokenStream,
    around: Option<InBlock>,
    item: TokenStream,
    keyword: Span,
    may_wait: bool,
) -> syn::Result<TokenStream> {
    let (defaults, mut errors) = A::defaults(args.clone());
    if !matches!(item.clone().into_iter().last(), Some(TokenTree::Group(_))) {
        let message = format!("this item has no body here; put `#[{}]` on the items that have one", A::NAME);
        errors.add(keyword, message);
    }
    let warnings = errors.take_warnings();
    let mut defaults = errors.finish_with(defaults)?;
    let (mut lists, enclosing) = around.map(|around| (around.lists, around.enclosing)).unwrap_or_default();
    inherit::<A>(&mut defaults, &lists);
    let (attrs, rest) = split_attributes(item.into_iter().collect());
    lists.push(args);
    let mut walk = Walk::<A> {
        errors: Errors::default(),
        lists,
        warnings,
        is_read: false,
        is_imported: enclosing.as_ref().is_some_and(|around| around.imports(A::NAME)),
        enclosing,
        attribute: PhantomData,
    };
    if may_wait && !attrs.iter().all(is_built_in) && holds_functions(&rest) {
        let warnings = warnings::item(&walk.warnings, &attrs, keyword);
        let left = walk.left_to_others(attrs, rest, TokenStream::new(), &defaults);
        return Ok([warnings, left].into_iter().collect());
    }
    let instrumented = walk.container(&attrs, rest, &defaults);
    let errors = walk.errors.finish_with(()).err().map(compile_error);
    let warnings = warnings::item(&walk.warnings, &attrs, keyword);
    Ok(errors.into_iter().chain([warnings, instrumented]).collect())
}

/// Adds the arguments on the blocks around an item to those of the item.
fn inherit<A: BlockAttribute>(list: &mut Arguments, lists: &[TokenStream]) {
    for around in lists.iter().rev() {
        list.default_to(&A::list(around.clone()), A::REPLACES);
    }
}

/// Returns whether the arguments of an attribute leave its item out.
fn is_skipped<A: BlockAttribute>(args: TokenStream) -> syn::Result<bool> {
    if args.is_empty() {
        return Ok(false);
    }
    let mut list = A::list(args);
    if list.flag("skip") { list.errors.finish_with(true) } else { Ok(false) }
}

/// Returns whether a block or module holds a function that can be instrumented.
fn holds_functions(tokens: &[TokenTree]) -> bool {
    let Some(TokenTree::Group(body)) = tokens.last() else { return false };
    split_items::split(body.stream()).iter().any(|item| match item.kind {
        Kind::Function => true,
        Kind::Container => holds_functions(&item.tokens),
        Kind::PlainFunction | Kind::Other => false,
    })
}

/// The walk through the items of a block.
struct Walk<A> {
    errors: Errors,
    /// The arguments of the blocks around the current item, from the outermost to the innermost.
    lists: Vec<TokenStream>,
    /// The warnings about arguments of blocks.
    warnings: Vec<Warning>,
    /// Whether a block around the current item carries an attribute macro that is still to run.
    is_read: bool,
    /// Whether the module around the current item imports something with the name of the attribute.
    is_imported: bool,
    /// The block around the current item.
    enclosing: Option<Rc<Enclosing>>,
    attribute: PhantomData<A>,
}

impl<A: BlockAttribute> Walk<A> {
    /// Instruments the items between the last braces. The tokens in front of them stay.
    fn container(
        &mut self,
        attrs: &[Attribute],
        mut rest: Vec<TokenTree>,
        defaults: &Arguments,
    ) -> TokenStream {
        if let Some((TokenTree::Group(body), head)) = rest.split_last_mut()
            && body.delimiter() == Delimiter::Brace
        {
            let outer = (self.is_read, self.is_imported, self.enclosing.clone());
            self.is_read |= attrs.iter().any(|attr| !is_built_in(attr));
            let enclosing = Enclosing::new(head, body.stream());
            if enclosing.is_module() {
                self.is_imported = enclosing.imports(A::NAME);
            }
            self.enclosing = Some(Rc::new(enclosing));
            let contents = split_items::split(body.stream());
            let contents = contents.into_iter().map(|item| self.item(item, defaults)).collect();
            (self.is_read, self.is_imported, self.enclosing) = outer;
            let span = body.span();
            *body = Group::new(Delimiter::Brace, contents);
            body.set_span(span);
        }
        joined(attrs, rest)
    }

    /// Leaves an item to its other attributes, which may be of this crate, see `parse/in_block.rs`.
    fn left_to_others(
        &self,
        mut attrs: Vec<Attribute>,
        rest: Vec<TokenTree>,
        own: TokenStream,
        defaults: &Arguments,
    ) -> TokenStream {
        let around =
            InBlock { is_taken: false, lists: self.lists.clone(), enclosing: self.enclosing.clone(), own };
        let place = rest.first().map_or_else(Span::call_site, TokenTree::span);
        let span = generated_at(place);
        let private = defaults.clone().crate_path().private(span);
        attrs.push(around.attribute(&private, span));
        joined(&attrs, rest)
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
        let own = self.take_own(&mut attrs);
        let plain = joined(&attrs, rest.clone());
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
        let own_args = own.as_ref().map(arguments_of).unwrap_or_default();
        let Some(list) = self.merged(own, defaults) else {
            return plain;
        };
        if !attrs.iter().all(is_built_in) {
            return self.left_to_others(attrs, rest, own_args, &list);
        }
        let args = self.args_with(&own_args);
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
        let own = self.take_own(&mut attrs);
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
    fn is_skipped(&mut self, own: &Attribute) -> bool {
        let skips = is_skipped::<A>(arguments_of(own));
        self.errors.handle(skips).unwrap_or(true)
    }

    fn nested(&mut self, tokens: Vec<TokenTree>, defaults: &Arguments) -> TokenStream {
        let (mut attrs, rest) = split_attributes(tokens);
        let own = self.take_own(&mut attrs);
        let own_args = own.as_ref().map(arguments_of).unwrap_or_default();
        let mut warnings = Vec::new();
        if own.is_some() {
            let (_, mut errors) = A::defaults(own_args.clone());
            warnings = errors.take_warnings();
            if let Err(error) = errors.finish_with(()) {
                self.errors.push(error);
                return joined(&attrs, rest);
            }
        }
        let Some(defaults) = self.merged(own, defaults) else {
            return joined(&attrs, rest);
        };
        if !attrs.iter().all(is_built_in) && holds_functions(&rest) {
            return self.left_to_others(attrs, rest, own_args, &defaults);
        }
        // A block that is left to others gives them itself.
        self.warnings.extend(warnings);
        self.lists.push(own_args);
        let instrumented = self.container(&attrs, rest, &defaults);
        self.lists.pop();
        instrumented
    }

    /// Returns the arguments that are written around an item and on it.
    fn args_with(&self, own: &TokenStream) -> TokenStream {
        let lists = &self.lists;
        quote!(#(#lists,)* #own)
    }

    /// Returns the arguments of an item: its own, and the defaults that they leave; `None` if the item is skipped.
    fn merged(&mut self, own: Option<Attribute>, defaults: &Arguments) -> Option<Arguments> {
        if own.as_ref().is_some_and(|own| self.is_skipped(own)) {
            return None;
        }
        let mut list = A::list(own.as_ref().map(arguments_of).unwrap_or_default());
        list.default_to(defaults, A::REPLACES);
        Some(list)
    }

    /// Takes the item's own attribute out: in a block, the bare name of the attribute belongs to the block, imported or
    /// not. It is left to the compiler if the module imports that name, and if the arguments cannot be meant for it.
    fn take_own(&self, attrs: &mut Vec<Attribute>) -> Option<Attribute> {
        if self.is_imported {
            return None;
        }
        let is_own =
            |attr: &Attribute| attr.path().is_ident(A::NAME) && !A::list(arguments_of(attr)).is_of_another();
        let index = attrs.iter().position(is_own)?;
        Some(attrs.remove(index))
    }
}
