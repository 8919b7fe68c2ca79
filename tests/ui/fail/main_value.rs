//! A value of the wrong type is the compiler's to say, at the value.

#[sentry::main(traces_sample_rate = "often")]
fn main() {}
