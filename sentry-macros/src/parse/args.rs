//! The argument list of an attribute: one leading literal, `name = value`, `name(…)`, `name`.
//!
//! [`Arguments::read`] parses the list and reports unknown and repeated names. Each attribute then takes its arguments
//! out by name, each with the kind of value it has. The lists inside of `attributes(…)`, `tags(…)` and `args(…)` are
//! read by `parse/entries.rs`.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use sentry_rules::nearest;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Ident, Lit, LitStr, Token, token};

use crate::errors::Errors;
use crate::parse::crate_path::CratePath;
use crate::parse::foreign_words;
use crate::parse::value::{self, Raw};

/// The arguments of one use of an attribute.
#[derive(Clone)]
pub(crate) struct Arguments {
    attribute: &'static str,
    leading: Option<LitStr>,
    named: Vec<Argument>,
    /// Whether an argument is unknown and not like any that is known.
    has_strange: bool,
    /// The errors found so far; [`Arguments::finish`] returns them.
    pub(crate) errors: Errors,
}

#[derive(Clone)]
struct Argument {
    name: Ident,
    value: Value,
    /// Whether the block around the item has the argument, and not the item itself.
    is_default: bool,
}

/// An argument that is a flag or a list.
pub(crate) enum FlagOrList {
    Flag(bool),
    List(TokenStream),
}

#[derive(Clone)]
enum Value {
    None,
    Expr(Box<Raw>),
    List(TokenStream),
}

impl Argument {
    fn is(&self, name: &str) -> bool {
        self.name.unraw() == name
    }
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = Ident::parse_any(input).map_err(|error| {
            syn::Error::new(error.span(), "expected an argument, as in `name = \"checkout\"`")
        })?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            if input.is_empty() || input.peek(Token![,]) {
                return Err(syn::Error::new(name.span(), format!("expected a value after `{name} =`")));
            }
            Value::Expr(input.parse()?)
        } else if input.peek(token::Paren) {
            let content;
            syn::parenthesized!(content in input);
            Value::List(content.parse()?)
        } else {
            Value::None
        };
        if matches!(value, Value::None) && input.peek(Token![:]) && !input.peek(Token![::]) {
            return Err(input.error(format!("expected `=` after `{name}`, as in `{name} = …`")));
        }
        if !input.is_empty() && !input.peek(Token![,]) {
            return Err(input.error("expected a comma between arguments"));
        }
        Ok(Self { name, value, is_default: false })
    }
}

