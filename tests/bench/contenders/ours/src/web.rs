//! Cases of web servers: a request through the layer for tower, and through the middleware for actix-web.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use actix_web::dev::{Service as _, ServiceRequest, Transform as _};
use actix_web::{HttpResponse, test::TestRequest};
use bench_harness::{Bench, Case, black_box, request, run};
use http::{Request, Response};
use sentry::integrations::{actix_web::Sentry, tower::SentryLayer};
use tower_layer::Layer as _;
use tower_service::Service;

use crate::{drain, start};

pub(crate) const CASES: [Case; 2] = [("tower", tower), ("actix", actix)];

/// A service that answers at once.
struct Shop;

impl Service<Request<()>> for Shop {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        black_box(request);
        ready(Ok(Response::new(String::new())))
    }
}

fn tower_request() -> Request<()> {
    let builder = Request::get(request::TARGET);
    let builder =
        request::HEADERS.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
    builder.body(()).expect("a valid request")
}

fn tower(bench: &Bench) {
    let _guard = start();
    let mut service = SentryLayer::new().layer(Shop);
    bench.measure_made(200, tower_request, |request| _ = black_box(run(service.call(request))), drain);
}

fn actix_request() -> ServiceRequest {
    let request = TestRequest::get().uri(request::TARGET);
    let all = request::HEADERS.iter();
    all.fold(request, |request, header| request.insert_header(*header)).to_srv_request()
}

fn actix(bench: &Bench) {
    let _guard = start();
    let shop = actix_web::dev::fn_service(|request: ServiceRequest| {
        ready(Ok::<_, actix_web::Error>(request.into_response(HttpResponse::Ok().finish())))
    });
    let service = run(Sentry::new().new_transform(shop)).expect("the middleware");
    bench.measure_made(200, actix_request, |request| _ = black_box(run(service.call(request))), drain);
}
