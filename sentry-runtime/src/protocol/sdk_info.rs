//! The name, version, integrations and packages of the SDK in events.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/sdk/).

use serde::{Deserialize, Serialize, Serializer};

/// The SDK that created an event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientSdkInfo {
    /// The name of the SDK.
    pub name: String,
    /// The version of the SDK. The server rejects an SDK without one, so an empty version is written as `0.0.0`.
    #[serde(serialize_with = "version")]
    pub version: String,
    /// The names of the enabled integrations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub integrations: Vec<String>,
    /// The packages of the SDK.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<ClientSdkPackage>,
}

/// A package of an SDK.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientSdkPackage {
    /// The registry and name of the package, such as `cargo:sentry-runtime`.
    pub name: String,
    /// The version of the package.
    #[serde(serialize_with = "version")]
    pub version: String,
}

fn version<S: Serializer>(version: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(if version.is_empty() { "0.0.0" } else { version })
}
