//! An async `main` without a runtime: the second error is the compiler's own.

#[sentry::main]
async fn main() {}
