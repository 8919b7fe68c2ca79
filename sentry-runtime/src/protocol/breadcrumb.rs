//! Breadcrumbs: records of what happened before an event.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/breadcrumbs/).

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::level::Level;
use super::{Map, Value};

/// A record of something that happened, sent with later events.
///
/// ```
/// use sentry::protocol::Breadcrumb;
///
/// let breadcrumb = Breadcrumb {
///     category: Some("cart".into()),
///     message: Some("item added".into()),
///     ..Breadcrumb::default()
/// };
/// assert_eq!(breadcrumb.ty, "default");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Breadcrumb {
    /// The time.
    #[serde(serialize_with = "super::time::as_seconds", deserialize_with = "super::time::from_seconds")]
    pub timestamp: SystemTime,
    /// The kind, which selects the display: `default`, `http`, `navigation`, `query`, `error`…
    #[serde(rename = "type", skip_serializing_if = "is_default_type")]
    pub ty: String,
    /// The source, such as the name of a logger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The severity.
    #[serde(skip_serializing_if = "Level::is_info")]
    pub level: Level,
    /// The text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Details, by name; the expected names depend on the kind.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub data: Map<String, Value>,
}

fn is_default_type(ty: &str) -> bool {
    ty.is_empty() || ty == "default"
}

impl Default for Breadcrumb {
    // Inlined, so that a breadcrumb of which the program gives a few fields is built in its place.
    #[inline]
    fn default() -> Self {
        Self {
            timestamp: SystemTime::now(),
            ty: "default".to_owned(),
            category: None,
            level: Level::Info,
            message: None,
            data: Map::new(),
        }
    }
}
