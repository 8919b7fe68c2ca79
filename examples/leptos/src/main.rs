//! Leptos server functions as server actions, with the attribute below `#[server]`.
//!
//! `cargo run --manifest-path examples/leptos/Cargo.toml` calls its function twice as a browser would, and prints what
//! was recorded.

use std::error::Error;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use leptos::prelude::*;
use leptos::server_fn::codec::PostUrl;
use sentry::integrations::tower::SentryLayer;

/// The body runs on the server only. The layer has continued the browser's trace, so the attribute needs no headers.
/// The form's fields are passed to the attribute explicitly, so that errors carry them. In a program that is also
/// compiled for the browser, write `#[cfg_attr(feature = "ssr", sentry::server_action(…))]`.
#[server(prefix = "/api", endpoint = "add_to_cart", input = PostUrl)]
#[sentry::server_action(
    name = "add_to_cart",
    form_data = sentry::FormData::from_pairs([("sku", sku.clone()), ("quantity", quantity.to_string())])
)]
pub async fn add_to_cart(sku: String, quantity: u32) -> Result<u32, ServerFnError> {
    in_stock(&sku, quantity).await
}

#[sentry::span("SELECT in_stock FROM lamp WHERE sku = $1", op = "db.query")]
async fn in_stock(sku: &str, quantity: u32) -> Result<u32, ServerFnError> {
    12_u32.checked_sub(quantity).ok_or_else(|| ServerFnError::new(format!("only 12 of {sku} are left")))
}

#[sentry::main(options = sentry::ClientOptions::new().traces_sample_rate(1.0).local(true))]
#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let app: Router = Router::new()
        .route("/api/{*function}", post(leptos_axum::handle_server_fns))
        // All server functions share one route, so the path provides the name.
        .layer(SentryLayer::new().route(|request| Some(request.uri.path().to_owned())));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(axum::serve(listener, app).into_future());
    for quantity in ["3", "30"] {
        let url = format!("http://{address}/api/add_to_cart");
        let status = tokio::task::spawn_blocking(move || call(&url, quantity)).await??;
        println!("{quantity} lanterns: {status}");
    }
    Ok(())
}

fn call(url: &str, quantity: &str) -> Result<StatusCode, ureq::Error> {
    let config = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build();
    let form = [("sku", "lantern"), ("quantity", quantity)];
    Ok(ureq::Agent::from(config).post(url).send_form(form)?.status())
}
