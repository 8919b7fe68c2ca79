//! Pages with three mistakes that are easy to make and hard to see, and that the options in `main.rs` reveal: a query
//! for each row of another query, an `async` function that blocks its thread, and an error that becomes a status.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Html;

use crate::error::ShopError;
use crate::{Shop, html};

/// The list of lamps on the shelves.
#[sentry::server_action]
pub async fn stock_page(State(shop): State<Arc<Shop>>) -> Result<Html<String>, ShopError> {
    let mut lines = String::new();
    // Mistake 1: the first query already has all the data. This function's span says how often the others repeat.
    for lamp in shop.repository.lamps().await {
        let lamp = shop.repository.lamp(&lamp.sku).await?;
        lines += &format!("{} × {}. ", lamp.in_stock, lamp.name);
    }
    count_by_hand().await;
    Ok(html::notice("Stock list", &lines))
}

/// Counts the lamps.
#[sentry::span]
async fn count_by_hand() {
    // Mistake 2: no other request can use this thread meanwhile. It should be `tokio::time::sleep(…).await`.
    std::thread::sleep(Duration::from_millis(250));
}

/// Prints the last invoice. Mistake 3: the handler has no attribute, and hides the error behind a status. The server's
/// layer captures the error nevertheless.
pub async fn invoice() -> Result<Html<String>, StatusCode> {
    match print_invoice() {
        Ok(page) => Ok(html::notice("Invoice", page)),
        Err(_) => Err(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

#[sentry::span]
fn print_invoice() -> Result<&'static str, OutOfPaper> {
    Err(OutOfPaper)
}

#[derive(Debug)]
struct OutOfPaper;

impl fmt::Display for OutOfPaper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the printer is out of paper")
    }
}

impl std::error::Error for OutOfPaper {}
