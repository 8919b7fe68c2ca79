//! Contexts: structured data about the environment of an event. The field `type` identifies their shape.
//!
//! The trace context is in [`trace_context`](super::trace_context).
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/contexts/).

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::trace_context::TraceContext;
use super::{Map, Value, map_of};

/// A context of an event. Its name is its key in [`Event::contexts`](super::Event::contexts).
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
    /// The device.
    Device(Box<DeviceContext>),
    /// The operating system.
    Os(Box<OsContext>),
    /// The language runtime: here the compiler.
    Runtime(Box<RuntimeContext>),
    /// The program.
    App(Box<AppContext>),
    /// The browser.
    Browser(Box<BrowserContext>),
    /// The trace and the span.
    Trace(Box<TraceContext>),
    /// The response to the request.
    Response(Box<ResponseContext>),
    /// Any other context, with its fields.
    #[serde(untagged)]
    Other(Map<String, Value>),
}

impl Context {
    /// Returns the `type` in the protocol; `unknown` for a custom context.
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
        Self::Other(map_of(context))
    }
}

impl From<Value> for Context {
    /// Takes the fields of an object. Any other value becomes the field `value`, because a context consists of fields.
    fn from(context: Value) -> Self {
        match context {
            Value::Object(fields) => fields.into(),
            value => Self::Other(map_of([("value".to_owned(), value)])),
        }
    }
}

/// The orientation of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Orientation {
    /// Upright.
    Portrait,
    /// Sideways.
    Landscape,
}

/// The device on which the program runs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviceContext {
    /// The name of the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The model family.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// The model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The internal identifier of the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_id: Option<String>,
    /// The processor architecture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arch: Option<String>,
    /// The battery charge in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub battery_level: Option<f32>,
    /// The orientation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub orientation: Option<Orientation>,
    /// Whether the device is a simulator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulator: Option<bool>,
    /// The memory in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_size: Option<u64>,
    /// The free memory in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free_memory: Option<u64>,
    /// The memory that the program may use, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usable_memory: Option<u64>,
    /// The storage in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_size: Option<u64>,
    /// The free storage in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free_storage: Option<u64>,
    /// The number of logical processors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processor_count: Option<u64>,
    /// The time when the device was started.
    #[serde(with = "super::time::optional_rfc3339", skip_serializing_if = "Option::is_none")]
    pub boot_time: Option<SystemTime>,
    /// The time zone of the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// Other fields, written next to the fields above.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The operating system.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OsContext {
    /// The name of the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The version of the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The build of the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build: Option<String>,
    /// The version of the kernel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel_version: Option<String>,
    /// Whether the device is rooted or jailbroken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rooted: Option<bool>,
    /// Other fields, written next to the fields above.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The language runtime: a compiler or an interpreter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RuntimeContext {
    /// The name of the runtime, such as `rustc`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The version of the runtime.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Other fields, written next to the fields above.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The program.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AppContext {
    /// The time when the program was started.
    #[serde(with = "super::time::optional_rfc3339", skip_serializing_if = "Option::is_none")]
    pub app_start_time: Option<SystemTime>,
    /// A hash that identifies the device for this program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_app_hash: Option<String>,
    /// The kind of build, such as `release`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build_type: Option<String>,
    /// The identifier of the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_identifier: Option<String>,
    /// The name of the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_name: Option<String>,
    /// The version of the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_version: Option<String>,
    /// The build of the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_build: Option<String>,
    /// The memory that the program uses, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_memory: Option<u64>,
    /// Other fields, written next to the fields above.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The browser that sent a request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BrowserContext {
    /// The name of the browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The version of the browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Other fields, written next to the fields above.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The response to the request during which the event happened.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResponseContext {
    /// The cookies that the response sets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cookies: Option<String>,
    /// The headers.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub headers: Map<String, String>,
    /// The status code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u64>,
    /// The size of the body in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_size: Option<u64>,
    /// The body.
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
