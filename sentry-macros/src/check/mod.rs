//! The checks of what has been read: the function, and the values of the arguments.
//!
//! A check that fails is an error at the token it is about. Its message names the value, the rule, and what to write
//! instead. Values with rules that the runtime shares are checked by `sentry-rules`.

pub(crate) mod conventions;
pub(crate) mod entries;
mod escapes;
pub(crate) mod function;
pub(crate) mod values;
pub(crate) mod vars;
