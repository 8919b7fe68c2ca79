//! Error capture: each error is captured once, by the function in which it was first seen.
//!
//! An annotated function that returns `Err` notes the error as seen ([`note_seen`]). A function that captures errors (a
//! web handler, a monitored job, `main`, `#[span(err)]`) opens a *boundary*, and captures the error it returns at its
//! end ([`capture`]). Seen errors belong to the innermost boundary; a captured error moves, marked as captured, to the
//! enclosing boundary. So the next function that sees it knows that it was captured, and where it came from.

use crate::capture::seen;
use crate::context::boundary::CaptureBoundary;
use crate::error::chain;
use crate::error::failure::Failure;
use crate::error::failure::FailureValue;
use crate::error::repeat::Captured;

use crate::error::chain::{Chain, ChainEntry};

use super::event;
use super::ignore;
use super::reading;
use super::seen::SeenError;
use crate::base::diagnostics;
use crate::client;
use crate::client::hint::Hint;
use crate::context::active;
use crate::context::span_context::SpanContext;
use crate::intake::message::{Capture, CaptureMechanism};
use crate::options::UnhandledErrors;
use crate::protocol::{Attachment, DataCategory, DiscardReason, Level, Uuid};
use crate::scope::Scope;
use crate::stacktrace::RawStack;
use crate::trace::callsite::{self, Callsite};
use crate::trace::clock::Ticks;

