//! The header `baggage`: Sentry's entries, which are the dynamic sampling context of a trace, span groups, and entries of
//! other vendors, which are passed on.
//!
//! Parsing is lenient where proxies are: white space, several headers, broken percent-encoding.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/trace-propagation/dynamic-sampling-context/)

use std::ops::Range;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::members::{Member, each_pair, trimmed};
use super::span_groups::{self, SpanGroups};
use crate::base::diagnostics;
use crate::protocol::DynamicSamplingContext;

/// The maximum length of a `baggage` header that is written, and of Sentry's entries that are read: the W3C limit.
const MAX_BAGGAGE: usize = 8192;

/// The maximum number of Sentry's entries from all `baggage` headers of a request: the W3C limit.
const MAX_MEMBERS: usize = 180;

/// Adds the entries of one `baggage` header: those of Sentry to a dynamic sampling context, and the span groups to
/// `groups`. Entries of other vendors do not count towards the limits, so that a header full of them does not cost the
/// trace its context.
pub(crate) fn parse(header: &str, into: &mut DynamicSamplingContext, groups: &mut SpanGroups) {
    let bytes = header.as_bytes();
    let mut length = 0;
    let mut is_full = false;
    // Where the copy of the header begins.
    let mut copied = None;
    each_pair(bytes, |Member { start, equals, end, encoded }| {
        let part = |range: Range<usize>| header.get(range).unwrap_or_default();
        let key = trimmed(header, start..equals);
        let is_ours = bytes.get(key.clone()).is_some_and(|key| key.starts_with(OURS.as_bytes()));
        if !is_ours || key.len() == OURS.len() {
            if part(key.clone()).starts_with(span_groups::PREFIX) {
                groups.read(part(key), part(trimmed(header, equals + 1..end)));
            }
            return;
        }
        length += end - start;
        is_full |= length > MAX_BAGGAGE || into.len() >= MAX_MEMBERS;
        if is_full {
            return;
        }
        if into.is_empty() {
            // An entry that is encoded is copied once more.
            into.reserve(header.len().min(MAX_COPIED) + USUAL_ENCODED);
        }
        let (name, value) = (key.start + OURS.len()..key.end, trimmed(header, equals + 1..end));
        if encoded || header.len() > MAX_COPIED {
            let name = into.write(|text| percent_decode(part(name), text));
            let value = into.write(|text| percent_decode(part(value), text));
            into.set_copied(name, value);
        } else {
            let copied = *copied.get_or_insert_with(|| into.copy(header).start);
            let moved = |range: Range<usize>| range.start + copied..range.end + copied;
            into.set_copied(moved(name), moved(value));
        }
    });
}

/// The beginning of the names of Sentry's entries.
pub(super) const OURS: &str = "sentry-";

/// The maximum length of a `baggage` header that is copied as a whole. Of longer ones, which contain more than what SDKs
/// of Sentry write, the entries are copied one by one.
pub(crate) const MAX_COPIED: usize = 1024;

/// The length of the names and values that are percent-encoded, for which room is made at first.
const USUAL_ENCODED: usize = 64;

/// Splits a text at the first occurrence of an ASCII character. The parts of a header are short: a search of the standard
/// library takes longer to begin than this one to end.
pub(super) fn cut_at(text: &str, at: u8) -> (&str, Option<&str>) {
    match text.bytes().position(|byte| byte == at) {
        Some(end) => (text.get(..end).unwrap_or_default(), text.get(end + 1..)),
        None => (text, None),
    }
}

/// Formats a dynamic sampling context as a `baggage` header. An entry that does not fit into the header is left out.
pub(crate) fn format_dsc(dsc: &DynamicSamplingContext) -> String {
    let mut out = String::new();
    for (key, value) in dsc.iter() {
        append_member(&mut out, "sentry-", key, value);
    }
    out
}

/// Appends span groups to a `baggage` header. A group that does not fit into the header is left out.
pub(crate) fn append_groups(baggage: &mut String, groups: &SpanGroups) {
    for (key, value) in groups.iter() {
        append_member(baggage, "", key, value);
    }
}

/// Appends an entry to a `baggage` header, unless the header has no room for it.
fn append_member(baggage: &mut String, prefix: &str, key: &str, value: &str) {
    let before = baggage.len();
    if !baggage.is_empty() {
        baggage.push(',');
    }
    baggage.push_str(prefix);
    percent_encode(key, baggage);
    baggage.push('=');
    percent_encode(value, baggage);
    if baggage.len() > MAX_BAGGAGE {
        baggage.truncate(before);
        diagnostics::debug(format_args!(
            "the baggage of a request is sent without `{prefix}{key}`: it would be longer than {MAX_BAGGAGE} bytes"
        ));
    }
}

