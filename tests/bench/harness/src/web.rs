//! The web server of the benchmark: services of tower and of actix-web that answer at once, and the requests to them.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use actix_web::HttpResponse;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::test::TestRequest;
use http::{Request, Response};
use tower_service::Service;

use crate::{black_box, request};

/// The service of tower.
pub struct Shop;

impl Service<Request<()>> for Shop {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    #[inline]
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn call(&mut self, request: Request<()>) -> Self::Future {
        black_box(request);
        ready(Ok(Response::new(String::new())))
    }
}

/// Returns a request to [`Shop`].
#[must_use]
pub fn tower_request() -> Request<()> {
    let builder = Request::get(request::TARGET);
    let builder =
        request::HEADERS.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
    builder.body(()).expect("a valid request")
}

/// The service of actix-web, for `fn_service`.
#[inline]
pub fn shop(request: ServiceRequest) -> Ready<Result<ServiceResponse, actix_web::Error>> {
    ready(Ok(request.into_response(HttpResponse::Ok().finish())))
}

/// Returns a request to [`shop`].
#[must_use]
pub fn actix_request() -> ServiceRequest {
    let request = TestRequest::get().uri(request::TARGET);
    let all = request::HEADERS.iter();
    all.fold(request, |request, header| request.insert_header(*header)).to_srv_request()
}
