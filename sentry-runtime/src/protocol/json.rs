//! A JSON writer for spans, which are written thousands of times per second.
//!
//! All functions append to a buffer that the caller reuses. Strings are scanned for the few bytes that need an escape
//! and copied in runs.

use serde::Serialize;

/// For every byte: 0 if it needs no escape, `u` for a numeric escape, else the letter after the backslash.
const ESCAPES: [u8; 256] = {
    let mut table = [0; 256];
    let mut control = 0;
    while control < 0x20 {
        table[control] = b'u';
        control += 1;
    }
    table[b'"' as usize] = b'"';
    table[b'\\' as usize] = b'\\';
    table[b'\n' as usize] = b'n';
    table[b'\r' as usize] = b'r';
    table[b'\t' as usize] = b't';
    table[0x08] = b'b';
    table[0x0c] = b'f';
    table
};

/// Returns whether none of eight bytes needs an escape: whether all differ from the quote and the backslash, and none is
/// below 0x20. A borrow of the subtractions cannot hide a byte that needs one, and begins at such a byte.
const fn is_plain(word: u64) -> bool {
    const ONES: u64 = u64::MAX / 0xff;
    const HIGHEST: u64 = ONES << 7;
    const fn has_byte_below(word: u64, limit: u64) -> bool {
        word.wrapping_sub(ONES * limit) & !word & HIGHEST != 0
    }
    let (quote, backslash) = (word ^ (ONES * b'"' as u64), word ^ (ONES * b'\\' as u64));
    !has_byte_below(word, 0x20) && !has_byte_below(quote, 1) && !has_byte_below(backslash, 1)
}

/// Returns whether none of the bytes needs an escape. The last words overlap, so that no byte is looked at alone.
fn all_plain(bytes: &[u8]) -> bool {
    if let (words, Some(last)) = (bytes.as_chunks::<8>().0, bytes.last_chunk::<8>()) {
        return words.iter().chain([last]).all(|word| is_plain(u64::from_ne_bytes(*word)));
    }
    match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            let (first, last) = (u32::from_ne_bytes(*first), u32::from_ne_bytes(*last));
            is_plain(u64::from(first) << 32 | u64::from(last))
        }
        _ => bytes.iter().all(|byte| ESCAPES[usize::from(*byte)] == 0),
    }
}

/// Writes a string with its quotes.
pub(crate) fn write_str(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    if all_plain(bytes) {
        out.extend_from_slice(bytes);
    } else {
        write_escaped(out, bytes);
    }
    out.push(b'"');
}

#[cold]
#[inline(never)]
fn write_escaped(out: &mut Vec<u8>, bytes: &[u8]) {
    let mut copied = 0;
    for (index, &byte) in bytes.iter().enumerate() {
        let escape = ESCAPES[usize::from(byte)];
        if escape == 0 {
            continue;
        }
        out.extend_from_slice(&bytes[copied..index]);
        copied = index + 1;
        if escape == b'u' {
            const DIGITS: &[u8; 16] = b"0123456789abcdef";
            out.extend_from_slice(b"\\u00");
            out.push(DIGITS[usize::from(byte >> 4)]);
            out.push(DIGITS[usize::from(byte & 15)]);
        } else {
            out.extend_from_slice(&[b'\\', escape]);
        }
    }
    out.extend_from_slice(&bytes[copied..]);
}

/// Writes a number.
pub(crate) fn write_u64(out: &mut Vec<u8>, mut value: u64) {
    let mut digits = [0; 20];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[start..]);
}

/// Writes a number.
pub(crate) fn write_i64(out: &mut Vec<u8>, value: i64) {
    if value < 0 {
        out.push(b'-');
    }
    write_u64(out, value.unsigned_abs());
}

