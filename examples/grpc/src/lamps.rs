//! The code that `tonic-prost-build` generates for this file, reduced to what the example needs, to build without
//! `protoc`.
//!
//! ```proto
//! package shop;
//! message Order { string sku = 1; uint32 quantity = 2; }
//! message Receipt { uint32 left = 1; }
//! service Lamps { rpc Buy (Order) returns (Receipt); }
//! ```

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tonic::body::Body;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{GrpcMethod, Request, Response, Status};
use tonic_prost::ProstCodec;
use tower_service::Service;

#[derive(Clone, PartialEq, prost::Message)]
pub struct Order {
    #[prost(string, tag = "1")]
    pub sku: String,
    #[prost(uint32, tag = "2")]
    pub quantity: u32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Receipt {
    #[prost(uint32, tag = "1")]
    pub left: u32,
}

type Answer<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The service trait, which the server implements.
pub trait Lamps: Send + Sync + 'static {
    fn buy(&self, request: Request<Order>) -> impl Future<Output = Result<Response<Receipt>, Status>> + Send;
}

/// The server side of the service.
pub struct LampsServer<T>(Arc<T>);

impl<T> LampsServer<T> {
    pub fn new(lamps: T) -> Self {
        Self(Arc::new(lamps))
    }
}

impl<T> Clone for LampsServer<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> tonic::server::NamedService for LampsServer<T> {
    const NAME: &'static str = "shop.Lamps";
}

impl<T: Lamps> Service<http::Request<Body>> for LampsServer<T> {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Answer<Result<http::Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _task: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let lamps = Arc::clone(&self.0);
        Box::pin(async move {
            Ok(match request.uri().path() {
                "/shop.Lamps/Buy" => {
                    tonic::server::Grpc::new(ProstCodec::default()).unary(Buy(lamps), request).await
                }
                _ => Status::unimplemented("there is no such method").into_http(),
            })
        })
    }
}

struct Buy<T>(Arc<T>);

impl<T: Lamps> tonic::server::UnaryService<Order> for Buy<T> {
    type Response = Receipt;
    type Future = Answer<Result<Response<Receipt>, Status>>;

    fn call(&mut self, request: Request<Order>) -> Self::Future {
        let lamps = Arc::clone(&self.0);
        Box::pin(async move { lamps.buy(request).await })
    }
}

/// The client side of the service.
pub struct LampsClient<I>(tonic::client::Grpc<InterceptedService<Channel, I>>);

impl<I: Interceptor> LampsClient<I> {
    pub fn with_interceptor(channel: Channel, interceptor: I) -> Self {
        Self(tonic::client::Grpc::new(InterceptedService::new(channel, interceptor)))
    }

    pub async fn buy(&mut self, order: Order) -> Result<Response<Receipt>, Status> {
        self.0.ready().await.map_err(|error| Status::unknown(error.to_string()))?;
        let mut request = Request::new(order);
        request.extensions_mut().insert(GrpcMethod::new("shop.Lamps", "Buy"));
        let path = http::uri::PathAndQuery::from_static("/shop.Lamps/Buy");
        self.0.unary(request, path, ProstCodec::default()).await
    }
}
