//! Arguments that `#[main]` does not have.

#[sentry::main(sample_rates = 1.0)]
fn main() {}
