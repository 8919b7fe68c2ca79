//! The lists inside of an argument: `attributes(key = expr)`, `tags(key = expr)`, `args(a, b)`.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, LitStr, Token};

use crate::errors::Errors;
use crate::parse::value::Raw;

/// A value to record: its key, and an expression over the function's arguments.
pub(crate) struct Recorded {
    pub(crate) key: LitStr,
    pub(crate) value: TokenStream,
}

/// The name of an entry in messages.
pub(crate) struct Noun {
    pub(crate) article: &'static str,
    pub(crate) word: &'static str,
    pub(crate) example: &'static str,
}

/// One entry of a list.
pub(crate) struct Entry {
    pub(crate) recorded: Recorded,
    /// The value, if it is written.
    pub(crate) value: Option<Expr>,
    /// The first name of an entry without a value, such as `order` in `order.id`.
    pub(crate) bare: Option<Ident>,
}

/// Reads `order.id = expr, "order.value" = expr, key`. Entries that `check` rejects, or whose key is taken, are left
/// out.
pub(crate) fn recorded(
    tokens: TokenStream,
    noun: &Noun,
    check: impl Fn(&mut Entry, &mut Errors) -> bool,
    errors: &mut Errors,
) -> Vec<Recorded> {
    let mut all: Vec<Recorded> = Vec::new();
    let parsed = (|input: ParseStream<'_>| {
        while !input.is_empty() {
            let mut entry = Entry::read(input, noun)?;
            let key = entry.recorded.key.value();
            if all.iter().any(|other| other.key.value() == key) {
                let message = format!("the {} `{key}` is given twice; keep one", noun.word);
                errors.add(entry.recorded.key.span(), message);
            } else if check(&mut entry, errors) {
                all.push(entry.recorded);
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    })
    .parse2(tokens);
    errors.handle(parsed);
    all
}

impl Entry {
    fn read(input: ParseStream<'_>, noun: &Noun) -> syn::Result<Self> {
        let Noun { article, word, example } = noun;
        if let Some(error) = sigil(input) {
            return Err(error);
        }
        let (key, shorthand) =
            if input.peek(LitStr) { (input.parse::<LitStr>()?, None) } else { dotted(input, noun)? };
        if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            if input.is_empty() || input.peek(Token![,]) {
                let message = format!("expected a value for the {word} `{}`", key.value());
                return Err(syn::Error::new(key.span(), message));
            }
            if let Some(error) = sigil(input) {
                return Err(error);
            }
            let Raw { expr, tokens } = input.parse()?;
            return Ok(Self { recorded: Recorded { key, value: tokens }, value: Some(expr), bare: None });
        }
        if input.peek(Token![:]) {
            let message =
                format!("the value of {article} {word} follows `=`, as in `\"{example}\" = {example}`");
            return Err(input.error(message));
        }
        match shorthand {
            Some((first, value)) if input.is_empty() || input.peek(Token![,]) => {
                Ok(Self { recorded: Recorded { key, value }, value: None, bare: Some(first) })
            }
            Some(_) => Err(input.error(format!("expected `=` or a comma after the {word}'s name"))),
            None => {
                let message =
                    format!("{article} {word} named by a literal needs a value: `\"{example}\" = {example}`");
                Err(syn::Error::new(key.span(), message))
            }
        }
    }

    /// Replaces the first name of an entry without a value.
    pub(crate) fn rename(&mut self, first: Ident) {
        let rest = self.recorded.value.clone().into_iter().skip(1);
        self.recorded.value = [TokenTree::Ident(first)].into_iter().chain(rest).collect();
    }
}

/// Returns an error if a value begins with a mark of `tracing`, as in `%value` and `?value`.
fn sigil(input: ParseStream<'_>) -> Option<syn::Error> {
    let mark = if input.peek(Token![%]) {
        '%'
    } else if input.peek(Token![?]) {
        '?'
    } else {
        return None;
    };
    Some(input.error(format!(
        "`{mark}` has no meaning here: a value is recorded as a number, a flag or a text, or else by its `Display` or `Debug`; \
         remove `{mark}`"
    )))
}

/// Reads `a.b.c`: the key `"a.b.c"`, its first name, and the expression that the tokens also are.
fn dotted(input: ParseStream<'_>, noun: &Noun) -> syn::Result<(LitStr, Option<(Ident, TokenStream)>)> {
    let first = Ident::parse_any(input).map_err(|error| {
        let Noun { article, word, example } = noun;
        let message =
            format!("expected {article} {word}, as in `{example} = {example}` or `\"{example}\" = …`");
        syn::Error::new(error.span(), message)
    })?;
    let span = first.span();
    let mut name = first.unraw().to_string();
    let mut value = quote!(#first);
    while input.peek(Token![.]) {
        let dot: Token![.] = input.parse()?;
        let part: TokenTree = input.parse()?;
        name.push('.');
        match &part {
            TokenTree::Ident(part) => name.push_str(&part.unraw().to_string()),
            TokenTree::Literal(part) => name.push_str(&part.to_string()),
            other => return Err(syn::Error::new(other.span(), "expected a name after the dot")),
        }
        value.extend(quote!(#dot #part));
    }
    Ok((LitStr::new(&name, span), Some((first, value))))
}

/// Reads `a, b, self`: names of the function's arguments.
pub(crate) fn names(tokens: TokenStream, errors: &mut Errors) -> Vec<Ident> {
    let name = |input: ParseStream<'_>| {
        let name = input.fork().call(Ident::parse_any);
        if name.is_ok() {
            input.call(Ident::parse_any)?;
        }
        match name {
            Ok(name) if input.is_empty() || input.peek(Token![,]) => Ok(name),
            _ => Err(input.error(
                "`args` takes names of arguments, as in `args(id, page)`; other values go into `attributes(order.id = order.id)`",
            )),
        }
    };
    let parser = |input: ParseStream<'_>| input.parse_terminated(name, Token![,]);
    errors.handle(parser.parse2(tokens)).map(|names| names.into_iter().collect()).unwrap_or_default()
}
