//! The expansion: from an attribute's tokens and its item's to the code that replaces them.
//!
//! [`attribute`] has the way that all attributes take: read the item, read the arguments, check both, expand. An
//! attribute says with an [`instrumentation::Instrumentation`] what to add, [`function`] puts that around the body, and
//! [`container`] does so for every function of a block. If something is wrong, [`fallback`] emits the errors and the
//! item as it was. Clippy sees other code than the compiler: see [`lints`].

pub(crate) mod attribute;
pub(crate) mod callsite;
pub(crate) mod container;
pub(crate) mod fallback;
mod for_lints;
mod function;
mod futures;
pub(crate) mod instrumentation;
mod lints;
mod sync;
mod wrap;
