//! The caller's half of capturing: a snapshot of what is current, and off it goes to the pipeline.

use std::sync::Arc;
use std::time::SystemTime;

use crate::callback;
use crate::client::Client;
use crate::diagnostics;
use crate::errors::chain::Chain;
use crate::pipeline::stack::RawStack;
use crate::pipeline::{self, Message};
use crate::protocol::limits::{MAX_HELD, truncate};
use crate::protocol::{DataCategory, DiscardReason, Event, Level, Uuid};
use crate::scope::{Scope, Scopes, active};
use crate::trace::ids;
use crate::trace::place::TracePlace;

/// How an error came to be captured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mechanism {
    pub(crate) ty: &'static str,
    /// Whether the program goes on as if nothing had happened.
    pub(crate) handled: bool,
}

/// What an event is about.
#[derive(Debug)]
pub(crate) enum Body {
    Error {
        chain: Chain,
        mechanism: Mechanism,
    },
    Panic {
        message: String,
        location: Option<(String, u32, u32)>,
    },
    Message(String),
    /// Made by the user.
    Event(Box<Event<'static>>),
}

/// An event as its caller saw it. The pipeline makes a wire event of it.
#[derive(Debug)]
pub(crate) struct Capture {
    pub(crate) event_id: Uuid,
    pub(crate) timestamp: SystemTime,
    pub(crate) body: Body,
    pub(crate) level: Level,
    pub(crate) place: TracePlace,
    pub(crate) stack: Option<RawStack>,
    pub(crate) thread: Option<String>,
    pub(crate) scopes: Scopes,
    pub(crate) client: Arc<Client>,
    /// How many of the user's callbacks it was captured in.
    pub(crate) depth: u8,
}

/// What a caller says of an event before the rest is added.
#[derive(Debug)]
pub(crate) struct Draft {
    event_id: Uuid,
    body: Body,
    level: Level,
    place: TracePlace,
    stack: Option<RawStack>,
    over: Option<Scope>,
}

impl Capture {
    pub(crate) fn error(
        chain: Chain,
        mechanism: Mechanism,
        level: Level,
        place: TracePlace,
        stack: RawStack,
    ) -> Draft {
        Draft::new(Body::Error { chain, mechanism }, level, place, Some(stack))
    }

    pub(crate) fn panic(mut message: String, location: Option<(String, u32, u32)>) -> Draft {
        truncate(&mut message, MAX_HELD);
        let body = Body::Panic { message, location };
        Draft::new(body, Level::Fatal, TracePlace::current(), Some(RawStack::capture()))
    }

    pub(crate) fn message(mut text: String, level: Level) -> Draft {
        truncate(&mut text, MAX_HELD);
        let wants_stack =
            active::with(|context| context.client()).is_some_and(|client| client.options().attach_stacktrace);
        let stack = if wants_stack { Some(RawStack::capture()) } else { None };
        Draft::new(Body::Message(text), level, TracePlace::current(), stack)
    }

    pub(crate) fn event(event: Event<'static>) -> Draft {
        let (event_id, level) = (event.event_id, event.level);
        Draft { event_id, ..Draft::new(Body::Event(Box::new(event)), level, TracePlace::current(), None) }
    }
}

impl Draft {
    fn new(body: Body, level: Level, place: TracePlace, stack: Option<RawStack>) -> Self {
        Self { event_id: ids::event_id(), body, level, place, stack, over: None }
    }

    /// Lays a scope over the current one, for this event alone.
    pub(crate) fn with_scope(mut self, scope: Scope) -> Self {
        self.over = Some(scope);
        self
    }
}

/// Hands an event to the pipeline. `None` without a client that is switched on.
pub(crate) fn submit(draft: Draft) -> Option<Uuid> {
    let context = active::context();
    let client = context.client().filter(|client| client.is_enabled())?;
    if callback::is_too_deep() {
        diagnostics::debug(format_args!(
            "before_send or an event processor captures something of everything it sees, also of that: it is dropped"
        ));
        client.ledger().lost(DiscardReason::InternalSdkError, DataCategory::Error, 1);
        return None;
    }
    let mut scopes = Scopes::of(&context);
    if let Some(over) = draft.over {
        let mut current = Scope::clone(&scopes.current);
        current.merge(&over);
        scopes.current = Arc::new(current);
    }
    let event_id = draft.event_id;
    let capture = Capture {
        event_id,
        timestamp: SystemTime::now(),
        body: draft.body,
        level: draft.level,
        place: draft.place,
        stack: draft.stack,
        thread: std::thread::current().name().map(str::to_owned),
        scopes,
        client,
        depth: callback::depth(),
    };
    last::set(event_id);
    pipeline::send(Message::Event(Box::new(capture)));
    Some(event_id)
}

pub(crate) mod last {
    //! The id of the last event that this thread captured.

    use std::cell::Cell;

    use crate::protocol::Uuid;

    thread_local!(static LAST: Cell<Option<Uuid>> = const { Cell::new(None) });

    pub(super) fn set(event_id: Uuid) {
        LAST.set(Some(event_id));
    }

    pub(crate) fn get() -> Option<Uuid> {
        LAST.get()
    }
}
