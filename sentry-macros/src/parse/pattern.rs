//! Names and patterns of arguments.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::Pat;
use syn::ext::IdentExt;

/// Returns a name without `r#`.
pub(crate) fn plain_name(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// Returns the argument's name if its pattern is just a name.
pub(crate) fn simple_name(pat: &Pat) -> Option<&Ident> {
    match pat {
        Pat::Ident(name) if name.by_ref.is_none() && name.subpat.is_none() => {
            let text = plain_name(&name.ident);
            let nameless = text.trim_start_matches('_').is_empty();
            (!nameless && !may_be_constant(&text)).then_some(&name.ident)
        }
        _ => None,
    }
}

/// Returns whether a name in a pattern may be a constant or a unit struct, because it begins with a capital letter.
pub(crate) fn may_be_constant(name: &str) -> bool {
    name.trim_start_matches('_').starts_with(char::is_uppercase)
}

/// Returns the names that a pattern binds: words that are neither part of a path nor a field name in front of a colon.
///
/// A name with a capital letter may also be a constant or a unit struct, see [`may_be_constant`].
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
                // `Some(…)`, `Point { … }`
                let has_parts =
                    may_be_constant(&name) && matches!(tokens.get(index + 1), Some(TokenTree::Group(_)));
                if !keyword && !field_or_path && !has_parts && (!in_path || after_field) {
                    names.push(ident.clone());
                }
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_bind_names() {
        for (pattern, expected) in [
            ("a", "a"),
            ("mut a", "a"),
            ("ref mut a", "a"),
            ("r#type", "r#type"),
            ("_", ""),
            ("_a", "_a"),
            ("(a, _, b)", "a b"),
            ("[first, .., last]", "first last"),
            ("&(a, b)", "a b"),
            ("Some(a)", "a"),
            ("Json(Order { id, lines: [first, ..] })", "id first"),
            ("api::Form(a)", "a"),
            ("::api::v1::Form(a)", "a"),
            ("Point { x, y: b }", "x b"),
            ("Point { x: api::Unit(a), .. }", "a"),
            ("Point { x: ref a, y: mut b }", "a b"),
            ("a @ Some(_)", "a"),
            ("Unit", "Unit"),
            ("api::Unit", ""),
            ("::api::Unit", ""),
            ("(MAX, a)", "MAX a"),
            ("box a", "a"),
        ] {
            let names = bindings(pattern.parse().unwrap());
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            assert_eq!(names.join(" "), expected, "{pattern}");
        }
    }

    #[test]
    fn a_plain_name_is_no_pattern() {
        for (argument, expected) in [
            ("a: u8", Some("a")),
            ("mut a: u8", Some("a")),
            ("_a: u8", Some("_a")),
            ("r#type: u8", Some("r#type")),
            ("_: u8", None),
            ("__: u8", None),
            ("ref a: u8", None),
            ("a @ _: u8", None),
            ("ref a @ _: u8", None),
            ("Unit: Unit", None),
            ("_Unit: u8", None),
            ("(a, b): (u8, u8)", None),
        ] {
            let syn::FnArg::Typed(argument) = syn::parse_str(argument).unwrap() else { panic!("{argument}") };
            assert_eq!(simple_name(&argument.pat).map(ToString::to_string).as_deref(), expected);
        }
    }
}
