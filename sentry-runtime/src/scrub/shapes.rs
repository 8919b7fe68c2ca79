//! Secrets that are recognised by their shape in any text: private keys in PEM, and card numbers.

use std::borrow::Cow;

use super::FILTERED;
use super::rewrite::Rewrite;

/// Filters the content between the first and the last line of a private key in PEM, or behind the first line of a key
/// that was cut. Line breaks may be escaped.
pub(super) fn scrub_private_keys(text: &str) -> Cow<'_, str> {
    const BEGIN: &str = "-----BEGIN ";
    let mut rewrite = Rewrite::new(text);
    let mut at = 0;
    while let Some(label) = text[at..].find(BEGIN).map(|found| at + found + BEGIN.len()) {
        at = label;
        let Some(inside) = text[label..].find("-----").map(|len| label + len + 5) else { break };
        if !text[label..inside].contains("PRIVATE KEY") || inside - label > 64 {
            continue;
        }
        let end = text[inside..].find("-----END ").map_or(text.len(), |len| inside + len);
        at = end;
        if end > inside && &text[inside..end] != FILTERED {
            rewrite.replace(inside..end, FILTERED);
        }
    }
    rewrite.finish()
}

/// The groups in which the digits of a card number are written.
const GROUPS: [&[usize]; 3] = [&[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4]];

/// Filters the card numbers of a text: digits of the length, the first digits and the checksum of one, written without
/// separators or in the groups that are printed on a card.
pub(super) fn scrub_card_numbers(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut rewrite = Rewrite::new(text);
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        // Part of a word, of a number with a fraction, of an id: whatever goes on before does not begin here.
        let begins = at.checked_sub(1).is_none_or(|before| !continues(bytes, before, at.checked_sub(2)));
        match card_number(bytes, at).filter(|_| begins) {
            Some(end) => {
                rewrite.replace(at..end, FILTERED);
                at = end;
            }
            None => at += bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count(),
        }
    }
    rewrite.finish()
}

/// Returns whether a number is that of a card.
pub(super) fn is_card_number(number: u64) -> bool {
    let digits = number.to_string();
    card_number(digits.as_bytes(), 0) == Some(digits.len())
}

/// Returns whether a byte next to a number, before another one, makes both parts of something longer.
fn continues(bytes: &[u8], next: usize, after: Option<usize>) -> bool {
    let byte = bytes[next];
    byte.is_ascii_alphanumeric()
        || byte == b'_'
        || !byte.is_ascii()
        || (matches!(byte, b'.' | b'-')
            && after.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphanumeric))
}

/// Where the card number ends that begins here.
fn card_number(bytes: &[u8], start: usize) -> Option<usize> {
    let run = |at: usize| bytes[at..].iter().take(20).take_while(|byte| byte.is_ascii_digit()).count();
    let (mut digits, mut at) = ([0; 16], start);
    let (mut len, mut groups, mut count) = (0, [0; 4], 0);
    let separator = bytes.get(start + run(start)).copied().filter(|byte| matches!(byte, b' ' | b'-'));
    loop {
        let group = run(at);
        if group == 0 || len + group > digits.len() || count == groups.len() {
            return None;
        }
        digits[len..len + group].copy_from_slice(&bytes[at..at + group]);
        (groups[count], count, len, at) = (group, count + 1, len + group, at + group);
        let is_written = (count == 1 && matches!(len, 13..=16)) || GROUPS.contains(&&groups[..count]);
        if is_written && is_card(&digits[..len]) {
            let ends = bytes.get(at).is_none_or(|_| !continues(bytes, at, Some(at + 1)));
            return ends.then_some(at);
        }
        if separator.is_none() || bytes.get(at).copied() != separator {
            return None;
        }
        at += 1;
        if at == bytes.len() {
            return None;
        }
    }
}

/// Returns whether digits are those of a card: by the issuer's first digits and the length that goes with them, and by
/// Luhn's checksum, which one of ten other numbers passes.
fn is_card(digits: &[u8]) -> bool {
    let first = |count: usize| {
        digits[..count].iter().fold(0_u32, |number, digit| number * 10 + u32::from(digit - b'0'))
    };
    let is_issued = match digits.len() {
        13 => first(1) == 4,
        14 => matches!(first(3), 300..=305 | 309) || matches!(first(2), 36 | 38 | 39),
        15 => matches!(first(2), 34 | 37),
        16 => {
            first(1) == 4
                || matches!(first(2), 51..=55 | 62 | 65)
                || matches!(first(4), 2221..=2720 | 3528..=3589 | 6011)
                || matches!(first(3), 644..=649)
        }
        _ => false,
    };
    is_issued && passes_luhn(digits)
}

