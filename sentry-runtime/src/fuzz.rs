//! The properties that hold for every input from outside: one function per parser, which panics if the property is
//! violated. Property tests run them here, fuzz targets in `tests/fuzz`; no other build contains them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::pipeline::fuzz as pipeline;
use crate::protocol::limits::{MAX_KEY, check_tag};
use crate::protocol::{
    Attachment, DataCategory, Dsn, DynamicSamplingContext, Envelope, EnvelopeItem, Level, MonitorSchedule,
    SpanId, TraceId, Value,
};
use crate::trace::baggage_facts::Facts;
use crate::trace::frozen_context::FrozenContext;
use crate::trace::propagation::Propagation;
use crate::trace::span_groups::SpanGroups;
use crate::trace::{baggage, headers};
use crate::transport::rate_limits::{LimitHeaders, RateLimits};

/// A parsed DSN, written without its secret, parses to the same DSN.
pub fn dsn(text: &str) {
    match text.parse::<Dsn>() {
        Ok(dsn) => {
            let shown = dsn.to_string();
            let again: Dsn = shown.parse().expect("a DSN written by `Display`");
            assert_eq!(again.to_string(), shown);
            assert_eq!(again.envelope_api_url(), dsn.envelope_api_url());
            assert_eq!(again.secret_key(), None);
            for line in [dsn.envelope_api_url(), dsn.to_auth_header("agent/1")] {
                assert!(line.bytes().all(|byte| (b' '..0x7f).contains(&byte)), "{line:?}");
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Trace headers are parsed or refused; parsed headers, written again, parse to the same values.
pub fn trace_headers(sentry_trace: &str, traceparent: &str, baggage: &str) {
    if let Some(read) = headers::parse_sentry_trace(sentry_trace) {
        let flag = read.sampled.map_or("", |sampled| if sampled { "-1" } else { "-0" });
        let written = format!("{}-{}{flag}", read.trace_id, read.span_id);
        assert_eq!(headers::parse_sentry_trace(&written), Some(read));
    }
    if let Some(read) = headers::parse_traceparent(traceparent) {
        let flags = u8::from(read.sampled == Some(true)) | u8::from(read.random) << 1;
        let written = format!("00-{}-{}-{flags:02x}", read.trace_id, read.span_id);
        assert_eq!(headers::parse_traceparent(&written), Some(read));
    }
    let (mut dsc, mut groups) = (DynamicSamplingContext::default(), SpanGroups::default());
    baggage::parse(baggage, &mut dsc, &mut groups);
    if let Some(Facts { org_id, sample_rate, sample_rand }) = Facts::of(baggage) {
        let read = ["org_id", "sample_rate", "sample_rand"].map(|key| dsc.get(key));
        assert_eq!([org_id, sample_rate, sample_rand], read);
    }
    baggage::parse(baggage, &mut dsc, &mut groups);
    let written = baggage::format_dsc(&dsc);
    assert!(written.bytes().all(|byte| (0x21..0x7f).contains(&byte)), "{written:?}");
    let mut again = DynamicSamplingContext::default();
    baggage::parse(&written, &mut again, &mut groups);
    assert!(written.len() <= 8192, "{}", written.len());
    // Encoded, an entry may be longer than it came, and is then left out.
    assert!(again.iter().all(|(key, value)| dsc.get(key) == Some(value)));
    let all = [("sentry-trace", sentry_trace), ("traceparent", traceparent), ("baggage", baggage)];
    if let Some(propagation) = Propagation::from_headers(&all, None) {
        let numbers = || (propagation.sample_rand(), propagation.parent_sample_rate());
        let before = numbers();
        assert!(before.0 < 1_000_000);
        // A header that was only searched for the numbers is read now.
        let _ = propagation.dsc.as_ref().map(FrozenContext::get);
        assert_eq!(before, numbers());
    }
    for text in [sentry_trace, traceparent, baggage] {
        let _ = (text.parse::<TraceId>(), text.parse::<SpanId>(), text.parse::<Level>());
    }
}

/// No response of a server silences a category for more than a day, and a response without limits silences none.
pub fn rate_limits(status: u16, rate_limits: Option<&str>, retry_after: Option<&str>, date: Option<&str>) {
    let limits = RateLimits::default();
    limits.update(status, LimitHeaders { rate_limits, retry_after, date });
    let tomorrow = std::time::Instant::now() + Duration::from_secs(24 * 3600 + 60);
    for category in DataCategory::ALL {
        assert!(!limits.is_limited_at(category, tomorrow));
        if status != 429 && rate_limits.is_none() && retry_after.is_none() {
            assert!(!limits.is_limited(category));
        }
    }
}

/// With any content, an envelope has one header line, and before each payload a header line with its length.
pub fn envelope(name: &str, content_type: &str, entry: &str, payload: &[u8], seconds: i64) {
    let mut trace = DynamicSamplingContext::default();
    trace.set("transaction", entry);
    trace.set(name, entry);
    let mut envelope = Envelope::new().with_trace(std::sync::Arc::new(trace));
    envelope.add_item(EnvelopeItem::from(Attachment {
        buffer: payload.to_vec(),
        filename: name.to_owned(),
        content_type: Some(content_type.to_owned()),
        ..Attachment::default()
    }));
    let bytes = envelope.to_bytes(moment(seconds));
    let mut rest = bytes.as_slice();
    let mut line = || {
        let end = rest.iter().position(|&byte| byte == b'\n').expect("a line");
        let (line, after) = rest.split_at(end);
        rest = &after[1..];
        serde_json::from_slice::<Value>(line).expect("headers are JSON")
    };
    assert_eq!(line()["trace"]["transaction"], *entry);
    let header = line();
    assert_eq!(header["filename"], name);
    let length = usize::try_from(header["length"].as_u64().expect("a length")).expect("it fits");
    assert_eq!(&rest[..length], payload);
    assert!(matches!(rest[length..], [] | [b'\n']));
}

fn moment(seconds: i64) -> SystemTime {
    let far = Duration::from_secs(seconds.unsigned_abs());
    let moment = if seconds < 0 { UNIX_EPOCH.checked_sub(far) } else { UNIX_EPOCH.checked_add(far) };
    moment.unwrap_or(UNIX_EPOCH)
}

/// A secret after a sensitive name is filtered, whatever precedes the name.
pub fn scrubbing(text: &str) {
    pipeline::scrubbing(text);
}

/// A tag that is sent follows the rules for tags.
pub fn tag(key: &str, value: &str) {
    if let Some((key, value)) = check_tag(key, value).tag {
        assert!(!key.is_empty() && key.len() <= 32 && key.len() <= MAX_KEY);
        assert!(!value.is_empty() && value.chars().count() <= 200 && !value.contains(['\n', '\r']));
        let again = check_tag(&key, &value);
        assert!(again.note.is_none_or(|note| note.contains("reserved")), "{key}={value}");
    }
}

/// A crontab is parsed or refused, and its canonical form is parsed to itself.
pub fn crontab(text: &str) {
    match MonitorSchedule::from_crontab(text) {
        Ok(schedule) => {
            let MonitorSchedule::Crontab { value } = &schedule else { panic!("{schedule:?} is no crontab") };
            assert_eq!(MonitorSchedule::from_crontab(value).as_ref(), Ok(&schedule));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    /// Generates texts from the pieces that matter to a parser and from arbitrary characters.
    fn pieces(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            4 => prop::sample::select(pieces).prop_map(str::to_owned),
            1 => "[ -~]{0,8}",
            1 => any::<String>(),
        ];
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    const DSN: &[&str] = &[
        "https://",
        "http://",
        "key",
        ":",
        "@",
        "[::1]",
        "o1.ingest.sentry.io",
        "/",
        "42",
        "?",
        "#",
        ":9000",
        "%",
        "ü",
    ];
    const TRACE: &[&str] = &[
        "771a43a4192642f0b136d5159a501700",
        "1234567890abcdef",
        "-",
        "00",
        "01",
        "1",
        "0",
        "ff",
        " ",
        "0000000000000000",
    ];
    const BAGGAGE: &[&str] = &[
        "sentry-",
        "trace_id",
        "sample_rand",
        "sample_rate",
        "=",
        ",",
        ";",
        "%",
        "%41",
        "%+1",
        "0.5",
        "1.0",
        "NaN",
        " ",
        "ü",
    ];
    const LIMITS: &[&str] = &[
        "60",
        ":",
        ";",
        ",",
        "error",
        "transaction",
        "organization",
        "1e308",
        "-1",
        "NaN",
        "inf",
        "Sun, 06 Nov 1994 08:49:37 GMT",
        " ",
    ];
    const SECRETS: &[&str] = &[
        "https://u:p@h/",
        "?token=x",
        "&a=1",
        "#",
        "{\"password\":",
        "\"x\"",
        "}",
        "[",
        "]",
        "sid=1;",
        "Bearer ",
        "=",
        " ",
        "password=",
        "\\u0070",
        "%",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_dsn(text in pieces(DSN)) {
            super::dsn(&text);
        }

        #[test]
        fn any_trace_headers(trace in pieces(TRACE), parent in pieces(TRACE), baggage in pieces(BAGGAGE)) {
            super::trace_headers(&trace, &parent, &baggage);
        }

        #[test]
        fn any_answer(
            status in 100_u16..600,
            limits in prop::option::of(pieces(LIMITS)),
            retry in prop::option::of(pieces(LIMITS)),
            date in prop::option::of(pieces(LIMITS)),
        ) {
            super::rate_limits(status, limits.as_deref(), retry.as_deref(), date.as_deref());
        }

        #[test]
        fn any_envelope(
            name: String,
            content_type: String,
            entry: String,
            payload: Vec<u8>,
            seconds: i64,
        ) {
            super::envelope(&name, &content_type, &entry, &payload, seconds);
        }

        #[test]
        fn any_text_with_secrets(text in pieces(SECRETS)) {
            super::scrubbing(&text);
        }

        #[test]
        fn any_tag(key: String, value: String) {
            super::tag(&key, &value);
        }

        #[test]
        fn any_crontab(text in pieces(&["*", "/", "-", ",", "5", "59", "60", "mon", "jan", "@daily", " "])) {
            super::crontab(&text);
        }

        /// Five fields, so that some of them are crontabs.
        #[test]
        fn any_five_fields(fields in prop::array::uniform5(pieces(&[
            "*", "/", "-", ",", "1", "5", "59", "7", "L", "LW", "#2", "mon", "JAN", "/255", "/99999999999999999999",
        ]))) {
            super::crontab(&fields.join(" "));
        }
    }
}
