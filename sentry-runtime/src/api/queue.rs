//! Queues: messages that are published by one program and processed by another one, in one trace. For Sentry's page
//! "Queues".
//!
//! ```
//! use sentry::queue::{self, Message};
//!
//! type Headers = Vec<(String, String)>;
//!
//! fn send(queue: &mut Vec<(Headers, String)>, body: String) {
//!     let message = Message::new().system("in_memory").id("1").body_size(body.len());
//!     // The headers have to reach the consumer: as headers of the message, or as a part of its body.
//!     queue::publish("orders", message, |headers| queue.push((headers.collect(), body)));
//! }
//!
//! fn receive(queue: &mut Vec<(Headers, String)>) -> Result<u32, std::num::ParseIntError> {
//!     let (headers, body) = queue.pop().unwrap_or_default();
//!     let message = Message::new().system("in_memory").id("1").body_size(body.len()).headers(&headers);
//!     queue::try_process("orders", message, || body.parse())
//! }
//!
//! let mut queue = Vec::new();
//! sentry::start_span("checkout", |_| send(&mut queue, "1002".to_owned()));
//! assert_eq!(receive(&mut queue), Ok(1002));
//! ```
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/traces/modules/queues/)

use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};

use super::handlers::{error_of, no_error, run_later, run_now};
use super::{get_trace_data, start_span, start_span_async};
use crate::error::value::ErrorValue;
use crate::instrument::handler::HandlerKind;
use crate::instrument::outgoing::TraceData;
use crate::instrument::queue::PUBLISHED;

pub use crate::instrument::queue::Message;

/// The headers that a message carries to its consumer: the trace, and the time of publication. Empty without a client.
/// Collect them into a list or a map of pairs of strings.
#[derive(Debug, Clone)]
pub struct Headers {
    /// In the order in which they are taken, from the end.
    pairs: Vec<(&'static str, String)>,
}

impl Headers {
    fn of(trace: Option<&TraceData>) -> Self {
        let Some(trace) = trace else { return Self { pairs: Vec::new() } };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut pairs = vec![(PUBLISHED, format!("{:.6}", now.as_secs_f64()))];
        pairs.extend(trace.iter().map(|(name, value)| (name, value.to_owned())));
        pairs.reverse();
        Self { pairs }
    }

    /// Collects the headers into a list or a map, of any types of strings.
    #[must_use]
    pub fn collect<C: FromIterator<(K, V)>, K: From<&'static str>, V: From<String>>(self) -> C {
        self.into_iter().map(|(name, value)| (K::from(name), V::from(value))).collect()
    }
}

impl Iterator for Headers {
    type Item = (&'static str, String);

    fn next(&mut self) -> Option<Self::Item> {
        self.pairs.pop()
    }
}

/// Runs a closure that publishes a message, in a span `queue.publish` with the name of the destination: a queue or a
/// topic. The closure receives the headers that the message has to carry.
///
/// The producer's span belongs to the active span. Without one, it becomes a transaction.
pub fn publish<R>(
    destination: impl Into<Cow<'static, str>>,
    message: Message,
    publish: impl FnOnce(Headers) -> R,
) -> R {
    start_span(message.publication(destination.into()), |_| publish(Headers::of(get_trace_data().as_ref())))
}

/// Awaits a future that publishes a message; see [`publish`].
///
/// ```
/// use std::collections::HashMap;
/// use sentry::queue::{self, Message};
///
/// async fn send(_headers: HashMap<String, String>, _body: &str) {}
///
/// # fn example() -> impl Future<Output = ()> {
/// queue::publish_async("orders", Message::new(), async |headers| send(headers.collect(), "1002").await)
/// # }
/// # drop(example());
/// ```
pub async fn publish_async<R>(
    destination: impl Into<Cow<'static, str>>,
    message: Message,
    publish: impl AsyncFnOnce(Headers) -> R,
) -> R {
    let options = message.publication(destination.into());
    start_span_async(options, |_| async move { publish(Headers::of(get_trace_data().as_ref())).await }).await
}

/// Runs a closure that processes a message: in an isolation scope of its own, in the trace of the message's headers, and
/// in a transaction `queue.process` with the name of the destination. If a span is active, it becomes a child of that
/// instead. Captures a panic and lets it continue; to capture an `Err`, use [`try_process`].
pub fn process<R>(destination: impl Into<Cow<'static, str>>, message: Message, run: impl FnOnce() -> R) -> R {
    run_now(HandlerKind::Message { destination: destination.into() }, message, run, no_error)
}

/// Runs a closure that processes a message and returns a `Result`; see [`process`]. An `Err` is captured once and
/// returned.
pub fn try_process<T, E: ErrorValue<Form>, Form>(
    destination: impl Into<Cow<'static, str>>,
    message: Message,
    run: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    run_now(HandlerKind::Message { destination: destination.into() }, message, run, error_of)
}

/// Awaits a future that processes a message; see [`process`].
pub fn process_async<F: Future>(
    destination: impl Into<Cow<'static, str>>,
    message: Message,
    future: F,
) -> impl Future<Output = F::Output> {
    run_later(HandlerKind::Message { destination: destination.into() }, message, future, no_error)
}

/// Awaits a future that processes a message and returns a `Result`; see [`try_process`].
pub fn try_process_async<T, E: ErrorValue<Form>, Form, F: Future<Output = Result<T, E>>>(
    destination: impl Into<Cow<'static, str>>,
    message: Message,
    future: F,
) -> impl Future<Output = Result<T, E>> {
    run_later(HandlerKind::Message { destination: destination.into() }, message, future, error_of)
}
