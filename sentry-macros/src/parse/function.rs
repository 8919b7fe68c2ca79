//! The annotated item: what kind it is, and, of a function, its parts.
//!
//! The signature is parsed. The body is not: it stays the group of tokens that the user wrote, so that
//! nothing in it can change and a half-written body still gives the item. Inner attributes of the body
//! become outer ones, because the body moves one block deeper.

use std::rc::Rc;

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, FnArg, Ident, Pat, ReceiverKind, Signature, Token, Type, Visibility, token};

use crate::hygiene::generated_at;
use crate::parse::enclosing::Around;
use crate::parse::legacy_syntax::signature;
use crate::parse::returns::{Returns, output_of_boxed, output_of_impl};
use crate::tokens::contains_word;

/// An item that an attribute stands on.
pub(crate) enum Target {
    /// A function, a method or a trait method with a body.
    Function(Box<Function>),
    /// An impl block, a trait or a module: what it is, and where.
    Container(&'static str, Span),
    /// Something else: what it is, and where.
    Other(&'static str, Span),
}

/// A function in its parts.
pub(crate) struct Function {
    /// The attributes that are left on it, its inner ones included.
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    /// `default`, in a specialising impl.
    pub(crate) modifiers: TokenStream,
    pub(crate) sig: Signature,
    /// The body between braces, without inner attributes.
    pub(crate) body: Group,
    /// Where the function ends for the compiler: a body passed on by `macro_rules!` is not the user's.
    pub(crate) end: Span,
    /// Whether the block around it carries a macro that is still to run, such as `async_trait`.
    pub(crate) block_is_read: bool,
    /// The block around it, where the attribute stands on that.
    pub(crate) around: Option<Rc<Around>>,
}

/// How a function takes `self`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Receiver {
    None,
    /// `&self`, `&mut self`: a wrapper captures the reference as it is.
    Reference,
    /// `self`, `self: Box<Self>` and the like: a wrapper has to take it as a whole.
    Value,
}

/// How a function gives its result, and so how it is wrapped.
pub(crate) enum Shape {
    /// It runs when it is called.
    Sync,
    /// `async fn`.
    Async,
    /// It returns `impl Future`; the type of the output where it is written out.
    ImplFuture(Option<Type>),
    /// It returns `Pin<Box<dyn Future>>`, as `async_trait` makes them; the type of the output.
    BoxedFuture(Option<Type>),
}

impl Target {
    /// Reads the item that `#[attribute]` stands on.
    pub(crate) fn read(item: TokenStream) -> syn::Result<Self> {
        (|input: ParseStream<'_>| {
            let other = other_kind(&input.fork());
            match other {
                Some((kind, span)) => {
                    input.parse::<TokenStream>()?;
                    let container = ["an impl block", "a trait", "a module"].contains(&kind);
                    Ok(if container { Self::Container(kind, span) } else { Self::Other(kind, span) })
                }
                None => input.parse().map(|function| Self::Function(Box::new(function))),
            }
        })
        .parse2(item)
    }

    /// The function, or the error that this is none.
    pub(crate) fn function(self, attribute: &str) -> syn::Result<Function> {
        match self {
            Self::Function(function) => Ok(*function),
            Self::Container(kind, span) | Self::Other(kind, span) => {
                let advice = match kind {
                    "an impl block" => "put it on the methods in it",
                    "a trait" => "put it on the methods that have a body",
                    "a module" => "put it on the functions in it",
                    _ => "put it on a function",
                };
                Err(syn::Error::new(
                    span,
                    format!("`#[{attribute}]` goes on a function, and this is {kind}; {advice}"),
                ))
            }
        }
    }
}

