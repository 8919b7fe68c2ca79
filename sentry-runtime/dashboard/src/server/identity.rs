//! Lets a program find a running dashboard, so that it sends there instead of starting another.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use axum::response::IntoResponse;

/// The time for the whole question.
const PATIENCE: Duration = Duration::from_millis(500);
/// The content of the answer.
const NAME: &str = "\"name\":\"sentry-dashboard\"";

/// Answers who this is; needs no token.
pub(super) async fn identity() -> impl IntoResponse {
    let body = format!("{{{NAME},\"version\":\"{}\"}}", env!("CARGO_PKG_VERSION"));
    ([("content-type", "application/json")], body)
}

/// Returns whether a dashboard listens on an address. Waits at most half a second.
#[must_use]
pub fn is_dashboard(address: SocketAddr) -> bool {
    ask(address).is_ok_and(|answer| answer.contains(NAME))
}

fn ask(address: SocketAddr) -> std::io::Result<String> {
    let start = Instant::now();
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "GET /identity HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    let mut part = [0; 1024];
    while answer.len() < 8 << 10 {
        let left = PATIENCE.saturating_sub(start.elapsed()).max(Duration::from_millis(1));
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut part)? {
            0 => break,
            read => answer.extend_from_slice(&part[..read]),
        }
        if start.elapsed() >= PATIENCE {
            break;
        }
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