impl Arguments {
    /// Reads the list of an attribute that has the arguments `known`.
    ///
    /// `leads` names the argument that a bare string literal at the start sets, if the attribute has one.
    pub(crate) fn read(
        attribute: &'static str,
        tokens: TokenStream,
        known: &'static [&'static str],
        leads: Option<&'static str>,
    ) -> Self {
        let mut arguments = Self {
            attribute,
            leading: None,
            named: Vec::new(),
            has_strange: false,
            errors: Errors::default(),
        };
        let parsed = (|input: ParseStream<'_>| arguments.parse(input, known, leads)).parse2(tokens);
        if let Err(error) = parsed {
            arguments.errors.push(error);
        }
        arguments
    }

    fn parse(
        &mut self,
        input: ParseStream<'_>,
        known: &'static [&'static str],
        leads: Option<&str>,
    ) -> syn::Result<()> {
        if leads.is_some() && input.peek(LitStr) {
            self.leading = Some(input.parse()?);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        while !input.is_empty() {
            if let Some(error) = self.stray_literal(input, leads) {
                return Err(error);
            }
            if self.refuse_unknown(input, known) {
                skip_argument(input)?;
            } else {
                let argument: Argument = input.parse()?;
                self.admit(argument, known, leads);
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    }

    /// Adds an error if the next argument is not one of `known`. Its value need not be an expression: other attributes
    /// have arguments such as `properties = { "order.id": "7" }`.
    fn refuse_unknown(&mut self, input: ParseStream<'_>, known: &[&'static str]) -> bool {
        let ahead = input.fork();
        let Ok(name) = ahead.call(Ident::parse_any) else {
            return false;
        };
        if !(ahead.is_empty() || ahead.peek(Token![,]) || ahead.peek(Token![=]) || ahead.peek(token::Paren)) {
            return false;
        }
        let (text, span) = (name.unraw().to_string(), name.span());
        let is_unknown = !known.contains(&text.as_str());
        if is_unknown {
            self.has_strange |= nearest(&text, known.iter().copied()).is_none();
            match foreign_words::instead_of(self.attribute, &text) {
                Some(message) => self.errors.add(span, message),
                None => self.errors.push(unknown_argument(self.attribute, &text, known, span)),
            }
        }
        is_unknown
    }

    /// Returns an error if a literal is where a name belongs.
    fn stray_literal(&self, input: ParseStream<'_>, leads: Option<&str>) -> Option<syn::Error> {
        let literal: Lit = input.fork().parse().ok().filter(|literal| !matches!(literal, Lit::Bool(_)))?;
        let attribute = self.attribute;
        let advice = match (leads, &literal) {
            (Some(leads), Lit::Str(_)) if self.leading.is_some() => {
                format!("the {leads} is already given by the leading literal; keep one")
            }
            (Some(leads), Lit::Str(_)) => format!("the {leads} goes first, as in `#[{attribute}(\"…\", …)]`"),
            (Some(leads), _) => format!("the {leads} is a string, as in `#[{attribute}(\"…\")]`"),
            (None, _) => "write it as `name = value`".to_owned(),
        };
        let literal = literal.into_token_stream();
        Some(input.error(format!("unexpected literal `{literal}`; {advice}")))
    }

    fn admit(&mut self, mut argument: Argument, known: &'static [&'static str], leads: Option<&str>) {
        let name = argument.name.unraw().to_string();
        let span = argument.name.span();
        let foreign = match &argument.value {
            Value::List(contents) if known.contains(&name.as_str()) => {
                foreign_words::instead_of_list(self.attribute, &name, &contents.to_string())
            }
            _ => None,
        };
        if let Some(message) = foreign {
            self.errors.add(span, message);
            argument.value = Value::None;
        }
        if self.named.iter().any(|other| other.is(&name)) {
            self.errors.add(span, format!("`{name}` is given twice; keep one"));
        } else if self.leading.is_some() && leads == Some(name.as_str()) {
            self.errors.add(span, format!("the {name} is already given by the leading literal; keep one"));
        } else {
            self.named.push(argument);
        }
    }

    /// Returns whether the list seems to be that of another attribute: it has an argument that is not known, and is not a
    /// misspelt one.
    pub(crate) fn is_of_another(&self) -> bool {
        self.has_strange
    }

    fn take(&mut self, name: &str) -> Option<Argument> {
        let index = self.named.iter().position(|argument| argument.is(name))?;
        Some(self.named.remove(index))
    }

    /// Returns the span of the argument `name`, if it is given.
    pub(crate) fn span_of(&self, name: &str) -> Option<Span> {
        self.named.iter().find(|argument| argument.is(name)).map(|argument| argument.name.span())
    }

    /// Returns the span of the argument `name`, if the item has it itself.
    pub(crate) fn own_span_of(&self, name: &str) -> Option<Span> {
        let own = self.named.iter().find(|argument| argument.is(name) && !argument.is_default);
        own.map(|argument| argument.name.span())
    }

    /// Returns whether any argument other than `name` is given.
    pub(crate) fn has_others(&self, name: &str) -> bool {
        self.leading.is_some() || self.named.iter().any(|argument| !argument.is(name))
    }

    /// Adds the arguments of the block around the item, except those that the item has itself.
    ///
    /// `replaces` names, for an argument of the item, further defaults that it replaces.
    pub(crate) fn default_to(&mut self, defaults: &Self, replaces: &[(&str, &[&str])]) {
        let own: Vec<String> = self.named.iter().map(|argument| argument.name.unraw().to_string()).collect();
        let given = |name: &str| own.iter().any(|own| own == name);
        for argument in &defaults.named {
            let name = argument.name.unraw().to_string();
            let replaced = replaces.iter().any(|(own, names)| given(own) && names.contains(&name.as_str()));
            if !given(&name) && !replaced {
                self.named.push(Argument { is_default: true, ..argument.clone() });
            }
        }
    }

    /// Returns the span of the leading literal, if there is one.
    pub(crate) fn leading_span(&self) -> Option<Span> {
        self.leading.as_ref().map(LitStr::span)
    }

    /// Takes the leading literal.
    pub(crate) fn leading(&mut self) -> Option<LitStr> {
        self.leading.take()
    }

    /// Takes a flag: present, or `= true` or `= false`.
    pub(crate) fn flag(&mut self, name: &'static str) -> bool {
        self.switch(name) == Some(true)
    }

    /// Takes a flag that has a third meaning when it is left out.
    pub(crate) fn switch(&mut self, name: &'static str) -> Option<bool> {
        let argument = self.take(name)?;
        if let Value::Expr(raw) = &argument.value
            && let Some(Lit::Bool(flag)) = value::literal(&raw.expr)
        {
            return Some(flag.value);
        }
        if !matches!(argument.value, Value::None) {
            self.errors.add(argument.name.span(), format!("`{name}` takes no value; write `{name}` alone"));
        }
        Some(true)
    }

    /// Shows the value of `name = expression` to a check, and leaves it in the list.
    pub(crate) fn look_at(&mut self, name: &str, check: impl FnOnce(&Raw, &mut Errors)) {
        let argument = self.named.iter().find(|argument| argument.is(name));
        if let Some(Argument { value: Value::Expr(raw), .. }) = argument {
            check(raw, &mut self.errors);
        }
    }

    /// Takes `name = expression`.
    pub(crate) fn value(&mut self, name: &'static str) -> Option<Raw> {
        let argument = self.take(name)?;
        match argument.value {
            Value::Expr(raw) => Some(*raw),
            Value::None | Value::List(_) => {
                self.errors.add(argument.name.span(), format!("`{name}` takes a value: `{name} = …`"));
                None
            }
        }
    }

    /// Takes `name = "literal"` or `name = CONSTANT`. `bindings` gives the arguments of the function.
    pub(crate) fn text(
        &mut self,
        name: &'static str,
        bindings: impl FnOnce() -> Vec<Ident>,
    ) -> Option<TokenStream> {
        let raw = self.value(name)?;
        self.errors.handle(value::text(name, &raw, &bindings()))
    }

    /// Takes `name = "literal"`.
    pub(crate) fn string(&mut self, name: &'static str) -> Option<LitStr> {
        let raw = self.value(name)?;
        self.errors.handle(value::string(name, &raw.expr))
    }

    /// Takes `name(…)` and returns the tokens between the parentheses.
    pub(crate) fn list(&mut self, name: &'static str) -> Option<TokenStream> {
        let argument = self.take(name)?;
        match argument.value {
            Value::List(tokens) => Some(tokens),
            Value::None | Value::Expr(_) => {
                self.errors.add(argument.name.span(), format!("`{name}` takes a list: `{name}(…)`"));
                None
            }
        }
    }

    /// Takes `name`, `name = true`, `name = false` or `name(…)`.
    pub(crate) fn flag_or_list(&mut self, name: &'static str) -> Option<FlagOrList> {
        let list = |argument: &Argument| argument.is(name) && matches!(argument.value, Value::List(_));
        if self.named.iter().any(list) {
            return self.list(name).map(FlagOrList::List);
        }
        self.switch(name).map(FlagOrList::Flag)
    }

    /// Takes `crate = path`.
    pub(crate) fn crate_path(&mut self) -> CratePath {
        let path = self.value("crate").and_then(|raw| self.errors.handle(CratePath::read(raw)));
        path.unwrap_or(CratePath::DEFAULT)
    }

    /// Returns the errors, once every argument has been taken.
    pub(crate) fn finish(self) -> Errors {
        debug_assert!(self.named.is_empty(), "every known argument is taken");
        self.errors
    }
}

/// Skips an argument that is not read, to the next comma. A value may contain commas of its own, so it is read as an
/// argument if it is one.
fn skip_argument(input: ParseStream<'_>) -> syn::Result<()> {
    if input.fork().parse::<Argument>().is_ok() {
        return input.parse::<Argument>().map(|_| ());
    }
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}

/// An argument that the attribute does not have.
fn unknown_argument(attribute: &str, name: &str, known: &[&'static str], span: Span) -> syn::Error {
    let meant = nearest(name, known.iter().copied());
    let meant = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
    let others = if known.contains(&"options") {
        "; all other options are set in `options = sentry::ClientOptions::new()…`"
    } else {
        ""
    };
    let known = known.join("`, `");
    syn::Error::new(
        span,
        format!("unknown argument `{name}` of `#[{attribute}]`; expected one of `{known}`{others}{meant}"),
    )
}
