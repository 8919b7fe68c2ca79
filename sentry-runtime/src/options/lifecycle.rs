//! The lifecycle of traces: sent as a transaction, or streamed span by span.

use super::ClientOptions;

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
/// The guide's page on [streaming](crate::guide::streaming) says which server it needs, and compares what is sent.
/// [Spec](https://develop.sentry.dev/sdk/telemetry/spans/#trace-lifecycle-option).
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
    /// No transactions are sent. `before_send_span` sees every span; event processors see the transaction that a root
    /// span would have been, and change the root span by it. `before_send_transaction`, transaction processors and
    /// `trace_ignore_status_codes` have no effect. Every span carries release, environment, segment, the attributes of
    /// the scopes, and the user's id, name, mail and address. The root span carries the tags, the request and the data
    /// about the machine. Data set on a span after its end is not sent.
    Stream,
}

impl ClientOptions {
    /// Returns the options that are set although they act on transactions and there will be none.
    pub(crate) fn without_effect(&self) -> impl Iterator<Item = &'static str> {
        let set = [
            ("before_send_transaction", self.before_send_transaction.is_some()),
            ("trace_ignore_status_codes", !self.trace_ignore_status_codes.is_empty()),
        ];
        let streams = self.streams();
        set.into_iter().filter(move |(_, is_set)| *is_set && streams).map(|(option, _)| option)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_about_transactions_have_no_effect_if_there_are_none() {
        let set = || ClientOptions::new().before_send_transaction(Some).trace_ignore_status_codes([404]);
        let ineffective = |options: ClientOptions| options.without_effect().collect::<Vec<_>>();
        assert_eq!(ineffective(set()), [""; 0]);
        let streamed = || set().trace_lifecycle(TraceLifecycle::Stream);
        assert_eq!(ineffective(streamed()), ["before_send_transaction", "trace_ignore_status_codes"]);
        assert_eq!(ineffective(streamed().keep(|_| true)), [""; 0], "traces are transactions then");
    }
}
