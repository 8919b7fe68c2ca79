//! Tests of HTTP and gRPC clients with their integrations: the middlewares for reqwest and ureq, the interceptor for
//! tonic. Requests go over real sockets.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod breadcrumbs;
mod client;
mod futures;
mod grpc;
mod own_requests;
mod propagation;
mod recorder;
mod spans;

/// Runs a closure in a scope without breadcrumbs of other tests.
fn alone<R>(run: impl FnOnce() -> R) -> R {
    sentry::with_isolation_scope(|| {
        sentry::get_isolation_scope().clear_breadcrumbs();
        run()
    })
}
