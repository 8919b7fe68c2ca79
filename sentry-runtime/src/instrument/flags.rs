//! Feature flags: which way the program went, for the reader of an error.
//!
//! A scope keeps the 100 flags that were evaluated last, each with its last result, in the order of evaluation; on an
//! event they are the context `flags`. The active span keeps the first ten as attributes `flag.evaluation.<name>`.
//!
//! Spec: `foundations/client/integrations/feature-flags.mdx`.

use std::cell::RefCell;
use std::collections::VecDeque;

use super::span::Span;
use crate::protocol::{AttributeValue, Value};
use crate::trace::ids::LocalId;

/// Flags that a span keeps.
const MAX_OF_SPAN: usize = 10;
/// Spans of which a thread remembers how many flags they have.
const MAX_SPANS: usize = 16;

/// Notes an evaluation on the active span, unless that has its share.
pub(crate) fn add_to_active_span(name: &str, result: &Value) {
    thread_local! {
        static SEEN: RefCell<VecDeque<(LocalId, Vec<String>)>> = const { RefCell::new(VecDeque::new()) };
    }
    let (_, id) = crate::context::active::position();
    let Some(span) = Span::active().filter(|_| id != 0) else { return };
    let wanted = SEEN.try_with(|seen| {
        let mut seen = seen.borrow_mut();
        let at = seen.iter().position(|(of, _)| *of == id).unwrap_or_else(|| {
            if seen.len() >= MAX_SPANS {
                seen.pop_front();
            }
            seen.push_back((id, Vec::new()));
            seen.len() - 1
        });
        let Some((_, names)) = seen.get_mut(at) else { return false };
        if names.iter().any(|known| known == name) {
            return true;
        }
        let room = names.len() < MAX_OF_SPAN;
        if room {
            names.push(name.to_owned());
        }
        room
    });
    if wanted == Ok(true) {
        span.set_attribute(format!("flag.evaluation.{name}"), attribute(result));
    }
}

fn attribute(result: &Value) -> AttributeValue {
    match result {
        Value::Null => AttributeValue::Null,
        Value::Bool(value) => (*value).into(),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(value), _) => value.into(),
            (None, value) => value.into(),
        },
        Value::String(text) => text.clone().into(),
        Value::Array(_) | Value::Object(_) => result.to_string().into(),
    }
}
