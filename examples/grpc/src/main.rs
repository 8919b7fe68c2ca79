//! One trace through a gRPC client and its server.
//!
//! `cargo run --manifest-path examples/grpc/Cargo.toml` starts a server, calls it twice, and prints what was recorded.
//! The server's transactions are part of the client's trace, each a child of the span of its call.

mod lamps;

use std::error::Error;

use sentry::integrations::tonic::SentryInterceptor;
use sentry::integrations::tower::SentryLayer;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::service::Interceptor;
use tonic::transport::{Channel, Server};
use tonic::{Request, Response, Status};

use lamps::{Lamps, LampsClient, LampsServer, Order, Receipt};

struct Shop;

impl Lamps for Shop {
    /// The layer has continued the caller's trace and started a transaction. An error is captured once.
    #[sentry::span("Shop::buy", err)]
    async fn buy(&self, request: Request<Order>) -> Result<Response<Receipt>, Status> {
        let Order { sku, quantity } = request.into_inner();
        let left = in_stock(&sku).await.checked_sub(quantity);
        let left =
            left.ok_or_else(|| Status::failed_precondition(format!("fewer {sku} are left than ordered")))?;
        Ok(Response::new(Receipt { left }))
    }
}

#[sentry::span("SELECT in_stock FROM lamp WHERE sku = $1", op = "db.query")]
async fn in_stock(_sku: &str) -> u32 {
    12
}

/// The span is the parent of the server's transaction.
#[sentry::span("shop.Lamps/Buy", op = "grpc.client", err)]
async fn buy(lamps: &mut LampsClient<impl Interceptor>, quantity: u32) -> Result<u32, Status> {
    let order = Order { sku: "lantern".to_owned(), quantity };
    Ok(lamps.buy(order).await?.into_inner().left)
}

#[sentry::main(options = sentry::ClientOptions::new().traces_sample_rate(1.0).local(true))]
#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let server = Server::builder().layer(SentryLayer::new()).add_service(LampsServer::new(Shop));
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));

    let channel = Channel::from_shared(url.clone())?.connect().await?;
    let mut lamps = LampsClient::with_interceptor(channel, SentryInterceptor::new(url));
    sentry::start_span_async("visit", |_| async {
        for quantity in [3, 30] {
            match buy(&mut lamps, quantity).await {
                Ok(left) => println!("{quantity} lanterns bought, {left} are left"),
                Err(status) => println!("{quantity} lanterns: {}", status.message()),
            }
        }
    })
    .await;
    Ok(())
}