fn passes_luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match u32::from(digit - b'0') {
            digit if place % 2 == 0 => digit,
            digit if digit > 4 => digit * 2 - 9,
            digit => digit * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_keys_are_filtered() {
        for (text, expected) in [
            (
                "a -----BEGIN RSA PRIVATE KEY-----\nMIIEow\nx==\n-----END RSA PRIVATE KEY----- b",
                "a -----BEGIN RSA PRIVATE KEY-----[Filtered]-----END RSA PRIVATE KEY----- b",
            ),
            (
                "\"-----BEGIN PRIVATE KEY-----\\nMIIEow\\n-----END PRIVATE KEY-----\\n\"",
                "\"-----BEGIN PRIVATE KEY-----[Filtered]-----END PRIVATE KEY-----\\n\"",
            ),
            ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blb", "-----BEGIN OPENSSH PRIVATE KEY-----[Filtered]"),
            (
                "-----BEGIN PGP PRIVATE KEY BLOCK-----\nx\n-----END PGP PRIVATE KEY BLOCK-----",
                "-----BEGIN PGP PRIVATE KEY BLOCK-----[Filtered]-----END PGP PRIVATE KEY BLOCK-----",
            ),
        ] {
            assert_eq!(scrub_private_keys(text), expected);
            assert!(matches!(scrub_private_keys(expected), Cow::Borrowed(same) if same == expected));
        }
        for text in [
            "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
            "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
            "expected -----BEGIN PRIVATE KEY",
            "-----BEGIN PRIVATE KEY----------END PRIVATE KEY-----",
            "-----BEGIN ",
        ] {
            assert!(matches!(scrub_private_keys(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn the_first_line_of_a_private_key_has_a_length() {
        let key = |len: usize| format!("-----BEGIN {}PRIVATE KEY-----\nMIIB", "A".repeat(len - 16));
        assert!(scrub_private_keys(&key(64)).ends_with("-----[Filtered]"));
        assert_eq!(scrub_private_keys(&key(65)), key(65));
    }

    #[test]
    fn a_card_number_behind_its_name_is_filtered_whole() {
        let scrubber = crate::scrub::Scrubber::new(&[]);
        for text in [
            "card_number: 4111 1111 1111 1111",
            "card_number=4111-1111-1111-1111",
            "pin: 4111 1111 1111 1111",
        ] {
            let filtered = scrubber.scrub_text(text);
            assert!(!filtered.contains("1111"), "{filtered}");
        }
    }

    #[test]
    fn card_numbers_are_filtered() {
        for number in [
            "4242424242424242",
            "4111 1111 1111 1111",
            "4111-1111-1111-1111",
            "5555555555554444",
            "2223003122003222",
            "378282246310005",
            "3782 822463 10005",
            "6011111111111117",
            "30569309025904",
            "3530111333300000",
            "4222222222222",
        ] {
            let text = format!("card {number}, declined: {number}.");
            assert_eq!(scrub_card_numbers(&text), "card [Filtered], declined: [Filtered].");
            assert_eq!(scrub_card_numbers(number), FILTERED);
        }
        assert_eq!(scrub_card_numbers("paid 3 4242 4242 4242 4242 12/30"), "paid 3 [Filtered] 12/30");
        assert!(is_card_number(4_242_424_242_424_242) && !is_card_number(4_242_424_242_424_243));
    }

    #[test]
    fn other_numbers_stay() {
        for text in [
            "order 4242424242424243",
            "id 1700000000000000 at 1700000000000",
            "0.4242424242424242",
            "4242424242424242.5",
            "a4242424242424242",
            "4242424242424242f",
            "id_4242424242424242",
            "42424242-4242-4242-4242-424242424242",
            "trace 42424242424242424242424242424242",
            "4242 4242 4242",
            "4242 4242-4242 4242",
            "4242 42424242 4242",
            "127.0.0.1 2024-01-02 03:04:05",
            "",
            "1",
        ] {
            assert!(matches!(scrub_card_numbers(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }
}
