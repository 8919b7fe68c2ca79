//! Methods of [`Span`] with the names of the official crate, for programs that migrate.

use std::borrow::Cow;
use std::time::SystemTime;

use crate::instrument::options::SpanOptions;
use crate::instrument::span::Span;
use crate::protocol::nesting::Shallow;
use crate::protocol::{AttributeValue, Value};

impl Span {
    /// Starts a child of this span without making it active, like
    /// [`start_inactive_span`](crate::start_inactive_span) with this span as the parent.
    ///
    /// ```
    /// let transaction = sentry::start_transaction("checkout");
    /// let query = transaction.start_child("db.query", "SELECT 1");
    /// query.finish();
    /// transaction.finish();
    /// ```
    #[must_use = "the child ends when its last handle is dropped"]
    pub fn start_child(&self, op: &str, description: &str) -> Self {
        super::start_inactive_span(
            SpanOptions::new(description.to_owned()).op(op.to_owned()).parent_span(self),
        )
    }

    /// Sets an attribute, see [`Span::set_attribute`]. Lists and objects are stored as JSON text; `null` is ignored.
    pub fn set_data(&self, key: &str, value: Value) {
        let value = match Shallow::of(value).into_inner() {
            Value::Null => return,
            Value::Bool(value) => AttributeValue::from(value),
            Value::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(value), _) => AttributeValue::from(value),
                (None, Some(value)) => AttributeValue::from(value),
                (None, None) => AttributeValue::from(number.as_f64().unwrap_or_default()),
            },
            Value::String(value) => AttributeValue::from(value),
            other => AttributeValue::from(other.to_string()),
        };
        self.set_attribute(Cow::Owned(key.to_owned()), value);
    }

    /// Ends the span, see [`Span::end`].
    pub fn finish(&self) {
        self.end();
    }

    /// Ends the span at a given time, see [`Span::end_at`].
    pub fn finish_with_timestamp(&self, timestamp: SystemTime) {
        self.end_at(timestamp);
    }
}
