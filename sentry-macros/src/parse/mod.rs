//! The parser: the arguments of an attribute and the item below it, read from tokens.
//!
//! A macro sees tokens and names, never types. Signatures are parsed, bodies are not: a body is emitted in the tokens
//! that the user wrote, so that the compiler's errors and lints in it stay the same and an unfinished body still
//! expands.

pub(crate) mod args;
pub(crate) mod attributes;
pub(crate) mod crate_path;
pub(crate) mod enclosing;
pub(crate) mod entries;
pub(crate) mod error_lifetime;
mod foreign_words;
pub(crate) mod function;
pub(crate) mod futures;
pub(crate) mod in_block;
pub(crate) mod known_attributes;
mod legacy_syntax;
mod param_attrs;
pub(crate) mod params;
pub(crate) mod pattern;
pub(crate) mod returns;
pub(crate) mod split_items;
pub(crate) mod tail_expr;
pub(crate) mod target;
pub(crate) mod value;

/// Reads a type, for the tests of these modules.
#[cfg(test)]
fn type_of(ty: &str) -> syn::Type {
    syn::parse_str(ty).unwrap_or_else(|error| panic!("{ty}: {error}"))
}
