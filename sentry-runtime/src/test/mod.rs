//! Test helpers: capture of what a part of a program sends, as typed items and as trees.
//!
//! [`with_captured`] runs a closure with a client of its own, so that tests can run in parallel, whether or not the
//! process has a client. That client belongs to the closure's work: to its thread, to the annotated functions and
//! futures that it calls, and to futures that it binds with
//! [`SentryFutureExt::bind_scope`](crate::SentryFutureExt::bind_scope). Other threads that it spawns use the client of
//! the process.
//!
//! The module needs the feature `test`, which a program enables for its tests only:
//!
//! ```toml
//! [dev-dependencies]
//! sentry-runtime = { version = "0.1", features = ["test"] }
//! ```

mod counts;
mod official;
mod session;
mod tree;

pub use crate::transport::TestTransport;
pub use official::{
    with_captured_envelopes, with_captured_envelopes_options, with_captured_events,
    with_captured_events_options,
};
pub use session::CapturedSession;

use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::client::Client;
use crate::context::entered;
use crate::context::thread_context::Context;
use crate::instrument::future::Bound;
use crate::instrument::instrumented::instrument;
use crate::options::{ClientOptions, LocalView, Spotlight};
use crate::protocol::{
    Attachment, Context as EventContext, Envelope, Event, Feedback, ItemType, Log, Metric, MonitorCheckIn,
    Transaction,
};
use crate::trace::ids::Lineage;

/// The maximum time that a test waits for the pipeline, which usually needs milliseconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs a closure and returns what was captured in it. Every trace is recorded, and logs are on.
///
/// ```
/// #[sentry::span("price")]
/// fn price(items: &[u32]) -> u32 {
///     items.iter().sum()
/// }
///
/// let captured = sentry::test::with_captured(|| {
///     price(&[3, 4]);
///     sentry::capture_message("sold out", sentry::Level::Warning);
/// });
/// assert_eq!(captured.transactions()[0].name.as_deref(), Some("price"));
/// assert_eq!(captured.events().len(), 1);
/// ```
///
/// # Panics
/// Panics if the closure panics.
pub fn with_captured<R>(run: impl FnOnce() -> R) -> Captured {
    with_captured_options(ClientOptions::new().collect_logs(true), run)
}

/// Like [`with_captured`], with options, for example to test a `before_send`. The destination in the options is
/// replaced. All traces are recorded, unless the options set a rate or a sampler.
///
/// ```
/// let options = sentry::ClientOptions::new().before_send(|_| None);
/// let captured = sentry::test::with_captured_options(options, || {
///     sentry::capture_message("not for everybody", sentry::Level::Info);
/// });
/// assert!(captured.events().is_empty());
/// ```
///
/// # Panics
/// Panics if the closure panics, or if an option is invalid.
pub fn with_captured_options<R>(options: ClientOptions, run: impl FnOnce() -> R) -> Captured {
    let (client, transport) = client(options);
    let entered = entered::enter(Arc::new(Context::of_client(Arc::clone(&client))), Lineage::NONE);
    run();
    drop(entered);
    Captured::taken(&client, &transport)
}

/// Like [`with_captured`], for a future, on any threads that poll it. The argument is a closure that creates the
/// future, because the call of an annotated `async` function belongs to its caller.
///
/// ```
/// #[sentry::span("fetch")]
/// async fn fetch() {}
///
/// # fn block_on<F: Future>(future: F) -> F::Output {
/// #     let mut future = std::pin::pin!(future);
/// #     let mut task = std::task::Context::from_waker(std::task::Waker::noop());
/// #     loop { if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut task) { return output; } }
/// # }
/// # block_on(async {
/// let captured = sentry::test::with_captured_async(fetch).await;
/// captured.assert_tree("fetch");
/// # });
/// ```
pub async fn with_captured_async<F: Future>(run: impl FnOnce() -> F) -> Captured {
    with_captured_options_async(ClientOptions::new().collect_logs(true), run).await
}

