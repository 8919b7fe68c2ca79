//! Tests of gRPC calls from tonic to tonic: the interceptor and the layer form one trace.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf as _, BufMut as _};
use sentry::integrations::tonic::SentryInterceptor;
use sentry::integrations::tower::SentryLayer;
use sentry::{HeaderSource as _, propagate};
use sentry_tests::support::{SeenSpan, observe, options, without_client};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::MetadataMap;
use tonic::service::Interceptor as _;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Server};
use tonic::{GrpcMethod, Request, Response, Status};
use tower::{Service, service_fn};

use crate::client::run;

/// A codec for plain text; code that is generated from `.proto` files differs only in the codec.
#[derive(Debug, Clone, Copy, Default)]
struct Text;

impl Codec for Text {
    type Encode = String;
    type Decode = String;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Text {
    type Item = String;
    type Error = Status;

    fn encode(&mut self, item: String, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put_slice(item.as_bytes());
        Ok(())
    }
}

impl Decoder for Text {
    type Item = String;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<String>, Status> {
        let mut bytes = vec![0; from.remaining()];
        from.copy_to_slice(&mut bytes);
        String::from_utf8(bytes).map(Some).map_err(|_| Status::invalid_argument("no text"))
    }
}

#[derive(Clone)]
struct Lamps;

impl tonic::server::NamedService for Lamps {
    const NAME: &'static str = "shop.Lamps";
}

impl Service<http::Request<tonic::body::Body>> for Lamps {
    type Response = http::Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _task: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<tonic::body::Body>) -> Self::Future {
        Box::pin(async move { Ok(tonic::server::Grpc::new(Text).unary(service_fn(buy), request).await) })
    }
}

async fn buy(request: Request<String>) -> Result<Response<String>, Status> {
    sentry::start_span("SELECT stock", |_| ());
    match &**request.get_ref() {
        "lamp" => Ok(Response::new("sold".to_owned())),
        other => Err(Status::not_found(format!("no {other}"))),
    }
}

async fn call(server: SocketAddr, what: &str) -> Result<String, Status> {
    let url = format!("http://{server}");
    let channel = Channel::from_shared(url.clone()).unwrap().connect().await.unwrap();
    let mut client = tonic::client::Grpc::new(InterceptedService::new(channel, SentryInterceptor::new(url)));
    client.ready().await.unwrap();
    let path = http::uri::PathAndQuery::from_static("/shop.Lamps/Buy");
    let answer = client.unary(Request::new(what.to_owned()), path, Text).await;
    answer.map(Response::into_inner)
}

/// Returns the spans of the client and of the server, and the answer of a call.
fn bought(what: &'static str) -> (SeenSpan, SeenSpan, SeenSpan, Result<String, String>) {
    let seen = observe(options(), || {
        run(async {
            let incoming = TcpIncoming::bind(([127, 0, 0, 1], 0).into()).unwrap();
            let address = incoming.local_addr().unwrap();
            let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
            let server = Server::builder().layer(SentryLayer::new()).add_service(Lamps);
            let stop_of = async { drop(stopped.await) };
            let server = tokio::spawn(server.serve_with_incoming_shutdown(incoming, stop_of));
            let options = sentry::SpanOptions::new("shop.Lamps/Buy").op("grpc.client");
            let answer = sentry::start_span_async(options, |_| call(address, what)).await;
            stop.send(()).unwrap();
            server.await.unwrap().unwrap();
            answer.map_err(|status| status.message().to_owned())
        })
    });
    let query = seen.span("SELECT stock");
    (seen.span("shop.Lamps/Buy"), seen.span("POST /shop.Lamps/Buy"), query, seen.result)
}

#[test]
fn a_call_is_one_trace_on_both_sides() {
    let (client, server, query, answer) = bought("lamp");
    assert_eq!(answer.as_deref(), Ok("sold"));
    assert_eq!(server.trace, client.trace);
    assert_eq!(server.parent.as_deref(), Some(&*client.id));
    assert!(server.is_root);
    assert_eq!(query.parent.as_deref(), Some(&*server.id));
    assert_eq!((&*server.op, &*server.status), ("http.server", "ok"));
    assert_eq!(server.data["rpc.grpc.status_code"], 0);
}

#[test]
fn a_call_that_fails_ends_by_its_status() {
    let (_, server, _, answer) = bought("moon");
    assert_eq!(answer, Err("no moon".to_owned()));
    assert_eq!(server.status, "not_found");
    assert_eq!(server.data["rpc.grpc.status_code"], 5);
}

/// Returns the metadata that an interceptor for this URL makes for a call of `shop.Lamps/Buy`.
fn told(endpoint: &str, own: &[(&'static str, &str)]) -> MetadataMap {
    let mut request = Request::new(());
    request.extensions_mut().insert(GrpcMethod::new("shop.Lamps", "Buy"));
    for (name, value) in own {
        request.metadata_mut().insert(*name, value.parse().unwrap());
    }
    SentryInterceptor::new(endpoint).call(request).unwrap().into_parts().0
}

fn value(metadata: &MetadataMap, name: &str) -> Option<String> {
    let mut values = Vec::new();
    metadata.visit(name, &mut |value| values.push(value.to_owned()));
    assert!(values.len() < 2, "{values:?}");
    values.pop()
}

#[test]
fn trace_metadata_goes_to_propagation_targets_only() {
    for (target, is_told) in
        [("lamps.example:443/shop.Lamps/", true), ("https://", true), ("payments.example", false)]
    {
        observe(options().trace_propagation_targets([target]), || {
            let metadata = told("https://lamps.example:443/", &[]);
            assert_eq!(value(&metadata, "sentry-trace").is_some(), is_told, "{target}");
            assert_eq!(value(&metadata, "baggage").is_some(), is_told, "{target}");
        });
    }
    without_client(|| assert!(told("https://lamps.example:443/", &[]).is_empty()));
}

#[test]
fn trace_metadata_of_the_user_is_kept() {
    const OWN: &str = "771a43a4192642f0b136d5159a501700-1234567890abcdef-1";
    observe(options(), || {
        let metadata = told("http://lamps.example", &[("sentry-trace", OWN), ("baggage", "tenant=7")]);
        assert_eq!(value(&metadata, "sentry-trace").as_deref(), Some(OWN));
        assert_eq!(value(&metadata, "baggage").as_deref(), Some("tenant=7"));
        let merged = value(&told("http://lamps.example", &[("baggage", "tenant=7")]), "baggage").unwrap();
        assert!(merged.starts_with("tenant=7,sentry-"), "{merged}");
    });
}

#[test]
fn a_trace_is_continued_from_metadata() {
    let seen = observe(options(), || {
        let mut metadata = MetadataMap::new();
        let caller = sentry::start_span("caller", |_| {
            propagate("http://lamps.example", &mut metadata);
            sentry::get_trace_data().unwrap().sentry_trace
        });
        sentry::continue_trace(&metadata, || sentry::start_span("callee", |_| ()));
        caller
    });
    let callee = seen.span("callee");
    let caller = format!("{}-{}-1", callee.trace, callee.parent.unwrap());
    assert_eq!(seen.result, caller);
}
