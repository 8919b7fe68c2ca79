//! Which SDK made an event.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/sdk/).

use serde::{Deserialize, Serialize, Serializer};

/// The SDK that made an event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientSdkInfo {
    /// Its name.
    pub name: String,
    /// Its version. Receivers refuse an SDK without one, so an empty version is written as `0.0.0`.
    #[serde(serialize_with = "version")]
    pub version: String,
    /// Its integrations that are switched on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub integrations: Vec<String>,
    /// The packages of which it consists.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<ClientSdkPackage>,
}

/// A package of an SDK.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientSdkPackage {
    /// Where it was published and under which name, such as `cargo:sentry-runtime`.
    pub name: String,
    /// Its version.
    #[serde(serialize_with = "version")]
    pub version: String,
}

fn version<S: Serializer>(version: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(if version.is_empty() { "0.0.0" } else { version })
}