/// Like [`with_captured_options`], for a future.
///
/// # Panics
/// Panics if the future panics, or if an option is invalid.
pub async fn with_captured_options_async<F: Future>(
    options: ClientOptions,
    run: impl FnOnce() -> F,
) -> Captured {
    let (client, transport) = client(options);
    let context = Arc::new(Context::of_client(Arc::clone(&client)));
    instrument(Bound::new(Some(context), Lineage::NONE), async move { run().await }).await;
    Captured::taken(&client, &transport)
}

/// Returns a client that keeps what it is given.
fn client(options: ClientOptions) -> (Arc<Client>, Arc<TestTransport>) {
    let transport = TestTransport::new();
    let traces = options.traces();
    let mut options = ClientOptions {
        local: LocalView::Off,
        spotlight: Spotlight::Off,
        #[cfg(feature = "dashboard")]
        dashboard: crate::options::Dashboard::off(),
        transport: Some(Arc::new(Arc::clone(&transport))),
        ..options
    };
    if options.dsn.is_none() {
        options = options.dsn("https://public@test.invalid/1");
    }
    if !traces {
        options.traces_sample_rate = Some(1.0);
    }
    match Client::new(options) {
        Ok(client) => (client, transport),
        Err(error) => panic!("{error}"),
    }
}

/// The captured data, see [`with_captured`].
#[derive(Debug)]
pub struct Captured {
    envelopes: Vec<Envelope>,
    events: Vec<Event<'static>>,
    transactions: Vec<Transaction<'static>>,
    check_ins: Vec<MonitorCheckIn>,
    logs: Vec<Log>,
    metrics: Vec<Metric>,
    sessions: Vec<CapturedSession>,
    feedback: Vec<Feedback>,
    streamed: Vec<Value>,
}

impl Captured {
    fn taken(client: &Client, transport: &TestTransport) -> Self {
        client.flush(PATIENCE);
        let envelopes = transport.fetch_and_clear_envelopes();
        Self {
            events: typed(&envelopes, ItemType::Event).into_iter().map(with_message).collect(),
            transactions: typed(&envelopes, ItemType::Transaction),
            check_ins: typed(&envelopes, ItemType::CheckIn),
            logs: typed(&envelopes, ItemType::Log),
            metrics: typed(&envelopes, ItemType::TraceMetric),
            sessions: session::of(&envelopes),
            feedback: typed(&envelopes, ItemType::Feedback).iter().filter_map(feedback).collect(),
            streamed: payloads(&envelopes, ItemType::Span).collect(),
            envelopes,
        }
    }

    /// Returns errors, messages and panics, in the order in which they were sent.
    #[must_use]
    pub fn events(&self) -> &[Event<'static>] {
        &self.events
    }

    /// Returns traces: a transaction for every root span, with its spans. AI spans travel beside it, see
    /// [`ClientOptions::stream_gen_ai_spans`]: they are in [`tree`](Self::tree), and among the
    /// [`items`](Self::items) of the type `Span`.
    #[must_use]
    pub fn transactions(&self) -> &[Transaction<'static>] {
        &self.transactions
    }

    /// Returns the check-ins of monitored jobs.
    #[must_use]
    pub fn check_ins(&self) -> &[MonitorCheckIn] {
        &self.check_ins
    }

    /// Returns structured logs, one by one.
    ///
    /// ```
    /// let captured = sentry::test::with_captured(|| sentry::logger_warn!("{} lamps left", 3));
    /// assert_eq!(captured.logs()[0].body, "3 lamps left");
    /// ```
    #[must_use]
    pub fn logs(&self) -> &[Log] {
        &self.logs
    }

    /// Returns metrics, one by one.
    ///
    /// ```
    /// let captured = sentry::test::with_captured(|| sentry::metrics::count("lamps.sold", 2).capture());
    /// assert_eq!(captured.metrics()[0].value, sentry::protocol::MetricValue::Integer(2));
    /// ```
    #[must_use]
    pub fn metrics(&self) -> &[Metric] {
        &self.metrics
    }

    /// Returns sessions: every session update that was sent, and the aggregates of request sessions.
    #[must_use]
    pub fn sessions(&self) -> &[CapturedSession] {
        &self.sessions
    }

