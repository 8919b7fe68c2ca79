//! An axum server with WebSockets. One call in the handler assigns the work of a socket to the trace and the scope of
//! the request that opened the socket.
//!
//! `cargo run -p sentry-examples --example websocket --features websocket` talks to itself and prints what was recorded.

use std::error::Error;
use std::io;
use std::net::{SocketAddr, TcpStream};

use axum::extract::Path;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::{Router, routing::get};
use sentry::integrations::tower::SentryLayer;
use tokio_tungstenite::tungstenite;

async fn chat(Path(customer): Path<String>, upgrade: WebSocketUpgrade) -> Response {
    // The tag is part of everything that this socket captures.
    sentry::set_tag("customer", customer);
    upgrade.on_upgrade(sentry::bind_scope_async(talk))
}

async fn talk(mut socket: WebSocket) {
    while let Some(Ok(Message::Text(text))) = socket.recv().await {
        let answer = answer(&text).await.unwrap_or_else(|error| error.to_string());
        if socket.send(Message::Text(answer.into())).await.is_err() {
            break;
        }
    }
}

// Each message is a transaction in the trace of the request.
#[sentry::span(op = "websocket.server", err)]
async fn answer(text: &str) -> Result<String, io::Error> {
    match text {
        "lamp" => Ok(format!("a {text} costs {}", price(text))),
        _ => Err(io::Error::other("the shelf is empty")),
    }
}

#[sentry::span("SELECT price FROM articles WHERE name = $1", op = "db.query")]
fn price(article: &str) -> usize {
    article.len()
}

#[sentry::main(options = sentry::ClientOptions::new().traces_sample_rate(1.0).local(true))]
#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let app = Router::new().route("/chat/{customer}", get(chat)).layer(SentryLayer::new());

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(axum::serve(listener, app).into_future());
    tokio::task::spawn_blocking(move || ask(address)).await?
}

fn ask(server: SocketAddr) -> Result<(), Box<dyn Error + Send + Sync>> {
    let (mut socket, _) =
        tungstenite::client(format!("ws://{server}/chat/ada"), TcpStream::connect(server)?)?;
    for text in ["lamp", "candle"] {
        socket.send(tungstenite::Message::text(text))?;
        println!("{text}: {}", socket.read()?);
    }
    socket.close(None)?;
    while socket.read().is_ok() {}
    Ok(())
}
