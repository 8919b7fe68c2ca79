//! What is known of an annotated function when it is compiled: one constant a function.
//!
//! It is written as literals, down to the place: a `static` would be computed by the compiler in every `cargo check`,
//! which took a third of all that an annotated function costs there.

pub(crate) mod metadata;

use super::callsite::metadata::metadata;
use crate::protocol::Level;

/// An annotated function: names, place and flags. A span stores a pointer to it and nothing else.
#[derive(Debug)]
pub struct Callsite {
    /// Gives the full path of an item inside of the function.
    pub path: fn() -> &'static str,
    /// The path of the module that the function is in.
    pub module: &'static str,
    /// `file:line`; empty if the compiler does not tell.
    pub location: &'static str,
    /// What the attribute says.
    pub options: &'static CallsiteOptions,
}

/// What the attribute of a function says of its spans.
#[derive(Debug)]
pub struct CallsiteOptions {
    pub(super) name: Option<&'static str>,
    op: &'static str,
    origin: &'static str,
    level: &'static str,
    flags: u8,
}

/// Capture an `Err` as an event.
pub(crate) const CAPTURE_ERR: u8 = 1;
/// No span unless another one is active.
pub(crate) const ONLY_IF_PARENT: u8 = 2;
/// A transaction of its own although another span is active.
pub(crate) const FORCE_TRANSACTION: u8 = 4;
/// A trace of its own.
pub(crate) const NEW_TRACE: u8 = 8;
/// A call of a model, an agent or a tool, see [`crate::instrument::gen_ai`].
pub(crate) const GEN_AI: u8 = 16;
/// Flags for which a span is not simply the child of the active one.
pub(crate) const NOT_A_PLAIN_CHILD: u8 = FORCE_TRANSACTION | NEW_TRACE;
/// Flags for which the start of a span takes more than writing it down.
pub(crate) const NEEDS_CONTEXT: u8 = NOT_A_PLAIN_CHILD | CAPTURE_ERR | GEN_AI;

impl CallsiteOptions {
    /// What goes for an attribute without arguments.
    pub const DEFAULT: &'static Self = &Self::new();

    /// What goes for an attribute without arguments.
    #[must_use]
    pub const fn new() -> Self {
        Self { name: None, op: "function", origin: "auto.function", level: "error", flags: 0 }
    }

    /// Names the span; without it, the function's path does.
    #[must_use]
    pub const fn name(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
    }

    /// The span's operation, `function` by default.
    #[must_use]
    pub const fn op(mut self, op: &'static str) -> Self {
        self.op = op;
        if crate::trace::gen_ai::is_gen_ai(op) {
            self.flags |= GEN_AI;
        }
        self
    }

    /// Who made the span, `auto.function` by default.
    #[must_use]
    pub const fn origin(mut self, origin: &'static str) -> Self {
        self.origin = origin;
        self
    }

    /// The level of events that the span captures, `error` by default.
    #[must_use]
    pub const fn level(mut self, level: &'static str) -> Self {
        self.level = level;
        self
    }

    /// Captures an `Err` as an event.
    #[must_use]
    pub const fn capture_err(mut self) -> Self {
        self.flags |= CAPTURE_ERR;
        self
    }

    /// Makes no span unless another one is active.
    #[must_use]
    pub const fn only_if_parent(mut self) -> Self {
        self.flags |= ONLY_IF_PARENT;
        self
    }

    /// Makes a transaction although another span is active.
    #[must_use]
    pub const fn force_transaction(mut self) -> Self {
        self.flags |= FORCE_TRANSACTION;
        self
    }

    /// Starts a trace of its own.
    #[must_use]
    pub const fn new_trace(mut self) -> Self {
        self.flags |= NEW_TRACE;
        self
    }
}

impl Default for CallsiteOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl Callsite {
    #[inline]
    pub(crate) const fn has(&self, flag: u8) -> bool {
        self.options.flags & flag != 0
    }

    /// Whether its spans have a name that was given.
    pub(crate) const fn is_named(&self) -> bool {
        self.options.name.is_some()
    }

    pub(crate) const fn operation(&self) -> &'static str {
        self.options.op
    }

    pub(crate) const fn made_by(&self) -> &'static str {
        self.options.origin
    }

    /// File and line of the function.
    pub(crate) fn location(&self) -> Option<(&'static str, u32)> {
        let (file, line) = self.location.rsplit_once(':')?;
        Some((file, line.parse().ok()?))
    }

    pub(crate) fn event_level(&self) -> Level {
        self.options.level.parse().unwrap_or(Level::Error)
    }

    /// The name as a reader would write it: the given one, or `Type::method`, `module::function`, `function`.
    pub(crate) fn display_name(&'static self) -> &'static str {
        &metadata(self).name
    }

    /// The fields `op`, `description` and `origin` of a span, each behind a comma.
    pub(crate) fn json_fields(&'static self) -> &'static [u8] {
        &metadata(self).json
    }
}
