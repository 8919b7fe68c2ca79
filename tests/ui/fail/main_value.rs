//! A value of the wrong type, which the compiler reports at the value.

#[sentry::main(traces_sample_rate = "often")]
fn main() {}
