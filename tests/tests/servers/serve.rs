//! Servers that run while a closure runs, on a runtime with one thread: concurrent requests are polled in turn by the
//! same thread, so that data of different requests would mix if it were not separated.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread;

use axum::Router;
use sentry::integrations::actix_web::Sentry;
use sentry_tests::support::LONG;

/// Runs a closure with an axum server.
pub fn axum<R>(router: Router, run: impl FnOnce(SocketAddr) -> R) -> R {
    let (tell, address) = mpsc::channel();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            tokio::select! {
                served = axum::serve(listener, router).into_future() => served.unwrap(),
                _ = stopped => {}
            }
        });
    });
    let result = run(address.recv_timeout(LONG).unwrap());
    stop.send(()).unwrap();
    server.join().unwrap();
    result
}

/// Runs a closure with an actix-web server; `configure` configures each of its workers.
pub fn actix<R>(
    middleware: Sentry,
    configure: fn(&mut actix_web::web::ServiceConfig),
    run: impl FnOnce(SocketAddr) -> R,
) -> R {
    let (tell, address) = mpsc::channel();
    let server = thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let app = move || actix_web::App::new().configure(configure).wrap(middleware.clone());
            let server = actix_web::HttpServer::new(app)
                .workers(1)
                .disable_signals()
                .h1_allow_half_closed(false)
                .shutdown_timeout(1)
                .bind("127.0.0.1:0")
                .unwrap();
            let address = server.addrs()[0];
            let server = server.run();
            tell.send((address, server.handle())).unwrap();
            server.await.unwrap();
        });
    });
    let (address, handle) = address.recv_timeout(LONG).unwrap();
    let result = run(address);
    drop(handle.stop(false));
    server.join().unwrap();
    result
}
