//! Feature flag evaluations on spans.
//!
//! A scope keeps the last 100 evaluated flags with their latest results, in the order of evaluation; events carry them
//! as the context `flags`. The active span keeps its first ten flags as attributes `flag.evaluation.<name>`.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/client/integrations/feature-flags/)

use std::cell::RefCell;
use std::collections::VecDeque;

use super::span::Span;
use crate::protocol::{AttributeValue, Value};
use crate::trace::ids::LocalId;

/// The maximum number of flags per span.
const MAX_OF_SPAN: usize = 10;
/// The number of spans per thread whose flags are counted.
const MAX_SPANS: usize = 16;

/// Records an evaluation on the active span, unless that span already has its maximum.
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
