//! The lifecycle of traces: sent as a transaction, or streamed span by span.

/// The way in which the spans of a trace are sent, see
/// [`ClientOptions::trace_lifecycle`](super::ClientOptions::trace_lifecycle).
///
/// ```
/// use sentry::{ClientOptions, TraceLifecycle};
///
/// let options = ClientOptions::new().traces_sample_rate(1.0).trace_lifecycle(TraceLifecycle::Stream);
/// # assert_eq!(options.trace_lifecycle, TraceLifecycle::Stream);
/// ```
///
/// [Spec](https://develop.sentry.dev/sdk/telemetry/spans/implementation/).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TraceLifecycle {
    /// As a transaction when the root span has ended. A transaction carries the 1000 earliest spans; the others are
    /// counted as lost.
    #[default]
    Static,
    /// In batches while the trace runs: at the latest 5 seconds after the first span of a batch, at 1000 spans, and
    /// when the root span ends. A trace may have any number of spans, and memory only holds spans that are not sent
    /// yet.
    ///
    /// No transactions are sent: `before_send_transaction` and event processors do not see such traces.
    /// `before_send_span` sees every span. `ignore_transactions` and `trace_ignore_status_codes` have no effect,
    /// because spans are sent before the root span ends. Every span carries release, environment and segment, and the
    /// id, name, mail and address of the user that the program set. The root span carries the tags and attributes of the
    /// scopes and the data about the machine. Data set on a span after its end is not sent.
    Stream,
}
