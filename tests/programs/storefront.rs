//! A program with an item of every kind, for the local view.

use std::time::Duration;

#[derive(Debug)]
struct CardDeclined;

impl std::fmt::Display for CardDeclined {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("card declined")
    }
}

impl std::error::Error for CardDeclined {}

#[sentry::span(op = "db.query")]
fn load_cart() {}

#[sentry::span]
fn charge() -> Result<(), CardDeclined> {
    Err(CardDeclined)
}

#[sentry::server_action]
fn checkout() -> Result<(), CardDeclined> {
    load_cart();
    charge()
}

#[sentry::monitor("stock-count", every = "1 day")]
fn count_stock() {}

// The timeout is long, because a busy machine reads debug information slowly.
#[sentry::main(options = sentry::ClientOptions::new().shutdown_timeout(Duration::from_secs(60)), traces_sample_rate = 1.0)]
fn main() {
    let _declined = checkout();
    count_stock();
}
