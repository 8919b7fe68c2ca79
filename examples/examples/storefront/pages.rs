//! The pages of the shop: one layer for all of them, and a server action for each handler.
//!
//! The layer gives each request its own scopes, continues the trace of its headers, and records a transaction that is
//! named by the route. `#[sentry::server_action]` records the input of a handler and captures the error that it
//! returns. The handlers keep the signatures that axum requires.

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
use crate::{Shop, html, server, stock};

pub fn router(shop: Arc<Shop>) -> Router {
    Router::new()
        .route("/", get(shop_page))
        .route("/lamps/{sku}", get(order_page))
        .route("/orders", post(place_order))
        .route("/deals/{day}", get(deal_page))
        .route("/stock", get(stock::stock_page))
        .route("/invoice", get(stock::invoice))
        // Inside the middleware that spawns the request as a task and converts its panic to a response.
        .layer(SentryLayer::new())
        // Added after the layer, so that it is not recorded as a transaction.
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

/// The page with the order form. Its head contains the trace, which the browser sends back with the order.
#[sentry::server_action]
async fn order_page(
    State(shop): State<Arc<Shop>>,
    Path(sku): Path<String>,
) -> Result<Html<String>, ShopError> {
    let lamp = shop.repository.lamp(&sku).await?;
    Ok(html::order_form(&lamp, None, shop.browser_sdk.as_ref()))
}

/// The order form. Events carry its fields; the card number is filtered because of its name.
#[sentry::server_action(form_data = order)]
async fn place_order(
    State(shop): State<Arc<Shop>>,
    Form(order): Form<NewOrder>,
) -> Result<Response, ShopError> {
    // Invalid input is not an error of the program: the form is shown again, and nothing is captured.
    if let Err(slip) = order.check() {
        let lamp = shop.repository.lamp(&order.sku).await?;
        let page = html::order_form(&lamp, Some(slip), shop.browser_sdk.as_ref());
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let receipt = orders::place(&shop, &order).await?;
    Ok(html::receipt(&order, &receipt).into_response())
}

/// The deal of a day of the week, numbered from 0. It has a bug.
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
