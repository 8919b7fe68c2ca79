//! The entries of a `baggage` header: where their names and values are.

use std::ops::Range;

/// An entry with a value: where its parts are in the header.
pub(super) struct Member {
    pub(super) start: usize,
    pub(super) equals: usize,
    pub(super) end: usize,
    /// Whether it may be percent-encoded.
    pub(super) encoded: bool,
}

/// Calls `each` with every entry that has a value. Properties after a semicolon belong to other vendors; Sentry's entries
/// have none.
pub(super) fn each_pair(header: &[u8], mut each: impl FnMut(Member)) {
    let (mut start, mut equals, mut semicolon, mut encoded) = (0, None, None, false);
    let mut found = |at: usize, byte: u8| match byte {
        b'=' if equals.is_none() && semicolon.is_none() => equals = Some(at),
        b'=' => {}
        b'%' => encoded = true,
        b';' => semicolon = semicolon.or(Some(at)),
        _ => {
            let end = semicolon.take().unwrap_or(at);
            let encoded = std::mem::take(&mut encoded);
            if let Some(equals) = equals.take() {
                each(Member { start, equals, end, encoded });
            }
            start = at + 1;
        }
    };
    each_delimiter(header, &mut found);
    found(header.len(), b',');
}

/// Calls `each` with the position of every `,`, `;`, `=` and `%`, and with the character. Eight bytes are compared at once.
#[inline(always)]
fn each_delimiter(bytes: &[u8], each: &mut impl FnMut(usize, u8)) {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut last = [0; 8];
    last.iter_mut().zip(rest).for_each(|(slot, byte)| *slot = *byte);
    for (number, word) in words.iter().chain([&last]).enumerate() {
        let mut found = delimiters(u64::from_le_bytes(*word));
        while found != 0 {
            let at = found.trailing_zeros() as usize / 8;
            each(8 * number + at, word.get(at).copied().unwrap_or_default());
            found &= found - 1;
        }
    }
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = ONES << 7;

/// Returns a word in which the high bit of every byte is set that is a delimiter.
fn delimiters(word: u64) -> u64 {
    !(differs(word, b',') & differs(word, b';') & differs(word, b'=') & differs(word, b'%')) & HIGH
}

/// Returns a word in which the high bit of every byte is set that is not this one. Further bits have no meaning.
fn differs(word: u64, byte: u8) -> u64 {
    // The low bits of a byte that is not zero carry into its high bit, and into no other byte.
    let differing = word ^ (ONES * u64::from(byte));
    ((differing & !HIGH) + !HIGH) | differing
}

/// Returns the position of the first comma at or after `from`, or the length of the header.
pub(super) fn comma(header: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(word) = header.get(at..).and_then(<[u8]>::first_chunk) {
        let found = !differs(u64::from_le_bytes(*word), b',') & HIGH;
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let rest = header.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| *byte == b',').unwrap_or(rest.len())
}

/// Returns a part of a text without white space around it.
pub(super) fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_are_found_at_every_position() {
        let found = |text: &[u8]| {
            let mut found = Vec::new();
            each_delimiter(text, &mut |at, byte| found.push((at, byte)));
            found
        };
        for length in 0..20 {
            let mut text = vec![b'-'; length];
            assert_eq!(found(&text), []);
            for at in 0..length {
                for byte in *b",;=%" {
                    text[at] = byte;
                    // Their neighbours in the same word are no delimiters: a bit more, less, or the highest.
                    for near in [byte ^ 1, byte ^ 0x80, byte.wrapping_add(1), byte - 1, 0, 0xff] {
                        let is_delimiter = b",;=%".contains(&near);
                        (at + 1..length).for_each(|next| text[next] = near);
                        let also = (at + 1..length).filter(|_| is_delimiter).map(|next| (next, near));
                        assert_eq!(found(&text), [(at, byte)].into_iter().chain(also).collect::<Vec<_>>());
                    }
                }
                text.fill(b'-');
            }
        }
        assert_eq!(found(b",;=%,;=%,"), b",;=%,;=%,".iter().copied().enumerate().collect::<Vec<_>>());
    }

    #[test]
    fn a_comma_is_found_at_every_position() {
        for length in 0..20 {
            let mut header = vec![b'-'; length];
            for at in 0..length {
                header[at] = b',';
                for from in 0..=length {
                    assert_eq!(comma(&header, from), if from <= at { at } else { length });
                }
                // The next one, and a neighbour that differs in one bit.
                for next in [b',', b'-', b',' ^ 0x80] {
                    (at + 1..length).for_each(|after| header[after] = next);
                    (0..=at).for_each(|from| assert_eq!(comma(&header, from), at));
                }
                header.fill(b'-');
            }
        }
    }
}
