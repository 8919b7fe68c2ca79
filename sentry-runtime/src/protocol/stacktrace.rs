//! Stack traces, their frames, and the threads they belong to.
//!
//! Spec: `foundations/transport/event-payloads/stacktrace.mdx` and `threads.mdx`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::addr::{Addr, RegVal};
use super::wire::is_false;
use super::{Map, Value};

/// One call on a stack.
///
/// Either the names or `instruction_addr` must be there; with the address and a matching
/// [`DebugImage`](super::DebugImage) the server can find the names.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Frame {
    /// The function, as a reader would write it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// The mangled name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    /// The module, such as `shop::cart`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// The crate, or the file of the library.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// The source file, relative to the root of its project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// The source file with its whole path.
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
    /// The source line itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_line: Option<String>,
    /// Source lines after the line, top to bottom.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub post_context: Vec<String>,
    /// Whether the function belongs to the user's program and not to a library.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_app: Option<bool>,
    /// Local variables.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub vars: Map<String, Value>,
    /// Where the image of the function begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_addr: Option<Addr>,
    /// The instruction that was running, or to which the callee returns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instruction_addr: Option<Addr>,
    /// Where the function begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symbol_addr: Option<Addr>,
    /// Whether addresses are absolute (`abs`) or relative to an image (`rel:0`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub addr_mode: Option<String>,
}

/// The frames of a stack, oldest call first, as receivers expect them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stacktrace {
    /// The frames, oldest call first. Receivers refuse an empty list: a stack trace without frames is not
    /// written at all where it stands in an event.
    pub frames: Vec<Frame>,
    /// Which frames were left out: the first index and the one after the last. For event processors only:
    /// receivers no longer know it, so it is not written.
    #[serde(skip_serializing)]
    pub frames_omitted: Option<(u64, u64)>,
    /// The registers of the youngest frame.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub registers: Map<String, RegVal>,
}

impl Stacktrace {
    /// A stack trace of frames that were gathered youngest first, or `None` when there are none.
    #[must_use]
    pub fn from_frames_reversed(mut frames: Vec<Frame>) -> Option<Self> {
        if frames.is_empty() {
            return None;
        }
        frames.reverse();
        Some(Self { frames, ..Self::default() })
    }
}

/// `skip_serializing_if` for a stack trace: one without frames is as good as none.
pub(crate) fn no_frames(stacktrace: &Option<Stacktrace>) -> bool {
    stacktrace.as_ref().is_none_or(|stacktrace| stacktrace.frames.is_empty())
}

/// The id of a thread: a number, or a name where the platform has no numbers.
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
    /// Its id, by which an exception refers to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<ThreadId>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its stack; the stack of an exception stands in the exception.
    #[serde(skip_serializing_if = "no_frames")]
    pub stacktrace: Option<Stacktrace>,
    /// Its stack before it was made readable.
    #[serde(skip_serializing_if = "no_frames")]
    pub raw_stacktrace: Option<Stacktrace>,
    /// Whether this thread brought the program down.
    #[serde(skip_serializing_if = "is_false")]
    pub crashed: bool,
    /// Whether the event was captured on this thread.
    #[serde(skip_serializing_if = "is_false")]
    pub current: bool,
}

/// Where in a template an error happened.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TemplateInfo {
    /// The file, relative to the root of its project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// The file with its whole path.
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
    /// The source line itself.
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
