//! Property tests of the JSON writers: serde_json parses their output, and finds the same values.

use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proptest::prelude::*;
use serde_json::json;

use super::json::{ObjectWriter, write_f64, write_i64, write_micros, write_str, write_u64};
use super::span_v2::{Attributes, SpanV2};
use super::*;

/// Texts that are hard to write: characters that need escapes, text that looks like an escape, characters of several
/// bytes, and all lengths around the size of the words by which a text is read.
pub(crate) fn text() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "\"",
        "\\",
        "\\u",
        "\\ud800",
        "\\udfff\\ud800",
        "\\u0000",
        "\u{0}",
        "\u{1f}",
        "\u{7f}",
        "\u{80}",
        "\u{2028}",
        "\u{2029}",
        "\u{feff}",
        "\u{fffd}",
        "\u{d7ff}\u{e000}",
        "\u{10ffff}",
        "\r\n",
        "\t\u{8}\u{c}",
        "</script>",
        "{\"a\":1}",
        "ż",
        "🦀",
        "a",
        "abcdefg",
    ];
    let piece = prop::sample::select(PIECES).prop_map(str::to_owned);
    prop_oneof![
        4 => prop::collection::vec(piece.clone(), 0..24).prop_map(|pieces| pieces.concat()),
        2 => any::<String>(),
        1 => (piece, 0..2_000_usize).prop_map(|(piece, times)| piece.repeat(times)),
        1 => Just(String::new()),
    ]
}

/// Values of attributes of every kind, nested lists included.
fn attribute() -> impl Strategy<Value = AttributeValue> {
    let floats = prop_oneof![
        any::<f64>(),
        prop::sample::select(vec![
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            0.0,
            -0.0,
            f64::MIN_POSITIVE,
            5e-324,
            f64::MAX,
            f64::MIN,
            1e21,
            1e-7,
            9_007_199_254_740_993.0,
        ]),
    ];
    let leaf = prop_oneof![
        Just(AttributeValue::Null),
        any::<bool>().prop_map(AttributeValue::Bool),
        prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX)].prop_map(AttributeValue::I64),
        prop_oneof![any::<u64>(), Just(u64::MAX), Just(i64::MAX as u64 + 1)].prop_map(AttributeValue::U64),
        floats.prop_map(AttributeValue::F64),
        text().prop_map(AttributeValue::from),
        prop::sample::select(vec!["", "\"", "plain"]).prop_map(AttributeValue::Str),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        prop::collection::vec(inner, 0..5).prop_map(|items| AttributeValue::Array(items.into()))
    })
}

/// Attributes with distinct names; one name may be empty.
pub(crate) fn attributes() -> impl Strategy<Value = Map<Cow<'static, str>, AttributeValue>> {
    prop::collection::btree_map(text().prop_map(Cow::Owned), attribute(), 0..6)
}

/// Times of all clocks, including wrong ones.
pub(crate) fn time() -> impl Strategy<Value = SystemTime> {
    let micros = prop_oneof![
        4 => 1_700_000_000_000_000..1_900_000_000_000_000_i64,
        1 => prop::sample::select(vec![0, 1, -1, 999_999_999_999_999, 1_000_000_000_000_000]),
        1 => any::<i64>(),
    ];
    micros.prop_map(|micros| {
        let far = Duration::from_micros(micros.unsigned_abs());
        let moved = if micros < 0 { UNIX_EPOCH.checked_sub(far) } else { UNIX_EPOCH.checked_add(far) };
        moved.unwrap_or(UNIX_EPOCH)
    })
}

/// Times until the year 2106. Their microseconds survive in a float of seconds.
fn exact_time() -> impl Strategy<Value = SystemTime> {
    (0..(1_u64 << 32) * 1_000_000).prop_map(|micros| UNIX_EPOCH + Duration::from_micros(micros))
}

/// Returns the written text, and the value that serde_json parses from it.
pub(crate) fn written(write: impl FnOnce(&mut Vec<u8>)) -> (String, Value) {
    let mut out = Vec::new();
    write(&mut out);
    let out = String::from_utf8(out).expect("the written text is UTF-8");
    let read = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"));
    (out, read)
}

