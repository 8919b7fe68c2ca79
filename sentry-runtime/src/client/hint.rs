//! Hints: data that accompanies an event or a breadcrumb for callbacks and is not part of it.
//!
//! A hint is created at the capture, moves with the event to the pipeline thread, and is passed to processors and
//! callbacks that take one. Attachments and mechanism are read from it after they ran.

use std::any::{Any, TypeId};
use std::backtrace::Backtrace;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::base::callback;
use crate::protocol::nesting::Prune;
use crate::protocol::{
    Attachment, AttributeValue, Breadcrumb, Context, Event, Map, Mechanism, Transaction, Value,
};
use crate::stacktrace::RawStack;

/// Data that accompanies an event or a breadcrumb: attachments, the mechanism, and values for callbacks.
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
///     // Failures of the first attempts are not sent.
///     hint.get::<Attempt>().is_none_or(|attempt| attempt.0 > 3).then_some(event)
/// });
/// let error = std::io::Error::other("no answer");
/// sentry::capture_error_with_hint(&error, Hint::new().with(Attempt(1)).handled(true));
/// # drop(options);
/// ```
///
/// Corresponds to `EventHint` in Sentry's other SDKs. [Spec](https://develop.sentry.dev/sdk/foundations/client/hooks/).
#[derive(Default)]
#[non_exhaustive]
pub struct Hint {
    /// The type of the captured error, with its module if it is known.
    pub type_name: Option<String>,
    /// The text of the error, panic or message, before anything was filtered or changed.
    pub text: Option<String>,
    /// Files attached to the event. When a callback receives the hint, they include those of the scopes. The files that
    /// remain after the last callback are sent.
    pub attachments: Vec<Arc<Attachment>>,
    /// The mechanism that captured the error. Default: type `generic`, handled.
    pub mechanism: Option<Mechanism>,
    pub(crate) stack: Option<RawStack>,
    values: HashMap<TypeId, Held>,
}

/// A value in a hint.
struct Held(Box<dyn Any + Send + Sync>);

impl Drop for Held {
    /// Callbacks receive the value unchanged, so it is pruned only now.
    fn drop(&mut self) {
        fn prune<T: Prune + 'static>(value: &mut (dyn Any + Send + Sync)) {
            value.downcast_mut::<T>().into_iter().for_each(Prune::prune);
        }
        let mut value = std::mem::replace(&mut self.0, Box::new(()));
        // The drop may run the user's code, which may panic.
        callback::contain(move || {
            let value = &mut *value;
            prune::<Value>(value);
            prune::<Map<String, Value>>(value);
            prune::<Vec<Value>>(value);
            prune::<AttributeValue>(value);
            prune::<Context>(value);
            prune::<Mechanism>(value);
            prune::<Breadcrumb>(value);
            prune::<Event<'static>>(value);
            prune::<Transaction<'static>>(value);
        });
    }
}

impl Prune for Hint {
    fn prune(&mut self) {
        self.mechanism.prune();
    }
}

impl Drop for Hint {
    /// Prunes the hint, because a callback may have added data.
    fn drop(&mut self) {
        self.prune();
    }
}

impl Hint {
    /// Returns whether the hint is empty.
    pub(crate) fn is_empty(&self) -> bool {
        let Self { type_name, text, attachments, mechanism, stack, values } = self;
        type_name.is_none()
            && text.is_none()
            && attachments.is_empty()
            && mechanism.is_none()
            && stack.is_none()
            && values.is_empty()
    }

    /// Returns an empty hint.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value for callbacks. A value replaces an earlier one of the same type.
    #[must_use]
    pub fn with<T: Any + Send + Sync>(mut self, value: T) -> Self {
        self.values.insert(TypeId::of::<T>(), Held(Box::new(value)));
        self
    }

    /// Returns the value of a type, if there is one.
    #[must_use]
    pub fn get<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.values.get(&TypeId::of::<T>())?.0.downcast_ref()
    }

    /// Attaches a file to the event.
    #[must_use]
    pub fn attachment(mut self, attachment: Attachment) -> Self {
        self.attachments.push(Arc::new(attachment));
        self
    }

    /// Sets the mechanism that captured the error.
    /// [Spec](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/exception/).
    #[must_use]
    pub fn mechanism(mut self, mechanism: Mechanism) -> Self {
        self.mechanism = Some(mechanism);
        self
    }

    /// Sets whether the program handled the error. Default for manually captured errors: `true`.
    #[must_use]
    pub fn handled(mut self, handled: bool) -> Self {
        self.mechanism.get_or_insert_default().handled = Some(handled);
        self
    }

    /// Uses the stack of a backtrace instead of the stack of the capture, if the backtrace has one. Backtraces have a
    /// stack if `RUST_BACKTRACE` or `RUST_LIB_BACKTRACE` enables them.
    ///
    /// The standard library only exposes a backtrace's addresses as text, and resolves its symbols on the calling
    /// thread. The first call in a program takes tens of milliseconds, later calls about one millisecond.
    #[must_use]
    pub fn backtrace(mut self, backtrace: &Backtrace) -> Self {
        self.stack = RawStack::of(backtrace).or_else(|| self.stack.take());
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
