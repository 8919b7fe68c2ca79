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
            "extern" if input.peek(token::Brace) || input.peek2(token::Brace) => "an extern block",
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

#[cfg(test)]
mod tests {
    use super::*;

    fn message(item: &str) -> Option<String> {
        let target = Target::read(item.parse().unwrap());
        target.and_then(|target| target.function("monitor")).err().map(|error| error.to_string())
    }

    #[test]
    fn items_are_named_with_advice() {
        for (item, expected) in [
            ("impl S {}", "this is an impl block; put it on its methods"),
            ("unsafe impl T for S {}", "this is an impl block; put it on its methods"),
            ("pub trait T {}", "this is a trait; put it on its methods that have a body"),
            ("unsafe auto trait T {}", "this is a trait; put it on its methods that have a body"),
            ("mod m {}", "this is a module; put it on its functions"),
            ("#[a] pub(crate) struct S;", "this is a struct; move it to a function"),
            ("enum E { A }", "this is an enum; move it to a function"),
            ("union U { a: u8 }", "this is a union; move it to a function"),
            ("static A: u8 = 1;", "this is a static; move it to a function"),
            ("type A = u8;", "this is a type alias; move it to a function"),
            ("pub use a::b;", "this is an import; move it to a function"),
            ("extern crate a;", "this is an import; move it to a function"),
            ("let a = 1;", "this is a statement; move it to a function"),
            ("const A: u8 = 1;", "this is a constant; move it to a function"),
            ("extern { fn f(); }", "this is an extern block; move it to a function"),
            ("extern \"C\" { fn f(); }", "this is an extern block; move it to a function"),
            ("unsafe extern \"C\" { fn f(); }", "this is an extern block; move it to a function"),
            ("{ 1 }", "this is a block; move it to a function"),
            ("make! { a }", "this is a macro call; move it to a function"),
        ] {
            let expected = format!("`#[monitor]` goes on a function, but {expected}");
            assert_eq!(message(item), Some(expected), "{item}");
        }
    }

    #[test]
    fn functions_are_read_or_keep_their_own_error() {
        for item in ["fn f() {}", "pub const unsafe extern \"C\" fn f() {}", "default async fn f() {}"] {
            assert_eq!(message(item), None, "{item}");
        }
        for (item, expected) in [
            ("fn f();", "no body to instrument"),
            ("const fn f();", "no body to instrument"),
            ("const async fn f();", "no body to instrument"),
            ("const unsafe fn f();", "no body to instrument"),
            ("const extern \"C\" fn f();", "no body to instrument"),
            ("unsafe extern \"C\" fn f();", "no body to instrument"),
            ("name of nothing", "expected"),
        ] {
            let message = message(item).unwrap();
            assert!(message.contains(expected) && !message.contains("goes on"), "{item}: {message}");
        }
    }
}
