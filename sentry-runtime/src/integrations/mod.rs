//! What the toolkit collects by itself: panics, and facts about the machine and the program; and what it has for
//! other crates, each behind a feature named like the crate.
//!
//! | feature | what |
//! |---|---|
//! | `tower` | `sentry::integrations::tower`: a layer for every server made of tower services (tonic, hyper, axum) |
//! | `axum` | the same layer, naming transactions by axum's routes |
//! | `actix-web` | `sentry::integrations::actix_web`: a middleware for actix-web |

#[cfg(feature = "actix-web")]
pub mod actix_web;
#[cfg(feature = "tower")]
pub mod tower;

#[cfg(feature = "_http-server")]
mod http_server;

pub(crate) mod contexts;
pub(crate) mod panic;
pub(crate) mod registry;
#[cfg(all(unix, feature = "signals"))]
pub(crate) mod signals;
