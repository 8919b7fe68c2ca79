//! Contexts: what was around the event, each with its own shape, told apart by `type`.
//!
//! The trace context is in [`trace_context`](super::trace_context).
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/contexts/).

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::trace_context::TraceContext;
use super::{Map, Value};

/// A context of an event; the key under which it stands in the event is its name.
///
/// ```
/// use sentry::protocol::{Context, Map, OsContext};
///
/// let os = Context::from(OsContext { name: Some("Linux".into()), ..OsContext::default() });
/// assert_eq!(serde_json::to_string(&os)?, r#"{"type":"os","name":"Linux"}"#);
///
/// let character = Context::from(Map::from([("age".to_owned(), 19.into())]));
/// assert_eq!(serde_json::to_string(&character)?, r#"{"age":19}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Context {
    /// The machine.
    Device(Box<DeviceContext>),
    /// The operating system.
    Os(Box<OsContext>),
    /// The language and its compiler.
    Runtime(Box<RuntimeContext>),
    /// The program.
    App(Box<AppContext>),
    /// The browser.
    Browser(Box<BrowserContext>),
    /// The trace and the span.
    Trace(Box<TraceContext>),
    /// The answer to the request.
    Response(Box<ResponseContext>),
    /// Any other, as it was given.
    #[serde(untagged)]
    Other(Map<String, Value>),
}

impl Context {
    /// The `type` on the wire; `unknown` for a context of the user's own.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Device(_) => "device",
            Self::Os(_) => "os",
            Self::Runtime(_) => "runtime",
            Self::App(_) => "app",
            Self::Browser(_) => "browser",
            Self::Trace(_) => "trace",
            Self::Response(_) => "response",
            Self::Other(_) => "unknown",
        }
    }
}

macro_rules! into_context {
    ($($variant:ident: $ty:ty),*) => {$(
        impl From<$ty> for Context {
            fn from(context: $ty) -> Self {
                Self::$variant(Box::new(context))
            }
        }
    )*};
}

into_context!(
    Device: DeviceContext,
    Os: OsContext,
    Runtime: RuntimeContext,
    App: AppContext,
    Browser: BrowserContext,
    Trace: TraceContext,
    Response: ResponseContext
);

impl From<Map<String, Value>> for Context {
    fn from(context: Map<String, Value>) -> Self {
        Self::Other(context)
    }
}

impl From<serde_json::Map<String, Value>> for Context {
    fn from(context: serde_json::Map<String, Value>) -> Self {
        Self::Other(context.into_iter().collect())
    }
}

impl From<Value> for Context {
    /// The fields of an object. Anything else becomes the field `value`, for a context has fields.
    fn from(context: Value) -> Self {
        match context {
            Value::Object(fields) => fields.into(),
            value => Self::Other(Map::from([("value".to_owned(), value)])),
        }
    }
}

/// How a device is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Orientation {
    /// Upright.
    Portrait,
    /// On its side.
    Landscape,
}

/// The machine on which the program runs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviceContext {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The family of models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// The model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The internal number of the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_id: Option<String>,
    /// The architecture of the processor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arch: Option<String>,
    /// The charge of the battery in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub battery_level: Option<f32>,
    /// How it is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub orientation: Option<Orientation>,
    /// Whether it is a simulator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulator: Option<bool>,
    /// Memory in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_size: Option<u64>,
    /// Free memory in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free_memory: Option<u64>,
    /// Memory that the program may use, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usable_memory: Option<u64>,
    /// Storage in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_size: Option<u64>,
    /// Free storage in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free_storage: Option<u64>,
    /// Logical processors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processor_count: Option<u64>,
    /// When it was started.
    #[serde(with = "super::time::optional_rfc3339", skip_serializing_if = "Option::is_none")]
    pub boot_time: Option<SystemTime>,
    /// Its time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// Anything else, written beside the fields above.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The operating system.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OsContext {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its build.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build: Option<String>,
    /// The version of its kernel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel_version: Option<String>,
    /// Whether the device is jailbroken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rooted: Option<bool>,
    /// Anything else, written beside the fields above.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The language, its compiler or its interpreter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RuntimeContext {
    /// Its name, such as `rustc`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Anything else, written beside the fields above.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The program.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AppContext {
    /// When it was started.
    #[serde(with = "super::time::optional_rfc3339", skip_serializing_if = "Option::is_none")]
    pub app_start_time: Option<SystemTime>,
    /// A hash that tells devices of the same program apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_app_hash: Option<String>,
    /// How it was built, such as `release`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build_type: Option<String>,
    /// Its identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_identifier: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_name: Option<String>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_version: Option<String>,
    /// Its build.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_build: Option<String>,
    /// Bytes of memory that it uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_memory: Option<u64>,
    /// Anything else, written beside the fields above.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The browser from which a request came.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BrowserContext {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Anything else, written beside the fields above.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The answer to the request during which the event happened.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResponseContext {
    /// The cookies it sets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cookies: Option<String>,
    /// Its headers.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub headers: Map<String, String>,
    /// Its status code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u64>,
    /// The size of its body in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_size: Option<u64>,
    /// Its body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_a_context_of_the_users_own() {
        let context = |value| serde_json::to_string(&Context::from(value)).unwrap();
        assert_eq!(context(serde_json::json!({"age": 19})), r#"{"age":19}"#);
        assert_eq!(context(serde_json::json!([1])), r#"{"value":[1]}"#);
    }

    #[test]
    fn a_context_is_read_back_by_its_type() {
        let mut device = DeviceContext {
            processor_count: Some(2),
            boot_time: Some(std::time::UNIX_EPOCH),
            ..DeviceContext::default()
        };
        device.other.insert("rack".into(), 7.into());
        let text = serde_json::to_string(&Context::from(device.clone())).unwrap();
        assert_eq!(
            text,
            r#"{"type":"device","processor_count":2,"boot_time":"1970-01-01T00:00:00.000Z","rack":7}"#
        );
        assert_eq!(serde_json::from_str::<Context>(&text).unwrap(), Context::from(device));
        let own = serde_json::from_str::<Context>(r#"{"type":"character","age":19}"#).unwrap();
        assert_eq!(own.type_name(), "unknown");
        assert_eq!(serde_json::to_string(&own).unwrap(), r#"{"age":19,"type":"character"}"#);
    }
}
