//! Transactions as JSON: the typed fields by serde, the spans and the constant contexts by hand.

use crate::pipeline::span::json::SpanWriter;
use crate::pipeline::span::record::SpanRecord;
use crate::protocol::buffers;
use crate::protocol::json::ObjectWriter;
use crate::protocol::{Context, TraceId, Transaction};
use crate::trace::clock::Anchor;

/// The data written in addition to the fields of the typed transaction.
pub(crate) struct Extras<'a> {
    pub(crate) trace_id: TraceId,
    pub(crate) anchor: &'a Anchor,
    pub(crate) rows: &'a [SpanRecord],
    /// Names and JSON of contexts; a context that the transaction sets itself takes precedence.
    pub(crate) contexts: &'a [(String, Vec<u8>)],
    /// JSON of the field `sdk`; empty if the transaction has the field itself.
    pub(crate) sdk: &'a [u8],
}

/// The approximate size of a span, in bytes.
const SPAN_BYTES: usize = 300;

/// Writes the transaction.
pub(crate) fn write(transaction: &Transaction<'_>, extras: &Extras<'_>) -> Vec<u8> {
    let mut out = buffers::take(4096 + SPAN_BYTES * (extras.rows.len() + transaction.spans.len()));
    let mut object = ObjectWriter::new(&mut out);
    object.text("type", "transaction");
    let mut digits = [0; 32];
    transaction.event_id.simple().encode_lower(&mut digits);
    object.plain_text("event_id", &digits);
    object.some_text("transaction", transaction.name.as_deref());
    object.some("transaction_info", &transaction.transaction_info);
    object.raw("start_timestamp", |out| write_time(out, transaction.start_timestamp));
    if let Some(timestamp) = transaction.timestamp {
        // A clock that was set back must not end a transaction before its start: such a transaction is refused.
        object.raw("timestamp", |out| write_time(out, timestamp.max(transaction.start_timestamp)));
    }
    object.text("platform", &transaction.platform);
    object.some_text("release", transaction.release.as_deref());
    object.some_text("dist", transaction.dist.as_deref());
    object.some_text("environment", transaction.environment.as_deref());
    object.some_text("server_name", transaction.server_name.as_deref());
    object.some("user", &transaction.user);
    object.some("request", &transaction.request);
    match &transaction.sdk {
        Some(sdk) => object.field("sdk", sdk),
        None if extras.sdk.is_empty() => {}
        None => object.raw("sdk", |out| out.extend_from_slice(extras.sdk)),
    }
    if !transaction.tags.is_empty() {
        object.field("tags", &transaction.tags);
    }
    if !transaction.extra.is_empty() {
        object.field("extra", &transaction.extra);
    }
    if !transaction.breadcrumbs.is_empty() {
        object.field("breadcrumbs", &transaction.breadcrumbs);
    }
    object.raw("contexts", |out| {
        let mut contexts = ObjectWriter::new(out);
        for (name, context) in &transaction.contexts {
            match context {
                Context::Trace(trace) => contexts.raw(name, |out| trace.write_json(out)),
                context => contexts.field(name, context),
            }
        }
        for (name, json) in extras.contexts {
            if !transaction.contexts.contains_key(name) {
                contexts.raw(name, |out| out.extend_from_slice(json));
            }
        }
        contexts.end();
    });
    object.raw("spans", |out| write_spans(out, transaction, extras));
    object.end();
    out
}

fn write_spans(out: &mut Vec<u8>, transaction: &Transaction<'_>, extras: &Extras<'_>) {
    if extras.rows.is_empty() {
        if serde_json::to_writer(&mut *out, &transaction.spans).is_err() {
            out.extend_from_slice(b"[]");
        }
        return;
    }
    let opening = out.len();
    let mut writer = SpanWriter::new(out, extras.anchor, extras.trace_id);
    for row in extras.rows {
        writer.write(row);
    }
    // In the place of the first comma.
    out[opening] = b'[';
    out.push(b']');
}

fn write_time(out: &mut Vec<u8>, time: std::time::SystemTime) {
    let since = crate::protocol::time::since_epoch(time);
    crate::protocol::json::write_micros(out, u64::try_from(since.as_micros()).unwrap_or(u64::MAX));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Map, User, Value};

    #[test]
    fn by_hand_and_by_serde_are_the_same() {
        let mut transaction = Transaction {
            name: Some("\"spans\":[]".into()),
            user: Some(User { id: Some("7".into()), ..User::default() }),
            release: Some("shop@1".into()),
            start_timestamp: std::time::UNIX_EPOCH,
            timestamp: Some(std::time::UNIX_EPOCH + std::time::Duration::from_millis(1500)),
            ..Transaction::default()
        };
        transaction.tags.insert("a".into(), "b".into());
        transaction.extra.insert("spans".into(), Value::Array(Vec::new()));
        transaction.contexts.insert("own".into(), Context::from(Map::from([("x".to_owned(), 1.into())])));
        let anchor = Anchor::take();
        let contexts = [("own".to_owned(), b"{}".to_vec()), ("os".to_owned(), b"{\"type\":\"os\"}".to_vec())];
        let extras = Extras {
            trace_id: TraceId::from_u128(1),
            anchor: &anchor,
            rows: &[],
            contexts: &contexts,
            sdk: b"",
        };
        let by_hand: Value = serde_json::from_slice(&write(&transaction, &extras)).unwrap();
        transaction
            .contexts
            .insert("os".into(), Context::from(Map::from([("type".to_owned(), "os".into())])));
        assert_eq!(by_hand, serde_json::to_value(&transaction).unwrap());
    }
}
