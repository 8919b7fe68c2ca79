//! How a trace leaves the process: as a transaction, or span by span.

/// How the spans of a trace are sent, see [`ClientOptions::trace_lifecycle`](super::ClientOptions::trace_lifecycle).
///
/// ```
/// use sentry::{ClientOptions, TraceLifecycle};
///
/// let options = ClientOptions::new().traces_sample_rate(1.0).trace_lifecycle(TraceLifecycle::Stream);
/// # assert_eq!(options.trace_lifecycle, TraceLifecycle::Stream);
/// ```
///
/// Spec: `telemetry/spans/implementation.mdx`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TraceLifecycle {
    /// As a transaction, once the root span has ended. It carries at most 1000 spans, the earliest; the others are
    /// counted as lost.
    #[default]
    Static,
    /// In batches while the trace still runs: 5 seconds after the first span of a batch at the latest, at 1000
    /// spans, and when the root span ends. A trace may have any number of spans, and memory holds only those that
    /// were not sent yet.
    ///
    /// No transactions are sent: `before_send_transaction` and event processors see nothing of such traces. Every
    /// span names release, environment and segment; the user's id, name, mail and address stand on it only with
    /// `send_default_pii`. `before_send_span` sees every span; `ignore_transactions` and `trace_ignore_status_codes`
    /// come too late, as spans have left by then. Tags and attributes of the scopes and what is known of the machine stand on the root span. What is set on
    /// a span after its end is not sent.
    Stream,
}