/// The kind of an item that is no function, with the keyword's place.
fn other_kind(input: ParseStream<'_>) -> Option<(&'static str, Span)> {
    input.call(Attribute::parse_outer).ok()?;
    input.parse::<Visibility>().ok()?;
    loop {
        if input.peek(token::Brace) {
            return Some(("a block", input.span()));
        }
        if input.peek(syn::Lit) {
            input.parse::<syn::Lit>().ok()?;
            continue;
        }
        let word = Ident::parse_any(input).ok()?;
        let kind = match word.to_string().as_str() {
            "impl" => "an impl block",
            "trait" => "a trait",
            "mod" => "a module",
            "struct" => "a struct",
            "enum" => "an enum",
            "union" => "a union",
            "static" => "a static",
            "type" => "a type alias",
            "use" => "an import",
            "let" => "a statement",
            "const" if !(input.peek(Token![fn]) || is_modifier(input)) => "a constant",
            "extern" if input.peek(token::Brace) || input.peek2(token::Brace) => "a foreign block",
            "extern" if input.peek(Token![crate]) => "an import",
            "const" | "extern" | "unsafe" | "async" | "default" | "auto" | "safe" => continue,
            "fn" => return None,
            _ if input.peek(Token![!]) => "a macro call",
            _ => return None,
        };
        return Some((kind, word.span()));
    }
}

fn is_modifier(input: ParseStream<'_>) -> bool {
    input.peek(Token![async]) || input.peek(Token![unsafe]) || input.peek(Token![extern])
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
        let (inner, body) = without_inner_attributes(body)?;
        attrs.extend(inner);
        input.parse::<TokenStream>()?;
        Ok(Self { attrs, vis, modifiers, sig, body, end, block_is_read: false, around: None })
    }
}

/// The body's group; one that a `macro_rules!` macro passed on as `$body:block` is unwrapped.
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

/// Takes `#![…]` and `//!` out of the head of a body.
fn without_inner_attributes(body: Group) -> syn::Result<(Vec<Attribute>, Group)> {
    let mut head = body.stream().into_iter();
    let starts = matches!(head.next(), Some(TokenTree::Punct(pound)) if pound.as_char() == '#')
        && matches!(head.next(), Some(TokenTree::Punct(bang)) if bang.as_char() == '!');
    if !starts {
        return Ok((Vec::new(), body));
    }
    let (mut attrs, rest) =
        (|input: ParseStream<'_>| Ok((input.call(Attribute::parse_inner)?, input.parse::<TokenStream>()?)))
            .parse2(body.stream())?;
    for attr in &mut attrs {
        attr.style = syn::AttrStyle::Outer;
    }
    let mut stripped = Group::new(Delimiter::Brace, rest);
    stripped.set_span(body.span());
    Ok((attrs, stripped))
}

impl Function {
    /// How the function takes `self`.
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

    /// Whether the function takes `mut self`.
    pub(crate) fn is_mut_self(&self) -> bool {
        self.sig.receiver().is_some_and(|receiver| receiver.mutability.is_some())
    }

    /// What the function returns.
    pub(crate) fn returns(&self) -> Returns<'_> {
        Returns::of(&self.sig.output)
    }

    /// How the function gives its result.
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

    /// Whether an attribute macro that is still to run may want to see `async fn`.
    pub(crate) fn must_stay_async(&self) -> bool {
        self.block_is_read || self.attrs.iter().any(|attr| !is_inert(attr))
    }

    /// Whether the function carries the attribute `name`.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.attrs.iter().any(|attr| attr.path().is_ident(name))
    }

    /// Whether an attribute on the block around it leaves the function as it is: what cannot be wrapped, and
    /// what has its work from another attribute.
    pub(crate) fn is_left_alone(&self) -> bool {
        self.sig.constness.is_some()
            || self.sig.variadic.is_some()
            || self.naked().is_some()
            || self.attrs.iter().any(|attr| {
                let conditional = attr.path().is_ident("cfg_attr");
                OURS.iter().any(|name| *name != "span" && is_ours(attr, name))
                    || is_from_sentry(attr, "main")
                    || (conditional && contains_word(attr.meta.to_token_stream(), "span"))
            })
    }

    /// The attribute `#[naked]`, in either of its forms: the body is assembly alone.
    pub(crate) fn naked(&self) -> Option<&Attribute> {
        self.attrs.iter().find(|attr| {
            attr.path().is_ident("naked")
                || (attr.path().is_ident("unsafe") && contains_word(attr.meta.to_token_stream(), "naked"))
        })
    }

    /// The names that the function's arguments bind, those inside of patterns included.
    pub(crate) fn bindings(&self) -> Vec<String> {
        let mut names = Vec::new();
        for input in &self.sig.inputs {
            if let FnArg::Typed(argument) = input {
                names.extend(bindings(argument.pat.to_token_stream()).iter().map(plain_name));
            }
        }
        names
    }
}

