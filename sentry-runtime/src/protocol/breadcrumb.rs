//! Breadcrumbs: what happened before the event.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/breadcrumbs/).

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::level::Level;
use super::{Map, Value};

/// Something that happened, kept to be sent along with a later event.
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
    /// When.
    #[serde(serialize_with = "super::time::as_seconds", deserialize_with = "super::time::from_seconds")]
    pub timestamp: SystemTime,
    /// The kind, by which it is drawn: `default`, `http`, `navigation`, `query`, `error`…
    #[serde(rename = "type", skip_serializing_if = "is_default_type")]
    pub ty: String,
    /// Where it comes from, such as the name of a logger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// How bad it was.
    #[serde(skip_serializing_if = "Level::is_info")]
    pub level: Level,
    /// What happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Details, according to the kind.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub data: Map<String, Value>,
}

fn is_default_type(ty: &str) -> bool {
    ty.is_empty() || ty == "default"
}

impl Default for Breadcrumb {
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
