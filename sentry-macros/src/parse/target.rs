//! The kind of the annotated item, determined by its keyword.

use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Ident, Token, Visibility, token};

use crate::parse::function::Function;

/// The item that an attribute is on.
pub(crate) enum Target {
    /// A function, a method or a trait method with a body.
    Function(Box<Function>),
    /// An impl block, a trait or a module: its kind, and the span of its keyword.
    Container(&'static str, Span),
    /// Any other item: its kind, and the span of its keyword.
    Other(&'static str, Span),
}

impl Target {
    /// Reads an item.
    pub(crate) fn read(item: TokenStream) -> syn::Result<Self> {
        (|input: ParseStream<'_>| {
            let start = input.fork();
            let error = match input.parse() {
                Ok(function) => return Ok(Self::Function(Box::new(function))),
                Err(error) => error,
            };
            let Some((kind, span)) = other_kind(&start) else { return Err(error) };
            input.parse::<TokenStream>()?;
            let container = ["an impl block", "a trait", "a module"].contains(&kind);
            Ok(if container { Self::Container(kind, span) } else { Self::Other(kind, span) })
        })
        .parse2(item)
    }

    /// Returns the function, or an error if the item is not one.
    pub(crate) fn function(self, attribute: &str) -> syn::Result<Function> {
        match self {
            Self::Function(function) => Ok(*function),
            Self::Container(kind, span) | Self::Other(kind, span) => {
                let advice = match kind {
                    "an impl block" => "put it on its methods",
                    "a trait" => "put it on its methods that have a body",
                    "a module" => "put it on its functions",
                    _ => "move it to a function",
                };
                Err(syn::Error::new(
                    span,
                    format!("`#[{attribute}]` goes on a function, but this is {kind}; {advice}"),
                ))
            }
        }
    }
}

/// Returns the kind of an item that is not a function, and the span of its keyword.
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
