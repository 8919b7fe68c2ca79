//! Property tests of the JSON writers for spans and transactions: serde_json parses their output, and finds the same
//! values.

use std::borrow::Cow;

use proptest::prelude::*;

use super::span::json::SpanWriter;
use super::span::record::{SpanData, SpanRecord};
use super::span::v2::{Common, Label, Writer};
use super::transaction::json::{Extras, write};
use crate::protocol::tests::{all_typed, attributes, meant, text, time, written};
use crate::protocol::time::since_epoch;
use crate::protocol::{
    AttributeValue, Breadcrumb, Context, Map, SpanId, SpanLink, SpanStatus, TraceContext, TraceId,
    Transaction, User, Value,
};
use crate::scrub::Scrubber;
use crate::trace::clock::Anchor;

fn trace() -> TraceId {
    TraceId::from_u128(5)
}

fn span() -> impl Strategy<Value = SpanData> {
    let texts = prop::array::uniform3(text());
    let tags = prop::collection::btree_map(text(), text(), 0..3);
    let status = prop::sample::select(vec![SpanStatus::Ok, SpanStatus::Cancelled, SpanStatus::NotFound]);
    (texts, attributes(), tags, status, time(), time(), any::<Option<u32>>()).prop_map(
        |([name, op, origin], attributes, tags, status, start, end, parent)| SpanData {
            parent: parent.map(|parent| SpanId::from_u64(u64::from(parent) + 1)),
            name: Cow::Owned(name),
            op: Cow::Owned(op),
            origin: Cow::Owned(origin),
            start,
            end,
            status,
            links: vec![SpanLink::new(trace(), SpanId::from_u64(4)).attribute("a", tags.len())],
            attributes: attributes.into_iter().collect(),
            tags,
            ..SpanData::default()
        },
    )
}

/// Removes empty texts, because they are not written.
fn without_empty(span: &mut Value, names: &[&str]) {
    if let Value::Object(fields) = span {
        fields.retain(|name, value| !names.contains(&name.as_str()) || *value != "");
    }
}

/// Removes the times from two payloads, and asserts that they are equal except for rounding: only one of the two
/// writers rounds a time to a float.
#[track_caller]
fn take_equal_times(one: &mut Value, other: &mut Value) {
    for time in ["start_timestamp", "timestamp"] {
        let [one, other] = [&mut *one, &mut *other].map(|payload| payload[time].take().as_f64().unwrap());
        assert!((one - other).abs() <= one.abs() * 1e-12, "{one} {other}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_span_is_written_as_serde_json_writes_it(mut span in span()) {
        span.end = span.end.max(span.start);
        let mut expected = meant(&span.to_protocol(trace()));
        without_empty(&mut expected, &["op", "description", "origin"]);
        let anchor = Anchor::take();
        let record = SpanRecord::Full(Box::new(span));
        let (_, mut read) = written(|out| {
            SpanWriter::new(out, &anchor, trace()).write(&record);
            assert_eq!(out.remove(0), b',');
        });
        take_equal_times(&mut read, &mut expected);
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn a_streamed_span_has_its_attributes_and_those_that_spans_share(span in span(), shared in attributes()) {
        let mut common = Common::new(shared.clone().into_iter().collect(), 0);
        common.seal();
        let (anchor, scrubber) = (Anchor::take(), Scrubber::new(&[]));
        let label = Label::new(&scrubber, 100);
        let mut writer = Writer { trace_id: trace(), anchor: &anchor, common: &common, label };
        let mut expected = shared;
        for (key, value) in [("sentry.op", &span.op), ("sentry.origin", &span.origin)] {
            if !value.is_empty() {
                expected.insert(key.into(), AttributeValue::from(&**value));
            }
        }
        let own: Map<_, _> = span.attributes.iter().cloned().collect();
        expected.extend(own);
        let start = since_epoch(span.start).as_secs_f64();
        let record = SpanRecord::Full(Box::new(span));
        let (_, read) = written(|out| writer.write(out, &record, true, None));
        let mut attributes = read["attributes"].clone();
        attributes.as_object_mut().unwrap().remove("sentry.status.message");
        prop_assert_eq!(attributes, all_typed(&expected));
        let written = read["start_timestamp"].as_f64().unwrap();
        prop_assert!((written - start).abs() < 1e-3, "the same time as in a transaction: {} {}", written, start);
    }

    #[test]
    fn a_transaction_is_written_as_serde_json_writes_it(
        texts in prop::array::uniform8(text()),
        data in attributes(),
        tags in prop::collection::btree_map(text(), text(), 0..3),
        start in time(),
        end in time(),
    ) {
        let [name, release, dist, environment, server_name, user, message, key] = texts;
        let data: Map<String, Value> = data.iter().map(|(key, value)| (key.to_string(), meant(value))).collect();
        let context = TraceContext { data: data.clone(), op: Some(message.clone()), ..TraceContext::default() };
        let mut transaction = Transaction {
            name: Some(name),
            release: Some(release.into()),
            dist: Some(dist.into()),
            environment: Some(environment.into()),
            server_name: Some(server_name.into()),
            user: Some(User { id: Some(user), other: data.clone(), ..User::default() }),
            tags,
            extra: data.clone(),
            start_timestamp: start,
            timestamp: Some(end.max(start)),
            breadcrumbs: vec![Breadcrumb { message: Some(message), data: data.clone(), ..Breadcrumb::default() }].into(),
            ..Transaction::default()
        };
        transaction.contexts.insert(key, Context::Other(data));
        transaction.contexts.insert("trace".into(), context.into());
        let anchor = Anchor::take();
        let extras = Extras { trace_id: trace(), anchor: &anchor, rows: &[], contexts: &[], sdk: b"" };
        let (_, mut read) = written(|out| out.extend(write(&transaction, &extras)));
        let mut expected = meant(&transaction);
        take_equal_times(&mut read, &mut expected);
        prop_assert_eq!(read, expected);
    }
}
