//! An axum server that records every request as a transaction, by one layer.
//!
//! `cargo run --example axum_layer` sends two requests to itself and prints what was recorded.

use std::error::Error;
use std::io;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::{Router, routing::get};
use sentry::integrations::tower::SentryLayer;

async fn user(Path(id): Path<u32>) -> Result<String, StatusCode> {
    // The tag belongs to this request only, even if the server handles other requests at the same time.
    sentry::set_tag("user.id", id);
    load(id).await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

#[sentry::span("SELECT name FROM users WHERE id = $1", op = "db.query", err)]
async fn load(id: u32) -> Result<String, io::Error> {
    match id {
        1 => Ok("Ada".to_owned()),
        _ => Err(io::Error::other("the table is locked")),
    }
}

#[sentry::main(options = sentry::ClientOptions::new().traces_sample_rate(1.0).local(true))]
#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let app = Router::new().route("/users/{id}", get(user)).layer(SentryLayer::new());

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(axum::serve(listener, app).into_future());
    for id in [1, 2] {
        let status =
            tokio::task::spawn_blocking(move || ask(&format!("http://{address}/users/{id}"))).await??;
        println!("user {id}: {status}");
    }
    Ok(())
}

fn ask(url: &str) -> Result<StatusCode, ureq::Error> {
    let config = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build();
    Ok(ureq::Agent::from(config).get(url).call()?.status())
}
