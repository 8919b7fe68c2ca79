//! A minimal HTTP client, which sends the given headers and reads the answer.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use sentry_tests::support::LONG;

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

/// Opens a connection and sends a request with the given lines of headers.
pub fn send(server: SocketAddr, method: &str, target: &str, headers: &[(&str, &str)]) -> TcpStream {
    let mut stream = TcpStream::connect(server).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    let mut text = format!("{method} {target} HTTP/1.1\r\nhost: shop.example\r\nconnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{text}\r\n").as_bytes()).unwrap();
    stream
}

/// Sends a request and waits for the end of the answer. A connection that closes without one has status 0.
pub fn ask(server: SocketAddr, method: &str, target: &str, headers: &[(&str, &str)]) -> Answer {
    let mut stream = send(server, method, target, headers);
    let mut text = String::new();
    let _reset = stream.read_to_string(&mut text);
    let status = text.split_whitespace().nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body).to_owned();
    Answer { status, body }
}

pub fn get(server: SocketAddr, target: &str) -> Answer {
    ask(server, "GET", target, &[])
}
