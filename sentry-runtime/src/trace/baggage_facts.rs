//! The entries of a `baggage` header that decide about the continuation of its trace, found without reading the others.

use super::baggage::{MAX_COPIED, OURS};
use super::members::{comma, trimmed};
use super::span_groups;

/// The entries of a `baggage` header that decide about the continuation of its trace.
#[derive(Debug, Default)]
pub(crate) struct Facts<'a> {
    pub(crate) org_id: Option<&'a str>,
    pub(crate) sample_rate: Option<&'a str>,
    pub(crate) sample_rand: Option<&'a str>,
}

impl<'a> Facts<'a> {
    /// Finds the facts of a header. Returns `None` if all entries have to be read for them: the header is long or not
    /// ASCII, names span groups, or the name or the value of a fact may be percent-encoded.
    pub(crate) fn of(header: &'a str) -> Option<Self> {
        if header.len() > MAX_COPIED || !header.is_ascii() {
            return None;
        }
        let (mut facts, bytes) = (Self::default(), header.as_bytes());
        let mut start = 0;
        while start < bytes.len() {
            let comma = comma(bytes, start);
            let mut at = start;
            while at < comma && bytes.get(at).is_some_and(|byte| is_space(*byte)) {
                at += 1;
            }
            start = comma + 1;
            let member = bytes.get(at..comma).unwrap_or_default();
            let Some(pair) = member.strip_prefix(OURS.as_bytes()) else {
                if member.starts_with(span_groups::PREFIX.as_bytes()) {
                    return None;
                }
                continue;
            };
            // Most entries are none of the facts, whatever follows.
            if !matches!(pair, [b'o' | b's' | b'%', ..]) {
                continue;
            }
            let end = pair.iter().position(|byte| matches!(byte, b'=' | b';' | b'%')).unwrap_or(pair.len());
            let (name, value) = match pair.split_at(end) {
                (name, [b'=', value @ ..]) => (trim_end(name), value),
                (_, [b'%', ..]) => return None,
                // An entry without a value.
                _ => continue,
            };
            let fact = match name {
                b"org_id" => &mut facts.org_id,
                b"sample_rate" => &mut facts.sample_rate,
                b"sample_rand" => &mut facts.sample_rand,
                _ => continue,
            };
            let length = value.iter().position(|byte| matches!(byte, b';' | b'%')).unwrap_or(value.len());
            if value.get(length..).is_some_and(|rest| rest.starts_with(b"%")) {
                return None;
            }
            let from = comma - value.len();
            *fact = header.get(trimmed(header, from..from + length));
        }
        Some(facts)
    }
}

fn trim_end(mut text: &[u8]) -> &[u8] {
    while let [rest @ .., last] = text
        && is_space(*last)
    {
        text = rest;
    }
    text
}

/// Returns whether an ASCII character is white space for [`str::trim`].
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_has_to_be_read_as_a_whole_has_no_facts() {
        let long = format!("sentry-sample_rand=0.5,vendor={}", "x".repeat(MAX_COPIED));
        for header in [
            "sentry-sample%5Frand=0.5",
            "sentry-sample_rand=0%2E5",
            "sentry-trace_id=1,sentry.span_group.session_id=s",
            "sentry-sample_rand=0.5,sentry-user=Am\u{e9}lie",
            &long,
        ] {
            assert!(Facts::of(header).is_none(), "{header}");
        }
    }
}
