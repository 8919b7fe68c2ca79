//! An async `main` without a runtime: the second error comes from the compiler itself.

#[sentry::main]
async fn main() {}
