//! The attributes on an argument whose name and pattern are split: each goes to the half that it is about.
//!
//! Lint levels are about the names that the pattern binds, `#[cfg]` is about both halves, and all else is about the input. A
//! `#[cfg_attr]` is split like the attributes in it: an `expect` that went to both halves would be unfulfilled on one.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Attribute, Meta};

use crate::tokens::is_punct;

/// The attributes for each half.
#[derive(Default)]
pub(super) struct Halves {
    /// For the input in the signature.
    pub(super) input: Vec<Attribute>,
    /// For the statement that binds the pattern.
    pub(super) pattern: Vec<Attribute>,
    /// For every further statement about the argument.
    pub(super) cfgs: Vec<Attribute>,
}

impl Halves {
    /// Distributes the attributes of an argument.
    pub(super) fn of(attrs: &[Attribute]) -> Self {
        let mut halves = Self::default();
        for attr in attrs {
            let [input, pattern, cfgs] =
                split(attr.meta.to_token_stream()).map(|meta| meta.and_then(|meta| with_meta(attr, meta)));
            halves.input.extend(input);
            halves.pattern.extend(pattern);
            halves.cfgs.extend(cfgs);
        }
        halves
    }
}

fn with_meta(attr: &Attribute, meta: TokenStream) -> Option<Attribute> {
    let meta: Meta = syn::parse2(meta).ok()?;
    Some(Attribute { meta, ..attr.clone() })
}

/// Returns what of an attribute goes to the input, the pattern and the further statements.
fn split(meta: TokenStream) -> [Option<TokenStream>; 3] {
    let tokens: Vec<TokenTree> = meta.clone().into_iter().collect();
    let is = |names: &[&str]| matches!(&tokens[..], [TokenTree::Ident(word), ..] if names.iter().any(|name| word == name));
    if is(&["cfg"]) {
        return [Some(meta.clone()), Some(meta.clone()), Some(meta)];
    }
    if is(&["allow", "warn", "deny", "expect", "forbid"]) {
        return [None, Some(meta), None];
    }
    match &tokens[..] {
        [TokenTree::Ident(name), TokenTree::Group(group)] if name == "cfg_attr" => {
            let arguments: Vec<TokenTree> = group.stream().into_iter().collect();
            let mut parts = arguments.split(|token| is_punct(token, ',')).filter(|part| !part.is_empty());
            let condition: TokenStream = parts.next().unwrap_or_default().iter().cloned().collect();
            let mut halves = [const { Vec::new() }; 3];
            for part in parts {
                for (half, meta) in halves.iter_mut().zip(split(part.iter().cloned().collect())) {
                    half.extend(meta);
                }
            }
            halves.map(|metas| (!metas.is_empty()).then(|| quote!(#name(#condition #(, #metas)*))))
        }
        _ => [Some(meta), None, None],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_attribute_goes_to_the_half_that_it_is_about() {
        for (attrs, input, pattern, cfgs) in [
            ("", "", "", ""),
            ("#[cfg(a)]", "#[cfg(a)]", "#[cfg(a)]", "#[cfg(a)]"),
            ("#[allow(a)] #[expect(b)] #[forbid(c)]", "", "#[allow(a)] #[expect(b)] #[forbid(c)]", ""),
            ("#[serde(a)] #[b]", "#[serde(a)] #[b]", "", ""),
            (
                "#[cfg_attr(a, allow(b), serde(c), cfg(d))]",
                "#[cfg_attr(a, serde(c), cfg(d))]",
                "#[cfg_attr(a, allow(b), cfg(d))]",
                "#[cfg_attr(a, cfg(d))]",
            ),
            ("#[cfg_attr(a, warn(b),)]", "", "#[cfg_attr(a, warn(b))]", ""),
        ] {
            let parsed = syn::parse::Parser::parse_str(Attribute::parse_outer, attrs).unwrap();
            let halves = Halves::of(&parsed);
            let text = |attrs: &[Attribute]| quote!(#(#attrs)*).to_string();
            let expected = |text: &str| text.parse::<TokenStream>().unwrap().to_string();
            assert_eq!(text(&halves.input), expected(input), "{attrs}");
            assert_eq!(text(&halves.pattern), expected(pattern), "{attrs}");
            assert_eq!(text(&halves.cfgs), expected(cfgs), "{attrs}");
        }
    }
}
