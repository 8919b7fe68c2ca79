//! A client and a fake server for each test, one test at a time.
//!
//! The client belongs to the process, so the tests of one program take turns: [`observe`] holds a lock while it starts
//! a server, makes a client, runs the test's closure and flushes. The test then inspects everything that arrived.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on may say so by a panic")]

pub mod addresses;
pub mod programs;
#[cfg(unix)]
pub mod terminal;

use std::ops::Deref;
use std::pin::pin;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use sentry::{ClientOptions, Stats};
use sentry_fake_server::{FakeSentry, Schema};
use serde_json::Value;

/// A timeout that is longer than any operation, so that no test depends on the speed of the machine.
pub const LONG: Duration = Duration::from_secs(60);

static LOCK: Mutex<()> = Mutex::new(());

/// Returns options that ignore the environment variables of the caller, and record every trace.
pub fn options() -> ClientOptions {
    untraced().traces_sample_rate(1.0)
}

/// Returns the same options without traces. Backpressure does not lower the sampling rate during a test, and the server
/// has the time that a busy machine needs for an answer.
pub fn untraced() -> ClientOptions {
    ClientOptions::new()
        .connect_timeout(LONG)
        .read_timeout(LONG)
        .request_timeout(LONG)
        .backpressure_interval(Duration::from_secs(3600))
        .release("shop@1.4.2")
        .environment("testing")
        .server_name("box-7")
        .sample_rate(1.0)
        .local(false)
        .spotlight(false)
        .shutdown_timeout(LONG)
}

/// The result of a closure that ran with a client.
pub struct Seen<R> {
    /// The server with everything that arrived; `Seen` derefs to it.
    pub server: FakeSentry,
    /// The client's counters after everything was sent.
    pub stats: Stats,
    /// The value that the closure returned.
    pub result: R,
}

impl<R> Deref for Seen<R> {
    type Target = FakeSentry;

    fn deref(&self) -> &FakeSentry {
        &self.server
    }
}

/// Runs a closure with a client that sends to a fake server, flushes, and checks everything that arrived against the
/// protocol. The scopes are those of the process, without the data of earlier tests; their event processors stay, so a
/// test that adds one uses `sentry::with_isolation_scope`.
#[track_caller]
pub fn observe<R>(options: ClientOptions, run: impl FnOnce() -> R) -> Seen<R> {
    observe_server(options, |_| run())
}

/// Does the same as [`observe`], and passes the server to the closure, to script its answers or to wait.
#[track_caller]
pub fn observe_server<R>(options: ClientOptions, run: impl FnOnce(&FakeSentry) -> R) -> Seen<R> {
    let _turn = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    let server = FakeSentry::start();
    let guard = sentry::init(options.dsn(&server.dsn()));
    assert!(guard.is_enabled(), "the options must be usable");
    let client = Arc::clone(&guard);
    // Tests run in any order, so data of earlier tests in the scopes of the process is removed.
    sentry::get_isolation_scope().clear();
    sentry::get_current_scope().clear();
    let result = run(&server);
    drop(guard);
    server.assert_valid();
    assert_by_schema(&server);
    Seen { stats: client.stats(), server, result }
}

/// Sentry's published schema of events.
static EVENT_SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let text = include_str!("../../schemas/sentry-event.schema.json");
    Schema::new(serde_json::from_str(text).unwrap()).unwrap()
});

/// Checks events and transactions against Sentry's published schema.
#[track_caller]
fn assert_by_schema(server: &FakeSentry) {
    let transactions = server.transactions().into_iter().map(|mut transaction| {
        // The published schema describes a transaction as an event, without these fields.
        for field in ["spans", "start_timestamp"] {
            assert!(
                transaction.as_object_mut().unwrap().remove(field).is_some(),
                "a transaction without {field}"
            );
        }
        transaction
    });
    for mut payload in server.events().into_iter().chain(transactions) {
        // The schema's description allows more fields for a user, but its rules do not.
        if let Some(user) = payload.get_mut("user").and_then(Value::as_object_mut) {
            user.retain(|field, _| {
                matches!(&**field, "id" | "email" | "username" | "ip_address" | "name" | "geo" | "data")
            });
        }
        let broken = EVENT_SCHEMA.check(&payload);
        assert!(broken.is_empty(), "{payload:#}\nbreaks the schema:\n  {}", broken.join("\n  "));
    }
}

/// Runs a closure while no test has a client.
pub fn without_client<R>(run: impl FnOnce() -> R) -> R {
    let _turn = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    run()
}

/// One span as it arrived: the root of a transaction, or one of its spans.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenSpan {
    /// The name of the transaction, or the description of the span.
    pub name: String,
    /// The operation; empty if there is none.
    pub op: String,
    /// The status, as a word of the protocol.
    pub status: String,
    /// The instrumentation that created the span.
    pub origin: String,
    /// The trace id.
    pub trace: String,
    /// The span id.
    pub id: String,
    /// The id of the parent span.
    pub parent: Option<String>,
    /// Start time, in seconds since 1970.
    pub start: f64,
    /// End time, in seconds since 1970.
    pub end: f64,
    /// The attributes.
    pub data: Value,
    /// Whether the span is the root of its transaction.
    pub is_root: bool,
    /// The id of the root of the transaction that carried the span.
    pub root: String,
}

