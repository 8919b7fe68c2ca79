//! A program whose function fails, and records an argument with `vars`.

use std::time::Duration;

#[sentry::span(err, vars(order))]
fn fails(order: u8) -> Result<(), std::fmt::Error> {
    let _ = order;
    Err(std::fmt::Error)
}

fn main() {
    let options = sentry::ClientOptions::new().shutdown_timeout(Duration::from_secs(60));
    let _guard = sentry::init(options);
    let _ = fails(7);
}
