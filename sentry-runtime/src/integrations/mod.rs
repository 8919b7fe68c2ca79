//! What the toolkit collects by itself: panics, and facts about the machine and the program.

pub(crate) mod contexts;
pub(crate) mod panic;
pub(crate) mod registry;
#[cfg(all(unix, feature = "signals"))]
pub(crate) mod signals;
