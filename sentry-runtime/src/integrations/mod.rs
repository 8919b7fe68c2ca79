//! What the toolkit collects by itself: panics, and facts about the machine and the program; and what it has for
//! other crates, each behind a feature named like the crate.
//!
//! | feature | what |
//! |---|---|
//! | `tower` | `sentry::integrations::tower`: a layer for every server made of tower services (tonic, hyper, axum) |
//! | `axum` | the same layer, naming transactions by axum's routes |
//! | `opentelemetry` | `sentry::integrations::opentelemetry`: spans of OpenTelemetry and spans of this crate in one trace |
//! | `actix-web` | `sentry::integrations::actix_web`: a middleware for actix-web |
//! | `tracing` | `sentry::integrations::tracing`: a layer that makes spans, breadcrumbs, events and logs of those of `tracing` |
//! | `log` | `sentry::integrations::log`: a logger that makes breadcrumbs, events and logs of the records of `log` |
//! | `reqwest` | `sentry::integrations::reqwest`: a middleware for reqwest |
//! | `ureq` | `sentry::integrations::ureq`: a middleware for ureq |
//! | `tonic` | `sentry::integrations::tonic`: an interceptor for gRPC clients, and traces in gRPC metadata |

#[cfg(feature = "actix-web")]
pub mod actix_web;
#[cfg(feature = "log")]
pub mod log;
#[cfg(feature = "_entries")]
mod log_bridge;
#[cfg(feature = "opentelemetry")]
pub mod opentelemetry;
#[cfg(feature = "reqwest")]
pub mod reqwest;
#[cfg(feature = "tonic")]
pub mod tonic;
#[cfg(feature = "tower")]
pub mod tower;
#[cfg(feature = "tracing")]
pub mod tracing;
#[cfg(feature = "ureq")]
pub mod ureq;

#[cfg(feature = "_http-client")]
mod http_client;
#[cfg(feature = "_http-server")]
mod http_server;
#[cfg(any(feature = "_http-client", feature = "_http-server"))]
mod url;
