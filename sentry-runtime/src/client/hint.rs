//! Hints: what comes along with an event or a breadcrumb for the callbacks that look at it, and is not part of it.
//!
//! A hint is made where something is captured, travels with it to the pipeline thread, and is shown to the
//! processors and callbacks that ask for it. What it says of attachments and mechanism counts after they ran.

use std::any::{Any, TypeId};
use std::backtrace::Backtrace;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::protocol::{Attachment, Mechanism};
use crate::stacktrace::RawStack;

/// What comes along with something captured: attachments, how it came to be captured, and any value of yours that
/// a callback should see.
///
/// Callbacks that take a hint: `before_send_with_hint`, `before_breadcrumb_with_hint`,
/// [`Scope::add_event_processor_with_hint`](crate::Scope::add_event_processor_with_hint),
/// [`Integration::process_event`](crate::Integration::process_event).
///
/// ```
/// use sentry::Hint;
///
/// struct Attempt(u32);
///
/// let options = sentry::ClientOptions::new().before_send_with_hint(|event, hint| {
///     // The first attempts are nobody's concern.
///     hint.get::<Attempt>().is_none_or(|attempt| attempt.0 > 3).then_some(event)
/// });
/// let error = std::io::Error::other("no answer");
/// sentry::capture_error_with_hint(&error, Hint::new().with(Attempt(1)).handled(true));
/// # drop(options);
/// ```
///
/// Spec: `foundations/client/hooks/index.mdx`; the idea is that of `EventHint` in Sentry's other SDKs.
#[derive(Default)]
#[non_exhaustive]
pub struct Hint {
    /// The type of the error that was captured, with its module where that is known.
    pub type_name: Option<String>,
    /// What the error, panic or message said, before anything was filtered or changed.
    pub text: Option<String>,
    /// Files that travel with the event. Those of the scopes are among them when a callback sees the hint; what is
    /// left after the last callback is sent.
    pub attachments: Vec<Arc<Attachment>>,
    /// How the error came to be captured, instead of `generic` and handled.
    pub mechanism: Option<Mechanism>,
    pub(crate) stack: Option<RawStack>,
    values: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
}

impl Hint {
    /// A hint that says nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value for callbacks to see, one of each type: a later one of the same type replaces it.
    #[must_use]
    pub fn with<T: Any + Send + Sync>(mut self, value: T) -> Self {
        self.values.insert(TypeId::of::<T>(), Box::new(value));
        self
    }

    /// The value of a type, if somebody added one.
    #[must_use]
    pub fn get<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.values.get(&TypeId::of::<T>())?.downcast_ref()
    }

    /// Sends a file along.
    #[must_use]
    pub fn attachment(mut self, attachment: Attachment) -> Self {
        self.attachments.push(Arc::new(attachment));
        self
    }

    /// Says how the error came to be captured. [Spec](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/exception/).
    #[must_use]
    pub fn mechanism(mut self, mechanism: Mechanism) -> Self {
        self.mechanism = Some(mechanism);
        self
    }

    /// Says whether the program dealt with the error. Errors captured by hand count as handled unless told otherwise.
    #[must_use]
    pub fn handled(mut self, handled: bool) -> Self {
        self.mechanism.get_or_insert_default().handled = Some(handled);
        self
    }

    /// Uses the stack of a backtrace instead of that of the capture, if the backtrace has one: it has where
    /// `RUST_BACKTRACE` or `RUST_LIB_BACKTRACE` says so.
    ///
    /// The standard library gives away a backtrace's addresses only as text, and finds symbols for it on the calling
    /// thread. The first such call of a program takes tens of milliseconds, later ones about one.
    #[must_use]
    pub fn backtrace(mut self, backtrace: &Backtrace) -> Self {
        self.stack = RawStack::of(backtrace).or(self.stack);
        self
    }
}

impl fmt::Debug for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hint")
            .field("type_name", &self.type_name)
            .field("text", &self.text)
            .field("attachments", &self.attachments)
            .field("mechanism", &self.mechanism)
            .field("values", &self.values.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_of_each_type_is_kept() {
        let hint = Hint::new().with(1_u8).with("text").with(2_u8);
        assert_eq!(
            (hint.get::<u8>(), hint.get::<&str>(), hint.get::<u16>()),
            (Some(&2), Some(&"text"), None)
        );
    }
}
