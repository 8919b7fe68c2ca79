//! The affected user of an event.
//!
//! [Spec](https://develop.sentry.dev/sdk/data-model/event-payloads/user/).

use std::fmt;
use std::net::{AddrParseError, IpAddr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::wire::serde_as_str;
use super::{Map, Value};

/// The IP address of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum IpAddress {
    /// `{{auto}}`: the server uses the address that sent the envelope.
    #[default]
    Auto,
    /// A known address.
    Exact(IpAddr),
}

impl fmt::Display for IpAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("{{auto}}"),
            Self::Exact(address) => address.fmt(f),
        }
    }
}

impl FromStr for IpAddress {
    type Err = AddrParseError;

    fn from_str(text: &str) -> Result<Self, AddrParseError> {
        if text == "{{auto}}" { Ok(Self::Auto) } else { text.parse().map(Self::Exact) }
    }
}

impl From<IpAddr> for IpAddress {
    fn from(address: IpAddr) -> Self {
        Self::Exact(address)
    }
}

impl PartialEq<IpAddr> for IpAddress {
    fn eq(&self, other: &IpAddr) -> bool {
        *self == Self::Exact(*other)
    }
}

serde_as_str!(IpAddress);

/// The affected user of an event. At least one of id, email, IP address and name should be set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct User {
    /// The id of the user in the program's system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The email address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The IP address. The toolkit never sets it automatically.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<IpAddress>,
    /// The login name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Other fields, written next to the fields above.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_may_be_left_to_the_server() {
        let mut user = User { ip_address: Some(IpAddress::Auto), ..User::default() };
        user.other.insert("plan".into(), "free".into());
        let text = r#"{"ip_address":"{{auto}}","plan":"free"}"#;
        assert_eq!(serde_json::to_string(&user).unwrap(), text);
        assert_eq!(serde_json::from_str::<User>(text).unwrap(), user);
        assert_eq!("::1".parse::<IpAddress>().unwrap(), "::1".parse::<IpAddr>().unwrap());
    }
}
