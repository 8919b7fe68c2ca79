//! The arguments of an attribute as a list: `name = value`, `name(…)`, `name`, one leading literal.
//!
//! [`Arguments`] reads the list and reports unknown and repeated names; the model of each attribute
//! then takes its arguments out by name, each with the check that belongs to its kind. Values keep the
//! user's tokens: they are parsed to find where they end, and never printed anew. The lists inside of
//! `attributes(…)`, `tags(…)` and `args(…)` are read by [`entries`].

pub(crate) use crate::parse::entries::{Recorded, attributes, names, tags};

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Expr, Ident, LitStr, Token, token};

use crate::check;
use crate::errors::Errors;

/// The arguments of one use of an attribute.
#[derive(Clone)]
pub(crate) struct Arguments {
    attribute: &'static str,
    leading: Option<LitStr>,
    named: Vec<Argument>,
    /// What is wrong, as found so far; [`Arguments::finish`] gives it back.
    pub(crate) errors: Errors,
}

#[derive(Clone)]
struct Argument {
    name: Ident,
    value: Value,
}

#[derive(Clone)]
enum Value {
    None,
    Expr(Box<Raw>),
    List(TokenStream),
}

/// An expression with the tokens it was written in.
#[derive(Clone)]
pub(crate) struct Raw {
    pub(crate) expr: Expr,
    pub(crate) tokens: TokenStream,
}

impl Parse for Raw {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let start = input.cursor();
        let expr = input.parse()?;
        let end = input.cursor();
        let mut tokens = TokenStream::new();
        let mut cursor = start;
        while cursor != end {
            let Some((token, next)) = cursor.token_tree() else {
                break;
            };
            tokens.extend(Some(token));
            cursor = next;
        }
        Ok(Self { expr, tokens })
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
                return Err(syn::Error::new(name.span(), format!("`{name} =` lacks its value")));
            }
            Value::Expr(input.parse()?)
        } else if input.peek(token::Paren) {
            let content;
            syn::parenthesized!(content in input);
            Value::List(content.parse()?)
        } else {
            Value::None
        };
        if !input.is_empty() && !input.peek(Token![,]) {
            return Err(input.error("expected a comma between arguments"));
        }
        Ok(Self { name, value })
    }
}

