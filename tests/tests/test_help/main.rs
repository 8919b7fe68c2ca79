//! Tests of the test helpers for users: the results of `with_captured` and its variants.

#![allow(clippy::unwrap_used, reason = "annotated functions of tests are tests")]

mod apart;
mod counts;
mod items;
mod trees;

/// The error of the functions in these tests.
#[derive(Debug)]
struct Declined;

impl std::fmt::Display for Declined {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the card was declined")
    }
}

impl std::error::Error for Declined {}

#[sentry::span("pay", err)]
fn pay() -> Result<(), Declined> {
    Err(Declined)
}

#[sentry::span("checkout", op = "shop")]
fn checkout() {
    let _ = pay();
}

#[sentry::span("fetch")]
async fn fetch(order: u32) -> u32 {
    tokio::task::yield_now().await;
    sentry::capture_message(&format!("order {order}"), sentry::Level::Info);
    order
}

#[sentry::monitor("nightly-report", schedule = "0 3 * * *")]
fn report() -> Result<(), Declined> {
    Ok(())
}
