//! Repeated work: the same operation several times under one parent, such as a query for each row of another query.
//!
//! The parent of such spans gets the attributes [`COUNT`] and [`SPAN`]. Operations are compared by their name without
//! numbers and quoted texts, since queries and paths often contain the values that they are about.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher as _};

use super::record::{Carrier, SpanData, SpanRecord};
use crate::protocol::SpanId;
use crate::protocol::limits::truncated;
use crate::trace::clock::Anchor;

/// The number of repetitions.
const COUNT: &str = "repeated.count";
/// Operation and name of one of the repeated spans.
const SPAN: &str = "repeated.span";
/// The operations whose repetition costs a round trip each: an operation of these names, and all below them.
const OPERATIONS: &[&str] = &["cache", "db", "grpc.client", "http.client", "queue.publish", "rpc"];
/// The maximum number of different operations that are counted in one segment.
const MAX_OPERATIONS: usize = 1024;
/// The maximum length of a name that is compared and recorded, in bytes.
const MAX_NAME: usize = 512;

/// The operations of one segment, counted by their parent.
#[derive(Debug, Default)]
pub(crate) struct Repeats {
    /// The number of spans that make a repetition; zero if nothing is counted.
    threshold: usize,
    counts: HashMap<(SpanId, u64), Repeated>,
}

#[derive(Debug)]
struct Repeated {
    count: usize,
    /// Operation and name, once the threshold is reached.
    example: Option<String>,
}

impl Repeats {
    pub(crate) fn new(threshold: usize) -> Self {
        // One span is no repetition.
        Self { threshold: if threshold < 2 { 0 } else { threshold }, counts: HashMap::new() }
    }

    /// Counts spans that have ended, and marks those of them that are parents of repeated ones. A parent ends after its
    /// children.
    pub(crate) fn mark<C: Carrier>(&mut self, rows: &mut [C], anchor: &Anchor) {
        if self.threshold == 0 {
            return;
        }
        rows.iter().for_each(|row| self.count(row.row()));
        if self.counts.values().all(|repeated| repeated.example.is_none()) {
            return;
        }
        for row in rows.iter_mut().map(Carrier::row_mut) {
            let Some(repeated) = self.take(row.id()) else { continue };
            let mut span = std::mem::replace(row, SpanRecord::Full(Box::default())).into_full(anchor);
            repeated.write(&mut span);
            *row = SpanRecord::Full(Box::new(span));
        }
    }

    /// Marks the root if it is the parent of repeated spans.
    pub(crate) fn mark_root(&mut self, root: &mut SpanData) {
        if let Some(repeated) = self.take(root.id) {
            repeated.write(root);
        }
    }

    fn count(&mut self, row: &SpanRecord) {
        // Most spans are not counted: their names and parents need not be found out.
        let op = match row {
            SpanRecord::Call(call) => call.site.operation(),
            SpanRecord::Full(span) => &span.op,
        };
        if !is_counted(op) {
            return;
        }
        let name = match row {
            SpanRecord::Call(call) => call.site.display_name(),
            SpanRecord::Full(span) => &span.name,
        };
        let Some(parent) = row.parent() else { return };
        let key = (parent, kind(op, name));
        if self.counts.len() >= MAX_OPERATIONS && !self.counts.contains_key(&key) {
            return;
        }
        let repeated = self.counts.entry(key).or_insert(Repeated { count: 0, example: None });
        repeated.count += 1;
        if repeated.count == self.threshold {
            repeated.example = Some(format!("{op} {}", truncated(name, MAX_NAME)));
        }
    }

    /// Takes the most frequent repetition below a span.
    fn take(&mut self, parent: SpanId) -> Option<Repeated> {
        if self.counts.is_empty() {
            return None;
        }
        let mut most: Option<Repeated> = None;
        for (_, repeated) in self.counts.extract_if(|(of, _), _| *of == parent) {
            if repeated.example.is_some() && most.as_ref().is_none_or(|most| repeated.count > most.count) {
                most = Some(repeated);
            }
        }
        most
    }
}

impl Repeated {
    fn write(self, span: &mut SpanData) {
        span.set_attribute(COUNT, self.count.into());
        span.set_attribute(SPAN, self.example.unwrap_or_default().into());
    }
}

fn is_counted(op: &str) -> bool {
    let Some(first) = op.as_bytes().first() else { return false };
    OPERATIONS
        .iter()
        .filter(|known| known.as_bytes().first() == Some(first))
        .any(|known| op.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}

/// Returns a hash of an operation and its name without numbers and quoted texts.
fn kind(op: &str, name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(op.as_bytes());
    let mut bytes = truncated(name, MAX_NAME).into_owned().into_bytes().into_iter().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'0'..=b'9' => {
                while bytes.next_if(u8::is_ascii_digit).is_some() {}
                hasher.write_u8(b'0');
            }
            b'\'' => {
                bytes.by_ref().find(|byte| *byte == b'\'');
                hasher.write_u8(b'\'');
            }
            _ => hasher.write_u8(byte),
        }
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_in_names_do_not_make_them_different() {
        let same = |one: &str, other: &str| kind("db", one) == kind("db", other);
        assert!(same("SELECT * FROM lamp WHERE id = 7", "SELECT * FROM lamp WHERE id = 1234"));
        assert!(same("WHERE name = 'Ada'", "WHERE name = 'Grace Hopper'"));
        assert!(same("GET /lamps/7/price", "GET /lamps/12/price"));
        assert!(!same("SELECT * FROM lamp", "SELECT * FROM lamps"));
        assert!(!same("WHERE a = 'x' AND b = 1", "WHERE a = 'x' AND c = 1"));
        assert_ne!(kind("db", "x"), kind("cache", "x"));
    }

    #[test]
    fn only_round_trips_are_counted() {
        assert!(
            ["db", "db.query", "db.sql.query", "http.client", "cache.get"].iter().all(|op| is_counted(op))
        );
        assert!(["", "function", "http.server", "dba", "http.client2"].iter().all(|op| !is_counted(op)));
    }
}
