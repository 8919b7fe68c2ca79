//! Processors: functions of the user's that receive captured data before it is sent.
//!
//! They are collected from the scopes at capture. [`crate::pipeline`] runs them on the pipeline thread and catches
//! their panics: first those of the isolation scope and the current scope, then those of the global scope, each in the
//! order in which they were added.
//!
//! [Spec, "Event Pipeline"](https://develop.sentry.dev/sdk/foundations/client/)

use std::fmt;
use std::sync::Arc;

use crate::client::hint::Hint;
use crate::protocol::{Event, Transaction};

/// A function that receives every event before it is sent. It returns the event, changed or not, or `None` to drop it.
///
/// Errors, messages and feedback are passed as they are. A transaction is passed as an event of the type `transaction`,
/// with all fields that an event has, such as name, tags, user, contexts and request, but without its spans. Check
/// [`Event::ty`] before you drop an event.
///
/// Processors run on the pipeline thread. If one panics, its event is dropped, and nothing else.
pub type EventProcessor = Arc<dyn Fn(Event<'static>) -> Option<Event<'static>> + Send + Sync>;

/// A function that receives every transaction with all its spans before it is sent. It returns the transaction, changed
/// or not, or `None` to drop it. It runs after the event processors, on the pipeline thread.
pub type TransactionProcessor =
    Arc<dyn Fn(Transaction<'static>) -> Option<Transaction<'static>> + Send + Sync>;

type HintedProcessor = Arc<dyn Fn(Event<'static>, &mut Hint) -> Option<Event<'static>> + Send + Sync>;

/// A processor of any kind.
#[derive(Clone)]
pub(crate) enum Processor {
    Event(EventProcessor),
    Hinted(HintedProcessor),
    Transaction(TransactionProcessor),
}

impl Processor {
    /// Passes an event to the processor, if it is an event processor.
    pub(crate) fn event(&self, event: Event<'static>, hint: &mut Hint) -> Option<Event<'static>> {
        match self {
            Self::Event(processor) => processor(event),
            Self::Hinted(processor) => processor(event, hint),
            Self::Transaction(_) => Some(event),
        }
    }

    /// Returns whether both are clones of the same processor.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Event(one), Self::Event(other)) => Arc::ptr_eq(one, other),
            (Self::Hinted(one), Self::Hinted(other)) => Arc::ptr_eq(one, other),
            (Self::Transaction(one), Self::Transaction(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }

    /// Returns the transaction processor, if it is one.
    pub(crate) fn of_transactions(&self) -> Option<&TransactionProcessor> {
        match self {
            Self::Transaction(processor) => Some(processor),
            Self::Event(_) | Self::Hinted(_) => None,
        }
    }
}

impl fmt::Debug for Processor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Event(_) => "Event(_)",
            Self::Hinted(_) => "Hinted(_)",
            Self::Transaction(_) => "Transaction(_)",
        })
    }
}
