//! Compiles functions twice, plain and annotated, and compares their behaviour.

use std::cell::{Cell, RefCell};
use std::fmt::Debug;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Mutex, Once, PoisonError};
use std::task::{Context, Poll, Waker};

use sentry::protocol::ItemType;
use sentry::{ClientOptions, TestTransport};

/// Compiles some items twice: in `mod plain`, and in `mod annotated`, where every function is a span.
macro_rules! twins {
    ($($items:tt)*) => {
        mod plain {
            #[allow(unused_imports)]
            use super::*;
            $($items)*
        }
        #[sentry::span]
        mod annotated {
            #[allow(unused_imports)]
            use super::*;
            $($items)*
        }
    };
}
pub(crate) use twins;

/// Makes a test that compares `run()` of both modules, and passes the recorded spans to a closure.
macro_rules! same {
    ($name:ident) => {
        #[test]
        fn $name() {
            crate::support::both(plain::run, annotated::run);
        }
    };
    ($name:ident, $look:expr) => {
        #[test]
        fn $name() {
            let look: fn(Vec<crate::support::Seen>) = $look;
            look(crate::support::both(plain::run, annotated::run));
        }
    };
}
pub(crate) use same;

/// A span that was sent. The name of a free function has no module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub name: String,
    pub op: String,
    pub status: String,
    pub parent: String,
    pub data: serde_json::Value,
}

static TURN: Mutex<()> = Mutex::new(());

/// Asserts that both closures return the same. Returns the spans of the traced run, without the root, ordered by name.
#[track_caller]
pub fn both<R: PartialEq + Debug>(plain: impl Fn() -> R, annotated: impl Fn() -> R) -> Vec<Seen> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    watch_panics();
    let expected = plain();
    assert_eq!(annotated(), expected, "without a client");
    let (result, spans) = with_client(0.0, &annotated);
    assert_eq!(result, expected, "with a client that does not trace");
    assert!(spans.is_empty());
    let (result, spans) = with_client(1.0, &annotated);
    assert_eq!(result, expected, "with a client that traces");
    spans
}

/// Runs `run` with a client of its own. The caller holds the lock `TURN`.
fn with_client<R>(rate: f32, run: impl Fn() -> R) -> (R, Vec<Seen>) {
    let transport = TestTransport::new();
    let mut options = ClientOptions::new()
        .dsn("http://key@localhost/1")
        .traces_sample_rate(rate)
        .local(false)
        .spotlight(false);
    options.transport = Some(transport.clone());
    let guard = sentry::init(options);
    assert!(guard.is_enabled());
    let result = sentry::start_span("test", |_| run());
    drop(guard);
    (result, spans_of(&transport))
}

fn spans_of(transport: &TestTransport) -> Vec<Seen> {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let name_of = |value: &serde_json::Value| {
        let name = text(value);
        match name.split_once("::") {
            Some((module, function)) if module.starts_with(char::is_lowercase) => function.to_owned(),
            _ => name,
        }
    };
    let mut ids = std::collections::HashMap::new();
    let mut spans = Vec::new();
    for transaction in transport.payloads(ItemType::Transaction) {
        let root = &transaction["contexts"]["trace"];
        ids.insert(text(&root["span_id"]), text(&transaction["transaction"]));
        for span in transaction["spans"].as_array().into_iter().flatten() {
            ids.insert(text(&span["span_id"]), name_of(&span["description"]));
            spans.push(span.clone());
        }
    }
    let mut seen: Vec<Seen> = spans
        .iter()
        .map(|span| Seen {
            name: name_of(&span["description"]),
            op: text(&span["op"]),
            status: text(&span["status"]),
            parent: ids.get(&text(&span["parent_span_id"])).cloned().unwrap_or_default(),
            data: span["data"].clone(),
        })
        .filter(|span| span.name != "run")
        .collect();
    seen.sort_by(|a, b| a.name.cmp(&b.name));
    seen
}

/// Returns the spans of a function that has no plain version.
#[track_caller]
pub fn recorded<R: PartialEq + Debug>(expected: R, run: impl Fn() -> R) -> Vec<Seen> {
    let expected = std::cell::RefCell::new(Some(expected));
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    watch_panics();
    let expected = expected.take().expect("the value was just stored");
    assert_eq!(run(), expected, "without a client");
    let (result, spans) = with_client(1.0, run);
    assert_eq!(result, expected, "with a client");
    spans
}

/// Returns the items that were sent while `run` ran, as a tree.
pub fn tree(rate: f32, run: impl FnOnce()) -> String {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let options = ClientOptions::new().traces_sample_rate(rate);
    sentry::test::with_captured_options(options, run).tree()
}

/// Returns the names of spans.
pub fn names(spans: &[Seen]) -> Vec<&str> {
    spans.iter().map(|span| &*span.name).collect()
}

/// Returns the statuses of all spans of one name.
#[track_caller]
pub fn statuses<'a>(spans: &'a [Seen], name: &str) -> Vec<&'a str> {
    let found: Vec<&str> = spans.iter().filter(|span| span.name == name).map(|span| &*span.status).collect();
    assert!(!found.is_empty(), "a span `{name}` among {:?}", names(spans));
    found
}

/// Polls a future until it is ready, without waiting for its waker.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut task = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut task) {
            return output;
        }
    }
}

/// Is pending at the first poll.
pub async fn pause() {
    let mut paused = false;
    std::future::poll_fn(|task| {
        if std::mem::replace(&mut paused, true) {
            return Poll::Ready(());
        }
        task.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

thread_local! {
    static LOG: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
    static WATCHING: Cell<bool> = const { Cell::new(false) };
}

/// Adds a text to the log of this thread.
pub fn log(text: impl ToString) {
    LOG.with_borrow_mut(|log| log.push(text.to_string()));
}

/// Returns the log since the last call.
pub fn logged() -> Vec<String> {
    LOG.take()
}

/// Logs its name on drop.
#[derive(Debug)]
pub struct Noisy(pub &'static str);

impl Drop for Noisy {
    fn drop(&mut self) {
        log(self.0);
    }
}

/// Returns the location and the payload of the panic of `run`.
pub fn panic_of<R>(run: impl FnOnce() -> R) -> (String, String) {
    WATCHING.set(true);
    let payload = catch_unwind(AssertUnwindSafe(run)).err().expect("it panics");
    WATCHING.set(false);
    let text = match payload.downcast_ref::<String>() {
        Some(text) => text.clone(),
        None => match payload.downcast_ref::<&str>() {
            Some(text) => (*text).to_owned(),
            None => format!("{:?}", payload.downcast_ref::<u64>()),
        },
    };
    (PANIC.take().expect("the hook saw it"), text)
}

fn watch_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if WATCHING.get() {
                PANIC.set(info.location().map(|place| place.to_string()));
            } else {
                before(info);
            }
        }));
    });
}
