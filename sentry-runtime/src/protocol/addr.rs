//! Memory addresses and register values: numbers written as `0x…` strings, because JSON readers lose the low bits of
//! large numbers.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use super::wire::serde_as_str;

/// A memory address, written as `0x` and lowercase hex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Addr(pub u64);

/// The value of a register, written like an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RegVal(pub u64);

impl Addr {
    /// Returns whether the address is zero.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.0 == 0
    }
}

macro_rules! hex {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:#x}", self.0)
            }
        }

        impl FromStr for $name {
            type Err = ParseIntError;

            /// Reads hex after `0x`, otherwise decimal.
            fn from_str(text: &str) -> Result<Self, ParseIntError> {
                match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
                    Some(digits) => u64::from_str_radix(digits, 16).map(Self),
                    None => text.parse().map(Self),
                }
            }
        }

        impl From<u64> for $name {
            fn from(value: u64) -> Self {
                Self(value)
            }
        }

        impl From<u32> for $name {
            fn from(value: u32) -> Self {
                Self(value.into())
            }
        }

        impl From<usize> for $name {
            fn from(value: usize) -> Self {
                Self(value as u64)
            }
        }

        impl<T> From<*const T> for $name {
            fn from(pointer: *const T) -> Self {
                Self(pointer.addr() as u64)
            }
        }

        impl<T> From<*mut T> for $name {
            fn from(pointer: *mut T) -> Self {
                Self(pointer.addr() as u64)
            }
        }

        impl From<$name> for u64 {
            fn from(value: $name) -> u64 {
                value.0
            }
        }

        serde_as_str!($name);
    };
}

hex!(Addr);
hex!(RegVal);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_travel_as_hex() {
        assert_eq!(serde_json::to_string(&Addr(0x7fff_0010)).unwrap(), r#""0x7fff0010""#);
        assert_eq!(serde_json::from_str::<Addr>(r#""0x7FFF0010""#).unwrap(), Addr(0x7fff_0010));
        assert_eq!("16".parse(), Ok(RegVal(16)));
        assert!("0x".parse::<Addr>().is_err());
    }
}
