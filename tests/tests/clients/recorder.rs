//! A server that stores the headers of its requests, and answers with the status in the path.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use sentry_tests::support::only;

/// A request: its first line, and its headers by their names in lower case.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub line: String,
    pub headers: BTreeMap<String, Vec<String>>,
}

impl Recorded {
    /// Returns the only value of a header.
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).map(|values| only(values.clone()))
    }
}

/// The server. It answers `/404` with status 404, does not answer `/hang-up`, and redirects `/away` to `/200`.
pub struct Recorder {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Recorded>>>,
    server: Option<JoinHandle<()>>,
}

impl Recorder {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests: Arc<Mutex<_>> = Arc::default();
        let kept = Arc::clone(&requests);
        let server = thread::spawn(move || {
            for stream in listener.incoming() {
                if !serve(&stream.unwrap(), &kept) {
                    return;
                }
            }
        });
        Self { address, requests, server: Some(server) }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Returns all requests so far.
    pub fn requests(&self) -> Vec<Recorded> {
        self.requests.lock().unwrap().clone()
    }

    #[track_caller]
    pub fn request(&self) -> Recorded {
        only(self.requests())
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // A connection without a request ends the server.
        drop(TcpStream::connect(self.address));
        self.server.take().map(JoinHandle::join);
    }
}

/// Reads a request, stores it and answers it. Returns whether there was a request.
fn serve(mut stream: &TcpStream, requests: &Mutex<Vec<Recorded>>) -> bool {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let Some(line) = lines.next() else { return false };
    let mut headers = BTreeMap::<_, Vec<_>>::new();
    for line in lines.take_while(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').unwrap();
        headers.entry(name.to_ascii_lowercase()).or_default().push(value.trim().to_owned());
    }
    let target = line.split(' ').nth(1).unwrap_or_default().trim_start_matches('/');
    let path = target.split(['/', '?']).next().unwrap_or_default().to_owned();
    requests.lock().unwrap().push(Recorded { line, headers });
    let (status, location) = match &*path {
        "hang-up" => return true,
        "away" => (302, "location: /200\r\n"),
        status => (status.parse().unwrap_or(200), ""),
    };
    let body = if status == 204 { "" } else { "hello" };
    let length = body.len();
    let _gone = write!(
        stream,
        "HTTP/1.1 {status} Whatever\r\nconnection: close\r\ncontent-length: {length}\r\n{location}\r\n{body}"
    );
    true
}
