//! Tests of the request to the server: headers, compression, tunnel, proxy, no redirects.

use std::io::{Read, Write};
use std::net::{Ipv6Addr, TcpStream};

use sentry::protocol::{DataCategory, DiscardReason};
use sentry::{Compression, TestTransport};
use sentry_tests::support::{self, LONG, observe, observe_server, only, options, untraced};
use sentry_tests::{Answer, FakeSentry};

use crate::{lost, message, texts, transaction};

#[test]
fn a_request_is_as_the_protocol_wants_it() {
    let seen = observe(options(), || {
        message("one");
        transaction("two");
    });
    let requests = seen.requests();
    assert_eq!(requests.len(), 2);
    for request in &requests {
        assert_eq!((&*request.method, &*request.path), ("POST", "/api/1/envelope/"));
        assert_eq!(request.header("Content-Type"), Some("application/x-sentry-envelope"));
        let agent = request.header("User-Agent").unwrap();
        assert!(agent.starts_with("sentry.rust.runtime/"), "{agent}");
        let auth = format!("Sentry sentry_key={}, sentry_version=7, sentry_client={agent}", seen.key());
        assert_eq!(request.header("X-Sentry-Auth"), Some(&*auth));
        assert_eq!(request.header("Content-Encoding"), None, "loopback is not compressed");
        assert_eq!(request.raw_body, request.body);
        let envelope = request.envelope.as_ref().unwrap();
        assert!(envelope.header["sent_at"].is_string());
        assert!(envelope.header["sdk"]["name"].is_string() && envelope.header["sdk"]["version"].is_string());
        for item in &envelope.items {
            assert_eq!(item.header["length"], item.bytes.len());
        }
    }
    assert_eq!(requests[0].connection, requests[1].connection, "the connection is kept open");

    let seen = observe(options().user_agent("shop/7"), || message("one"));
    let request = only(seen.requests());
    assert_eq!(request.header("User-Agent"), Some("shop/7"));
    assert!(request.header("X-Sentry-Auth").unwrap().ends_with("sentry_client=shop/7"));
}

/// Starts a proxy that connects every client to `address`, and returns its URL.
fn proxy_to(address: std::net::SocketAddr) -> String {
    fn copy(mut from: TcpStream, mut to: TcpStream) {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(std::net::Shutdown::Write);
    }
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                client.read_exact(&mut byte).unwrap();
                head.push(byte[0]);
            }
            assert!(head.starts_with(b"CONNECT sentry.invalid:80 HTTP/1.1\r\n"), "{head:?}");
            let server = TcpStream::connect(address).unwrap();
            client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
            let (from_client, to_client) = (client.try_clone().unwrap(), client);
            let (from_server, to_server) = (server.try_clone().unwrap(), server);
            std::thread::spawn(move || copy(from_client, to_server));
            std::thread::spawn(move || copy(from_server, to_client));
        }
    });
    url
}

#[test]
fn what_leaves_the_machine_is_compressed_unless_switched_off() {
    for (compression, encoding, magic) in [
        (Compression::from(true), Some("gzip"), &[0x1f, 0x8b][..]),
        (Compression::from(false), None, b"{"),
        (Compression::Zstd, Some("zstd"), &[0x28, 0xb5, 0x2f, 0xfd]),
    ] {
        let server = FakeSentry::start();
        let options = untraced()
            .dsn(&format!("http://{}@sentry.invalid/1", server.key()))
            .http_proxy(proxy_to(server.address()))
            .compression(compression);
        support::without_client(|| {
            let guard = sentry::try_init(options).unwrap();
            message(&"long ".repeat(200));
            drop(guard);
        });
        server.assert_valid();
        let request = only(server.requests());
        assert_eq!(request.header("Content-Encoding"), encoding);
        assert!(request.raw_body.starts_with(magic), "{compression:?}");
        assert_eq!(request.raw_body.len() < request.body.len(), encoding.is_some());
        assert!(only(server.events())["logentry"]["message"].as_str().unwrap().starts_with("long long"));
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = FakeSentry::start();
    let seen = observe_server(options(), |server| {
        server.answer_next(Answer::status(302).header("Location", elsewhere.envelope_url()));
        message("one");
        assert!(sentry::flush(LONG));
    });
    assert!(elsewhere.requests().is_empty(), "the key must not leak");
    assert!(texts(&seen).is_empty());
    assert_eq!(lost(&seen.stats, DiscardReason::SendError, DataCategory::Error), 1);
}

#[test]
fn a_user_agent_that_no_header_can_carry_is_an_error_of_init() {
    let agent = options().dsn("http://key@localhost:1/7").user_agent("shop/7\n");
    let error = sentry::try_init(agent).unwrap_err().to_string();
    assert!(error.starts_with(r"user_agent is `shop/7\n`"), "{error}");
}

#[test]
fn a_tunnel_gets_the_dsn_in_the_envelope_and_no_auth_header() {
    let server = FakeSentry::start();
    let dsn = "https://key@o1.ingest.sentry.io/42";
    let stats = support::without_client(|| {
        let guard = sentry::try_init(options().dsn(dsn).tunnel(server.tunnel_url())).unwrap();
        let client = guard.clone();
        message("one");
        transaction("two");
        drop(guard);
        client.stats()
    });
    server.assert_valid();
    assert_eq!((texts(&server), server.transactions().len()), (vec!["one".to_owned()], 1));
    for request in server.requests() {
        assert_eq!((&*request.path, request.header("X-Sentry-Auth")), ("/tunnel", None));
        assert_eq!(request.envelope.unwrap().header["dsn"], dsn);
    }
    assert_eq!(stats.sent(DataCategory::Error), 1);
}

#[test]
fn a_server_can_have_an_address_of_version_6() {
    let Some(server) = FakeSentry::start_at((Ipv6Addr::LOCALHOST, 0).into()) else {
        eprintln!("this machine has no IPv6");
        return;
    };
    let dsn = server.dsn();
    assert!(dsn.contains("@[::1]:"), "{dsn}");
    support::without_client(|| {
        let guard = sentry::try_init(options().dsn(&dsn)).unwrap();
        message("one");
        drop(guard);
    });
    server.assert_valid();
    assert_eq!(texts(&server), ["one"]);
    let host = only(server.requests()).header("Host").unwrap().to_owned();
    assert!(host.starts_with("[::1]:"), "{host}");
}

#[test]
fn connections_are_used_again_even_after_refusals() {
    let seen = observe_server(options(), |server| {
        for status in [200, 400, 413, 503, 200] {
            let body = "x".repeat(if status == 200 { 10 } else { 3_000 });
            server.answer_next(Answer::status(status).body(body));
            message("one");
            assert!(sentry::flush(LONG));
        }
    });
    let connections: Vec<usize> = seen.requests().iter().map(|request| request.connection).collect();
    assert!(connections.len() >= 5);
    assert!(connections.iter().all(|&connection| connection == 0), "{connections:?}");
}

#[test]
fn a_custom_transport_needs_no_tls() {
    let transport = TestTransport::new();
    support::without_client(|| {
        let guard =
            sentry::try_init(untraced().dsn("https://key@localhost/1").transport(transport.clone())).unwrap();
        message("one");
        drop(guard);
    });
    assert_eq!(transport.fetch_and_clear_envelopes().len(), 1);
}
