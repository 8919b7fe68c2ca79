//! The start of a span with a `gen_ai` operation: the call of a model, an agent or a tool.
//!
//! Such a span starts on the slow path, so that other spans do not pay for it: its operation, and the conversation
//! that the scope names at that moment, are recorded with it.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/traces/modules/ai-agents/)

use crate::context::recorder;
use crate::context::thread_context::Context;
use crate::protocol::AttributeValue;
use crate::trace::gen_ai::PREFIX;
use crate::trace::ids::LocalId;
use crate::trace::record::{Detail, Record};

/// Records the span's operation and conversation, unless the user sets them.
pub(crate) fn begin(context: &Context, span: LocalId, op: &str) {
    if !context.mode().records_children() {
        return;
    }
    let segment = context.key();
    let set = |key: &'static str, value: AttributeValue| {
        let detail = Box::new(Detail::Default(key, value));
        recorder::push(Record::Detail { segment, span, detail });
    };
    set("gen_ai.operation.name", AttributeValue::from(&op[PREFIX.len()..]));
    let scopes = [&*context.current, &*context.isolation, crate::scope::global()];
    if let Some(id) = scopes.into_iter().find_map(|scope| scope.snapshot().rest.conversation_id.clone()) {
        set("gen_ai.conversation.id", AttributeValue::from(&*id));
    }
}
