//! Helpers that all payloads share: for ids, names, addresses and borrowed texts, and for skipping empty fields.
//!
//! In some places the server treats an empty list or `null` differently from a missing field. Empty fields are never
//! written, which avoids the difference.

use std::borrow::Cow;

use serde::Serializer;
use uuid::Uuid;

/// Returns the string without borrowed data.
pub(crate) fn owned(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}

/// `serialize_with` for an id that is written as 32 hex digits without dashes.
pub(crate) fn uuid_simple<S: Serializer>(id: &Uuid, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&id.simple())
}

/// `skip_serializing_if` for flags that are false unless said otherwise.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub(crate) fn is_false(flag: &bool) -> bool {
    !flag
}

/// Reads and writes a type as a string, by its `FromStr` and `Display`.
macro_rules! serde_as_str {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use serde_as_str;
