//! Callsites: the compile-time data of an annotated function, one constant per function.
//!
//! The expansion writes them as literals, including the source location: the compiler would evaluate a `static` in
//! every `cargo check`, which took a third of the total cost of an annotated function there.

pub(crate) mod metadata;

use std::time::Duration;

use super::callsite::metadata::metadata;
use crate::protocol::Level;

/// An annotated function: names, source location and flags. A span stores only a pointer to it.
#[derive(Debug)]
pub struct Callsite {
    /// Returns the full path of an item inside the function.
    pub path: fn() -> &'static str,
    /// The path of the function's module.
    pub module: &'static str,
    /// `file:line`; empty if the compiler does not provide it.
    pub location: &'static str,
    /// The arguments of the attribute.
    pub options: &'static CallsiteOptions,
}

/// The arguments of a function's attribute about its spans.
#[derive(Debug)]
pub struct CallsiteOptions {
    pub(super) name: Option<&'static str>,
    op: &'static str,
    origin: &'static str,
    level: &'static str,
    flags: u8,
    warn_after: u32,
}

/// Captures an `Err` as an event.
pub(crate) const CAPTURE_ERR: u8 = 1;
/// Starts a span only if another one is active.
pub(crate) const ONLY_IF_PARENT: u8 = 2;
/// Starts a transaction even if another span is active.
pub(crate) const FORCE_TRANSACTION: u8 = 4;
/// Starts a new trace.
pub(crate) const NEW_TRACE: u8 = 8;
/// The call of a model, an agent or a tool, see [`crate::instrument::gen_ai`].
pub(crate) const GEN_AI: u8 = 16;
/// Reports the span while it is open for too long.
pub(crate) const WARN_AFTER: u8 = 32;
/// A monitored job, whose root has scopes of its own.
pub(crate) const MONITOR: u8 = 64;
/// Flags with which a span is not simply the child of the active one.
pub(crate) const NOT_A_PLAIN_CHILD: u8 = FORCE_TRANSACTION | NEW_TRACE;
/// Flags with which the start of a span needs its context.
pub(crate) const NEEDS_CONTEXT: u8 = NOT_A_PLAIN_CHILD | CAPTURE_ERR | GEN_AI | WARN_AFTER;

/// The callsite of an attribute without arguments.
#[doc(hidden)]
#[macro_export]
macro_rules! __sentry_site {
    ($location:literal) => {{
        enum __SentryFunction {}
        &$crate::__private::Callsite {
            path: ::core::any::type_name::<__SentryFunction>,
            module: ::core::module_path!(),
            location: $location,
            options: $crate::__private::CallsiteOptions::DEFAULT,
        }
    }};
}

impl CallsiteOptions {
    /// The options of an attribute without arguments.
    pub const DEFAULT: &'static Self = &Self::new();

    /// Returns the options of an attribute without arguments.
    #[must_use]
    pub const fn new() -> Self {
        Self { name: None, op: "function", origin: "auto.function", level: "error", flags: 0, warn_after: 0 }
    }

    /// Sets the name (default: the function's path).
    #[must_use]
    pub const fn name(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
    }

    /// Sets the operation (default: `function`).
    #[must_use]
    pub const fn op(mut self, op: &'static str) -> Self {
        self.op = op;
        if crate::trace::gen_ai::is_gen_ai(op) {
            self.flags |= GEN_AI;
        }
        self
    }

    /// Sets the origin (default: `auto.function`).
    #[must_use]
    pub const fn origin(mut self, origin: &'static str) -> Self {
        self.origin = origin;
        self
    }

    /// Sets the level of events that the span captures (default: `error`).
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

    /// Starts the span only if another one is active.
    #[must_use]
    pub const fn only_if_parent(mut self) -> Self {
        self.flags |= ONLY_IF_PARENT;
        self
    }

    /// Starts a transaction even if another span is active.
    #[must_use]
    pub const fn force_transaction(mut self) -> Self {
        self.flags |= FORCE_TRANSACTION;
        self
    }

    /// Reports the span if it is open for this long, in milliseconds.
    #[must_use]
    pub const fn warn_after(mut self, milliseconds: u32) -> Self {
        self.flags |= WARN_AFTER;
        self.warn_after = milliseconds;
        self
    }

    /// Marks a monitored job.
    #[must_use]
    pub const fn monitor(mut self) -> Self {
        self.flags |= MONITOR;
        self
    }

    /// Starts a new trace.
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

    /// Returns whether the name is set.
    pub(crate) const fn is_named(&self) -> bool {
        self.options.name.is_some()
    }

    pub(crate) const fn operation(&self) -> &'static str {
        self.options.op
    }

    pub(crate) const fn made_by(&self) -> &'static str {
        self.options.origin
    }

    /// Returns the time after which an open span is reported.
    pub(crate) fn warn_after(&self) -> Option<Duration> {
        self.has(WARN_AFTER).then(|| Duration::from_millis(self.options.warn_after.into()))
    }

    /// Returns file and line of the function.
    pub(crate) fn location(&self) -> Option<(&'static str, u32)> {
        let (file, line) = self.location.rsplit_once(':')?;
        Some((file, line.parse().ok()?))
    }

    pub(crate) fn event_level(&self) -> Level {
        self.options.level.parse().unwrap_or(Level::Error)
    }

    /// Returns the readable name: the given one, or `Type::method`, `module::function`, `function`.
    pub(crate) fn display_name(&'static self) -> &'static str {
        &metadata(self).name
    }

    /// Returns the fields `op`, `description` and `origin` of a span, each preceded by a comma.
    pub(crate) fn json_fields(&'static self) -> &'static [u8] {
        &metadata(self).json
    }
}
