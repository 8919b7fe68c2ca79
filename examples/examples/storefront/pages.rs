//! The pages of the shop: a layer for all, and each handler a server action.
//!
//! The layer gives each request scopes of its own, continues the trace that its headers carry, and makes a transaction
//! of it, named by its route. `#[sentry::server_action]` records what a handler was given, and captures the error
//! with which it ends. Handlers stay what axum wants them to be.

use std::sync::Arc;

use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, middleware};
use sentry::integrations::tower::SentryLayer;

use crate::browser_sdk::BrowserSdk;
use crate::error::ShopError;
use crate::orders::{self, NewOrder};
use crate::{Shop, html, server};

pub fn router(shop: Arc<Shop>) -> Router {
    Router::new()
        .route("/", get(shop_page))
        .route("/lamps/{sku}", get(order_page))
        .route("/orders", post(place_order))
        .route("/deals/{day}", get(deal_page))
        // Inside of what moves a request to a task of its own, and turns its panic into an answer.
        .layer(SentryLayer::new())
        // After the layer, so that it makes no transaction.
        .route(BrowserSdk::PATH, get(browser_sdk))
        .layer(middleware::from_fn(server::answer_panics))
        .with_state(shop)
}

async fn browser_sdk(State(shop): State<Arc<Shop>>) -> Response {
    match &shop.browser_sdk {
        Some(sdk) => sdk.response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[sentry::server_action]
async fn shop_page(State(shop): State<Arc<Shop>>) -> Html<String> {
    html::shop(&shop.repository.lamps().await)
}

/// The page with the order form. Its head carries the trace, so that the browser can send it back with the order.
#[sentry::server_action]
async fn order_page(
    State(shop): State<Arc<Shop>>,
    Path(sku): Path<String>,
) -> Result<Html<String>, ShopError> {
    let lamp = shop.repository.lamp(&sku).await?;
    Ok(html::order_form(&lamp, None, shop.browser_sdk.as_ref()))
}

/// The order form. Its fields go along with errors; the card number is filtered by its name.
#[sentry::server_action(form_data = order)]
async fn place_order(
    State(shop): State<Arc<Shop>>,
    Form(order): Form<NewOrder>,
) -> Result<Response, ShopError> {
    // A customer's slip is no error of the program: the form is shown again, and nothing is captured.
    if let Err(slip) = order.check() {
        let lamp = shop.repository.lamp(&order.sku).await?;
        let page = html::order_form(&lamp, Some(slip), shop.browser_sdk.as_ref());
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let receipt = orders::place(&shop, &order).await?;
    Ok(html::receipt(&order, &receipt).into_response())
}

/// The deal of a day of the week, from 0. It has a bug.
#[sentry::server_action]
async fn deal_page(Path(day): Path<usize>) -> Html<String> {
    html::notice("Deal of the day", deal_of(day))
}

#[sentry::span]
fn deal_of(day: usize) -> &'static str {
    const DEALS: [&str; 6] = [
        "Two candles for one.",
        "Free oil with every oil lamp.",
        "Lanterns in pairs.",
        "A bulb on the house.",
        "Late opening, low prices.",
        "Market day: ask for the green one.",
    ];
    // The bug: weeks have seven days.
    DEALS[day]
}