/// Merges an existing `baggage` header and ours. Existing entries of Sentry are replaced; entries of other vendors for
/// which no room is left are dropped, because a trace without its context is sampled differently by each service.
pub(crate) fn merge(existing: &str, ours: &str) -> String {
    if ours.is_empty() {
        return existing.to_owned();
    }
    let mut merged = String::new();
    let mut dropped = 0;
    fn key(member: &str) -> &str {
        member.split(['=', ';']).next().unwrap_or_default().trim()
    }
    let theirs = existing.split(',').map(str::trim);
    // Found once for all members: the existing header may be long.
    let groups: Vec<_> =
        ours.split(',').map(key).filter(|key| key.starts_with(span_groups::PREFIX)).collect();
    let replaced = |member: &str| {
        member.starts_with("sentry-")
            || (member.starts_with(span_groups::PREFIX) && groups.contains(&key(member)))
    };
    for member in theirs.filter(|member| !member.is_empty() && !replaced(member)) {
        if merged.len() + member.len() + 1 + ours.len() > MAX_BAGGAGE {
            dropped += 1;
            continue;
        }
        merged.push_str(member);
        merged.push(',');
    }
    if dropped > 0 {
        diagnostics::debug(format_args!(
            "{dropped} baggage entries of other vendors are left out of a request: with Sentry's entries, the header \
             would be longer than {MAX_BAGGAGE} bytes"
        ));
    }
    merged.push_str(ours);
    merged
}

/// The characters that are percent-encoded in baggage: all except the unreserved characters of URIs.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

fn percent_encode(text: &str, out: &mut String) {
    out.extend(utf8_percent_encode(text, ENCODED));
}

/// Appends a text without its percent encoding; invalid sequences are kept.
fn percent_decode(text: &str, out: &mut String) {
    let mut rest = text;
    // Most values have none, or that of ASCII characters.
    while let (plain, Some(encoded)) = cut_at(rest, b'%') {
        let Some((character, after)) = ascii_digits(encoded) else {
            out.push_str(plain);
            // The rest is decoded as a whole: bytes are characters only together.
            let encoded = rest.get(plain.len()..).unwrap_or_default();
            out.push_str(&percent_decode_str(encoded).decode_utf8_lossy());
            return;
        };
        out.push_str(plain);
        out.push(character);
        rest = after;
    }
    out.push_str(rest);
}

