//! Repeated work: the same operation several times under one parent, such as a query for each row of another query.
//!
//! The parent of such spans gets the attributes [`COUNT`] and [`SPAN`]. Operations are compared by their name without
//! numbers and quoted texts, since queries and paths often contain the values that they are about.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher as _};

use super::record::{Carrier, SpanData, SpanRecord};
use crate::protocol::SpanId;
use crate::protocol::limits::truncated;
use crate::trace::callsite::Callsite;
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
        // Consecutive spans are often calls of the same function.
        let mut uncounted: Option<&Callsite> = None;
        for row in rows.iter().map(Carrier::row) {
            if let SpanRecord::Call(call) = row {
                if uncounted.is_some_and(|site| std::ptr::eq(site, call.site)) {
                    continue;
                }
                if !is_counted(call.site.operation()) {
                    uncounted = Some(call.site);
                    continue;
                }
            }
            self.count(row);
        }
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
    use std::borrow::Cow;

    use super::*;
    use crate::pipeline::span::record::Call;
    use crate::protocol::AttributeValue;
    use crate::trace::callsite::CallsiteOptions;
    use crate::trace::ids::{self, LocalId};
    use crate::trace::record::SpanOutcome;

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

    fn span(id: u64, parent: u64, op: &'static str, name: impl Into<Cow<'static, str>>) -> SpanRecord {
        let (id, parent) = (SpanId::from_u64(id), Some(SpanId::from_u64(parent)));
        SpanRecord::Full(Box::new(SpanData {
            id,
            parent,
            op: op.into(),
            name: name.into(),
            ..SpanData::default()
        }))
    }

    /// The attributes of a root with the id 1 above these spans, and of the spans themselves.
    fn marks(threshold: usize, mut rows: Vec<SpanRecord>) -> Vec<(u64, i64, String)> {
        let mut repeats = Repeats::new(threshold);
        repeats.mark(&mut rows, &Anchor::take());
        let mut root = SpanData::default();
        repeats.mark_root(&mut root);
        let spans = rows.into_iter().map(|row| row.into_full(&Anchor::take())).chain([root]);
        let marked = spans.filter(|span| !span.attributes.is_empty());
        marked
            .map(|span| {
                let of = |key| span.attributes.iter().find(|(known, _)| *known == key).unwrap().1.clone();
                let count = match of(COUNT) {
                    AttributeValue::I64(count) => count,
                    AttributeValue::U64(count) => i64::try_from(count).unwrap(),
                    other => panic!("{other:?}"),
                };
                (span.id.into(), count, of(SPAN).as_str().unwrap().to_owned())
            })
            .collect()
    }

    #[test]
    fn the_parent_of_repeated_spans_is_marked() {
        let query = |id, parent| span(id, parent, "db", format!("SELECT {id}"));
        let three = || vec![query(2, 1), query(3, 1), query(4, 1)];
        assert_eq!(marks(3, three()), [(1, 3, "db SELECT 4".to_owned())]);
        assert_eq!(marks(4, three()), []);
        assert_eq!(marks(0, three()), [], "nothing is counted");
        assert_eq!(marks(1, three()), [], "one span is no repetition");
        // A span below the root, and the root for other spans.
        let mut rows = three();
        rows.extend([query(5, 9), query(6, 9), query(7, 9), query(8, 9), span(9, 1, "function", "load")]);
        assert_eq!(marks(3, rows), [(9, 4, "db SELECT 7".to_owned()), (1, 3, "db SELECT 4".to_owned())]);
    }

    #[test]
    fn calls_are_counted_by_their_own_operation_in_any_order() {
        static QUERY: Callsite = site(&CallsiteOptions::new().name("load").op("db.query"));
        static STEP: Callsite = site(&CallsiteOptions::new().name("step").op("function"));
        const fn site(options: &'static CallsiteOptions) -> Callsite {
            Callsite { path: || "shop::load::here", module: "shop", location: "src/load.rs:7", options }
        }
        let call = |(id, site): (LocalId, &'static Callsite)| {
            let outcome = SpanOutcome::Ok;
            SpanRecord::Call(Call { id, parent: 1, site, start: 10, end: 20, outcome })
        };
        for order in
            [[&STEP, &STEP, &QUERY, &QUERY], [&STEP, &QUERY, &STEP, &QUERY], [&QUERY, &STEP, &QUERY, &STEP]]
        {
            let mut rows: Vec<_> = (2..).zip(order).map(call).collect();
            let mut repeats = Repeats::new(2);
            repeats.mark(&mut rows, &Anchor::take());
            let mut root = SpanData { id: ids::wire(1), ..SpanData::default() };
            repeats.mark_root(&mut root);
            let marked = root.attributes.iter().find(|(key, _)| key == SPAN);
            assert_eq!(marked.and_then(|(_, span)| span.as_str()), Some("db.query load"));
        }
    }

    #[test]
    fn of_several_repetitions_the_most_frequent_is_named() {
        for order in [["cache.get", "db"], ["db", "cache.get"]] {
            let twice = (2..4).map(|id| span(id, 1, order[0], "x"));
            let rows = twice.chain((4..7).map(|id| span(id, 1, order[1], "x"))).collect();
            assert_eq!(marks(2, rows), [(1, 3, format!("{} x", order[1]))]);
        }
        let calls = (2..9).map(|id| span(id, 1, "function", "x"));
        assert_eq!(marks(2, calls.collect()), [], "calls cost no round trips");
    }

    #[test]
    fn the_number_of_different_operations_is_limited() {
        let letters = |number: usize| "q".repeat(number);
        let mut rows: Vec<_> =
            (0..MAX_OPERATIONS).map(|id| span(id as u64 + 2, id as u64 + 5_000, "db", "x")).collect();
        // One more is not counted; one that is known is counted on.
        rows.extend([span(3_000, 1, "db", letters(1)), span(3_001, 1, "db", letters(1))]);
        rows.extend([span(5_000, 1, "function", "load"), span(3_002, 5_000, "db", "x")]);
        assert_eq!(marks(2, rows), [(5_000, 2, "db x".to_owned())]);
    }

    #[test]
    fn only_round_trips_are_counted() {
        assert!(
            ["db", "db.query", "db.sql.query", "http.client", "cache.get"].iter().all(|op| is_counted(op))
        );
        assert!(["", "function", "http.server", "dba", "http.client2"].iter().all(|op| !is_counted(op)));
    }
}
