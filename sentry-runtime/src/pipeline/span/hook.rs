//! The callback `before_send_span`: it sees every span of a transaction, including the root, and every streamed span.
//!
//! The callback may change a span's content, but not its position: ids do not change, and no span can be removed. If
//! the callback panics for a span, the data that it may have wanted to remove is not sent.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/spans/scrubbing-data/)

use std::borrow::Cow;
use std::sync::Arc;

use super::record::SpanRecord;
use crate::base::callback;
use crate::base::diagnostics;
use crate::client::Client;
use crate::context::active;
use crate::context::entered;
use crate::options::BeforeSendSpan;
use crate::protocol::nesting::Prune as _;
use crate::protocol::{AttributeValue, Context, Span, TraceId, Transaction};
use crate::trace::clock::Anchor;
use crate::trace::ids::Lineage;

/// Passes the root of a transaction and its spans to the callback, if there is one.
pub(crate) fn show(client: &Client, transaction: &mut Transaction<'static>) {
    let Some(callback) = &client.options().before_send_span else { return };
    // Spans that the callback starts would be passed to it in turn.
    let _entered = entered::enter(Arc::new(active::context().suppressing()), Lineage::NONE);
    let mut panics = show_root(callback, transaction);
    for span in &mut transaction.spans {
        let seen = std::mem::take(span);
        *span = shown(callback, seen, &mut panics);
    }
    if panics > 0 {
        diagnostics::error(format_args!(
            "before_send_span panicked for {panics} spans of a transaction; they are sent without name and data"
        ));
    }
}

/// Passes streamed spans to the callback. `common` are attributes that all spans share: each span gets those that it
/// lacks before the callback sees it. Returns whether there is a callback.
pub(crate) fn show_streamed<T>(
    client: &Client,
    trace_id: TraceId,
    anchor: &Anchor,
    common: &[(Cow<'static, str>, AttributeValue)],
    rows: &mut [(SpanRecord, T)],
) -> bool {
    let Some(callback) = &client.options().before_send_span else { return false };
    let _entered = entered::enter(Arc::new(active::context().suppressing()), Lineage::NONE);
    let mut panics = 0;
    for (row, _) in rows {
        let mut span = std::mem::replace(row, SpanRecord::Full(Box::default())).into_full(anchor);
        for (key, value) in common {
            if !span.attributes.iter().any(|(known, _)| known == key) {
                span.attributes.push((key.clone(), value.clone()));
            }
        }
        span.take_over(shown(callback, span.to_protocol(trace_id), &mut panics));
        *row = SpanRecord::Full(Box::new(span));
    }
    if panics > 0 {
        diagnostics::error(format_args!(
            "before_send_span panicked for {panics} spans; they are sent without name and data"
        ));
    }
    true
}

/// Passes the root to the callback. Returns the number of panics.
fn show_root(callback: &BeforeSendSpan, transaction: &mut Transaction<'static>) -> u32 {
    let mut panics = 0;
    let Some(Context::Trace(trace)) = transaction.contexts.get_mut("trace") else { return panics };
    let root = Span {
        span_id: trace.span_id,
        trace_id: trace.trace_id,
        parent_span_id: trace.parent_span_id,
        op: trace.op.take(),
        description: transaction.name.take(),
        start_timestamp: transaction.start_timestamp,
        timestamp: transaction.timestamp,
        status: trace.status,
        origin: trace.origin.take(),
        data: std::mem::take(&mut trace.data),
        links: std::mem::take(&mut trace.links),
        ..Span::default()
    };
    let root = shown(callback, root, &mut panics);
    trace.op = root.op;
    trace.status = root.status;
    trace.origin = root.origin;
    trace.data = root.data;
    trace.links = root.links;
    transaction.name = root.description;
    transaction.start_timestamp = root.start_timestamp;
    transaction.timestamp = root.timestamp;
    transaction.tags.extend(root.tags);
    panics
}

/// Returns the span as it is to be sent.
fn shown(callback: &BeforeSendSpan, span: Span, panics: &mut u32) -> Span {
    let bare = Span {
        span_id: span.span_id,
        trace_id: span.trace_id,
        parent_span_id: span.parent_span_id,
        same_process_as_parent: span.same_process_as_parent,
        op: span.op.clone(),
        start_timestamp: span.start_timestamp,
        timestamp: span.timestamp,
        status: span.status,
        origin: span.origin.clone(),
        ..Span::default()
    };
    let (span_id, trace_id, parent_span_id) = (bare.span_id, bare.trace_id, bare.parent_span_id);
    match callback::run(0, || callback(span)) {
        Ok(mut changed) => {
            changed.prune();
            Span { span_id, trace_id, parent_span_id, ..changed }
        }
        Err(_) => {
            *panics += 1;
            bare
        }
    }
}
