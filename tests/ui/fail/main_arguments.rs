//! Arguments that `#[main]` does not have.

#[sentry::main(sample_rate = 1.0)]
fn main() {}