/// The name of a function as the reader knows it: `r#type` is `type`.
pub(crate) fn plain_name(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// The argument's name, when its pattern is a name alone.
pub(crate) fn simple_name(pat: &Pat) -> Option<&Ident> {
    match pat {
        Pat::Ident(name) if name.by_ref.is_none() && name.subpat.is_none() => {
            // A capital letter may be a unit struct or a constant: those are patterns.
            let text = plain_name(&name.ident);
            let plain = text.trim_start_matches('_').starts_with(|first: char| !first.is_uppercase());
            plain.then_some(&name.ident)
        }
        _ => None,
    }
}

/// The names that a pattern binds: words in lower case that are no part of a path and no field in front
/// of a colon.
pub(crate) fn bindings(pattern: TokenStream) -> Vec<Ident> {
    let mut names = Vec::new();
    let tokens: Vec<TokenTree> = pattern.into_iter().collect();
    let colon =
        |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    for (index, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => names.extend(bindings(group.stream())),
            TokenTree::Ident(ident) => {
                let name = plain_name(ident);
                let keyword = matches!(name.as_str(), "mut" | "ref" | "_" | "box");
                let in_path = index > 0 && colon(tokens.get(index - 1));
                let field_or_path = colon(tokens.get(index + 1));
                let after_field = in_path && !(index > 1 && colon(tokens.get(index - 2)));
                if !keyword
                    && !field_or_path
                    && (!in_path || after_field)
                    && !name.starts_with(char::is_uppercase)
                {
                    names.push(ident.clone());
                }
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    names
}

/// Attributes that the compiler knows, or that are ours: they do not read the function's tokens, or
/// take every form of it.
pub(crate) fn is_inert(attr: &Attribute) -> bool {
    const BUILT_IN: &[&str] = &[
        "allow",
        "automatically_derived",
        "cfg",
        "cold",
        "deny",
        "deprecated",
        "doc",
        "expect",
        "export_name",
        "forbid",
        "ignore",
        "inline",
        "instruction_set",
        "link_section",
        "must_use",
        "naked",
        "no_mangle",
        "should_panic",
        "target_feature",
        "track_caller",
        "unsafe",
        "warn",
    ];
    const TOOLS: &[&str] = &["clippy", "diagnostic", "rust_analyzer", "rustc", "rustdoc", "rustfmt"];
    let segments = &attr.path().segments;
    let (Some(first), Some(last)) = (segments.first(), segments.last()) else {
        return true;
    };
    if segments.len() == 1 {
        BUILT_IN.iter().chain(OURS).any(|known| first.ident == known)
    } else {
        TOOLS.iter().any(|known| first.ident == known)
            || (first.ident == "sentry" && OURS.iter().any(|known| last.ident == known))
    }
}

/// The attributes of ours that go on a function.
const OURS: &[&str] = &["span", "server_action", "api_handler", "data_fetcher", "monitor"];

/// Whether an attribute is `#[name]` or `#[sentry::name]`.
pub(crate) fn is_ours(attr: &Attribute, name: &str) -> bool {
    attr.path().is_ident(name) || is_from_sentry(attr, name)
}

fn is_from_sentry(attr: &Attribute, name: &str) -> bool {
    let segments = &attr.path().segments;
    segments.len() == 2 && segments[0].ident == "sentry" && segments[1].ident == name
}
