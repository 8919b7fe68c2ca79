//! The attributes that the macros know by name.

use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Token};

/// Returns whether an attribute is one of the compiler's or of a tool, whose names cannot mean anything else. Such an
/// attribute either ignores the function's tokens or accepts every form of them.
pub(crate) fn is_built_in(attr: &Attribute) -> bool {
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
        "macro_use",
        "must_use",
        "naked",
        "no_implicit_prelude",
        "no_mangle",
        "path",
        "should_panic",
        "target_feature",
        "track_caller",
        "unsafe",
        "warn",
    ];
    const TOOLS: &[&str] = &["clippy", "diagnostic", "rust_analyzer", "rustc", "rustdoc", "rustfmt"];
    let segments = &attr.path().segments;
    match (segments.first(), segments.len()) {
        (None, _) => true,
        (Some(only), 1) if only.ident == "cfg_attr" => {
            conditional(attr).is_some_and(|added| added.iter().all(is_built_in))
        }
        (Some(only), 1) => BUILT_IN.iter().any(|known| only.ident == known),
        (Some(first), _) => TOOLS.iter().any(|known| first.ident == known) || is_in_block(attr),
    }
}

/// Returns the attributes that a `cfg_attr` adds.
fn conditional(attr: &Attribute) -> Option<Vec<Attribute>> {
    let list = attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()?;
    Some(list.into_iter().skip(1).map(|meta| Attribute { meta, ..attr.clone() }).collect())
}

/// The name of the attribute that `parse/in_block.rs` describes.
pub(crate) const IN_BLOCK: &str = "__sentry_in_block";

/// Returns whether an attribute is [`IN_BLOCK`].
pub(crate) fn is_in_block(attr: &Attribute) -> bool {
    attr.path().segments.last().is_some_and(|last| last.ident == IN_BLOCK)
}

/// Returns whether an attribute is `#[name]` or `#[sentry::name]`.
pub(crate) fn is_ours(attr: &Attribute, name: &str) -> bool {
    let segments = &attr.path().segments;
    attr.path().is_ident(name)
        || (segments.len() == 2 && segments[0].ident == "sentry" && segments[1].ident == name)
}
