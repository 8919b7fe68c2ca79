//! Example programs: `cargo run --example quickstart`, `nightly_report`, `desktop`, `axum_layer`, `ureq_client` and
//! `storefront`.
//!
//! They are in `examples/`; this library is empty, because a package needs one. `background/`, `grpc/`, `lambda/`,
//! `leptos/`, `mcp/` and `schedulers/` are separate packages because of their dependencies.