/// The function that captures an error.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ErrorOrigin {
    Span(&'static Callsite),
    ServerAction,
    ApiHandler,
    DataFetcher,
    Message,
    Monitor,
    Main,
    /// The server around a handler, with the type of the mechanism.
    #[cfg(feature = "_http-server")]
    Server(&'static str),
}

impl ErrorOrigin {
    fn mechanism(self) -> CaptureMechanism {
        match self {
            // The caller may handle the error.
            Self::Span(_) => CaptureMechanism { ty: "auto.function.span", handled: true },
            Self::ServerAction => CaptureMechanism { ty: "auto.function.server_action", handled: false },
            Self::ApiHandler => CaptureMechanism { ty: "auto.http.api_handler", handled: false },
            Self::DataFetcher => CaptureMechanism { ty: "auto.function.data_fetcher", handled: false },
            Self::Message => CaptureMechanism { ty: "auto.queue.process", handled: false },
            Self::Monitor => CaptureMechanism { ty: "auto.function.monitor", handled: false },
            Self::Main => CaptureMechanism { ty: "auto.function.main", handled: false },
            #[cfg(feature = "_http-server")]
            Self::Server(ty) => CaptureMechanism { ty, handled: false },
        }
    }

    fn level(self) -> Level {
        match self {
            Self::Span(site) => site.event_level(),
            Self::Main => Level::Fatal,
            Self::ServerAction | Self::ApiHandler | Self::DataFetcher | Self::Message | Self::Monitor => {
                Level::Error
            }
            #[cfg(feature = "_http-server")]
            Self::Server(_) => Level::Error,
        }
    }
}

/// Captures the error of an annotated function if its attribute says so, else notes where the error was seen.
pub(crate) fn report(site: &'static Callsite, failure: Failure<'_>, since: Ticks) {
    if site.has(callsite::CAPTURE_ERR) {
        capture(failure, since, ErrorOrigin::Span(site));
    } else {
        note_seen(failure, since);
    }
}

/// Notes that an error passes an annotated function that does not capture it. `since` is the time when that function
/// started, or zero if it is unknown.
#[cold]
pub(crate) fn note_seen(failure: Failure<'_>, since: Ticks) {
    if client::capture_mode() == client::CaptureMode::Off {
        return;
    }
    let boundary = CaptureBoundary::current();
    let chain = describe(&failure);
    if !seen::renew(boundary, since, &chain, failure.locals) {
        // Outside a boundary the stack would not be used: an explicit capture takes its own.
        let wants_stack = boundary.is_function() && seen::worth_a_stack(boundary);
        let stack = if wants_stack { Some(RawStack::capture()) } else { None };
        let mut seen = SeenError::new(boundary, &chain, SpanContext::current(), stack);
        seen.locals.add(failure.locals);
        // As many errors as stacks are kept whole.
        seen::add(if wants_stack { seen.keep_chain(chain) } else { seen });
    }
}

/// Captures the error that was seen last in the active boundary and is unhandled, for a function that failed without
/// returning an error: a request that was answered with a server error, a job or a program that exits with a failure.
/// Returns whether there was one.
#[cold]
pub(crate) fn capture_unhandled(origin: ErrorOrigin, http_status: Option<u16>) -> bool {
    let option = unhandled_errors();
    if option == UnhandledErrors::Off {
        return false;
    }
    let boundary = CaptureBoundary::current();
    let Some(seen) = seen::take_unhandled(boundary) else { return false };
    submit_seen(boundary, seen, origin.mechanism(), origin.level(), http_status);
    capture_swallowed(boundary, option);
    true
}

/// Captures what else was seen in a boundary whose function failed, if the option asks for it.
fn capture_swallowed(boundary: CaptureBoundary, option: UnhandledErrors) {
    if option != UnhandledErrors::All {
        return;
    }
    let mechanism = CaptureMechanism { ty: "auto.function.span", handled: true };
    while let Some(seen) = seen::take_unhandled(boundary) {
        submit_seen(boundary, seen, mechanism, Level::Warning, None);
    }
}

fn unhandled_errors() -> UnhandledErrors {
    let client = active::client();
    client.map_or(UnhandledErrors::Off, |client| client.options().unhandled_errors)
}

/// Captures an error that was seen earlier, with the stack and the span of that time.
fn submit_seen(
    boundary: CaptureBoundary,
    mut seen: SeenError,
    mechanism: CaptureMechanism,
    level: Level,
    http_status: Option<u16>,
) {
    let Some(chain) = seen.chain.take() else { return };
    if ignore::drops_here(&chain.entries[0], &[]) {
        seen::move_out(boundary, Some(seen), &chain, Uuid::nil());
        return;
    }
    let stack = seen.stack.take().unwrap_or_else(RawStack::capture);
    let mut draft = Capture::error(chain.clone(), mechanism, level, seen.span_context.clone(), stack)
        .with_locals(std::mem::take(&mut seen.locals));
    if let Some(status) = http_status {
        let mut scope = Scope::default();
        scope.set_context("response", serde_json::json!({ "status_code": status }));
        draft = draft.with_scope(scope);
    }
    if let Some(event_id) = event::submit(draft) {
        seen::move_out(boundary, Some(seen), &chain, event_id);
    }
}

/// Captures the error that a capturing function returns, unless an inner function captured it.
#[cold]
pub(crate) fn capture(failure: Failure<'_>, since: Ticks, origin: ErrorOrigin) -> Option<Uuid> {
    let boundary = CaptureBoundary::current();
    let chain = describe(&failure);
    let known = seen::take(boundary, since, &chain);
    if let Some(event_id) = known.as_ref().and_then(|sighting| sighting.captured) {
        seen::move_out(boundary, known, &chain, event_id);
        return Some(event_id);
    }
    if ignore::drops_here(&chain.entries[0], &[]) {
        // The next boundary need not count the error again.
        seen::move_out(boundary, known, &chain, Uuid::nil());
        return None;
    }
    let (span_context, stack) = match &known {
        Some(sighting) => (sighting.span_context.clone(), sighting.stack.clone()),
        None => (SpanContext::current(), None),
    };
    // A `match`, so that no frame of the standard library comes in between.
    let stack = match stack {
        Some(stack) => stack,
        None => RawStack::capture(),
    };
    let mut locals = known.as_ref().map(|sighting| sighting.locals.clone()).unwrap_or_default();
    locals.add(failure.locals);
    let draft = Capture::error(chain.clone(), origin.mechanism(), origin.level(), span_context, stack);
    let event_id = event::submit(draft.with_locals(locals))?;
    seen::move_out(boundary, known, &chain, event_id);
    if !matches!(origin, ErrorOrigin::Span(_)) {
        capture_swallowed(boundary, unhandled_errors());
    }
    Some(event_id)
}

/// Captures an error at the user's request. An error that an annotated function captured on its way here is not
/// captured again, once; nor is an error that a called function captured explicitly.
pub(crate) fn capture_explicitly(chain: Chain, mut hint: Hint) -> Option<Uuid> {
    let boundary = CaptureBoundary::current();
    let known = seen::acknowledge(boundary, &chain);
    if let Some(event_id) = known.as_ref().and_then(|sighting| sighting.captured) {
        count_files(&hint);
        return Some(event_id);
    }
    if ignore::drops_here(&chain.entries[0], &hint.attachments) {
        return None;
    }
    let (span_context, stack) = match &known {
        Some(sighting) => (sighting.span_context.clone(), sighting.stack.clone()),
        None => (SpanContext::current(), None),
    };
    let here = RawStack::capture();
    if let Some(event_id) = captured_further_in(&chain, &here) {
        count_files(&hint);
        return Some(event_id);
    }
    // The place where the error was created is the most specific, then where it was first seen, then where it is
    // captured.
    let stack = hint.stack.take().or(stack).unwrap_or_else(|| here.clone());
    let mechanism = CaptureMechanism { ty: "generic", handled: true };
    let locals = known.map(|sighting| sighting.locals).unwrap_or_default();
    let draft = Capture::error(chain.clone(), mechanism, Level::Error, span_context, stack)
        .with_locals(locals)
        .with_hint(hint);
    let event_id = event::submit(draft)?;
    seen::add(SeenError::captured_explicitly(boundary, &chain, event_id));
    let captured = Captured::new(chain, here, event_id);
    event::last::with(|memory| memory.error = Some(captured));
    Some(event_id)
}

/// Forgets the last explicitly captured error: the next explicit capture is a new event.
pub(crate) fn forget_captured() {
    if client::capture_mode() != client::CaptureMode::Off {
        event::last::with(|memory| memory.error = None);
    }
}

/// Counts the attachments of a hint as lost, because the event of its error was sent before.
fn count_files(hint: &Hint) {
    if let Some(client) = active::client() {
        let bytes = Attachment::bytes_of(&hint.attachments);
        client.ledger().lost(DiscardReason::EventProcessor, DataCategory::Attachment, bytes);
    }
}

/// Returns the id of the event, if the last captured error of this isolation scope is the same error, captured by a
/// function that has returned it since. The repetition is counted.
fn captured_further_in(chain: &Chain, here: &RawStack) -> Option<Uuid> {
    let client = active::client().filter(|client| client.options().dedupe)?;
    let event_id = event::last::with(|memory| memory.error.as_ref()?.again(chain, here))?;
    diagnostics::debug(format_args!("skipped an error that a called function has captured already"));
    client.ledger().lost(DiscardReason::EventProcessor, DataCategory::Error, 1);
    Some(event_id)
}

/// Forgets the errors seen in a boundary that has ended.
pub(crate) fn close(boundary: CaptureBoundary) {
    seen::forget(boundary);
}

/// Returns the chain of a failure: type and text of the error and of its sources.
fn describe(failure: &Failure<'_>) -> Chain {
    match failure.value {
        FailureValue::Error(error) => reading::read_named(error, failure.type_name),
        FailureValue::Dynamic(error) => reading::read_dynamic(error, failure.type_name),
        FailureValue::Group(group) => reading::read_group(group, failure.type_name),
        FailureValue::Display(value) => chain::of_display(value, failure.type_name),
        FailureValue::Debug(value) => chain::of_debug(value, failure.type_name),
        FailureValue::Opaque => Chain::of(ChainEntry::of_type(
            failure.type_name,
            format!("a value of type {}", failure.type_name),
        )),
    }
}
