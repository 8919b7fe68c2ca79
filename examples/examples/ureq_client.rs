//! Requests of ureq that are recorded as spans and carry the trace, by one line of middleware.
//!
//! `cargo run --example ureq_client` sends requests to its own server and prints what was recorded.

use std::error::Error;
use std::net::SocketAddr;

use axum::http::StatusCode;
use axum::{Router, routing::get};
use sentry::integrations::tower::SentryLayer;
use sentry::integrations::ureq::SentryMiddleware;

/// The values of the query string are not recorded, because they may contain personal data.
#[sentry::span]
fn in_stock(agent: &ureq::Agent, warehouse: SocketAddr, sku: &str) -> Result<String, ureq::Error> {
    let url = format!("http://{warehouse}/stock/{sku}?customer=ada");
    agent.get(url).call()?.body_mut().read_to_string()
}

#[sentry::main(options = sentry::ClientOptions::new().traces_sample_rate(1.0).local(true))]
#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    // Another service: its transactions are children of the requests' spans.
    let warehouse = Router::new()
        .route("/stock/lantern", get(|| async { "12" }))
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(SentryLayer::new());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(axum::serve(listener, warehouse).into_future());

    tokio::task::spawn_blocking(move || {
        let config = ureq::Agent::config_builder().proxy(None).middleware(SentryMiddleware::new());
        let agent = ureq::Agent::from(config.build());
        sentry::start_span("look at the stock", |_| {
            for sku in ["lantern", "moon"] {
                println!("{sku}: {:?}", in_stock(&agent, address, sku));
            }
        });
    })
    .await?;
    Ok(())
}
