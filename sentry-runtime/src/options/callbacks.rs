//! Functions of the program's that options hold.

use std::sync::Arc;

use crate::client::hint::Hint;
use crate::options::sampling::SamplingContext;
use crate::protocol::Span;

/// A callback that may change a value, and drop it by answering `None`. It runs on the pipeline thread
/// (`before_breadcrumb`: on the caller's). One that panics loses its value, and nothing else.
pub type BeforeCallback<T> = Arc<dyn Fn(T) -> Option<T> + Send + Sync>;

/// The same for a callback that sees the [`Hint`] as well, and may change it.
pub type BeforeHintedCallback<T> = Arc<dyn Fn(T, &mut Hint) -> Option<T> + Send + Sync>;

/// Decides about the sample rate of a root span, from 0 to 1. It runs on the caller's thread.
pub type TracesSampler = dyn Fn(&SamplingContext) -> f32 + Send + Sync;

/// Sees every span, and answers with the span to send. It runs on the pipeline thread. Of a span for which it panics,
/// only ids, times, status, operation and origin are sent. A span that is streamed has all its attributes
/// in `data`; those that the protocol wants on every span return where they are removed, those of the user do not.
///
/// ```
/// let options = sentry::ClientOptions::new().before_send_span(|mut span| {
///     span.data.remove("db.query.text");
///     span
/// });
/// ```
///
/// Spec: `telemetry/spans/scrubbing-data.mdx`.
pub type BeforeSendSpan = Arc<dyn Fn(Span) -> Span + Send + Sync>;
