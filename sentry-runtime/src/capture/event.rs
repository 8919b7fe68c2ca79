//! The caller's half of event capture: a snapshot of the current context, handed to the pipeline.

use std::cell::Cell;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::SystemTime;

use super::ignore;
use super::session;
use crate::base::callback;
use crate::base::diagnostics;
use crate::client::Client;
use crate::client::forgotten;
use crate::client::hint::Hint;
use crate::context::active;
use crate::context::ids;
use crate::context::span_context::SpanContext;
use crate::error::chain::{Chain, ChainEntry};
use crate::intake::message::{Body, Capture, CaptureMechanism, CapturingThread};
use crate::intake::queue;
use crate::protocol::limits::{MAX_HELD, truncate};
use crate::protocol::nesting::{Prune as _, Shallow};
use crate::protocol::{DataCategory, DiscardReason, Event, Level, Uuid};
use crate::scope::held_events::Held;
use crate::scope::{LastCaptured, Scope, Scopes};
use crate::stacktrace::RawStack;
use crate::stacktrace::locals::CapturedLocals;

/// Describes the capturing thread.
fn current_thread() -> CapturingThread {
    thread_local!(static NUMBER: Cell<u64> = const { Cell::new(0) });
    let thread = std::thread::current();
    // Numbers begin with one. A forked child has the number of the thread that forked.
    let number = match NUMBER.get() {
        0 => number_of(thread.id()),
        known => known,
    };
    NUMBER.set(number);
    CapturingThread { id: number, handle: thread }
}

/// Returns the number of a thread. The standard library shows it in debug output only; if that format changes, a hash
/// is unique as well.
pub(crate) fn number_of(id: std::thread::ThreadId) -> u64 {
    let shown = format!("{id:?}");
    let digits = shown.trim_matches(|c: char| !c.is_ascii_digit());
    digits.parse().unwrap_or_else(|_| {
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        // At most 53 bits, which JSON readers can hold as an integer.
        hasher.finish() >> 11
    })
}

/// The caller's part of an event, before the context is added.
#[derive(Debug)]
pub(crate) struct EventDraft {
    event_id: Uuid,
    body: Body,
    level: Level,
    span_context: SpanContext,
    stack: Option<RawStack>,
    locals: CapturedLocals,
    over: Option<Box<Scope>>,
    /// In a box, as it is large and handed on several times; `None` for an empty one.
    hint: Option<Box<Hint>>,
}

impl Capture {
    pub(crate) fn error(
        chain: Chain,
        mechanism: CaptureMechanism,
        level: Level,
        span_context: SpanContext,
        stack: RawStack,
    ) -> EventDraft {
        EventDraft::new(Body::Error { chain, mechanism }, level, span_context, Some(stack))
    }

    pub(crate) fn panic(mut message: String, location: Option<(String, u32, u32)>) -> EventDraft {
        truncate(&mut message, MAX_HELD);
        let body = Body::Panic { message, location };
        EventDraft::new(body, Level::Fatal, SpanContext::current(), Some(RawStack::capture()))
    }

    /// The event of a panic that was noticed while it unwound, with what is known of its place.
    pub(crate) fn unseen_panic(
        mut message: String,
        span_context: SpanContext,
        stack: Option<RawStack>,
    ) -> EventDraft {
        truncate(&mut message, MAX_HELD);
        EventDraft::new(Body::Panic { message, location: None }, Level::Fatal, span_context, stack)
    }

    pub(crate) fn message(mut text: String, level: Level) -> EventDraft {
        truncate(&mut text, MAX_HELD);
        let wants_stack = active::client().is_some_and(|client| client.options().attach_stacktrace);
        let stack = if wants_stack { Some(RawStack::capture()) } else { None };
        EventDraft::new(Body::Message(text), level, SpanContext::current(), stack)
    }

    pub(crate) fn event(event: Shallow<Event<'static>>) -> EventDraft {
        let (event_id, level) = (event.event_id, event.level);
        EventDraft {
            event_id,
            ..EventDraft::new(Body::Event(Box::new(event)), level, SpanContext::current(), None)
        }
    }
}

impl EventDraft {
    fn new(body: Body, level: Level, span_context: SpanContext, stack: Option<RawStack>) -> Self {
        Self {
            event_id: ids::event_id(),
            body,
            level,
            span_context,
            stack,
            locals: CapturedLocals::default(),
            over: None,
            hint: None,
        }
    }

    /// Adds a hint for callbacks.
    pub(crate) fn with_hint(mut self, mut hint: Hint) -> Self {
        if !hint.is_empty() {
            hint.prune();
            self.hint = Some(Box::new(hint));
        }
        self
    }

    /// Adds the values of arguments.
    pub(crate) fn with_locals(mut self, locals: CapturedLocals) -> Self {
        self.locals = locals;
        self
    }

    /// Merges a scope over the current one, for this event only.
    pub(crate) fn with_scope(mut self, scope: Scope) -> Self {
        self.over = Some(Box::new(scope));
        self
    }
}

/// An event with the client and the scopes of the time at which it was captured.
#[derive(Debug)]
pub(crate) struct DatedEvent {
    draft: EventDraft,
    timestamp: SystemTime,
    thread: CapturingThread,
    client: Arc<Client>,
    scopes: Scopes,
}

