//! The AI spans of a transaction, which travel beside it as spans of protocol version 2.
//!
//! Their attributes hold whole conversations, for which a transaction has no room: a server cuts or refuses it. The
//! official SDKs do the same. The root stays in its transaction, whatever its operation is.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/spans/#wire-format)

use crate::pipeline::client_state::ClientState;
use crate::pipeline::span::record::{SpanData, SpanRecord};
use crate::pipeline::span::v2::{self, Common, Label, Writer, put, put_user};
use crate::protocol::span_v2::{CLOSING, CONTENT_TYPE, OPENING};
use crate::protocol::{
    ClientSdkInfo, Context, DataCategory, EnvelopeItem, ItemType, Span, TraceId, Transaction,
};
use crate::trace::callsite::Callsite;
use crate::trace::clock::Anchor;
use crate::trace::gen_ai::is_gen_ai;

/// Takes the AI spans out of a transaction: of its records, or of the typed spans that callbacks have seen.
pub(super) fn take(rows: &mut Vec<SpanRecord>, spans: &mut Vec<Span>) -> Vec<SpanRecord> {
    // Consecutive spans are often calls of the same function.
    let mut other: Option<&Callsite> = None;
    let mut is_ai = |row: &SpanRecord| match row {
        SpanRecord::Call(call) if other.is_some_and(|site| std::ptr::eq(site, call.site)) => false,
        SpanRecord::Call(call) => {
            other = Some(call.site).filter(|site| !is_gen_ai(site.operation()));
            other.is_none()
        }
        SpanRecord::Full(span) => is_gen_ai(&span.op),
    };
    let is_typed_ai = |span: &mut Span| span.op.as_deref().is_some_and(is_gen_ai);
    // Nothing is allocated if there is none, and looking for the first one takes less than extracting none.
    let first = rows.iter().position(&mut is_ai).unwrap_or(rows.len());
    let mut taken: Vec<_> = rows.extract_if(first.., |row| is_ai(row)).collect();
    taken.extend(spans.extract_if(.., is_typed_ai).map(from_typed));
    taken
}

fn from_typed(span: Span) -> SpanRecord {
    let mut data = SpanData { id: span.span_id, parent: span.parent_span_id, ..SpanData::default() };
    data.take_over(span);
    SpanRecord::Full(Box::new(data))
}

/// Returns the item of the spans, unless there are none. The transaction is scrubbed already, and so are the spans.
pub(super) fn item(
    mut spans: Vec<SpanRecord>,
    transaction: &Transaction<'_>,
    sdk: Option<&ClientSdkInfo>,
    trace_id: TraceId,
    anchor: &Anchor,
    state: &ClientState,
    max_text: usize,
) -> Option<EnvelopeItem> {
    if spans.is_empty() {
        return None;
    }
    let mut common = common(transaction, sdk);
    common.complete(state, max_text);
    common.seal();
    let label = Label::new(&state.scrubber, max_text);
    let mut writer = Writer { trace_id, anchor, common: &common, label };
    let mut payload = OPENING.to_vec();
    for (at, span) in spans.iter_mut().enumerate() {
        if at > 0 {
            payload.push(b',');
        }
        if let SpanRecord::Full(span) = span {
            v2::tags_to_attributes(span);
        }
        writer.write(&mut payload, span, false, None);
    }
    payload.extend_from_slice(CLOSING);
    Some(EnvelopeItem::container(ItemType::Span, CONTENT_TYPE, payload, spans.len(), DataCategory::Span))
}

/// Returns what the spans know from their transaction, as it is sent.
fn common(transaction: &Transaction<'_>, sdk: Option<&ClientSdkInfo>) -> Common {
    let mut pairs = Vec::with_capacity(12);
    put(&mut pairs, "sentry.segment.name", transaction.name.as_deref());
    if let Some(Context::Trace(trace)) = transaction.contexts.get("trace") {
        put(&mut pairs, "sentry.segment.id", Some(&trace.span_id.to_string()));
    }
    put(&mut pairs, "sentry.release", transaction.release.as_deref());
    put(&mut pairs, "sentry.environment", transaction.environment.as_deref());
    put(&mut pairs, "sentry.platform", Some(&transaction.platform));
    put(&mut pairs, "server.address", transaction.server_name.as_deref());
    if let Some(sdk) = sdk {
        put(&mut pairs, "sentry.sdk.name", Some(&sdk.name));
        put(&mut pairs, "sentry.sdk.version", Some(&sdk.version));
    }
    if let Some(user) = &transaction.user {
        put_user(&mut pairs, user);
    }
    let required = pairs.len();
    Common::new(pairs, required)
}
