//! The expansion: from an attribute's tokens and its item's to the code that replaces them.
//!
//! All attributes go through [`attribute`]: it reads the item and the arguments, checks both and expands. The attribute
//! gives an [`instrumentation::Instrumentation`], [`function`] puts it around the body, and [`container`] does so for
//! every function of a block. After an error, [`fallback`] emits the item as it was. Clippy and rustdoc get other
//! code than the compiler, see [`lints`].

pub(crate) mod attribute;
pub(crate) mod callsite;
pub(crate) mod container;
pub(crate) mod fallback;
mod for_lints;
mod function;
mod futures;
pub(crate) mod instrumentation;
mod lints;
mod stream;
mod sync;
mod vars;
pub(crate) mod warnings;
mod wrap;