impl<R> Seen<R> {
    /// Returns all spans of all transactions, each root before its children, and the AI spans that travelled beside
    /// them in the order of their start.
    pub fn spans(&self) -> Vec<SeenSpan> {
        let mut all: Vec<_> = self.transactions().iter().flat_map(spans_of).collect();
        for span in self.spans_beside_transactions() {
            let root = |seen: &SeenSpan| seen.root == span.root;
            let later = |seen: &SeenSpan| root(seen) && !seen.is_root && seen.start > span.start;
            let last = all.iter().rposition(root).map_or(all.len(), |at| at + 1);
            let at = all.iter().position(later).unwrap_or(last);
            all.insert(at, span);
        }
        all
    }

    /// Returns the AI spans of transactions.
    fn spans_beside_transactions(&self) -> Vec<SeenSpan> {
        let envelopes =
            self.envelopes().into_iter().filter(|envelope| !envelope.header["event_id"].is_null());
        let items = envelopes.flat_map(|envelope| envelope.items).filter(|item| item.ty() == "span");
        let spans = items.flat_map(|item| item.payload["items"].as_array().cloned().unwrap_or_default());
        spans.map(|span| from_version_2(&span)).collect()
    }

    /// Returns the only span with this name.
    #[track_caller]
    pub fn span(&self, name: &str) -> SeenSpan {
        let all = self.spans();
        let mut named: Vec<_> = all.iter().filter(|span| span.name == name).cloned().collect();
        assert_eq!(named.len(), 1, "one span `{name}` among {:?}", names(&all));
        named.remove(0)
    }

    /// Returns the only transaction.
    #[track_caller]
    pub fn transaction(&self) -> Value {
        only(self.transactions())
    }

    /// Returns the only event.
    #[track_caller]
    pub fn event(&self) -> Value {
        only(self.events())
    }
}

/// Returns the only element.
#[track_caller]
pub fn only<T: std::fmt::Debug>(mut list: Vec<T>) -> T {
    assert_eq!(list.len(), 1, "exactly one of: {list:#?}");
    list.remove(0)
}

/// Returns the names of spans, for messages and comparisons.
pub fn names(spans: &[SeenSpan]) -> Vec<&str> {
    spans.iter().map(|span| &*span.name).collect()
}

/// Returns the root of a transaction, followed by its spans.
pub fn spans_of(transaction: &Value) -> Vec<SeenSpan> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let root = &transaction["contexts"]["trace"];
    let root_id = text(&root["span_id"]);
    let read = |span: &Value, name: &Value, times: &Value, is_root| SeenSpan {
        name: text(name),
        op: text(&span["op"]),
        status: text(&span["status"]),
        origin: text(&span["origin"]),
        trace: text(&span["trace_id"]),
        id: text(&span["span_id"]),
        parent: span["parent_span_id"].as_str().map(str::to_owned),
        start: times["start_timestamp"].as_f64().unwrap_or_default(),
        end: times["timestamp"].as_f64().unwrap_or_default(),
        data: span["data"].clone(),
        is_root,
        root: root_id.clone(),
    };
    let mut all = vec![read(root, &transaction["transaction"], transaction, true)];
    let children = transaction["spans"].as_array().into_iter().flatten();
    all.extend(children.map(|span| read(span, &span["description"], span, false)));
    all
}

/// Reads a span of protocol version 2. The returned status is a word of version 1.
fn from_version_2(span: &Value) -> SeenSpan {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let attribute = |name: &str| text(&span["attributes"][name]["value"]);
    let ours =
        |name: &str| name.starts_with("sentry.") || name.starts_with("user.") || name == "server.address";
    let attributes = span["attributes"].as_object().into_iter().flatten();
    let own = attributes.filter(|(name, _)| !ours(name));
    SeenSpan {
        name: text(&span["name"]),
        op: attribute("sentry.op"),
        status: match attribute("sentry.status.message") {
            message if message.is_empty() => text(&span["status"]),
            message => message,
        },
        origin: attribute("sentry.origin"),
        trace: text(&span["trace_id"]),
        id: text(&span["span_id"]),
        parent: span["parent_span_id"].as_str().map(str::to_owned),
        start: span["start_timestamp"].as_f64().unwrap_or_default(),
        end: span["end_timestamp"].as_f64().unwrap_or_default(),
        data: own.map(|(name, typed)| (name.clone(), typed["value"].clone())).collect(),
        is_root: false,
        root: attribute("sentry.segment.id"),
    }
}

/// Asserts that an operation takes less time than a limit. `run` returns its duration. It gets five attempts, because a
/// machine may be busy with other work most of the time, but not all of the time.
#[track_caller]
pub fn assert_takes_less_than(limit: Duration, mut run: impl FnMut() -> Duration) {
    let times: Vec<_> = (0..5).map(|_| run()).take_while(|&took| took >= limit).collect();
    assert!(times.len() < 5, "{times:?}");
}

/// Runs a future to its end on this thread, with the smallest possible runtime.
pub fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        std::thread::park();
    }
}

/// Polls a future once and drops it. Returns whether it was ready.
pub fn poll_once<F: Future>(future: F) -> bool {
    pin!(future).poll(&mut Context::from_waker(Waker::noop())).is_ready()
}

/// Is pending at the first poll, and wakes its task immediately.
pub async fn yield_once() {
    let mut yielded = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
