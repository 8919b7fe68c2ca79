//! Processors: functions of the user's that see what is captured before it is sent.
//!
//! They are collected from the scopes at capture and run on the pipeline thread, contained, by
//! [`crate::pipeline`]: those of the isolation scope and of the current scope first, then those of the global scope,
//! each in the order in which they were added.
//!
//! Spec: `foundations/client/index.mdx`, event pipeline.

use std::fmt;
use std::sync::Arc;

use crate::client::hint::Hint;
use crate::protocol::{Event, Transaction};

/// Looks at everything before it is sent, may change it, and may drop it by answering `None`.
///
/// Errors, messages and feedback come as they are. A transaction comes as an event of the type `transaction`, with
/// everything of it that an event has: name, tags, user, contexts, request and the like, but not its spans. Look at
/// [`Event::ty`] before dropping what you do not know.
///
/// Processors run on the pipeline thread. One that panics loses its event, and nothing else.
pub type EventProcessor = Arc<dyn Fn(Event<'static>) -> Option<Event<'static>> + Send + Sync>;

/// Looks at every transaction with all its spans before it is sent, may change it, and may drop it by answering
/// `None`. It runs after the event processors, on the pipeline thread.
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
    /// Shows an event to the processor, if it is one of events.
    pub(crate) fn event(&self, event: Event<'static>, hint: &mut Hint) -> Option<Event<'static>> {
        match self {
            Self::Event(processor) => processor(event),
            Self::Hinted(processor) => processor(event, hint),
            Self::Transaction(_) => Some(event),
        }
    }

    /// The processor of transactions, if it is one.
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