    /// Returns the feedback of users.
    #[must_use]
    pub fn feedback(&self) -> &[Feedback] {
        &self.feedback
    }

    /// Returns items of any type as JSON; logs, metrics and streamed spans one by one.
    #[must_use]
    pub fn items(&self, ty: ItemType) -> Vec<Value> {
        payloads(&self.envelopes, ty).collect()
    }

    /// Returns the attachments of events.
    #[must_use]
    pub fn attachments(&self) -> Vec<Attachment> {
        let items = self.envelopes.iter().flat_map(Envelope::items);
        items
            .filter(|item| item.ty() == ItemType::Attachment)
            .map(|item| Attachment {
                buffer: item.payload().to_vec(),
                filename: item.filename().unwrap_or_default().to_owned(),
                ..Attachment::default()
            })
            .collect()
    }

    /// Returns all envelopes, as they would have been sent.
    #[must_use]
    pub fn envelopes(&self) -> &[Envelope] {
        &self.envelopes
    }

    /// Returns the traces as text, one line per span: its name, its operation unless that is `function`, and its status
    /// unless that is `ok`. Streamed spans look like those of transactions. Children are indented by two spaces; spans
    /// are listed in the order in which they started, events after the spans of their parent. Events outside any trace
    /// and check-ins come last.
    ///
    /// ```text
    /// checkout
    ///   price (db.query)
    ///   pay [internal_error]
    ///     ! Declined: the card was declined
    /// check-in nightly-report: ok
    /// ```
    #[must_use]
    pub fn tree(&self) -> String {
        tree::of(self)
    }

    /// Asserts that [`tree`](Self::tree) equals the expected text, which may be indented as a whole.
    ///
    /// ```
    /// #[sentry::span("price")]
    /// fn price() {}
    ///
    /// #[sentry::span("checkout", op = "shop")]
    /// fn checkout() {
    ///     price();
    /// }
    ///
    /// sentry::test::with_captured(checkout).assert_tree(
    ///     "
    ///     checkout (shop)
    ///       price
    ///     ",
    /// );
    /// ```
    ///
    /// # Panics
    /// Panics with both texts if they differ.
    #[track_caller]
    pub fn assert_tree(&self, expected: &str) {
        let (expected, found) = (tree::unindented(expected), self.tree());
        assert!(
            expected == found,
            "the captured tree differs from the expected one\n\nexpected:\n{expected}\n\ncaptured:\n{found}\n"
        );
    }
}

/// Returns the items of a type, those of batches one by one.
fn payloads(envelopes: &[Envelope], ty: ItemType) -> impl Iterator<Item = Value> {
    let items = envelopes.iter().flat_map(Envelope::items);
    items.filter(move |item| item.ty() == ty).flat_map(|item| {
        match serde_json::from_slice(item.payload()).unwrap_or_default() {
            Value::Object(mut batch) if batch.contains_key("version") && batch.contains_key("items") => {
                match batch.remove("items") {
                    Some(Value::Array(items)) => items,
                    other => other.into_iter().collect(),
                }
            }
            payload => vec![payload],
        }
    })
}

/// Reads feedback, which is a context of an event.
fn feedback(event: &Event<'static>) -> Option<Feedback> {
    let EventContext::Other(fields) = event.contexts.get("feedback")? else { return None };
    serde_json::to_value(fields).and_then(serde_json::from_value).ok()
}

fn typed<T: DeserializeOwned>(envelopes: &[Envelope], ty: ItemType) -> Vec<T> {
    payloads(envelopes, ty)
        .map(|payload| match serde_json::from_value(payload) {
            Ok(item) => item,
            Err(error) => panic!("an item of the type {ty:?} cannot be read back: {error}"),
        })
        .collect()
}

/// Returns the event with its text in `message` too, where tests written for the official crate expect it.
fn with_message(mut event: Event<'static>) -> Event<'static> {
    if event.message.is_none() {
        event.message = event.logentry.as_ref().map(|entry| entry.message.clone());
    }
    event
}
