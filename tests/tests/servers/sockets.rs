//! Tests of WebSockets: the task of a socket belongs to the trace and the scopes of the request that opened it. Each
//! client has a trace of its own, and two sockets are open at the same time.

use std::net::{SocketAddr, TcpStream};
use std::pin::pin;

use actix_web::web::{self as actix, ServiceConfig};
use axum::Router;
use axum::extract::Path;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::get;
use futures_util::{SinkExt as _, StreamExt as _};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use sentry::SentryFutureExt as _;
use sentry::integrations::actix_web::Sentry;
use sentry::integrations::tower::SentryLayer;
use sentry_tests::support::{LONG, Seen, observe, only, options};
use serde_json::{Value, json};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::{self, Utf8Bytes};
use tower::{Layer as _, service_fn};

use crate::serve;

const ADA: (&str, &str) = ("ada", "771a43a4192642f0b136d5159a501700");
const BOB: (&str, &str) = ("bob", "0af7651916cd43dd8448eb211c80319c");

#[sentry::span]
fn look_up(text: &str) -> Result<String, std::io::Error> {
    match text {
        "broken" => Err(std::io::Error::other("the lamp is broken")),
        _ => Ok(format!("{text} is lit")),
    }
}

/// Answers one message.
#[sentry::span(op = "websocket.server")]
async fn answer(text: String) -> String {
    look_up(&text).unwrap_or_else(|error| {
        sentry::capture_error(&error);
        error.to_string()
    })
}

mod on_axum {
    use super::*;

    async fn chat(Path(customer): Path<String>, upgrade: WebSocketUpgrade) -> Response {
        sentry::set_tag("customer", customer);
        upgrade.on_upgrade(sentry::bind_scope_async(talk))
    }

    async fn talk(mut socket: WebSocket) {
        while let Some(Ok(Message::Text(text))) = socket.recv().await {
            let text = answer(text.to_string()).await;
            let _ = socket.send(Message::Text(text.into())).await;
        }
    }

    async fn whole(Path(customer): Path<String>, upgrade: WebSocketUpgrade) -> Response {
        sentry::set_tag("customer", &customer);
        upgrade.on_upgrade(sentry::bind_scope_async(move |socket| talk_in_a_span(socket, customer)))
    }

    #[sentry::span(op = "websocket.server")]
    async fn talk_in_a_span(socket: WebSocket, _customer: String) {
        talk(socket).await;
    }

    pub(super) fn serve<R>(run: impl FnOnce(SocketAddr) -> R) -> R {
        let routes =
            Router::new().route("/chat/{customer}", get(chat)).route("/whole/{customer}", get(whole));
        serve::axum(routes.layer(SentryLayer::new()), run)
    }
}

mod on_actix {
    use super::*;

    type Result = std::result::Result<actix_web::HttpResponse, actix_web::Error>;

    async fn chat(
        customer: actix::Path<String>,
        request: actix_web::HttpRequest,
        body: actix::Payload,
    ) -> Result {
        sentry::set_tag("customer", &*customer);
        let (response, session, messages) = actix_ws::handle(&request, body)?;
        actix_web::rt::spawn(talk(session, messages).bind_scope());
        Ok(response)
    }

    async fn talk(mut session: actix_ws::Session, mut messages: actix_ws::MessageStream) {
        while let Some(Ok(actix_ws::Message::Text(text))) = messages.recv().await {
            let text = answer(text.to_string()).await;
            let _ = session.text(text).await;
        }
        let _ = session.close(None).await;
    }

    async fn whole(
        customer: actix::Path<String>,
        request: actix_web::HttpRequest,
        body: actix::Payload,
    ) -> Result {
        sentry::set_tag("customer", &*customer);
        let (response, session, messages) = actix_ws::handle(&request, body)?;
        actix_web::rt::spawn(talk_in_a_span(session, messages));
        Ok(response)
    }

    #[sentry::span(op = "websocket.server")]
    async fn talk_in_a_span(session: actix_ws::Session, messages: actix_ws::MessageStream) {
        talk(session, messages).await;
    }

    fn routes(config: &mut ServiceConfig) {
        config
            .route("/chat/{customer}", actix::get().to(chat))
            .route("/whole/{customer}", actix::get().to(whole));
    }

    pub(super) fn serve<R>(run: impl FnOnce(SocketAddr) -> R) -> R {
        serve::actix(Sentry::new(), routes, run)
    }
}

mod on_hyper {
    use super::*;

    type Request = http::Request<hyper::body::Incoming>;
    type Failure = Box<dyn std::error::Error + Send + Sync>;

    async fn chat(mut request: Request) -> Result<http::Response<String>, Failure> {
        let path = request.uri().path().to_owned();
        let customer = path.rsplit('/').next().unwrap_or_default();
        sentry::set_tag("customer", customer);
        let response = create_response_with_body(&request, String::new)?;
        let upgraded = hyper::upgrade::on(&mut request);
        let talk = async move {
            let io = TokioIo::new(upgraded.await.unwrap());
            talk(WebSocketStream::from_raw_socket(io, Role::Server, None).await).await;
        };
        match path.starts_with("/whole") {
            true => tokio::spawn(talk.in_span(sentry::start_inactive_span("talk_in_a_span"))),
            false => tokio::spawn(talk.bind_scope()),
        };
        Ok(response)
    }

    async fn talk(mut socket: WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>) {
        while let Some(Ok(tungstenite::Message::Text(text))) = socket.next().await {
            let text = answer(text.to_string()).await;
            let _ = socket.send(tungstenite::Message::Text(text.into())).await;
        }
    }

