//! The payment service, which would be a separate program in production. It listens on its own port and knows only what
//! a request of the shop contains.

use std::time::Duration;

use axum::extract::Form;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Router, middleware};
use serde::{Deserialize, Serialize};

use crate::server;

#[derive(Debug, Serialize, Deserialize)]
struct Charge {
    order: u32,
    cents: u32,
    card_number: String,
}

pub fn router() -> Router {
    Router::new().route("/charges", post(take_payment)).layer(middleware::from_fn(server::answer_panics))
}

/// The transaction continues the shop's trace. A declined card is an expected result here: no error, no event.
#[sentry::server_action(headers = headers, form_data = charge, record_response)]
async fn take_payment(headers: HeaderMap, Form(charge): Form<Charge>) -> (StatusCode, String) {
    if authorize(&charge.card_number).await {
        (StatusCode::OK, format!("P-{}", charge.order))
    } else {
        (StatusCode::PAYMENT_REQUIRED, "insufficient funds".to_owned())
    }
}

/// Asks the bank, which declines cards that end in 0002.
#[sentry::span(op = "bank")]
async fn authorize(card_number: &str) -> bool {
    tokio::time::sleep(Duration::from_millis(8)).await;
    !card_number.ends_with("0002")
}
