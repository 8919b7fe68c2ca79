//! A rate out of its range.

#[sentry::main(traces_sample_rate = 2)]
fn main() {}