/// Writes a number in the shortest form that parses to the same value. NaN and the infinities, which JSON cannot
/// express, become `null`.
pub(crate) fn write_f64(out: &mut Vec<u8>, value: f64) {
    let start = out.len();
    if serde_json::to_writer(&mut *out, &value).is_err() {
        // Writing a number into memory cannot fail; if it did, no partial number may remain.
        out.truncate(start);
        out.extend_from_slice(b"null");
    }
}

/// The numbers from 00 to 99 as consecutive digits.
const PAIRS: [u8; 200] = {
    let mut table = [0; 200];
    let mut number = 0;
    while number < 100 {
        table[2 * number] = b'0' + (number / 10) as u8;
        table[2 * number + 1] = b'0' + (number % 10) as u8;
        number += 1;
    }
    table
};

/// A time in seconds with six decimals. Fits times whose seconds have ten digits: 2001 to 2286.
pub(crate) type TimeText = [u8; 17];

/// A writer of times into one text. Times in the same second, such as most times of a trace, share its digits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TimeWriter {
    /// The second in the text, in microseconds since the Unix epoch.
    second: u64,
}

impl TimeWriter {
    /// Returns a writer into a text that contains no time yet, only the point.
    pub(crate) const fn new() -> Self {
        // Later than every time that is written.
        Self { second: 1 << 63 }
    }

    /// Writes a time in microseconds since the Unix epoch. Returns `false` if its seconds do not have ten digits.
    #[inline]
    pub(crate) fn write(&mut self, text: &mut TimeText, micros: u64) -> bool {
        if micros.wrapping_sub(self.second) >= 1_000_000 && !self.write_second(text, micros) {
            return false;
        }
        let fraction = (micros - self.second) as u32;
        let (high, low) = (fraction / 10_000, fraction % 10_000);
        for (at, number) in [(11, high), (13, low / 100), (15, low % 100)] {
            let pair = 2 * number as usize;
            text[at..at + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
        }
        true
    }

    #[cold]
    fn write_second(&mut self, text: &mut TimeText, micros: u64) -> bool {
        let second = micros / 1_000_000;
        if !(1_000_000_000..10_000_000_000).contains(&second) {
            return false;
        }
        self.second = second * 1_000_000;
        write_pairs(&mut text[..10], second);
        true
    }
}

/// Fills the text with the last digits of a number, two at a time.
pub(super) fn write_pairs(text: &mut [u8], mut number: u64) {
    for digits in text.rchunks_exact_mut(2) {
        let pair = 2 * (number % 100) as usize;
        digits.copy_from_slice(&PAIRS[pair..pair + 2]);
        number /= 100;
    }
}

/// Writes a time in microseconds since the Unix epoch as seconds with six decimals.
pub(crate) fn write_micros(out: &mut Vec<u8>, micros: u64) {
    let mut text = *b"0000000000.000000";
    if TimeWriter::new().write(&mut text, micros) {
        return out.extend_from_slice(&text);
    }
    write_u64(out, micros / 1_000_000);
    let mut fraction = *b".000000";
    write_pairs(&mut fraction[1..], micros % 1_000_000);
    out.extend_from_slice(&fraction);
}

/// Writes an object field by field.
pub(crate) struct ObjectWriter<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl<'a> ObjectWriter<'a> {
    /// Opens the object.
    pub(crate) fn new(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, first: true }
    }

    /// Writes a field with a value that `write` appends.
    pub(crate) fn raw(&mut self, name: &str, write: impl FnOnce(&mut Vec<u8>)) {
        if !std::mem::take(&mut self.first) {
            self.out.push(b',');
        }
        write_str(self.out, name);
        self.out.push(b':');
        write(self.out);
    }

