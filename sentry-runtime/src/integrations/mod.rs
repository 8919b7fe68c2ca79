//! Integrations: automatic collection of panics, machine and program data, and support for other crates, each behind a
//! feature with the name of the crate.
//!
//! | feature | integration |
//! |---|---|
//! | | `sentry::integrations::panic`: panics in programs with a panic hook of their own |
//! | `crash` | `sentry::integrations::crash`: the monitor process of crash reports |
//! | `cloud` | `sentry::integrations::cloud`: where the program runs, as the context `cloud_resource` |
//! | `lambda_runtime` | `sentry::integrations::lambda_runtime`: a layer for functions of AWS Lambda |
//! | `tower` | `sentry::integrations::tower`: a layer for all servers built on tower services (tonic, hyper, axum) |
//! | `axum` | the same layer, with transactions named by axum's routes |
//! | `opentelemetry` | `sentry::integrations::opentelemetry`: OpenTelemetry's and this crate's spans in one trace |
//! | `actix-web` | `sentry::integrations::actix_web`: a middleware for actix-web |
//! | `tracing` | `sentry::integrations::tracing`: a layer that records `tracing`'s spans and events as spans, breadcrumbs, events and logs |
//! | `log` | `sentry::integrations::log`: a logger that records `log`'s records as breadcrumbs, events and logs |
//! | `reqwest` | `sentry::integrations::reqwest`: a middleware for reqwest |
//! | `ureq` | `sentry::integrations::ureq`: a middleware for ureq |
//! | `tonic` | `sentry::integrations::tonic`: an interceptor for gRPC clients, and traces in gRPC metadata |
//! | `anyhow` | `sentry::integrations::anyhow`: errors of the crate `anyhow` |
//!
//! The modules [`backtrace`], [`contexts`], [`debug_images`] and [`panic`](mod@panic) have the integrations of the official crate whose
//! tasks are built in here.

#[cfg(feature = "actix-web")]
pub mod actix_web;
#[cfg(feature = "anyhow")]
pub mod anyhow;
#[cfg(feature = "axum")]
mod axum;
pub mod backtrace;
#[cfg(feature = "cloud")]
pub mod cloud;
pub mod contexts;
#[cfg(feature = "crash")]
pub mod crash;
pub mod debug_images;
#[cfg(feature = "lambda_runtime")]
pub mod lambda_runtime;
#[cfg(feature = "log")]
pub mod log;
#[cfg(feature = "_entries")]
mod log_bridge;
#[cfg(feature = "opentelemetry-0-33")]
pub mod opentelemetry;
pub mod panic;
#[cfg(feature = "reqwest-0-13")]
pub mod reqwest;
#[cfg(feature = "tonic-0-14")]
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
/// The middleware for actix-web at the path of the official crate, see [`actix_web`].
#[cfg(feature = "actix-web")]
pub use actix_web as actix;

#[cfg(feature = "_http-client")]
mod http_client;
#[cfg(feature = "_http-server")]
mod http_server;
#[cfg(any(feature = "_http-client", feature = "_http-server", feature = "_foreign"))]
mod url;