/// Reads the two hex digits of an ASCII character.
fn ascii_digits(text: &str) -> Option<(char, &str)> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let [high, low] = *text.as_bytes().first_chunk()?;
    let code = u8::try_from(digit(high)? << 4 | digit(low)?).ok().filter(u8::is_ascii)?;
    Some((char::from(code), text.get(2..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn baggage_keeps_our_entries_and_no_others() {
        let mut dsc = DynamicSamplingContext::default();
        parse(
            "other=foo;bar, sentry-trace_id=abc ,sentry-user_id=Am%C3%A9lie, sentry-=x, sentry-bad",
            &mut dsc,
            &mut SpanGroups::default(),
        );
        let entries: Vec<_> = dsc.iter().collect();
        assert_eq!(entries, [("trace_id", "abc"), ("user_id", "Amélie")]);
        assert_eq!(format_dsc(&dsc), "sentry-trace_id=abc,sentry-user_id=Am%C3%A9lie");
    }

    /// An entry of the given length, without the comma after it.
    fn member(name: &str, length: usize) -> String {
        format!("{name}={}", "v".repeat(length - name.len() - 1))
    }

    fn keys_of(header: &str) -> Vec<String> {
        let mut dsc = DynamicSamplingContext::default();
        parse(header, &mut dsc, &mut SpanGroups::default());
        dsc.iter().map(|(key, _)| key.to_owned()).collect()
    }

    #[test]
    fn baggage_is_read_up_to_8192_bytes_of_our_entries() {
        // Those of other vendors, and commas, do not count.
        let (foreign, half) = (member("vendor", 9000), member("sentry-a", 4096));
        let fits = format!("{foreign},{half},{}", member("sentry-b", 4096));
        assert_eq!(keys_of(&format!("{fits},sentry-c=1")), ["a", "b"]);
        assert_eq!(keys_of(&format!("{half},{}", member("sentry-b", 4097))), ["a"]);
    }

    #[test]
    fn baggage_is_read_up_to_180_of_our_entries() {
        let members: Vec<_> = (0..181).map(|number| format!("sentry-k{number}=v,vendor{number}=v")).collect();
        let keys = keys_of(&members.join(","));
        assert_eq!((keys.len(), keys[179].as_str()), (180, "k179"));
    }

    #[test]
    fn baggage_is_written_up_to_8192_bytes() {
        let mut written = String::new();
        append_member(&mut written, "sentry-", "a", &"v".repeat(4096 - "sentry-a=".len()));
        append_member(&mut written, "sentry-", "b", &"v".repeat(4096 - ",sentry-b=".len()));
        assert_eq!(written.len(), MAX_BAGGAGE);
        let full = written.clone();
        append_member(&mut written, "sentry-", "c", "");
        assert_eq!(written, full, "an entry without room is left out, with its comma");
    }

    #[test]
    fn entries_of_others_are_kept_as_long_as_ours_have_room() {
        let ours = member("sentry-a", 100);
        let (first, last) = (member("x", 4000), member("z", MAX_BAGGAGE - 4000 - 100 - 2));
        let full = format!("{first},{last},{ours}");
        assert_eq!(full.len(), MAX_BAGGAGE);
        assert_eq!(merge(&format!("{first},{last}"), &ours), full);
        // An entry without room does not cost the place of a shorter one after it.
        assert_eq!(merge(&format!("{first},{last}z,y=1"), &ours), format!("{first},y=1,{ours}"));
    }

    #[test]
    fn the_limits_count_only_our_entries_and_groups_are_read_beyond_them() {
        let (mut dsc, mut groups) = Default::default();
        let others: String = (0..300).map(|number| format!("vendor{number}=x,")).collect();
        let many: String = (0..MAX_MEMBERS + 5).map(|number| format!("sentry-e{number}=1,")).collect();
        let header = format!("{others}{many}sentry.span_group.session_id=s;p=1,x=2");
        parse(&header, &mut dsc, &mut groups);
        assert_eq!(dsc.len(), MAX_MEMBERS);
        assert_eq!(groups.iter().collect::<Vec<_>>(), [("sentry.span_group.session_id", "s")]);
        let (mut dsc, mut groups) = Default::default();
        let long = "x".repeat(MAX_BAGGAGE);
        parse(&format!("sentry-a=1,sentry-b={long},sentry-c=2"), &mut dsc, &mut groups);
        assert_eq!(dsc.iter().collect::<Vec<_>>(), [("a", "1")]);
    }

    #[test]
    fn long_headers_are_read_like_short_ones() {
        let ours = "sentry-release=shop%401, sentry-sampled = true ,sentry-trace_id=abc,sentry-sampled=false";
        let (mut short, mut long, mut groups) = Default::default();
        parse(ours, &mut short, &mut groups);
        parse(&format!("vendor={},{ours}", "x".repeat(MAX_COPIED)), &mut long, &mut groups);
        let entries = [("release", "shop@1"), ("sampled", "false"), ("trace_id", "abc")];
        assert_eq!(short.iter().collect::<Vec<_>>(), entries);
        assert_eq!(short, long);
    }

    #[test]
    fn an_equals_sign_in_a_property_does_not_make_a_value() {
        let (mut dsc, mut groups) = Default::default();
        parse("sentry-a;p=1,sentry-b=x=y;q,sentry-%61=3", &mut dsc, &mut groups);
        assert_eq!(dsc.iter().collect::<Vec<_>>(), [("b", "x=y"), ("a", "3")]);
    }

    #[test]
    fn baggage_of_others_is_kept_with_its_properties() {
        for (existing, merged) in [
            ("", "sentry-a=1"),
            ("x=1", "x=1,sentry-a=1"),
            ("x=1;p;q=%20 , y=ż,,", "x=1;p;q=%20,y=ż,sentry-a=1"),
            ("sentry-a=0,x=1, sentry-b=2;p", "x=1,sentry-a=1"),
            ("sentry.span_group.b_id=1", "sentry.span_group.b_id=1,sentry-a=1"),
        ] {
            assert_eq!(merge(existing, "sentry-a=1"), merged);
        }
        assert_eq!(merge("sentry-a=0", ""), "sentry-a=0");
    }

    #[test]
    fn broken_percent_encoding_stays_as_it_is() {
        for (text, decoded) in [
            ("100%", "100%"),
            ("%zz%41", "%zzA"),
            ("shop%401", "shop@1"),
            ("%41m%C3%A9lie%20%F", "Am\u{e9}lie %F"),
            ("%FF", "\u{fffd}"),
            ("\u{e9}%2c\u{e9}", "\u{e9},\u{e9}"),
        ] {
            let mut out = String::from("before ");
            percent_decode(text, &mut out);
            assert_eq!(out.strip_prefix("before "), Some(decoded), "{text}");
        }
    }
}