/// Returns the value that serde_json writes, parsed again, because parsing may change the last bit of a float.
pub(crate) fn meant(value: &impl serde::Serialize) -> Value {
    serde_json::from_slice(&serde_json::to_vec(value).unwrap()).unwrap()
}

/// Returns an attribute with its type, as protocol version 2 has it; `None` if it has no value.
fn typed(value: &AttributeValue) -> Option<Value> {
    let value = match value {
        AttributeValue::Null => return None,
        AttributeValue::F64(number) if !number.is_finite() => return None,
        AttributeValue::U64(number) if *number > i64::MAX as u64 => number.to_string().into(),
        other => other.clone(),
    };
    Some(json!({ "type": value.type_name(), "value": meant(&value) }))
}

/// Returns attributes with their types.
pub(crate) fn all_typed<'a, K: AsRef<str> + 'a>(
    attributes: impl IntoIterator<Item = (K, &'a AttributeValue)>,
) -> Value {
    let typed = |(key, value): (K, &AttributeValue)| Some((key.as_ref().to_owned(), typed(value)?));
    Value::Object(attributes.into_iter().filter_map(typed).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_text_is_written_as_serde_json_writes_it(text in text()) {
        let (out, read) = written(|out| write_str(out, &text));
        prop_assert_eq!(out, serde_json::to_string(&text).unwrap());
        prop_assert_eq!(read, text);
    }

    #[test]
    fn a_number_reads_back_the_same(unsigned: u64, signed: i64, bits: u64) {
        prop_assert_eq!(written(|out| write_u64(out, unsigned)).0.parse(), Ok(unsigned));
        prop_assert_eq!(written(|out| write_i64(out, signed)).0.parse(), Ok(signed));
        let float = f64::from_bits(bits);
        let (out, read) = written(|out| write_f64(out, float));
        match out.parse::<f64>() {
            Ok(same) => prop_assert_eq!(same.to_bits(), bits),
            Err(_) => prop_assert!(read.is_null() && !float.is_finite()),
        }
    }

    #[test]
    fn a_time_is_a_number_with_six_decimals(micros: u64) {
        let (out, read) = written(|out| write_micros(out, micros));
        prop_assert!(read.is_number());
        prop_assert_eq!(out.replace('.', "").parse(), Ok(micros));
        prop_assert_eq!(out.find('.'), Some(out.len() - 7));
    }

    #[test]
    fn an_object_has_the_names_and_values_that_it_was_given(fields in attributes()) {
        let (_, read) = written(|out| {
            let mut object = ObjectWriter::new(out);
            for (key, value) in &fields {
                match value {
                    AttributeValue::U64(number) => object.number(key, *number),
                    AttributeValue::String(text) => object.text(key, text),
                    AttributeValue::Bool(_) => object.raw(key, |out| value.write_json(out)),
                    value => object.field(key, value),
                }
            }
            object.end();
        });
        prop_assert_eq!(read, meant(&fields));
    }

    #[test]
    fn an_attribute_is_written_as_serde_json_writes_it(value in attribute()) {
        let (out, _) = written(|out| value.write_json(out));
        prop_assert_eq!(out, serde_json::to_string(&value).unwrap());
    }

    #[test]
    fn a_streamed_span_has_its_fields(name in text(), attributes in attributes(), start: u64, end: u64, parent: u64) {
        let parent = Some(SpanId::from_u64(parent)).filter(|parent| parent.to_string() != "0000000000000000");
        let link: Map<String, Value> = attributes.iter().map(|(key, it)| (key.to_string(), meant(it))).collect();
        let links = [SpanLink { attributes: link, ..SpanLink::new(TraceId::from_u128(3), SpanId::from_u64(4)) }];
        let span = SpanV2 {
            trace_id: TraceId::from_u128(1),
            span_id: SpanId::from_u64(2),
            parent_span_id: parent,
            name: &name,
            status: SpanStatus::Ok,
            is_segment: true,
            start,
            end,
            links: &links,
        };
        let put = |out: &mut Attributes<'_>| attributes.iter().for_each(|(key, value)| out.put(key, value));
        let (_, read) = written(|out| span.write(out, put));
        prop_assert_eq!(&read["name"], if name.is_empty() { "<unlabeled span>" } else { &name });
        prop_assert_eq!(&read["attributes"], &all_typed(&attributes));
        prop_assert_eq!(read.get("parent_span_id").map(|_| ()), parent.map(|_| ()));
        prop_assert!(read["end_timestamp"].as_f64() >= read["start_timestamp"].as_f64());
        let of_link = links[0].attributes.iter().map(|(key, value)| (key, AttributeValue::from_json(value)));
        let of_link: Vec<_> = of_link.collect();
        let expected = all_typed(of_link.iter().map(|(key, value)| (key, value)));
        let has_none = links[0].attributes.is_empty();
        prop_assert_eq!(read["links"][0].get("attributes"), Some(&expected).filter(|_| !has_none));
    }

    #[test]
    fn a_trace_context_is_written_as_serde_json_writes_it(texts in prop::array::uniform3(text()), data in attributes()) {
        let [op, description, origin] = texts;
        let context = TraceContext {
            op: Some(op),
            description: Some(description),
            origin: Some(origin),
            data: data.iter().map(|(key, value)| (key.to_string(), meant(value))).collect(),
            ..TraceContext::default()
        };
        let (_, read) = written(|out| context.write_json(out));
        prop_assert_eq!(read, meant(&Context::from(context)));
    }

    #[test]
    fn an_envelope_reads_back_with_all_its_headers(
        texts in prop::array::uniform4(text()),
        payloads in prop::collection::vec(any::<Vec<u8>>(), 0..4),
        sent_at in time(),
    ) {
        let [key, value, filename, content_type] = texts;
        let mut trace = DynamicSamplingContext::default();
        trace.set(&key, &value);
        let mut envelope = Envelope::new().with_trace(trace.clone().into());
        for payload in &payloads {
            let item = EnvelopeItem::attachment(filename.clone(), Some(value.clone()), content_type.clone(), &**payload);
            envelope.add_item(item);
        }
        let bytes = envelope.to_bytes(sent_at);
        let read = Envelope::from_slice(&bytes).unwrap();
        prop_assert_eq!(read.items().len(), payloads.len());
        for (item, payload) in read.items().iter().zip(&payloads) {
            prop_assert_eq!(item.payload(), &**payload);
        }
        // A parsed envelope is written as the same bytes.
        prop_assert_eq!(read.to_bytes(sent_at), bytes);
    }

    /// Any number is accepted as a time, and a sent time keeps its microseconds when it is parsed.
    #[test]
    fn a_time_reads_back_from_its_seconds(at in exact_time(), bits: u64) {
        #[derive(serde::Serialize, serde::Deserialize)]
        struct At(
            #[serde(serialize_with = "time::as_seconds", deserialize_with = "time::from_seconds")] SystemTime,
        );
        let read = |value: &Value| serde_json::from_value::<At>(value.clone()).unwrap();
        let sent = meant(&At(at));
        prop_assert_eq!(meant(&read(&sent)), sent);
        for number in [f64::from_bits(bits), 1e19, f64::MAX, -1.0].into_iter().filter(|number| number.is_finite()) {
            read(&number.into());
        }
    }

    #[test]
    fn logs_and_metrics_read_back(body in text(), at in exact_time(), attributes in attributes()) {
        // Nested lists become text when they are parsed.
        let read = |(key, value): (_, AttributeValue)| (key, AttributeValue::from_json(&meant(&value)));
        let attributes: Map<_, _> = attributes.into_iter().map(read).collect();
        let log = json!({
            "timestamp": time::seconds(at),
            "trace_id": TraceId::from_u128(1),
            "level": "info",
            "body": body,
            "severity_number": 9,
            "attributes": all_typed(&attributes),
        });
        let read: Log = serde_json::from_value(log.clone()).unwrap();
        prop_assert_eq!(meant(&read), meant(&log));
        let metric = json!({
            "timestamp": time::seconds(at),
            "trace_id": TraceId::from_u128(1),
            "name": body,
            "type": "gauge",
            "value": 1.5,
            "attributes": all_typed(&attributes),
        });
        let read: Metric = serde_json::from_value(metric.clone()).unwrap();
        prop_assert_eq!(meant(&read), meant(&metric));
    }

    #[test]
    fn check_ins_sessions_and_reports_are_json(texts in prop::array::uniform3(text()), at in time(), numbers: [u64; 3], bits: u64) {
        let [slug, user, environment] = texts;
        let check_in = MonitorCheckIn {
            check_in_id: Uuid::from_u128(numbers[0].into()),
            monitor_slug: slug.clone(),
            status: MonitorCheckInStatus::InProgress,
            environment: Some(environment.clone()),
            duration: Some(f64::from_bits(bits)),
            monitor_config: None,
        };
        let read = meant(&check_in);
        prop_assert_eq!((&read["monitor_slug"], &read["environment"]), (&slug.into(), &environment.clone().into()));
        prop_assert_eq!(read["duration"].is_null(), !f64::from_bits(bits).is_finite());
        let attrs = session::SessionAttributes { release: environment.clone(), environment: Some(environment) };
        let update = session::SessionUpdate {
            sid: Uuid::from_u128(7),
            did: Some(user.clone()),
            init: true,
            started: at,
            timestamp: at,
            status: SessionStatus::Ok,
            errors: numbers[0],
            duration: Some(1.5),
            attrs: attrs.clone(),
        };
        let read = meant(&update);
        prop_assert_eq!((&read["did"], &read["errors"]), (&user.clone().into(), &numbers[0].into()));
        prop_assert_eq!(&read["started"], &time::rfc3339(at));
        let [exited, errored, crashed] = numbers;
        let counts = session::SessionCounts { exited, errored, crashed, ..Default::default() };
        let group = session::SessionAggregate { started: at, did: Some(user.clone()), counts };
        let read = meant(&session::SessionAggregates { aggregates: &[group], attrs });
        let group = &read["aggregates"][0];
        prop_assert_eq!((&group["did"], group["exited"].as_u64().unwrap_or(0)), (&user.into(), exited));
        let lost = DiscardedEvents { reason: DiscardReason::Invalid, category: DataCategory::Span, quantity: exited };
        let read = meant(&ClientReport { timestamp: at, discarded_events: vec![lost] });
        prop_assert_eq!(&read["discarded_events"][0]["quantity"], exited);
        prop_assert!(read["timestamp"].is_number());
    }

    /// The parser never panics, and an envelope that it accepts can be written and parsed again.
    #[test]
    fn any_bytes_are_read_or_refused(pieces in prop::collection::vec(envelope_piece(), 0..12)) {
        let bytes = pieces.concat();
        if let Ok(envelope) = Envelope::from_slice(&bytes) {
            let again = Envelope::from_slice(&envelope.to_bytes(UNIX_EPOCH)).unwrap();
            prop_assert_eq!(again.items().len(), envelope.items().len());
        }
    }
}

/// Pieces of envelopes, whole and broken, and bytes that are not UTF-8.
fn envelope_piece() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: &[&[u8]] = &[
        b"{}",
        b"\n",
        b"\r\n",
        b"{\"type\":\"event\",\"length\":2}\n{}\n",
        b"{\"type\":\"event\"}",
        b"{\"type\":\"\",\"length\":18446744073709551615}\n",
        b"{\"type\":\"x\",\"length\":-1}\n",
        b"{\"type\":\"attachment\",\"length\":0,\"filename\":\"\\ud800\"}\n\n",
        b"{\"type\":\"x\",\"length\":1,\"type\":\"y\"}\nz\n",
        b"\xff\xfe",
        b"\"\\ud800\"",
        b"[[[[[[",
        b"null",
        b"1e999",
    ];
    prop_oneof![
        4 => prop::sample::select(PIECES).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..12),
    ]
}
