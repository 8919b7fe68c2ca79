//! Cases of web servers: a request through the layers for tower, and through the middleware for actix-web.

use actix_web::dev::{Service as _, Transform as _, fn_service};
use bench_harness::web::{Shop, actix_request, shop, tower_request};
use bench_harness::{Bench, black_box, run};
use sentry::integrations::{
    actix::Sentry,
    tower::{NewSentryLayer, SentryHttpLayer},
};
use tower_layer::Layer as _;
use tower_service::Service as _;

use crate::start;

/// Measures a request through the layers.
pub fn tower(bench: &Bench) {
    let _guard = start(1.0);
    let mut service =
        NewSentryLayer::new_from_top().layer(SentryHttpLayer::new().enable_transaction().layer(Shop));
    bench.measure_made(200, tower_request, |request| _ = black_box(run(service.call(request))), || ());
}

/// Measures a request through the middleware.
pub fn actix(bench: &Bench) {
    let _guard = start(1.0);
    let middleware = Sentry::builder().start_transaction(true).finish();
    let service = run(middleware.new_transform(fn_service(shop))).expect("the middleware");
    bench.measure_made(200, actix_request, |request| _ = black_box(run(service.call(request))), || ());
}
