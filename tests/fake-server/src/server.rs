//! The server: accepts connections, reads and stores requests, and answers as scripted.
//!
//! One thread accepts connections, and one thread per connection reads. They write to one record behind a mutex; a
//! condition variable wakes tests that wait for it, so that no test sleeps.

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

/// A Sentry server for tests, on its own port. It stops when it is dropped.
///
/// [`envelopes`](Self::envelopes) and the finders beside it return accepted data only: a request that the script
/// refuses is only in [`requests`](Self::requests), so that an envelope that is sent again is not returned twice.
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
    /// The answers to the next requests, in order.
    scripted: VecDeque<Answer>,
    /// The answer to all requests without a scripted answer.
    otherwise: Answer,
    /// The number of calls of `release`.
    releases: u64,
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
    /// Panics if the machine has no free port or cannot start a thread.
    #[must_use]
    pub fn start() -> Self {
        Self::listen(TcpListener::bind(("127.0.0.1", 0)).expect("a free port on the loopback interface"))
    }

    /// Starts a server at an address of this machine; port 0 chooses a free port. Returns `None` if the address cannot
    /// be used.
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

    /// Returns the DSN of its only project.
    #[must_use]
    pub fn dsn(&self) -> String {
        format!("http://{KEY}@{}/{PROJECT}", self.address)
    }

    /// Returns the public key in the DSN.
    #[must_use]
    pub fn key(&self) -> &'static str {
        KEY
    }

    /// Returns the URL that accepts envelopes.
    #[must_use]
    pub fn envelope_url(&self) -> String {
        format!("http://{}/api/{PROJECT}/envelope/", self.address)
    }

    /// Returns the URL that accepts envelopes like Spotlight: without a key, never compressed.
    #[must_use]
    pub fn spotlight_url(&self) -> String {
        format!("http://{}/stream", self.address)
    }

    /// Returns the URL of a tunnel: it accepts envelopes without a key that contain their DSN.
    #[must_use]
    pub fn tunnel_url(&self) -> String {
        format!("http://{}/tunnel", self.address)
    }

    /// Returns the address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Scripts the answer to the next request that has no scripted answer yet.
    pub fn answer_next(&self, answer: Answer) {
        self.lock().scripted.push_back(answer);
    }

    /// Scripts the answer to all requests without their own answer; the default is 200.
    pub fn answer_all(&self, answer: Answer) {
        self.lock().otherwise = answer;
    }

    /// Sends the held answers to all requests that have arrived; later ones are held until the next call.
    pub fn release(&self) {
        self.lock().releases += 1;
        self.shared.changed.notify_all();
    }

    /// Accepts from now on that a request ends in the middle: its sender may have been killed.
    pub fn expect_killed_clients(&self) {
        self.lock().clients_are_killed = true;
    }

    /// Returns the protocol violations so far.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.lock().violations.clone()
    }

    /// # Panics
    /// Panics if there was a protocol violation.
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

    /// Returns the accepted items, the number of requests and the protocol violations since the last call, and forgets
    /// them.
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
        // Wakes the threads that read from these.
        for connection in connections {
            let _ = connection.shutdown(Shutdown::Both);
        }
        // Wakes the thread that accepts.
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
                    // A closed connection is not a violation, but malformed data is, and so is half a request unless
                    // clients are killed here.
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

    /// Stores a request and answers it. Returns whether the connection can be used again.
    fn handle(&self, raw: RawRequest, connection: usize, mut stream: &TcpStream) -> bool {
        let mut violations = Vec::new();
        let mut request = Request::open(raw, connection, &mut violations);
        let event_id = request
            .envelope
            .as_ref()
            .and_then(|envelope| envelope.header["event_id"].as_str())
            .map(str::to_owned);
        let (answer, releases) = {
            let mut record = self.lock();
            let answer = record.scripted.pop_front().unwrap_or_else(|| record.otherwise.clone());
            request.accepted = answer.is_accepted();
            let at = format!("request {}", record.requests.len());
            record.violations.extend(violations.into_iter().map(|violation| format!("{at}: {violation}")));
            record.requests.push(request);
            (answer, record.releases)
        };
        self.changed.notify_all();
        if answer.held && !self.wait_for_release(releases) {
            return false;
        }
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
            Manner::CutShort(length) => {
                let _ = stream.write_all(&bytes[..bytes.len().min(length)]);
                false
            }
            Manner::Hangup | Manner::Never => false,
        }
    }

    /// Waits until answers were released more often than `releases` times; returns whether the server still runs.
    fn wait_for_release(&self, releases: u64) -> bool {
        let held = |record: &mut Record| record.releases == releases && !record.stopping;
        let record = self.changed.wait_while(self.lock(), held).unwrap_or_else(PoisonError::into_inner);
        !record.stopping
    }

    /// Waits for `pause`, or until the server stops; returns whether it still runs.
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
