//! Cases of web servers: a request through the layer for tower, and through the middleware for actix-web.

use actix_web::dev::{Service as _, Transform as _, fn_service};
use bench_harness::web::{Shop, actix_request, shop, tower_request};
use bench_harness::{Bench, Case, black_box, run};
use sentry::integrations::{actix_web::Sentry, tower::SentryLayer};
use tower_layer::Layer as _;
use tower_service::Service as _;

use crate::{drain, start};

pub(crate) const CASES: [Case; 2] = [("tower", tower), ("actix", actix)];

fn tower(bench: &Bench) {
    let _guard = start();
    let mut service = SentryLayer::new().layer(Shop);
    bench.measure_made(200, tower_request, |request| _ = black_box(run(service.call(request))), drain);
}

fn actix(bench: &Bench) {
    let _guard = start();
    let service = run(Sentry::new().new_transform(fn_service(shop))).expect("the middleware");
    bench.measure_made(200, actix_request, |request| _ = black_box(run(service.call(request))), drain);
}
