//! A dashboard on a free port, and a client that can send any bytes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sentry_dashboard::{Dashboard, Handle};
use serde_json::Value;

pub const TOKEN: &str = "token-of-the-tests";

/// A timeout that is longer than any step, so that only a hang exceeds it.
pub const LONG: Duration = Duration::from_secs(60);

/// A running dashboard.
pub struct Server {
    pub handle: Handle,
}

/// The answer to a request.
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

impl Server {
    pub fn start() -> Self {
        Self::with(|options| options)
    }

    pub fn with(change: impl FnOnce(Dashboard) -> Dashboard) -> Self {
        let options = Dashboard::new().address(([127, 0, 0, 1], 0).into()).token(TOKEN);
        Self { handle: change(options).start().unwrap() }
    }

    pub fn address(&self) -> SocketAddr {
        self.handle.address()
    }

    /// Sends a request with exactly these headers.
    pub fn exactly(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        exactly(self.address(), method, path, headers, body)
    }

    /// Posts a body like an SDK.
    pub fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let (host, length) = (self.address().to_string(), body.len().to_string());
        let mut all = vec![("host", &*host), ("content-length", &*length)];
        all.extend_from_slice(headers);
        self.exactly("POST", path, &all, body)
    }

    /// Sends an envelope, and asserts that the server accepts it.
    pub fn send(&self, envelope: &str) {
        let answer = self.post("/api/1/envelope/", &[], envelope.as_bytes());
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// Gets a path of the API with the token.
    pub fn get(&self, path: &str) -> Answer {
        let (host, bearer) = (self.address().to_string(), format!("Bearer {TOKEN}"));
        self.exactly("GET", path, &[("host", &host), ("authorization", &bearer)], b"")
    }

    /// Gets JSON from the API.
    pub fn json(&self, path: &str) -> Value {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// Returns the names of all traces, newest first.
    pub fn trace_names(&self) -> Vec<String> {
        let answer = self.json("/api/traces?limit=1000");
        let traces = answer["traces"].as_array().unwrap();
        traces.iter().map(|trace| trace["name"].as_str().unwrap().to_owned()).collect()
    }

    /// Opens the live stream.
    pub fn live(&self) -> Live {
        let mut stream = TcpStream::connect(self.address()).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        let address = self.address();
        write!(stream, "GET /api/live HTTP/1.0\r\nhost: {address}\r\nauthorization: Bearer {TOKEN}\r\n\r\n")
            .unwrap();
        Live { lines: BufReader::new(stream) }
    }
}

pub fn exactly(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    // With HTTP 1.0, the end of the connection is the end of the answer.
    let mut request = format!("{method} {path} HTTP/1.0\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    // The write may fail, because a server that refuses a request for its headers does not read the body.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("an answer with headers");
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    Answer { status, headers, body: answer[end + 4..].to_vec() }
}

/// The live stream.
pub struct Live {
    lines: BufReader<TcpStream>,
}

impl Live {
    /// Returns the next event: its name and its data.
    pub fn next(&mut self) -> (String, Value) {
        let (mut name, mut data) = (String::new(), Value::Null);
        loop {
            let mut line = String::new();
            assert_ne!(self.lines.read_line(&mut line).unwrap(), 0, "the stream ended");
            if let Some(value) = line.strip_prefix("event: ") {
                name = value.trim_end().to_owned();
            } else if let Some(value) = line.strip_prefix("data: ") {
                data = serde_json::from_str(value).unwrap();
            } else if line == "\n" && !name.is_empty() {
                return (name, data);
            }
        }
    }
}

/// Returns an envelope with a transaction. Its ids are made from `number`.
pub fn transaction(number: u32, name: &str) -> String {
    let payload = serde_json::json!({
        "type": "transaction", "event_id": format!("{number:032x}"), "transaction": name,
        "start_timestamp": 1_700_000_000.0 + f64::from(number), "timestamp": 1_700_000_000.5 + f64::from(number),
        "contexts": {"trace": {
            "trace_id": format!("{number:032x}"), "span_id": format!("{number:016x}"), "op": "http.server",
        }},
        "spans": [],
    });
    envelope("transaction", &payload.to_string())
}

/// Returns an envelope with one item.
pub fn envelope(kind: &str, payload: &str) -> String {
    format!("{{}}\n{{\"type\":\"{kind}\",\"length\":{}}}\n{payload}\n", payload.len())
}

/// A folder of the test, which is removed on drop.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name =
            format!("sentry-dashboard-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
