//! Texts with placeholders: the decision which of them can be formatted later, and their formatting.
//!
//! A text is *plain* if its placeholders are `{}`, `{0}` or `{name}` without a format specification, and refer to given
//! arguments. `format!` formats any other text on the caller's thread.

use std::fmt::Write as _;

use crate::protocol::AttributeValue;

/// Returns whether a text can be formatted later. The name of an unnamed argument is empty.
#[must_use]
pub const fn is_plain(text: &str, names: &[&str]) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        let doubled = at + 1 < bytes.len() && bytes[at + 1] == byte;
        if byte == b'{' && !doubled {
            let start = at + 1;
            at = start;
            while at < bytes.len() && bytes[at] != b'}' {
                at += 1;
            }
            if at == bytes.len() || !is_known(bytes, start, at, names) {
                return false;
            }
        } else if byte == b'{' || byte == b'}' {
            at += 1;
        }
        at += 1;
    }
    true
}

/// Returns whether a placeholder is empty, a number, or the name of an argument.
const fn is_known(text: &[u8], start: usize, end: usize, names: &[&str]) -> bool {
    let mut digits = true;
    let mut at = start;
    while at < end {
        digits &= text[at].is_ascii_digit();
        at += 1;
    }
    if digits {
        return true;
    }
    let mut number = 0;
    while number < names.len() {
        let name = names[number].as_bytes();
        if name.len() == end - start {
            let mut same = true;
            let mut at = 0;
            while at < name.len() {
                same &= name[at] == text[start + at];
                at += 1;
            }
            if same {
                return true;
            }
        }
        number += 1;
    }
    false
}

/// Formats a plain text.
pub(crate) fn fill_in<'a>(
    text: &str,
    parameters: impl Iterator<Item = (&'a str, &'a AttributeValue)> + Clone,
) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut next = 0;
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            out.push_str(brace);
            rest = after;
            continue;
        }
        // A plain text has no unpaired `}`, and a `}` after every unpaired `{`.
        let Some((name, after)) = rest.split_once('}') else { continue };
        rest = after;
        let mut parameters = parameters.clone();
        let value = match name.parse::<usize>() {
            Ok(number) => parameters.nth(number),
            Err(_) if name.is_empty() => {
                next += 1;
                parameters.nth(next - 1)
            }
            Err(_) => parameters.find(|(known, _)| *known == name),
        };
        if let Some((_, value)) = value {
            write(&mut out, value);
        }
    }
    out.push_str(rest);
    out
}

/// Writes a value as `{}` writes it.
fn write(out: &mut String, value: &AttributeValue) {
    // Writing into a string cannot fail.
    let _ = match value {
        AttributeValue::Bool(value) => write!(out, "{value}"),
        AttributeValue::I64(value) => write!(out, "{value}"),
        AttributeValue::U64(value) => write!(out, "{value}"),
        AttributeValue::F64(value) => write!(out, "{value}"),
        other => out.write_str(other.as_str().unwrap_or_default()),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_placeholders_without_a_format_can_wait() {
        for (text, plain) in [
            ("", true),
            ("no placeholder, {{}} but braces", true),
            ("{} and {}", true),
            ("{0}{1}", true),
            ("{name}", true),
            ("{other}", false),
            ("{nam}", false),
            ("{:?}", false),
            ("{name:>4}", false),
            ("{0:x}", false),
            ("{{{}}}", true),
        ] {
            assert_eq!(is_plain(text, &["", "name"]), plain, "{text}");
        }
    }

    #[test]
    fn texts_are_filled_in_as_format_does() {
        let values: [(&str, AttributeValue); 4] =
            [("", 7.into()), ("", 0.1.into()), ("name", "ada".into()), ("", f64::INFINITY.into())];
        let filled = |text| fill_in(text, values.iter().map(|(name, value)| (*name, value)));
        assert_eq!(filled("{} {} {name}"), format!("{} {} {name}", 7, 0.1, name = "ada"));
        assert_eq!(filled("{{{}}} {1} {0} ż{3}"), "{7} 0.1 7 żinf");
        assert_eq!(filled("{{}}"), "{}");
    }
}
