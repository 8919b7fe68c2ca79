//! The server: accepts connections, reads requests, keeps what they carried and answers as scripted.
//!
//! One thread accepts, one thread a connection reads. All that they learn goes into one record behind a mutex;
//! a condition variable wakes who waits for it, so that no test sleeps.

mod finders;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io::{self, BufReader, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::answer::{Answer, Manner};
use crate::envelope::{Envelope, Item};
use crate::http::{self, RawRequest};
use crate::request::{KEY, PROJECT, Request};

/// A Sentry server for tests, on a port of its own. It stops when it is dropped.
///
/// What [`envelopes`](Self::envelopes) and the finders beside it give is what was accepted: a request that the
/// script refuses is only in [`requests`](Self::requests), so that an envelope which is sent again is not seen
/// twice.
#[derive(Debug)]
pub struct FakeSentry {
    shared: Arc<Shared>,
    address: SocketAddr,
    acceptor: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    record: Mutex<Record>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Record {
    requests: Vec<Request>,
    violations: Vec<String>,
    /// For the next requests, in their order.
    scripted: VecDeque<Answer>,
    /// For all others.
    otherwise: Answer,
    connections: Vec<TcpStream>,
    clients_are_killed: bool,
    stopping: bool,
}

impl Record {
    fn accepted(&self) -> impl Iterator<Item = &Envelope> {
        self.requests
            .iter()
            .filter(|request| request.accepted)
            .filter_map(|request| request.envelope.as_ref())
    }
}

impl FakeSentry {
    /// Starts a server on a free port of the loopback interface.
    ///
    /// # Panics
    /// If the machine gives no port or no thread: then no test can run.
    #[must_use]
    pub fn start() -> Self {
        Self::listen(TcpListener::bind(("127.0.0.1", 0)).expect("a free port on the loopback interface"))
    }

    /// Starts a server at an address of this machine, on a free port for port 0. `None` if that cannot be had.
    #[must_use]
    pub fn start_at(address: SocketAddr) -> Option<Self> {
        TcpListener::bind(address).ok().map(Self::listen)
    }

    fn listen(listener: TcpListener) -> Self {
        let address = listener.local_addr().expect("a bound socket has an address");
        let shared = Arc::new(Shared::default());
        let acceptor = {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new()
                .name("fake-sentry".to_owned())
                .spawn(move || shared.accept(&listener))
                .expect("a thread for the server")
        };
        Self { shared, address, acceptor: Some(acceptor) }
    }

    /// The DSN of its only project.
    #[must_use]
    pub fn dsn(&self) -> String {
        format!("http://{KEY}@{}/{PROJECT}", self.address)
    }

    /// The public key in the DSN.
    #[must_use]
    pub fn key(&self) -> &'static str {
        KEY
    }

    /// The URL that takes envelopes.
    #[must_use]
    pub fn envelope_url(&self) -> String {
        format!("http://{}/api/{PROJECT}/envelope/", self.address)
    }

    /// The URL that takes envelopes as Spotlight does: without a key, never compressed.
    #[must_use]
    pub fn spotlight_url(&self) -> String {
        format!("http://{}/stream", self.address)
    }

    /// The URL of a tunnel: it takes envelopes without a key, that name their DSN.
    #[must_use]
    pub fn tunnel_url(&self) -> String {
        format!("http://{}/tunnel", self.address)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Scripts the answer to the next request for which none is scripted yet.
    pub fn answer_next(&self, answer: Answer) {
        self.lock().scripted.push_back(answer);
    }

    /// Scripts the answer to all requests that have none of their own; 200 if nothing is said.
    pub fn answer_all(&self, answer: Answer) {
        self.lock().otherwise = answer;
    }

    /// From now on a request that ends in the middle breaks no rule: its sender may have been killed.
    pub fn expect_killed_clients(&self) {
        self.lock().clients_are_killed = true;
    }

    /// What broke a rule of the protocol so far.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.lock().violations.clone()
    }

    /// # Panics
    /// If anything broke a rule of the protocol.
    #[track_caller]
    pub fn assert_valid(&self) {
        let violations = self.violations();
        assert!(violations.is_empty(), "what arrived breaks the protocol:\n  {}", violations.join("\n  "));
    }

    /// Forgets everything that arrived; scripted answers stay.
    pub fn clear(&self) {
        let mut record = self.lock();
        record.requests.clear();
        record.violations.clear();
    }

