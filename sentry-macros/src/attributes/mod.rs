//! The attributes, one file each: their arguments, and the code that the arguments ask for.

pub(crate) mod api_handler;
pub(crate) mod data_fetcher;
pub(crate) mod handler;
pub(crate) mod main;
pub(crate) mod monitor;
pub(crate) mod schedule;
pub(crate) mod server_action;
pub(crate) mod span;