/// Hands an event to the pipeline. Returns its id, or `None` without an enabled client.
pub(crate) fn submit(draft: EventDraft) -> Option<Uuid> {
    forgotten::check();
    DatedEvent::now(draft)?.submit()
}

impl DatedEvent {
    /// Adds the active client and the present scopes to an event. Returns `None` without an enabled client.
    pub(crate) fn now(mut draft: EventDraft) -> Option<Self> {
        let context = active::context();
        let client = context.client().filter(|client| client.is_enabled())?;
        let mut scopes = Scopes::of(&context);
        if let Some(over) = draft.over.take() {
            let mut current = Scope::clone(&scopes.current);
            current.merge(&over);
            scopes.current = Arc::new(current);
        }
        Some(Self { draft, timestamp: SystemTime::now(), thread: current_thread(), client, scopes })
    }

    /// Hands the event to the pipeline. Returns its id, or `None` if it is dropped. Must be called in the isolation scope of
    /// the event.
    pub(crate) fn submit(self) -> Option<Uuid> {
        let capture = self.capture()?;
        let event_id = capture.event_id;
        last::with(|memory| *memory = LastCaptured { event: Some(event_id), error: None });
        queue::send_event(capture);
        Some(event_id)
    }

    /// Returns the event as the pipeline takes it, or `None` if it is dropped.
    pub(crate) fn capture(self) -> Option<Box<Capture>> {
        let Self { draft, timestamp, thread, client, scopes } = self;
        let files = || scopes.attachments().chain(draft.hint.iter().flat_map(|hint| &hint.attachments));
        if callback::is_too_deep() {
            diagnostics::debug(format_args!(
                "dropped an event captured inside before_send or an event processor while handling such an event (recursion)"
            ));
            client.lost_with(DiscardReason::InternalSdkError, DataCategory::Error, files());
            return None;
        }
        let is_ignored = match &draft.body {
            // Duplicates were recognised before their stack was taken.
            Body::Error { .. } => false,
            Body::Panic { message, .. } => ignore::drops(&client, &panic_entry(message), files()),
            Body::Message(text) => ignore::drops_message(&client, text, files()),
            Body::Event(event) => ignore::drops_event(&client, event, files()),
        };
        if is_ignored {
            return None;
        }
        if let Some(events) = &scopes.isolation.request_events {
            events.note_captured();
        }
        if draft.level >= Level::Error {
            draft.span_context.note_error();
        }
        // In its box at once, as it is large.
        Some(Box::new(Capture {
            event_id: draft.event_id,
            timestamp,
            body: draft.body,
            level: draft.level,
            span_context: draft.span_context,
            stack: draft.stack,
            locals: draft.locals,
            thread,
            hint: draft.hint,
            session: session::of(&client, &scopes),
            scopes,
            client,
            depth: callback::depth(),
        }))
    }
}

impl Held for DatedEvent {
    fn submit(self: Box<Self>) {
        DatedEvent::submit(*self);
    }

    fn send(self: Box<Self>) {
        if let Some(capture) = self.capture() {
            queue::send_event(capture);
        }
    }

    fn lose(self: Box<Self>) {
        let files =
            self.scopes.attachments().chain(self.draft.hint.iter().flat_map(|hint| &hint.attachments));
        self.client.lost_with(DiscardReason::BufferOverflow, DataCategory::Error, files);
    }

    fn is_of(&self, client: usize) -> bool {
        Arc::as_ptr(&self.client).addr() == client
    }
}

impl Capture {
    /// Returns an event with this client and the data of a scope, without handing it to the pipeline.
    pub(crate) fn alone(event: Shallow<Event<'static>>, client: Arc<Client>, scope: &Scope) -> Self {
        let EventDraft { event_id, body, level, span_context, stack, locals, hint, .. } = Self::event(event);
        Self {
            event_id,
            timestamp: SystemTime::now(),
            body,
            level,
            span_context,
            stack,
            locals,
            thread: current_thread(),
            hint,
            session: None,
            scopes: Scopes {
                global: crate::scope::global().snapshot(),
                isolation: Arc::default(),
                current: Arc::new(scope.clone()),
            },
            client,
            depth: callback::depth(),
        }
    }
}

/// Returns the exception of a panic.
pub(crate) fn panic_entry(message: &str) -> ChainEntry {
    ChainEntry::of_type("panic", message.to_owned())
}

pub(crate) mod last {
    //! The last captured event: per isolation scope, or per thread outside any request or job.

    use std::cell::RefCell;
    use std::sync::Arc;

    use crate::context::active;
    use crate::context::thread_context::Context;
    use crate::protocol::Uuid;
    use crate::scope::LastCaptured;

    thread_local!(static OF_THREAD: RefCell<LastCaptured> = RefCell::default());

    /// Reads or changes the last captured event. `look` must not run user code.
    pub(crate) fn with<R: Default>(look: impl FnOnce(&mut LastCaptured) -> R) -> R {
        let isolation = active::isolation();
        if Arc::ptr_eq(&isolation, &Context::default_ref().isolation) {
            // A thread that is ending captures without this memory.
            let look = |memory: &RefCell<LastCaptured>| Some(look(&mut *memory.try_borrow_mut().ok()?));
            OF_THREAD.try_with(look).ok().flatten().unwrap_or_default()
        } else {
            isolation.with_memory(look)
        }
    }

    pub(crate) fn get() -> Option<Uuid> {
        with(|memory| memory.event)
    }
}