    pub(super) fn serve<R>(run: impl FnOnce(SocketAddr) -> R) -> R {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let service = TowerToHyperService::new(SentryLayer::new().layer(service_fn(chat)));
                let connection = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .with_upgrades();
                tokio::spawn(async move { drop(pin!(connection).await) });
            }
        });
        let result = run(address);
        runtime.shutdown_timeout(LONG);
        result
    }
}

type Client = tungstenite::WebSocket<TcpStream>;

fn connect(server: SocketAddr, path: &str, (customer, trace): (&str, &str)) -> Client {
    let mut request = format!("ws://shop.example/{path}/{customer}").into_client_request().unwrap();
    let header = format!("{trace}-1234567890abcdef-1").parse().unwrap();
    request.headers_mut().insert("sentry-trace", header);
    let stream = TcpStream::connect(server).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    tungstenite::client(request, stream).unwrap().0
}

fn ask(client: &mut Client, text: &'static str) -> Utf8Bytes {
    client.send(tungstenite::Message::text(text)).unwrap();
    client.read().unwrap().into_text().unwrap()
}

fn close(mut client: Client) {
    client.close(None).unwrap();
    while client.read().is_ok() {}
}

/// Opens two sockets at the same time, and sends two messages to each.
fn two_sockets(server: SocketAddr, path: &str) {
    let (mut ada, mut bob) = (connect(server, path, ADA), connect(server, path, BOB));
    assert_eq!(ask(&mut ada, "lamp 1"), "lamp 1 is lit");
    assert_eq!(ask(&mut bob, "lamp 2"), "lamp 2 is lit");
    assert_eq!(ask(&mut ada, "broken"), "the lamp is broken");
    assert_eq!(ask(&mut bob, "broken"), "the lamp is broken");
    close(ada);
    close(bob);
}

/// Runs the two sockets on each server, and returns what arrived.
fn on_each_server(path: &str) -> [(&'static str, Seen<()>); 3] {
    [
        ("axum", observe(options(), || on_axum::serve(|server| two_sockets(server, path)))),
        ("actix-web", observe(options(), || on_actix::serve(|server| two_sockets(server, path)))),
        ("hyper", observe(options(), || on_hyper::serve(|server| two_sockets(server, path)))),
    ]
}

fn of_trace(items: Vec<Value>, trace: &str) -> Vec<Value> {
    items.into_iter().filter(|item| item["contexts"]["trace"]["trace_id"] == trace).collect()
}

fn of_op(transactions: &[Value], op: &str) -> Vec<Value> {
    transactions.iter().filter(|item| item["contexts"]["trace"]["op"] == op).cloned().collect()
}

#[test]
fn each_message_is_a_transaction_in_the_trace_of_its_request() {
    for (server, seen) in on_each_server("chat") {
        for (customer, trace) in [ADA, BOB] {
            let transactions = of_trace(seen.transactions(), trace);
            let [request] = &of_op(&transactions, "http.server")[..] else {
                panic!("{server}: {transactions:?}")
            };
            let answers = of_op(&transactions, "websocket.server");
            assert_eq!(answers.len(), 2, "{server}: {transactions:?}");
            for answer in &answers {
                assert_eq!(
                    answer["contexts"]["trace"]["parent_span_id"],
                    request["contexts"]["trace"]["span_id"]
                );
                assert_eq!(answer["spans"][0]["description"], "sockets::look_up", "{server}");
                assert_eq!(answer["tags"]["customer"], customer, "{server}");
            }
        }
        assert_eq!(seen.transactions().len(), 6, "{server}");
    }
}

#[test]
fn the_transaction_of_the_request_ends_with_the_answer() {
    for (server, seen) in on_each_server("chat") {
        for (_, trace) in [ADA, BOB] {
            let transactions = of_trace(seen.transactions(), trace);
            let [request] = &of_op(&transactions, "http.server")[..] else {
                panic!("{server}: {transactions:?}")
            };
            let context = &request["contexts"]["trace"];
            assert_eq!(context["status"], "ok", "{server}");
            assert_eq!(context["data"]["http.response.status_code"], 101, "{server}");
            assert_eq!(request["spans"], json!([]), "{server}");
            for answer in of_op(&transactions, "websocket.server") {
                let (end, start) = (request["timestamp"].as_f64(), answer["start_timestamp"].as_f64());
                assert!(end <= start, "{server}: {request} {answer}");
            }
        }
    }
}

#[test]
fn an_error_in_a_socket_has_the_trace_and_the_scope_of_its_request() {
    for (server, seen) in on_each_server("chat") {
        for (customer, trace) in [ADA, BOB] {
            let [event] = &of_trace(seen.events(), trace)[..] else {
                panic!("{server}: {:?}", seen.events())
            };
            assert_eq!(event["tags"]["customer"], customer, "{server}");
            let url = event["request"]["url"].as_str().unwrap();
            assert!(url.ends_with(customer), "{server}: {url}");
            // The error belongs to the function that looks up the second message.
            let answers = of_op(&of_trace(seen.transactions(), trace), "websocket.server");
            let span = &event["contexts"]["trace"]["span_id"];
            assert!(answers.iter().any(|answer| answer["spans"][0]["span_id"] == *span), "{server}");
        }
        assert_eq!(seen.events().len(), 2, "{server}");
    }
}

#[test]
fn the_span_of_a_socket_contains_its_messages() {
    for (server, seen) in on_each_server("whole") {
        for (_, trace) in [ADA, BOB] {
            let of_trace = || seen.spans().into_iter().filter(|span| span.trace == trace);
            let socket = only(of_trace().filter(|span| span.name.ends_with("talk_in_a_span")).collect());
            let answers: Vec<_> = of_trace().filter(|span| span.name.ends_with("answer")).collect();
            assert_eq!(answers.len(), 2, "{server}");
            assert!(answers.iter().all(|answer| answer.parent == Some(socket.id.clone())), "{server}");
        }
    }
}
