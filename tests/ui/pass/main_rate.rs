//! A rate that is a whole number.

#[sentry::main(options = sentry::ClientOptions::new().local(false), traces_sample_rate = 1)]
fn main() {
    assert_eq!(sentry::get_client().and_then(|client| client.options().traces_sample_rate), Some(1.0));
}
