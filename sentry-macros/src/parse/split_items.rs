//! The items between the braces of a module, an impl block or a trait, split by their tokens.
//!
//! Items are not parsed: an item is the run of tokens up to its end, and its first words determine its kind. So an unfinished
//! item does not affect the others.

use std::collections::VecDeque;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// One item, with its attributes in front.
pub(crate) struct Item {
    pub(crate) kind: Kind,
    pub(crate) tokens: Vec<TokenTree>,
}

/// The kind of an item, as far as instrumenting needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A function with a body.
    Function,
    /// A `const fn`, or a function without a body, which cannot be instrumented.
    PlainFunction,
    /// An impl block, a trait or a module with a body.
    Container,
    /// Anything else.
    Other,
}

/// Splits the tokens between two braces.
pub(crate) fn split(tokens: TokenStream) -> Vec<Item> {
    let mut rest: VecDeque<TokenTree> = tokens.into_iter().collect();
    let mut items = Vec::new();
    while !rest.is_empty() {
        items.push(next(&mut rest));
    }
    items
}

/// The end of an item, known from its keyword.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// With a block, or with a semicolon.
    Block,
    /// With a semicolon: braces before it are part of a value.
    Semicolon,
}

fn next(rest: &mut VecDeque<TokenTree>) -> Item {
    let mut tokens = Vec::new();
    let mut kind = None;
    let mut ending = Ending::Block;
    let mut constness = false;
    // Braces between `<` and `>` are const arguments.
    let mut depth = 0_u32;
    let mut dash = false;
    while let Some(token) = rest.pop_front() {
        let follows_dash = std::mem::take(&mut dash);
        match &token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                if holds_block(group) {
                    tokens.push(token);
                    break;
                }
                if kind.is_none() {
                    // `$item` or `$vis` of a `macro_rules!` macro: the item continues inside.
                    for inner in group.stream().into_iter().collect::<Vec<_>>().into_iter().rev() {
                        rest.push_front(inner);
                    }
                    continue;
                }
            }
            TokenTree::Group(group)
                if group.delimiter() == Delimiter::Brace && depth == 0 && ending == Ending::Block =>
            {
                tokens.push(token);
                break;
            }
            TokenTree::Ident(word) if kind.is_none() => {
                let (found, ends) = keyword(&word.to_string(), rest.front());
                constness |= word == "const";
                kind = found;
                ending = ends;
            }
            TokenTree::Punct(punct) => match punct.as_char() {
                ';' => {
                    tokens.push(token);
                    if kind == Some(Kind::Function) {
                        kind = Some(Kind::PlainFunction);
                    } else if kind == Some(Kind::Container) {
                        kind = Some(Kind::Other);
                    }
                    break;
                }
                '<' => depth += 1,
                '>' if !follows_dash => depth = depth.saturating_sub(1),
                '-' => dash = true,
                '!' if kind.is_none() && matches!(rest.front(), Some(TokenTree::Group(_))) => {
                    // `#![…]`: an inner attribute does not belong to the item behind it.
                    tokens.push(token);
                    tokens.extend(rest.pop_front());
                    break;
                }
                _ => {}
            },
            _ => {}
        }
        tokens.push(token);
    }
    let kind = match kind {
        Some(Kind::Function) if constness => Kind::PlainFunction,
        Some(kind) => kind,
        None => Kind::Other,
    };
    Item { kind, tokens }
}

/// Returns the kind of an item if `word` determines it, and how the item then ends.
fn keyword(word: &str, following: Option<&TokenTree>) -> (Option<Kind>, Ending) {
    if matches!(following, Some(TokenTree::Punct(punct)) if punct.as_char() == '!') {
        return (Some(Kind::Other), Ending::Block);
    }
    match word {
        "fn" => (Some(Kind::Function), Ending::Block),
        "impl" | "trait" | "mod" => (Some(Kind::Container), Ending::Block),
        "static" | "type" | "use" => (Some(Kind::Other), Ending::Semicolon),
        "const" => {
            let of_function = matches!(following, Some(TokenTree::Ident(next))
                if ["fn", "unsafe", "async", "extern"].iter().any(|word| next == word));
            if of_function { (None, Ending::Block) } else { (Some(Kind::Other), Ending::Semicolon) }
        }
        "pub" | "crate" | "unsafe" | "async" | "extern" | "default" | "auto" | "safe" => {
            (None, Ending::Block)
        }
        _ => (Some(Kind::Other), Ending::Block),
    }
}

