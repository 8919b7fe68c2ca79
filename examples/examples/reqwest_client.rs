//! Requests of reqwest that are recorded as spans and carry the trace, by one line of middleware.
//!
//! `cargo run --example reqwest_client` sends requests to its own server and prints what was recorded.

use std::error::Error;
use std::net::SocketAddr;

use axum::http::StatusCode;
use axum::{Router, routing::get};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use sentry::integrations::reqwest::SentryMiddleware;
use sentry::integrations::tower::SentryLayer;

/// The values of the query string are not recorded, because they may contain personal data.
#[sentry::span]
async fn in_stock(
    client: &ClientWithMiddleware,
    warehouse: SocketAddr,
    sku: &str,
) -> Result<String, reqwest_middleware::Error> {
    let url = format!("http://{warehouse}/stock/{sku}?customer=ada");
    Ok(client.get(url).send().await?.error_for_status()?.text().await?)
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

    let client = reqwest::Client::builder().no_proxy().build()?;
    let client = ClientBuilder::new(client).with(SentryMiddleware::new()).build();
    sentry::start_span_async("look at the stock", |_| async {
        // Two concurrent requests, both children of the same span.
        let (lanterns, moons) =
            tokio::join!(in_stock(&client, address, "lantern"), in_stock(&client, address, "moon"));
        println!("lanterns: {lanterns:?}, moons: {moons:?}");
    })
    .await;
    Ok(())
}
