//! Assertions about how much work was done: numbers of spans, which are the same on every machine.

use std::fmt::Write as _;

use serde_json::Value;

use super::Captured;
use crate::protocol::{Context, Map};

/// Operation, name and attributes of a span of either lifecycle.
struct CountedSpan {
    op: String,
    name: String,
    repeated: Option<(u64, String)>,
    polls: Option<u64>,
}

impl CountedSpan {
    fn new(op: Option<&str>, name: Option<&str>, attribute: impl Fn(&str) -> Option<Value>) -> Self {
        let number = |key: &str| attribute(key)?.as_u64();
        let repeated = number("repeated.count").map(|count| {
            let span = attribute("repeated.span");
            (count, span.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned())
        });
        Self {
            op: op.unwrap_or_default().to_owned(),
            name: name.unwrap_or_default().to_owned(),
            repeated,
            polls: number("poll.count"),
        }
    }

    fn is_of(&self, op: &str) -> bool {
        self.op.strip_prefix(op).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

fn spans(captured: &Captured) -> Vec<CountedSpan> {
    let mut spans = Vec::new();
    for transaction in &captured.transactions {
        let of = |data: &Map<String, Value>, key: &str| data.get(key).cloned();
        if let Some(Context::Trace(root)) = transaction.contexts.get("trace") {
            spans.push(CountedSpan::new(root.op.as_deref(), transaction.name.as_deref(), |key| {
                of(&root.data, key)
            }));
        }
        for span in &transaction.spans {
            spans.push(CountedSpan::new(span.op.as_deref(), span.description.as_deref(), |key| {
                of(&span.data, key)
            }));
        }
    }
    for span in &captured.streamed {
        let attribute = |key: &str| span["attributes"].get(key).map(|value| value["value"].clone());
        let op = attribute("sentry.op");
        spans.push(CountedSpan::new(op.as_ref().and_then(Value::as_str), span["name"].as_str(), attribute));
    }
    spans
}

impl Captured {
    /// Returns the number of spans with an operation, or with one below it: `db` covers `db.query`.
    ///
    /// ```
    /// #[sentry::span("load", op = "db.query")]
    /// fn load(_id: u32) {}
    ///
    /// let captured = sentry::test::with_captured(|| (0..3).for_each(load));
    /// assert_eq!((captured.count("db"), captured.count("db.query"), captured.count("http")), (3, 3, 0));
    /// ```
    #[must_use]
    pub fn count(&self, op: &str) -> usize {
        spans(self).iter().filter(|span| span.is_of(op)).count()
    }

    /// Asserts that at most `most` spans have an operation, or one below it: `db` covers `db.query`.
    ///
    /// ```
    /// #[sentry::span("load", op = "db.query")]
    /// fn load(_id: u32) {}
    ///
    /// sentry::test::with_captured(|| (0..3).for_each(load)).assert_at_most("db", 3);
    /// ```
    ///
    /// # Panics
    /// Panics with the names of the spans if there are more.
    #[track_caller]
    pub fn assert_at_most(&self, op: &str, most: usize) {
        let spans = spans(self);
        let of_op: Vec<_> = spans.iter().filter(|span| span.is_of(op)).collect();
        if of_op.len() > most {
            let mut list = String::new();
            for span in &of_op {
                let _ = write!(list, "\n  {}", span.name);
            }
            panic!("{} spans have the operation `{op}`, at most {most} are expected:{list}", of_op.len());
        }
    }

    /// Asserts that no operation was repeated under one parent, see
    /// [`repeat_threshold`](field@crate::ClientOptions::repeat_threshold).
    ///
    /// ```
    /// #[sentry::span("price", op = "db.query")]
    /// fn price(_lamp: u32) {}
    ///
    /// #[sentry::span("total")]
    /// fn total(lamps: &[u32]) {
    ///     lamps.iter().for_each(|&lamp| price(lamp));
    /// }
    ///
    /// sentry::test::with_captured(|| total(&[1, 2])).assert_no_repeats();
    /// ```
    ///
    /// # Panics
    /// Panics with the repeated operations and their parents.
    #[track_caller]
    pub fn assert_no_repeats(&self) {
        let mut list = String::new();
        for span in spans(self) {
            if let Some((count, repeated)) = span.repeated {
                let _ = write!(list, "\n  {count} times `{repeated}` in `{}`", span.name);
            }
        }
        assert!(list.is_empty(), "operations were repeated:{list}");
    }

    /// Asserts that the futures of a span were polled at most `most` times in total, as a measure of work that does not
    /// depend on the machine. Spans have a number of polls with the option
    /// [`track_polls`](field@crate::ClientOptions::track_polls).
    ///
    /// # Panics
    /// Panics with the number of polls if there were more, and if no span of this name has a number of polls.
    #[track_caller]
    pub fn assert_polls_at_most(&self, name: &str, most: u64) {
        let polls: Vec<u64> =
            spans(self).iter().filter(|span| span.name == name).filter_map(|span| span.polls).collect();
        assert!(!polls.is_empty(), "no span `{name}` has a number of polls; set the option `track_polls`");
        let total: u64 = polls.iter().sum();
        assert!(total <= most, "`{name}` was polled {total} times, at most {most} are expected");
    }
}