    /// Writes a field; a value that cannot be serialised becomes `null`.
    pub(crate) fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) {
        self.raw(name, |out| {
            let start = out.len();
            if serde_json::to_writer(&mut *out, value).is_err() {
                out.truncate(start);
                out.extend_from_slice(b"null");
            }
        });
    }

    /// Writes a field with a text.
    pub(crate) fn text(&mut self, name: &str, value: &str) {
        self.raw(name, |out| write_str(out, value));
    }

    /// Writes a field with a text, unless it has no value.
    pub(crate) fn some_text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// Writes a field with a number.
    pub(crate) fn number(&mut self, name: &str, value: u64) {
        self.raw(name, |out| write_u64(out, value));
    }

    /// Writes a field with a text that needs no escape, such as hex digits.
    pub(crate) fn plain_text(&mut self, name: &str, value: &[u8]) {
        self.raw(name, |out| {
            out.push(b'"');
            out.extend_from_slice(value);
            out.push(b'"');
        });
    }

    /// Writes a field unless it has no value.
    pub(crate) fn some<T: Serialize>(&mut self, name: &str, value: &Option<T>) {
        if let Some(value) = value {
            self.field(name, value);
        }
    }

    /// Closes the object.
    pub(crate) fn end(self) {
        self.out.push(b'}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn strings_are_escaped_as_serde_json_does() {
        let every_ascii: String = (0..=0x7f_u8).map(char::from).collect();
        for text in ["", "plain", "a\"b\\c\nd\u{1}e\u{7f}", "zażółć 🦀 \u{2028}", "\"", &every_ascii] {
            assert_eq!(written(|out| write_str(out, text)), serde_json::to_string(text).unwrap());
        }
    }

    #[test]
    fn escapes_are_found_anywhere_in_a_text() {
        for length in 0..=27 {
            for at in 0..length {
                for odd in [
                    "\"", "\\", "\n", "\u{0}", "\u{1f}", " ", "!", "#", "[", "]", "\u{7f}", "\u{80}", "ż",
                    "🦀",
                ] {
                    let text = format!("{}{odd}{}", "a".repeat(at), "z".repeat(length - at));
                    let followed = format!("{text}{odd}!{odd}");
                    for text in [text, followed] {
                        assert_eq!(
                            written(|out| write_str(out, &text)),
                            serde_json::to_string(&text).unwrap()
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn numbers_read_back_the_same() {
        for value in [0, 9, 10, 1_234_567_890, u64::MAX] {
            assert_eq!(written(|out| write_u64(out, value)), value.to_string());
        }
        for value in [0, -1, i64::MIN, i64::MAX] {
            assert_eq!(written(|out| write_i64(out, value)), value.to_string());
        }
        for value in [0.0, -1.5, 1e300, 0.1] {
            assert_eq!(written(|out| write_f64(out, value)).parse::<f64>().unwrap(), value);
        }
        assert_eq!(written(|out| write_f64(out, f64::NAN)), "null");
        assert_eq!(written(|out| write_f64(out, f64::NEG_INFINITY)), "null");
    }

    #[test]
    fn times_are_seconds_with_six_digits() {
        let cases = [
            (0, "0.000000"),
            (999_999_999_999_999, "999999999.999999"),
            (1_000_000_000_000_000, "1000000000.000000"),
            (1_795_239_248_000_042, "1795239248.000042"),
            (10_000_000_000_120_000, "10000000000.120000"),
            (u64::MAX, "18446744073709.551615"),
        ];
        for (micros, text) in cases {
            assert_eq!(written(|out| write_micros(out, micros)), text);
        }
        let (mut times, mut text) = (TimeWriter::new(), *b"0000000000.000000");
        let mut write = |micros| times.write(&mut text, micros).then_some(text);
        assert_eq!(write(1), None);
        assert_eq!(write(1_795_239_248_000_042), Some(*b"1795239248.000042"));
        assert_eq!(write(1_795_239_248_999_999), Some(*b"1795239248.999999"));
        assert_eq!(write(1_795_239_249_000_000), Some(*b"1795239249.000000"));
        assert_eq!(write(1_795_239_248_120_304), Some(*b"1795239248.120304"));
        assert_eq!(write(u64::MAX), None);
    }
}
