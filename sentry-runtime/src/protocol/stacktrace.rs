//! Stack traces, their frames, and the threads that they belong to.
//!
//! Spec: [stack traces](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/stacktrace/),
//! [threads](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/threads/).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::addr::{Addr, RegVal};
use super::wire::is_false;
use super::{Map, Value};

/// One call on a stack.
///
/// Either the names or `instruction_addr` must be set; with the address and a matching
/// [`DebugImage`](super::DebugImage), the server can resolve the names.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Frame {
    /// The readable name of the function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// The mangled name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    /// The module, such as `shop::cart`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// The crate, or the library's file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// The source file, relative to the root of its project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// The absolute path of the source file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abs_path: Option<String>,
    /// The line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lineno: Option<u64>,
    /// The column, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colno: Option<u64>,
    /// Source lines before the line, top to bottom.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pre_context: Vec<String>,
    /// The source line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_line: Option<String>,
    /// Source lines after the line, top to bottom.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub post_context: Vec<String>,
    /// Whether the function belongs to the user's program, not to a library.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_app: Option<bool>,
    /// Local variables.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub vars: Map<String, Value>,
    /// The start address of the function's image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_addr: Option<Addr>,
    /// The address of the running instruction, or the return address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instruction_addr: Option<Addr>,
    /// The start address of the function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symbol_addr: Option<Addr>,
    /// Whether addresses are absolute (`abs`) or relative to an image (`rel:0`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub addr_mode: Option<String>,
}

/// The frames of a stack, oldest call first, as the server expects them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stacktrace {
    /// The frames, oldest call first. The server rejects an empty list, so events are written without stack traces that
    /// have no frames.
    pub frames: Vec<Frame>,
    /// The range of omitted frames: the first index and the one after the last. Only for event processors: the server
    /// no longer reads it, so it is not written.
    #[serde(skip_serializing)]
    pub frames_omitted: Option<(u64, u64)>,
    /// The registers of the youngest frame.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub registers: Map<String, RegVal>,
}

impl Stacktrace {
    /// Returns a stack trace of frames that are listed youngest first, or `None` if there are no frames.
    #[must_use]
    pub fn from_frames_reversed(mut frames: Vec<Frame>) -> Option<Self> {
        if frames.is_empty() {
            return None;
        }
        frames.reverse();
        Some(Self { frames, ..Self::default() })
    }
}

/// `skip_serializing_if` for stack traces: skips those without frames.
pub(crate) fn no_frames(stacktrace: &Option<Stacktrace>) -> bool {
    stacktrace.as_ref().is_none_or(|stacktrace| stacktrace.frames.is_empty())
}

/// The id of a thread: a number, or a name on platforms without numbers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ThreadId {
    /// A number.
    Int(u64),
    /// Anything else.
    String(String),
}

impl Default for ThreadId {
    fn default() -> Self {
        Self::Int(0)
    }
}

impl fmt::Display for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(id) => id.fmt(f),
            Self::String(id) => f.pad(id),
        }
    }
}

impl From<u64> for ThreadId {
    fn from(id: u64) -> Self {
        Self::Int(id)
    }
}

impl From<u32> for ThreadId {
    fn from(id: u32) -> Self {
        Self::Int(id.into())
    }
}

impl From<u16> for ThreadId {
    fn from(id: u16) -> Self {
        Self::Int(id.into())
    }
}

impl From<&str> for ThreadId {
    fn from(id: &str) -> Self {
        Self::String(id.to_owned())
    }
}

impl From<String> for ThreadId {
    fn from(id: String) -> Self {
        Self::String(id)
    }
}

/// A thread of the program at the time of the event.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Thread {
    /// The id of the thread, by which an exception refers to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<ThreadId>,
    /// The name of the thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The stack trace of the thread. The stack trace of an exception is in the exception.
    #[serde(skip_serializing_if = "no_frames")]
    pub stacktrace: Option<Stacktrace>,
    /// The stack trace before it was processed for display.
    #[serde(skip_serializing_if = "no_frames")]
    pub raw_stacktrace: Option<Stacktrace>,
    /// Whether this thread crashed the program.
    #[serde(skip_serializing_if = "is_false")]
    pub crashed: bool,
    /// Whether the event was captured on this thread.
    #[serde(skip_serializing_if = "is_false")]
    pub current: bool,
}

/// The location of an error in a template.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TemplateInfo {
    /// The file, relative to the root of its project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// The absolute path of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abs_path: Option<String>,
    /// The line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lineno: Option<u64>,
    /// The column, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colno: Option<u64>,
    /// Source lines before the line, top to bottom.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pre_context: Vec<String>,
    /// The source line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_line: Option<String>,
    /// Source lines after the line, top to bottom.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub post_context: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_frames_are_never_written() {
        let thread = Thread {
            name: Some("main".into()),
            stacktrace: Some(Stacktrace::default()),
            ..Thread::default()
        };
        assert_eq!(serde_json::to_string(&thread).unwrap(), r#"{"name":"main"}"#);
        assert_eq!(Stacktrace::from_frames_reversed(Vec::new()), None);
    }

    #[test]
    fn the_oldest_call_comes_first() {
        let frame = |name: &str| Frame { function: Some(name.into()), ..Frame::default() };
        let stack = Stacktrace::from_frames_reversed(vec![frame("inner"), frame("main")]).unwrap();
        assert_eq!(
            serde_json::to_string(&stack).unwrap(),
            r#"{"frames":[{"function":"main"},{"function":"inner"}]}"#
        );
    }
}
