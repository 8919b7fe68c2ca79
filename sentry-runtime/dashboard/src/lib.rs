//! A small Sentry server for development: it takes what Sentry SDKs of every language send, and shows it in a browser.
//!
//! The server has one page (traces, issues, jobs, functions, hints, logs, metrics, sessions), a JSON API below `/api`,
//! and an MCP endpoint for coding agents. It needs no account and no other program. The program `sentry-dashboard` runs
//! it for all services of a system; a program that uses `sentry-runtime` runs it inside itself with that crate's feature
//! `dashboard`. [The guide](https://docs.rs/sentry-runtime/latest/sentry/guide/dashboard/index.html) shows both.
//!
//! ```
//! let dashboard = sentry_dashboard::Dashboard::new().address(([127, 0, 0, 1], 0).into()).start()?;
//! println!("{}", dashboard.url());
//! // The bytes of an envelope, as an SDK posts them.
//! dashboard.submit(b"{}\n{\"type\":\"log\",\"length\":12}\n{\"items\":[]}\n".to_vec());
//! # Ok::<(), sentry_dashboard::StartError>(())
//! ```
//!
//! Ingestion needs no secret, everything else needs the token in the URL. The server listens on this machine only,
//! unless [`Dashboard::allow_remote`] is set.

mod analysis;
mod diagnostics;
mod envelope;
mod history;
mod mcp;
mod model;
mod options;
mod query;
mod server;

pub use options::{DEFAULT_ADDRESS, DEFAULT_MEMORY, Dashboard, StartError};
pub use server::handle::Handle;
pub use server::identity::is_dashboard;

// The doc tests compile the Rust blocks of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
