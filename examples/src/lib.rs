//! Programs to run first: `cargo run --example quickstart`, `nightly_report`, `axum_layer`, `ureq_client` and
//! `storefront`. They are in `examples/`; this library is empty, for a package needs one. `grpc/`, `leptos/` and
//! `schedulers/` beside it are packages of their own, for what they depend on.
