//! The lists inside of an argument: `attributes(key = expr)`, `tags(key = expr)`, `args(a, b)`.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{LitStr, Token};

use crate::check;
use crate::errors::Errors;
use crate::parse::args::{Arguments, Raw};
use crate::parse::function::Function;

/// One recorded value: its key, and the expression over the function's arguments.
pub(crate) struct Recorded {
    pub(crate) key: LitStr,
    pub(crate) value: TokenStream,
}

/// Reads `order.id = expr, "order.value" = expr, key`.
///
/// Of a `function`, a bare name must be one of its arguments; on a block no name is one of every function's.
pub(crate) fn attributes(
    tokens: TokenStream,
    function: Option<&Function>,
    errors: &mut Errors,
) -> Vec<Recorded> {
    let noun = Noun { article: "an", word: "attribute", example: "order.id" };
    entries(tokens, &noun, function, |recorded| check::attribute_name(&recorded.key), errors)
}

/// Takes `tags(key = expr, "key" = expr, key)` out of the arguments of an attribute on `function`. Keys are checked,
/// and values that are literals.
pub(crate) fn tags(list: &mut Arguments, function: &Function) -> Vec<Recorded> {
    let Some(tokens) = list.list("tags") else {
        return Vec::new();
    };
    let noun = Noun { article: "a", word: "tag", example: "customer.plan" };
    let check = |recorded: &Recorded| {
        check::tag_key(&recorded.key)?;
        match syn::parse2::<LitStr>(recorded.value.clone()) {
            Ok(value) => check::tag_value(&value),
            Err(_) => Ok(()),
        }
    };
    entries(tokens, &noun, Some(function), check, &mut list.errors)
}

/// What an entry is called in messages.
struct Noun {
    article: &'static str,
    word: &'static str,
    example: &'static str,
}

fn entries(
    tokens: TokenStream,
    noun: &Noun,
    function: Option<&Function>,
    check: impl Fn(&Recorded) -> syn::Result<()>,
    errors: &mut Errors,
) -> Vec<Recorded> {
    let mut all: Vec<Recorded> = Vec::new();
    let parsed = (|input: ParseStream<'_>| {
        while !input.is_empty() {
            let Entry { recorded, bare } = Entry::read(input, noun)?;
            let key = recorded.key.value();
            if all.iter().any(|other| other.key.value() == key) {
                let message = format!("the {} `{key}` is given twice; keep one", noun.word);
                errors.add(recorded.key.span(), message);
            } else if let (Some(()), Some(())) = (
                errors.handle(check(&recorded)),
                errors.handle(bare.map_or(Ok(()), |name| check::bare_attribute(&name, function))),
            ) {
                all.push(recorded);
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

/// One entry of such a list.
struct Entry {
    recorded: Recorded,
    /// The name that an entry without a value starts with.
    bare: Option<Ident>,
}

impl Entry {
    fn read(input: ParseStream<'_>, noun: &Noun) -> syn::Result<Self> {
        let Noun { article, word, example } = noun;
        let (key, shorthand) =
            if input.peek(LitStr) { (input.parse::<LitStr>()?, None) } else { dotted(input, noun)? };
        if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            if input.is_empty() || input.peek(Token![,]) {
                let message = format!("the {word} `{}` lacks its value", key.value());
                return Err(syn::Error::new(key.span(), message));
            }
            let value = input.parse::<Raw>()?.tokens;
            return Ok(Self { recorded: Recorded { key, value }, bare: None });
        }
        match shorthand {
            Some((first, value)) if input.is_empty() || input.peek(Token![,]) => {
                Ok(Self { recorded: Recorded { key, value }, bare: Some(first) })
            }
            Some(_) => Err(input.error(format!("expected `=` or a comma after the {word}'s name"))),
            None => {
                let message =
                    format!("{article} {word} named by a literal takes a value: `\"{example}\" = {example}`");
                Err(syn::Error::new(key.span(), message))
            }
        }
    }
}

/// Reads `a.b.c`, as the key `"a.b.c"`, and as its first name and the expression it also is.
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

/// Reads `a, b, self`: the function's arguments to record under their names.
pub(crate) fn names(tokens: TokenStream, errors: &mut Errors) -> Vec<Ident> {
    let parser = |input: ParseStream<'_>| input.parse_terminated(Ident::parse_any, Token![,]);
    errors.handle(parser.parse2(tokens)).map(|names| names.into_iter().collect()).unwrap_or_default()
}
