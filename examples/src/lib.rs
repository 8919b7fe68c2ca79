//! Programs to run first: `cargo run --example quickstart`, `nightly_report` and `storefront`. They are in
//! `examples/`; this library is empty, for a package needs one.
