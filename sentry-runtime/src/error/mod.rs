//! Errors as data: chains of causes, groups, ignore patterns, and the failure of an annotated function.
//!
//! Reading an error needs no client: the options about errors are passed as parameters.

pub(crate) mod captured;
pub(crate) mod chain;
pub(crate) mod failure;
pub(crate) mod group;
pub(crate) mod pattern;
pub(crate) mod repeat;
pub(crate) mod value;
