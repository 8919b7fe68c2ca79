//! A monitored job: it sends check-ins at its start and its end, and Sentry notices if a run is missing.

use std::fmt;

use crate::Shop;

/// Fills the shelves. In this example, the supplier does not answer every second call.
#[sentry::monitor("restock-shelves", every = "10 minutes", checkin_margin = 2, max_runtime = "5m")]
pub async fn restock_shelves(shop: &Shop, run: u32) -> Result<u32, RestockError> {
    let mut added = 0;
    for lamp in shop.repository.lamps().await.iter().filter(|lamp| lamp.in_stock < 12) {
        let missing = 12 - lamp.in_stock;
        shop.repository.put_back(&lamp.sku, missing).await;
        added += missing;
    }
    ask_supplier(run)?;
    Ok(added)
}

#[sentry::span]
fn ask_supplier(run: u32) -> Result<(), RestockError> {
    if run.is_multiple_of(2) { Err(RestockError { run }) } else { Ok(()) }
}

#[derive(Debug)]
pub struct RestockError {
    run: u32,
}

impl fmt::Display for RestockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the supplier did not answer in run {}", self.run)
    }
}

impl std::error::Error for RestockError {}
