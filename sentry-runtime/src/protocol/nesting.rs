//! The pruning of deep and long values, without recursion, before any other code reads them.
//!
//! Walking, copying and freeing a value need stack in proportion to its depth, and a value that was built in a loop may
//! be deeper than any stack. So all values are pruned when they arrive: levels that are too deep to be sent are
//! replaced by their kind, and freed level by level.

use super::limits::{MAX_HELD, truncate, truncated};
use super::{AttributeValue, Breadcrumb, Context, Event, Map, Request, Transaction, Value};

/// The maximum depth: more levels than are sent, and few enough for any stack.
const DEEPEST: usize = 64;

/// Prunes a value.
pub(crate) fn prune(value: &mut Value) {
    let mut pruned = Vec::new();
    prune_at(value, DEEPEST, &mut pruned);
    free(pruned);
}

/// Returns the pruned value.
pub(crate) fn pruned(mut value: Value) -> Value {
    prune(&mut value);
    value
}

fn prune_at(value: &mut Value, left: usize, pruned: &mut Vec<Value>) {
    match value {
        Value::Array(items) if left == 0 && !items.is_empty() => {
            pruned.push(std::mem::replace(value, "[Array]".into()));
        }
        Value::Object(fields) if left == 0 && !fields.is_empty() => {
            pruned.push(std::mem::replace(value, "[Object]".into()));
        }
        Value::Array(items) => {
            items.iter_mut().for_each(|item| prune_at(item, left.saturating_sub(1), pruned))
        }
        Value::Object(fields) => {
            fields.values_mut().for_each(|field| prune_at(field, left.saturating_sub(1), pruned));
        }
        Value::String(text) => hold(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Cuts a string to [`MAX_HELD`] characters.
fn hold(text: &mut String) {
    if truncate(text, MAX_HELD) {
        text.shrink_to_fit();
    }
}

/// Frees values with their content, one level at a time.
fn free(mut pruned: Vec<Value>) {
    while let Some(value) = pruned.pop() {
        match value {
            Value::Array(items) => pruned.extend(items),
            Value::Object(fields) => pruned.extend(fields.into_iter().map(|(_, field)| field)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

/// Prunes the values of a map.
pub(crate) fn prune_map(fields: &mut Map<String, Value>) {
    fields.values_mut().for_each(prune);
}

/// Prunes a context.
pub(crate) fn prune_context(context: &mut Context) {
    match context {
        Context::Trace(trace) => {
            prune_map(&mut trace.data);
            trace.links.iter_mut().for_each(|link| prune_map(&mut link.attributes));
        }
        Context::Device(it) => prune_map(&mut it.other),
        Context::Os(it) => prune_map(&mut it.other),
        Context::Runtime(it) => prune_map(&mut it.other),
        Context::App(it) => prune_map(&mut it.other),
        Context::Browser(it) => prune_map(&mut it.other),
        Context::Response(it) => it.data.iter_mut().for_each(prune),
        Context::Other(fields) => prune_map(fields),
    }
}

/// Prunes the data of a breadcrumb.
pub(crate) fn prune_breadcrumb(breadcrumb: &mut Breadcrumb) {
    breadcrumb.message.iter_mut().for_each(hold);
    prune_map(&mut breadcrumb.data);
}

/// Prunes everything in an event.
pub(crate) fn prune_event(event: &mut Event<'_>) {
    let texts = [&mut event.message, &mut event.transaction, &mut event.culprit, &mut event.logger];
    texts.into_iter().flatten().for_each(hold);
    event.logentry.iter_mut().for_each(|entry| hold(&mut entry.message));
    event.exception.iter_mut().filter_map(|exception| exception.value.as_mut()).for_each(hold);
    event.request.iter_mut().for_each(prune_request);
    event.user.iter_mut().for_each(|user| prune_map(&mut user.other));
    event.contexts.values_mut().for_each(prune_context);
    prune_map(&mut event.extra);
    event.breadcrumbs.iter_mut().for_each(prune_breadcrumb);
    event.logentry.iter_mut().flat_map(|entry| &mut entry.params).for_each(prune);
    for exception in &mut event.exception {
        exception.mechanism.iter_mut().for_each(|mechanism| prune_map(&mut mechanism.data));
    }
    let of_exceptions =
        event.exception.iter_mut().flat_map(|it| [&mut it.stacktrace, &mut it.raw_stacktrace]);
    let of_threads = event.threads.iter_mut().flat_map(|it| [&mut it.stacktrace, &mut it.raw_stacktrace]);
    let stacks = of_exceptions.chain(of_threads).chain([&mut event.stacktrace]).flatten();
    stacks.flat_map(|stack| &mut stack.frames).for_each(|frame| prune_map(&mut frame.vars));
}

/// Cuts the texts of a request.
pub(crate) fn prune_request(request: &mut Request) {
    let texts = [&mut request.url, &mut request.data, &mut request.query_string, &mut request.cookies];
    let maps = request.headers.values_mut().chain(request.env.values_mut());
    texts.into_iter().flatten().chain(maps).for_each(hold);
}

/// Prunes everything in a transaction.
pub(crate) fn prune_transaction(transaction: &mut Transaction<'_>) {
    transaction.user.iter_mut().for_each(|user| prune_map(&mut user.other));
    transaction.contexts.values_mut().for_each(prune_context);
    prune_map(&mut transaction.extra);
    transaction.breadcrumbs.iter_mut().for_each(prune_breadcrumb);
    for span in &mut transaction.spans {
        prune_map(&mut span.data);
        span.links.iter_mut().for_each(|link| prune_map(&mut link.attributes));
    }
}

/// Prunes an attribute: lists may contain lists.
pub(crate) fn prune_attribute(value: &mut AttributeValue) {
    fn prune_at(value: &mut AttributeValue, left: usize, pruned: &mut Vec<AttributeValue>) {
        if let AttributeValue::String(text) = value
            && text.len() > MAX_HELD
        {
            *text = truncated(text, MAX_HELD).into_owned().into();
        }
        let AttributeValue::Array(items) = value else { return };
        if left == 0 {
            pruned.push(std::mem::replace(value, AttributeValue::from_static("[Array]")));
        } else {
            items.iter_mut().for_each(|item| prune_at(item, left - 1, pruned));
        }
    }
    let mut pruned = Vec::new();
    prune_at(value, DEEPEST, &mut pruned);
    while let Some(value) = pruned.pop() {
        if let AttributeValue::Array(items) = value {
            pruned.extend(items.into_vec());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn any_depth_is_pruned_and_freed() {
        let deep = |wrap: fn(Value) -> Value| (0..200_000).fold(json!(1), |inner, _| wrap(inner));
        let object = |inner: Value| Value::Object([("in".to_owned(), inner)].into_iter().collect());
        for value in [deep(|inner| Value::Array(vec![inner])), deep(object)] {
            let text = pruned(value).to_string();
            assert!(text.contains("[Array]") || text.contains("[Object]"), "{text}");
        }
        let mut attribute =
            (0..200_000).fold(AttributeValue::from(1), |inner, _| AttributeValue::Array([inner].into()));
        prune_attribute(&mut attribute);
        assert!(serde_json::to_string(&attribute).unwrap().contains("[Array]"));
    }

    #[test]
    fn what_is_shallow_stays() {
        let value = json!({"a": [1, {"b": null}], "c": {}});
        assert_eq!(pruned(value.clone()), value);
    }
}
