//! The start of a span whose operation is one of `gen_ai`: a call of a model, an agent or a tool.
//!
//! Such a span takes the slow way in, so that no other pays for it: its operation, and the conversation that the scope
//! names at that moment, are written down beside it.
//!
//! Spec: `telemetry/traces/modules/ai-agents.mdx`.

use crate::context::recorder;
use crate::context::thread_context::{Context, Mode};
use crate::protocol::AttributeValue;
use crate::trace::gen_ai::PREFIX;
use crate::trace::ids::LocalId;
use crate::trace::record::{Detail, Record};

/// Writes down what the span is and to which conversation it belongs, unless the user says it.
pub(crate) fn begin(context: &Context, span: LocalId, op: &str) {
    if context.mode() != Mode::Sampled {
        return;
    }
    let segment = context.key();
    let set = |key: &'static str, value: AttributeValue| {
        let detail = Box::new(Detail::Default(key, value));
        recorder::push(Record::Detail { segment, span, detail });
    };
    set("gen_ai.operation.name", AttributeValue::from(&op[PREFIX.len()..]));
    let scopes = [&*context.current, &*context.isolation, crate::scope::global()];
    if let Some(id) = scopes.into_iter().find_map(|scope| scope.snapshot().conversation_id.clone()) {
        set("gen_ai.conversation.id", AttributeValue::from(&*id));
    }
}
