//! Errors as data: chains of causes, groups, patterns that name them, and what a failed call hands over.
//!
//! Reading an error needs no client: what the options say about errors comes in as a parameter.

pub(crate) mod chain;
pub(crate) mod failure;
pub(crate) mod group;
pub(crate) mod pattern;
pub(crate) mod repeat;
pub(crate) mod value;