impl Arguments {
    /// Reads the list of an attribute that knows the arguments `known`.
    ///
    /// `leads` tells what a bare string literal at the start stands for, if the attribute has one.
    pub(crate) fn read(
        attribute: &'static str,
        tokens: TokenStream,
        known: &'static [&'static str],
        leads: Option<&'static str>,
    ) -> Self {
        let mut arguments = Self { attribute, leading: None, named: Vec::new(), errors: Errors::default() };
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
            if let Some(error) = stray_literal(input, self.attribute, leads) {
                return Err(error);
            }
            let argument: Argument = input.parse()?;
            self.admit(argument, known, leads);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    }

    fn admit(&mut self, argument: Argument, known: &'static [&'static str], leads: Option<&str>) {
        let name = argument.name.unraw().to_string();
        let span = argument.name.span();
        if !known.contains(&name.as_str()) {
            self.errors.push(check::unknown(self.attribute, &name, known, span));
        } else if self.named.iter().any(|other| other.name.unraw() == name) {
            self.errors.add(span, format!("`{name}` is given twice; keep one"));
        } else if self.leading.is_some() && leads == Some(name.as_str()) {
            self.errors.add(span, format!("the {name} is already given by the leading literal; keep one"));
        } else {
            self.named.push(argument);
        }
    }

    fn take(&mut self, name: &str) -> Option<Argument> {
        let index = self.named.iter().position(|argument| argument.name.unraw() == name)?;
        Some(self.named.remove(index))
    }

    /// Where the argument `name` stands, if it is given.
    pub(crate) fn place(&self, name: &str) -> Option<Span> {
        self.named.iter().find(|argument| argument.name.unraw() == name).map(|argument| argument.name.span())
    }

    /// Whether any argument is given beside `name`.
    pub(crate) fn others(&self, name: &str) -> bool {
        self.leading.is_some() || self.named.iter().any(|argument| argument.name.unraw() != name)
    }

    /// Fills in what the block around the item gives for all, unless it says so itself.
    ///
    /// `unless` names, for an argument of the item, the defaults that it replaces beside its own.
    pub(crate) fn default_to(&mut self, defaults: &Self, unless: &[(&str, &[&str])]) {
        let own: Vec<String> = self.named.iter().map(|argument| argument.name.unraw().to_string()).collect();
        let given = |name: &str| own.iter().any(|own| own == name);
        for argument in &defaults.named {
            let name = argument.name.unraw().to_string();
            let replaced = unless.iter().any(|(own, names)| given(own) && names.contains(&name.as_str()));
            if !given(&name) && !replaced {
                self.named.push(argument.clone());
            }
        }
    }

    /// Where the leading literal stands, if there is one.
    pub(crate) fn leading_place(&self) -> Option<Span> {
        self.leading.as_ref().map(LitStr::span)
    }

    /// The leading literal.
    pub(crate) fn leading(&mut self) -> Option<LitStr> {
        self.leading.take()
    }

    /// A flag: present, or `= true` or `= false`.
    pub(crate) fn flag(&mut self, name: &'static str) -> bool {
        self.switch(name) == Some(true)
    }

    /// A flag for which being left out is a third thing.
    pub(crate) fn switch(&mut self, name: &'static str) -> Option<bool> {
        let argument = self.take(name)?;
        if let Value::Expr(raw) = &argument.value
            && let Expr::Lit(literal) = check::ungrouped(&raw.expr)
            && let syn::Lit::Bool(flag) = &literal.lit
        {
            return Some(flag.value);
        }
        if !matches!(argument.value, Value::None) {
            self.errors.add(argument.name.span(), format!("`{name}` takes no value; write `{name}` alone"));
        }
        Some(true)
    }

    /// `name = expression`.
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

    /// `name = "literal"` or `name = CONSTANT`.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<TokenStream> {
        let raw = self.value(name)?;
        self.errors.handle(check::text(name, &raw.expr, &raw.tokens))
    }

    /// `name = "literal"`.
    pub(crate) fn string(&mut self, name: &'static str) -> Option<LitStr> {
        let raw = self.value(name)?;
        self.errors.handle(check::string(name, &raw.expr))
    }

    /// `name(…)`, with what stands between the parentheses.
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

    /// `crate = path`, or `crate = "path"` as other attributes write it.
    pub(crate) fn krate(&mut self) -> Krate {
        let Some(raw) = self.value("crate") else {
            return Krate(None);
        };
        let wrong = "`crate` takes the path of the crate, as in `crate = my_app::sentry`";
        match check::ungrouped(&raw.expr) {
            Expr::Path(path) if path.qself.is_none() => return Krate(Some(raw.tokens)),
            Expr::Lit(literal) => {
                if let syn::Lit::Str(text) = &literal.lit
                    && let Ok(path) = text.parse::<syn::Path>()
                {
                    return Krate(Some(path.into_token_stream()));
                }
                self.errors.add(literal.lit.span(), wrong);
            }
            other => self.errors.push(syn::Error::new_spanned(other, wrong)),
        }
        Krate(None)
    }

    /// The errors, once every argument has been taken.
    pub(crate) fn finish(self) -> Errors {
        debug_assert!(self.named.is_empty(), "every known argument is taken");
        self.errors
    }
}

/// A literal where a name belongs.
fn stray_literal(input: ParseStream<'_>, attribute: &str, leads: Option<&str>) -> Option<syn::Error> {
    if !input.peek(syn::Lit) || input.peek(syn::LitBool) {
        return None;
    }
    let advice = match leads {
        Some(leads) if input.peek(LitStr) => {
            format!("the {leads} comes first, in `#[{attribute}(\"…\", …)]`")
        }
        Some(leads) => format!("the {leads} is a string: `#[{attribute}(\"…\")]`"),
        None => "write it as `name = value`".to_owned(),
    };
    Some(input.error(format!("a literal without a name; {advice}")))
}

/// Where the runtime is found: `::sentry`, unless `crate = path` says otherwise.
pub(crate) struct Krate(Option<TokenStream>);

impl Krate {
    /// The path. All of an expression is placed at `span`: one that began at the attribute and ended at the
    /// function would reach from one file into another where a macro puts the two together.
    pub(crate) fn path(&self, span: Span) -> TokenStream {
        match &self.0 {
            Some(path) => path.clone(),
            None => quote::quote_spanned!(span=> ::sentry),
        }
    }

    /// The path of what expansions call.
    pub(crate) fn private(&self, span: Span) -> TokenStream {
        let path = self.path(span);
        quote::quote_spanned!(span=> #path::__private)
    }
}
