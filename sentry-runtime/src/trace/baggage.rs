//! The header `baggage`: Sentry's entries, which are the dynamic sampling context of a trace, span groups, and entries of
//! other vendors, which are passed on.
//!
//! Parsing is lenient where proxies are: white space, several headers, broken percent-encoding.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/trace-propagation/dynamic-sampling-context/)

use std::ops::Range;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

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
    let mut bytes = 0;
    let mut is_full = false;
    // Where the copy of the header begins.
    let mut copied = None;
    let mut members = Members { header, at: 0 };
    while let Some(Member { start, equals, end, encoded }) = members.next_pair() {
        let part = |range: Range<usize>| header.get(range).unwrap_or_default();
        let (key, value) = (trimmed(header, start..equals), trimmed(header, equals + 1..end));
        let name = key.start + OURS.len()..key.end;
        if !part(key.clone()).starts_with(OURS) || name.is_empty() {
            if part(key.clone()).starts_with(span_groups::PREFIX) {
                groups.read(part(key), part(value));
            }
            continue;
        }
        bytes += end - start;
        is_full |= bytes > MAX_BAGGAGE || into.len() >= MAX_MEMBERS;
        if is_full {
            continue;
        }
        if encoded || header.len() > MAX_COPIED {
            let name = into.write(|text| percent_decode(part(name), text));
            let value = into.write(|text| percent_decode(part(value), text));
            into.set_copied(name, value);
        } else {
            let copied = *copied.get_or_insert_with(|| into.copy(header).start);
            let moved = |range: Range<usize>| range.start + copied..range.end + copied;
            into.set_copied(moved(name), moved(value));
        }
    }
}

/// The beginning of the names of Sentry's entries.
const OURS: &str = "sentry-";

/// The maximum length of a `baggage` header that is copied as a whole. Of longer ones, which contain more than what SDKs
/// of Sentry write, the entries are copied one by one.
const MAX_COPIED: usize = 1024;

/// The entries of a `baggage` header.
struct Members<'a> {
    header: &'a str,
    at: usize,
}

/// An entry with a value: where its parts are in the header.
struct Member {
    start: usize,
    equals: usize,
    end: usize,
    /// Whether it may be percent-encoded.
    encoded: bool,
}

impl Members<'_> {
    /// Returns the next entry that has a value. Properties after a semicolon belong to other vendors; Sentry's entries
    /// have none.
    fn next_pair(&mut self) -> Option<Member> {
        let bytes = self.header.as_bytes();
        while self.at <= bytes.len() {
            let start = self.at;
            let (mut equals, mut semicolon, mut encoded) = (None, None, false);
            let mut from = start;
            let comma = loop {
                let at = delimiter(bytes, from);
                match bytes.get(at) {
                    Some(b'=') if equals.is_none() && semicolon.is_none() => equals = Some(at),
                    Some(b'=') => {}
                    Some(b'%') => encoded = true,
                    Some(b';') => semicolon = semicolon.or(Some(at)),
                    _ => break at,
                }
                from = at + 1;
            };
            self.at = comma + 1;
            if let Some(equals) = equals {
                return Some(Member { start, equals, end: semicolon.unwrap_or(comma), encoded });
            }
        }
        None
    }
}

/// Returns the position of the first `,`, `;`, `=` or `%` at or after `from`, or the length of the text. Eight bytes are
/// compared at once.
fn delimiter(bytes: &[u8], from: usize) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    // Sets the high bit of the first byte that is zero, and of none before it.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & (ONES << 7);
    let is = |word: u64, byte: u8| zeros(word ^ (ONES * u64::from(byte)));
    let mut at = from;
    while let Some(word) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let word = u64::from_le_bytes(*word);
        let found = is(word, b',') | is(word, b';') | is(word, b'=') | is(word, b'%');
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| matches!(byte, b',' | b';' | b'=' | b'%')).unwrap_or(rest.len())
}

/// Splits a text at the first occurrence of an ASCII character. The parts of a header are short: a search of the standard
/// library takes longer to begin than this one to end.
pub(super) fn cut_at(text: &str, at: u8) -> (&str, Option<&str>) {
    match text.bytes().position(|byte| byte == at) {
        Some(end) => (text.get(..end).unwrap_or_default(), text.get(end + 1..)),
        None => (text, None),
    }
}

/// Returns a part of a text without white space around it.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let part = text.get(range.clone()).unwrap_or_default();
    match part.as_bytes() {
        // Most are written without.
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => range,
        _ => {
            let start = range.end - part.trim_start().len();
            start..start + part.trim().len()
        }
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

/// Appends an entry to a `baggage` header, unless the header has no room for it.
pub(crate) fn append_member(baggage: &mut String, prefix: &str, key: &str, value: &str) {
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
    let theirs = existing.split(',').map(str::trim);
    let replaced = |member: &str| {
        let key = |member: &str| member.split(['=', ';']).next().unwrap_or_default().trim().to_owned();
        member.starts_with("sentry-")
            || (member.starts_with(span_groups::PREFIX) && ours.split(',').any(|our| key(our) == key(member)))
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
    fn delimiters_are_found_at_every_position() {
        for length in 0..20 {
            for from in 0..=length {
                let mut text = vec![b'-'; length];
                assert_eq!(delimiter(&text, from), length);
                for at in from..length {
                    for byte in *b",;=%" {
                        text[at] = byte;
                        // What follows a delimiter in the same word must not hide it.
                        (at + 1..length).for_each(|next| text[next] = byte ^ 1);
                        assert_eq!(delimiter(&text, from), at, "{text:?} from {from}");
                    }
                    text.fill(b'-');
                }
            }
        }
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
