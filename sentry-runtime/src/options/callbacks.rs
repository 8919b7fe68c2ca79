//! The types of the callbacks that options hold.

use std::sync::Arc;

use crate::client::hint::Hint;
use crate::options::sampling::SamplingContext;
use crate::protocol::Span;

/// A callback that receives a value and returns it, changed or not; `None` drops it. Runs on the pipeline thread,
/// except for `before_breadcrumb`, which runs on the caller's thread. If the callback panics, its value is lost, and
/// nothing else.
pub type BeforeCallback<T> = Arc<dyn Fn(T) -> Option<T> + Send + Sync>;

/// A [`BeforeCallback`] that also receives the [`Hint`], and can change it.
pub type BeforeHintedCallback<T> = Arc<dyn Fn(T, &mut Hint) -> Option<T> + Send + Sync>;

/// A function that returns the sample rate of a root span, from 0 to 1. Runs on the caller's thread before the span
/// starts. A trace for which it returns a number out of range is not sampled. If it panics, the trace is sampled as
/// without a sampler.
pub type TracesSampler = dyn Fn(&SamplingContext) -> f32 + Send + Sync;

/// A callback that receives every span, including root spans, and returns the span to send. Runs on the pipeline
/// thread. If it panics, only the span's ids, times, status, operation and origin are sent.
///
/// A streamed span has all its attributes in `data`. Removed attributes that the protocol requires on every span are
/// added again; removed attributes of the user are not.
///
/// ```
/// let options = sentry::ClientOptions::new().before_send_span(|mut span| {
///     span.data.remove("db.query.text");
///     span
/// });
/// ```
///
/// [Spec](https://develop.sentry.dev/sdk/telemetry/spans/scrubbing-data/).
pub type BeforeSendSpan = Arc<dyn Fn(Span) -> Span + Send + Sync>;
