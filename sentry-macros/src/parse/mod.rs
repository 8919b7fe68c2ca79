//! The syntax of an attribute and of the item below it, read from tokens.

pub(crate) mod args;
pub(crate) mod crate_path;
pub(crate) mod enclosing;
pub(crate) mod entries;
pub(crate) mod error_lifetime;
pub(crate) mod function;
pub(crate) mod known_attributes;
pub(crate) mod legacy_syntax;
pub(crate) mod params;
pub(crate) mod pattern;
pub(crate) mod returns;
pub(crate) mod split_items;
pub(crate) mod tail_expr;
pub(crate) mod target;
pub(crate) mod value;