    /// The accepted items, how many requests there were, and what broke the protocol: everything that arrived since
    /// the last call, which is forgotten.
    #[must_use]
    pub fn take(&self) -> (Vec<Item>, usize, Vec<String>) {
        let mut record = self.lock();
        let items = record.accepted().flat_map(|envelope| envelope.items.clone()).collect();
        let requests = std::mem::take(&mut record.requests).len();
        (items, requests, std::mem::take(&mut record.violations))
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        self.shared.lock()
    }
}

impl Drop for FakeSentry {
    fn drop(&mut self) {
        let connections = {
            let mut record = self.lock();
            record.stopping = true;
            std::mem::take(&mut record.connections)
        };
        self.shared.changed.notify_all();
        // Whoever reads from one of these wakes up.
        for connection in connections {
            let _ = connection.shutdown(Shutdown::Both);
        }
        // And whoever accepts.
        if TcpStream::connect(self.address).is_ok()
            && let Some(acceptor) = self.acceptor.take()
        {
            let _ = acceptor.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accept(self: Arc<Self>, listener: &TcpListener) {
        let mut threads = Vec::new();
        for (number, stream) in listener.incoming().enumerate() {
            let Ok(stream) = stream else { continue };
            let Ok(handle) = stream.try_clone() else { continue };
            {
                let mut record = self.lock();
                if record.stopping {
                    break;
                }
                record.connections.push(handle);
            }
            let shared = Arc::clone(&self);
            threads.push(std::thread::spawn(move || shared.serve(&stream, number)));
        }
        for thread in threads {
            let _ = thread.join();
        }
    }

    /// Reads requests from a connection until it ends.
    fn serve(&self, stream: &TcpStream, number: usize) {
        let mut reader = BufReader::new(stream);
        let mut writer = stream;
        loop {
            match http::read_request(&mut reader, &mut writer) {
                Ok(Some(request)) => {
                    let keep_alive = request.keep_alive;
                    if !self.handle(request, number, stream) || !keep_alive {
                        break;
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    let mut record = self.lock();
                    // A client that goes away is no violation, one that writes nonsense is; and half a request is,
                    // unless clients are killed here.
                    let nonsense = match error.kind() {
                        io::ErrorKind::InvalidData => true,
                        io::ErrorKind::UnexpectedEof => !record.clients_are_killed,
                        _ => false,
                    };
                    if nonsense && !record.stopping {
                        record.violations.push(format!("connection {number}: {error}"));
                        drop(record);
                        self.changed.notify_all();
                    }
                    break;
                }
            }
        }
        let _ = stream.shutdown(Shutdown::Both);
    }

    /// Keeps a request and answers it. Answers whether the connection can be used again.
    fn handle(&self, raw: RawRequest, connection: usize, mut stream: &TcpStream) -> bool {
        let mut violations = Vec::new();
        let mut request = Request::open(raw, connection, &mut violations);
        let event_id = request
            .envelope
            .as_ref()
            .and_then(|envelope| envelope.header["event_id"].as_str())
            .map(str::to_owned);
        let answer = {
            let mut record = self.lock();
            let answer = record.scripted.pop_front().unwrap_or_else(|| record.otherwise.clone());
            request.accepted = answer.is_accepted();
            let at = format!("request {}", record.requests.len());
            record.violations.extend(violations.into_iter().map(|violation| format!("{at}: {violation}")));
            record.requests.push(request);
            answer
        };
        self.changed.notify_all();
        let pause = if answer.manner == Manner::Never { Duration::MAX } else { answer.delay };
        if !self.pause(pause) {
            return false;
        }
        let bytes = answer.to_bytes(event_id.as_deref());
        match answer.manner {
            Manner::Whole => stream.write_all(&bytes).is_ok(),
            Manner::Drip(pause) => {
                bytes.chunks(1).all(|byte| stream.write_all(byte).is_ok() && self.pause(pause))
            }
            Manner::CutShort => {
                let _ = stream.write_all(&bytes[..bytes.len().min(20)]);
                false
            }
            Manner::Hangup | Manner::Never => false,
        }
    }

    /// Waits unless the server stops meanwhile; answers whether it goes on.
    fn pause(&self, pause: Duration) -> bool {
        let start = Instant::now();
        let mut record = self.lock();
        loop {
            if record.stopping {
                return false;
            }
            let Some(left) = pause.checked_sub(start.elapsed()).filter(|left| !left.is_zero()) else {
                return true;
            };
            let left = left.min(Duration::from_secs(3600));
            record = self.changed.wait_timeout(record, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
