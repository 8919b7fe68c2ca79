//! Trace and span ids: lowercase hex in the protocol, never all zero.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::random::{random_u64, random_u128};

/// The id of a trace: 16 bytes, written as 32 lowercase hex digits.
///
/// [Spec, header `sentry-trace`](https://develop.sentry.dev/sdk/foundations/trace-propagation/).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TraceId([u8; 16]);

/// The id of a span: 8 bytes, written as 16 lowercase hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpanId([u8; 8]);

/// The error of a malformed trace or span id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseIdError {
    value: String,
    digits: usize,
}

impl fmt::Display for ParseIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not an id: expected {} lowercase hex digits, not all zero",
            self.value, self.digits
        )
    }
}

impl std::error::Error for ParseIdError {}

/// Returns the hex digits of four bytes: spreads the nibbles over eight bytes, the first into the lowest, and converts
/// all of them at once.
const fn hex_digits(bytes: [u8; 4]) -> [u8; 8] {
    let mut nibbles = u32::from_le_bytes(bytes) as u64;
    nibbles = (nibbles | nibbles << 16) & 0x0000_FFFF_0000_FFFF;
    nibbles = (nibbles | nibbles << 8) & 0x00FF_00FF_00FF_00FF;
    nibbles = (nibbles >> 4 | nibbles << 8) & 0x0F0F_0F0F_0F0F_0F0F;
    // Adding six sets the next bit of nibbles that become letters.
    let letters = ((nibbles + 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101;
    (nibbles + 0x3030_3030_3030_3030 + letters * 0x27).to_le_bytes()
}

/// Returns the value of eight hex digits. Uppercase hex is invalid in the protocol. The digits are read without a check;
/// they are valid if the value is written as the same digits.
const fn hex_value(digits: [u8; 8]) -> Option<u32> {
    let word = u64::from_be_bytes(digits);
    let letters = (word & 0x4040_4040_4040_4040) >> 6;
    let mut nibbles = (word & 0x0F0F_0F0F_0F0F_0F0F) + letters * 9;
    nibbles = (nibbles | nibbles >> 4) & 0x00FF_00FF_00FF_00FF;
    nibbles = (nibbles | nibbles >> 8) & 0x0000_FFFF_0000_FFFF;
    let value = (nibbles | nibbles >> 16) as u32;
    if u64::from_be_bytes(hex_digits(value.to_be_bytes())) == word { Some(value) } else { None }
}

macro_rules! id {
    ($name:ident, $bytes:literal) => {
        impl $name {
            /// Returns the id as bytes, most significant first.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $bytes] {
                &self.0
            }

            /// Returns an id of these bytes, or `None` if all of them are zero.
            #[must_use]
            pub fn from_bytes(bytes: [u8; $bytes]) -> Option<Self> {
                (bytes != [0; $bytes]).then_some(Self(bytes))
            }

            /// Returns the id with these digits.
            #[inline]
            pub(crate) fn from_digits(digits: &[u8; $bytes * 2]) -> Option<Self> {
                let mut bytes = [0; $bytes];
                for (bytes, digits) in bytes.as_chunks_mut().0.iter_mut().zip(digits.as_chunks().0) {
                    *bytes = hex_value(*digits)?.to_be_bytes();
                }
                Self::from_bytes(bytes)
            }

            /// Returns the id as lowercase hex.
            #[inline]
            pub(crate) fn hex(&self) -> [u8; $bytes * 2] {
                let mut text = [0; $bytes * 2];
                for (digits, bytes) in text.as_chunks_mut().0.iter_mut().zip(self.0.as_chunks().0) {
                    *digits = hex_digits(*bytes);
                }
                text
            }

            /// Writes the id as lowercase hex into a buffer without allocating.
            pub(crate) fn write_hex(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.hex());
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(std::str::from_utf8(&self.hex()).map_err(|_| fmt::Error)?)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                let bad = || ParseIdError { value: text.chars().take(64).collect(), digits: $bytes * 2 };
                let digits = text.as_bytes().try_into().ok();
                digits.and_then(Self::from_digits).ok_or_else(bad)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    };
}

id!(TraceId, 16);
id!(SpanId, 8);

impl Default for SpanId {
    /// Returns a random id.
    fn default() -> Self {
        Self::from_u64(random_u64())
    }
}

impl Default for TraceId {
    /// Returns a random id.
    fn default() -> Self {
        Self::from_u128(random_u128())
    }
}

impl From<SpanId> for u64 {
    fn from(id: SpanId) -> u64 {
        u64::from_be_bytes(id.0)
    }
}

impl SpanId {
    /// Returns the id with the bytes of `value`. Zero, an invalid span id, becomes one.
    pub(crate) fn from_u64(value: u64) -> Self {
        Self(value.max(1).to_be_bytes())
    }
}

impl TraceId {
    /// Returns the id with the bytes of `value`. Zero, an invalid trace id, becomes one.
    pub(crate) fn from_u128(value: u128) -> Self {
        Self(value.max(1).to_be_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_and_written_as_lowercase_hex() {
        let text = "0123456789abcdef0123456789abcdef";
        let id: TraceId = text.parse().unwrap();
        assert_eq!(id.to_string(), text);
        let mut bytes = Vec::new();
        id.write_hex(&mut bytes);
        assert_eq!(bytes, text.as_bytes());
        let id = SpanId::from_bytes([0xff, 0, 0x9a, 0xa9, 0x10, 0x01, 0xf0, 0x0f]).unwrap();
        assert_eq!(id.to_string(), "ff009aa91001f00f");
    }

    #[test]
    fn every_byte_that_is_no_digit_is_refused_at_every_position() {
        let digits = *b"09af5b7e";
        assert_eq!(hex_value(digits), Some(0x09af_5b7e));
        for at in 0..8 {
            for byte in 0..=u8::MAX {
                let mut text = digits;
                text[at] = byte;
                let read =
                    std::str::from_utf8(&text).ok().and_then(|text| u32::from_str_radix(text, 16).ok());
                let expected = read.filter(|_| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
                assert_eq!(hex_value(text), expected, "{text:?}");
            }
        }
    }

    #[test]
    fn uppercase_zero_and_wrong_lengths_are_refused() {
        for bad in ["", "0", "0123456789ABCDEF", "0000000000000000", "0123456789abcdeg", "ü123456789abcde"] {
            assert!(bad.parse::<SpanId>().is_err(), "{bad} must be refused");
        }
    }
}
