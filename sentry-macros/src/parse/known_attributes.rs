//! The attributes that the macros know: those of the compiler, and their own.

use syn::Attribute;

/// Returns whether an attribute is one of the compiler's, of a tool, or of this crate. Such attributes either ignore the
/// function's tokens or accept every form of them.
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

/// The attributes of this crate that instrument a function.
pub(crate) const OURS: &[&str] = &["span", "server_action", "api_handler", "data_fetcher", "monitor"];

/// Returns whether an attribute is `#[name]` or `#[sentry::name]`.
pub(crate) fn is_ours(attr: &Attribute, name: &str) -> bool {
    attr.path().is_ident(name) || is_from_sentry(attr, name)
}

/// Returns whether an attribute is `#[sentry::name]`.
pub(crate) fn is_from_sentry(attr: &Attribute, name: &str) -> bool {
    let segments = &attr.path().segments;
    segments.len() == 2 && segments[0].ident == "sentry" && segments[1].ident == name
}
