//! Integrations: automatic collection of panics, machine and program data, and support for other crates, each behind a
//! feature with the name of the crate.
//!
//! | feature | integration |
//! |---|---|
//! | `tower` | `sentry::integrations::tower`: a layer for all servers built on tower services (tonic, hyper, axum) |
//! | `axum` | the same layer, with transactions named by axum's routes |
//! | `opentelemetry` | `sentry::integrations::opentelemetry`: OpenTelemetry's and this crate's spans in one trace |
//! | `actix-web` | `sentry::integrations::actix_web`: a middleware for actix-web |
//! | `tracing` | `sentry::integrations::tracing`: a layer that records `tracing`'s spans and events as spans, breadcrumbs, events and logs |
//! | `log` | `sentry::integrations::log`: a logger that records `log`'s records as breadcrumbs, events and logs |
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

#[cfg(any(feature = "_http-server", feature = "_foreign"))]
mod cookies;
#[cfg(feature = "_foreign")]
mod foreign_attributes;
#[cfg(feature = "_http-client")]
mod http_client;
#[cfg(feature = "_http-server")]
mod http_server;
#[cfg(any(feature = "_http-client", feature = "_http-server", feature = "_foreign"))]
mod url;
