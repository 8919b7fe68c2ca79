//! Servers with both integrations, each of which runs for one request.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;

use sentry::{ClientOptions, TraceLifecycle};
use sentry_tests::support::{LONG, Seen, observe, only};
use serde_json::Value;

/// The servers under test.
pub const ALL: [Server; 2] = [Server::Axum, Server::Actix];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    Axum,
    Actix,
}

/// The recorded data of a request: the request of its event and the attributes of its span.
pub struct Recorded {
    pub request: Value,
    pub attributes: Value,
}

const HEADERS: &str = "host: shop.example\r\nconnection: close\r\naccept: text/html\r\nx-customer: ada\r\n\
    x-request-id: r-1\r\nx-forwarded-for: 10.11.12.13\r\nuser-agent: ua/1\r\nauthorization: Bearer hidden\r\n\
    x-original-uri: /report?q=novel\r\ncookie: theme=dark; customer=ada; session=hidden\r\nreferer: http://shop.example/search?q=diary&page=2\r\n";

/// Sends one request with headers, cookies and a query to a server, whose response has headers and cookies, too.
pub fn request(server: Server, options: ClientOptions) -> Recorded {
    let seen = observed(server, options);
    let attributes = seen.transaction()["contexts"]["trace"]["data"].clone();
    assert_eq!(seen.transaction()["request"], seen.event()["request"]);
    Recorded { request: seen.event()["request"].clone(), attributes }
}

/// Sends the same request, and returns the attributes of the streamed span.
pub fn streamed(server: Server, options: ClientOptions) -> Value {
    let seen = observed(server, options.trace_lifecycle(TraceLifecycle::Stream));
    only(seen.streamed_spans())["attributes"].clone()
}

fn observed(server: Server, options: ClientOptions) -> Seen<()> {
    let seen: Seen<()> = observe(options, || {
        let run = match server {
            Server::Axum => axum,
            Server::Actix => actix,
        };
        run(&|at: SocketAddr| {
            let mut stream = TcpStream::connect(at).unwrap();
            stream.set_read_timeout(Some(LONG)).unwrap();
            let line = "GET /report?page=2&q=novel&token=hidden HTTP/1.1";
            stream.write_all(format!("{line}\r\n{HEADERS}\r\n").as_bytes()).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        });
    });
    for item in seen.items() {
        let text = item.payload.to_string();
        assert!(!text.contains("hidden"), "a secret left the process in {text}");
    }
    seen
}

const ANSWER: [(&str, &str); 5] = [
    ("x-shard", "7"),
    ("x-customer-id", "ada"),
    ("location", "/next?page=3&q=diary"),
    ("set-cookie", "theme=light; Path=/"),
    ("set-cookie", "session=hidden; HttpOnly"),
];

fn axum(run: &dyn Fn(SocketAddr)) {
    use axum::http::HeaderMap;
    use axum::routing::get;

    async fn report() -> HeaderMap {
        sentry::capture_message("at work", sentry::Level::Info);
        ANSWER.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).fold(
            HeaderMap::new(),
            |mut all, (name, value): (axum::http::HeaderName, axum::http::HeaderValue)| {
                all.append(name, value);
                all
            },
        )
    }
    let layer = sentry::integrations::tower::SentryLayer::new();
    let router = axum::Router::new().route("/report", get(report)).layer(layer);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            tokio::select! {
                served = axum::serve(listener, router).into_future() => served.unwrap(),
                _ = stopped => {}
            }
        });
    });
    run(address);
    stop.send(()).unwrap();
    server.join().unwrap();
}

fn actix(run: &dyn Fn(SocketAddr)) {
    use actix_web::{App, HttpResponse, HttpServer, web};

    async fn report() -> HttpResponse {
        sentry::capture_message("at work", sentry::Level::Info);
        let mut response = HttpResponse::Ok();
        for header in ANSWER {
            response.append_header(header);
        }
        response.finish()
    }
    let (tell, address) = mpsc::channel();
    let server = thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let middleware = sentry::integrations::actix_web::Sentry::new();
            let app = move || App::new().wrap(middleware.clone()).route("/report", web::get().to(report));
            let server = HttpServer::new(app)
                .workers(1)
                .disable_signals()
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
    run(address);
    drop(handle.stop(false));
    server.join().unwrap();
}