/// Returns whether a group is a body that a `macro_rules!` macro passed on as `$body:block`.
fn holds_block(group: &proc_macro2::Group) -> bool {
    let mut inner = group.stream().into_iter();
    match (inner.next(), inner.next()) {
        (Some(TokenTree::Group(group)), None) => match group.delimiter() {
            Delimiter::Brace => true,
            Delimiter::None => holds_block(&group),
            Delimiter::Parenthesis | Delimiter::Bracket => false,
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use quote::{ToTokens, quote};

    use super::*;

    #[test]
    fn items_end_where_they_end() {
        let tokens: TokenStream = "
            #![allow(x)]
            #[inline] pub(crate) fn a<const N: usize>() -> A<{ N }> where B<{ 1 }>: Fn() -> C, { body }
            const X: A = A { x: 1 };
            const fn b() {}
            pub const unsafe fn c() {}
            fn d(&self);
            unsafe extern \"C\" fn e() {}
            impl<T> A<fn() -> u8, { 3 }> for B { fn x() {} }
            mod inner;
            mod inner2 { }
            use a::{b, c};
            thread_local! { static A: u8 = 1; }
            vec![1];
            crate::make! { x }
            extern \"C\" { fn f(); }
            extern crate x;
            struct S<T = { 1 }> { a: u8 }
            struct T(u8);
            pub auto trait T2 {}
            type Y = Z<{ 1 }>;
            static M: u8 = { 1 };
            default async fn g() { loop {} }
        "
        .parse()
        .unwrap();
        let items = split(tokens);
        let kinds: Vec<Kind> = items.iter().map(|item| item.kind).collect();
        use Kind::{Container, Function, Other, PlainFunction};
        assert_eq!(
            kinds,
            [
                Other,
                Function,
                Other,
                PlainFunction,
                PlainFunction,
                PlainFunction,
                Function,
                Container,
                Other,
                Container,
                Other,
                Other,
                Other,
                Other,
                Other,
                Other,
                Other,
                Other,
                Container,
                Other,
                Other,
                Function
            ]
        );
    }

    #[test]
    fn tokens_of_a_macro_rules_macro_are_looked_into() {
        let passed = |tokens: TokenStream| proc_macro2::Group::new(Delimiter::None, tokens);
        let (item, vis) = (
            passed(quote!(
                pub fn a() {}
            )),
            passed(quote!(pub)),
        );
        let (body, twice) = (passed(quote!({ 1 })), passed(passed(quote!({ 1 })).to_token_stream()));
        let (ty, list) = (passed(quote!(A)), passed(quote!((1))));
        let tokens = quote! {
            #item
            #vis fn b() -> #ty { 1 }
            fn c() #body
            fn d() #twice
            const E: u8 = #list;
            const F: u8 = #body;
            fn g() {}
        };
        let kinds: Vec<Kind> = split(tokens).iter().map(|item| item.kind).collect();
        use Kind::{Function, Other};
        assert_eq!(kinds, [Function, Function, Function, Function, Other, Other, Other, Function]);
    }

    #[test]
    fn half_an_item_is_kept() {
        let tokens: TokenStream = "fn a() {} pub fn b(x: u8) -> ".parse().unwrap();
        let text = tokens.to_string();
        let again: TokenStream = split(tokens).into_iter().flat_map(|item| item.tokens).collect();
        assert_eq!(again.to_string(), text);
    }
}
