//! The spans of a segment between their records and the wire: buffered, filtered, passed to callbacks, written as JSON.

pub(crate) mod buffer;
pub(crate) mod details;
pub(crate) mod filter;
pub(crate) mod gen_ai;
pub(crate) mod hook;
pub(crate) mod json;
pub(crate) mod record;
pub(crate) mod repeats;
pub(crate) mod v2;
