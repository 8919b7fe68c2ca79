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
use crate::protocol::{Attachment, DataCategory, DiscardReason, Level, Uuid};
use crate::scope::Scopes;
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
            Self::ServerAction | Self::ApiHandler | Self::DataFetcher | Self::Monitor => Level::Error,
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
    if !seen::renew(boundary, since, &chain) {
        // Outside a boundary the stack would not be used: an explicit capture takes its own.
        let wants_stack = boundary.is_function() && seen::worth_a_stack(boundary);
        let stack = if wants_stack { Some(RawStack::capture()) } else { None };
        seen::add(SeenError::new(boundary, &chain, SpanContext::current(), stack));
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
    if ignore::drops(&chain.entries[0], active::with(Scopes::of).attachments()) {
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
    let event_id = event::submit(Capture::error(
        chain.clone(),
        origin.mechanism(),
        origin.level(),
        span_context,
        stack,
    ))?;
    seen::move_out(boundary, known, &chain, event_id);
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
    if ignore::drops(&chain.entries[0], active::with(Scopes::of).attachments().chain(&hint.attachments)) {
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
    let draft = Capture::error(chain.clone(), mechanism, Level::Error, span_context, stack).with_hint(hint);
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
    if let Some(client) = active::with(|context| context.client()) {
        let bytes = Attachment::bytes_of(&hint.attachments);
        client.ledger().lost(DiscardReason::EventProcessor, DataCategory::Attachment, bytes);
    }
}

/// Returns the id of the event, if the last captured error of this isolation scope is the same error, captured by a
/// function that has returned it since. The repetition is counted.
fn captured_further_in(chain: &Chain, here: &RawStack) -> Option<Uuid> {
    let client = active::with(|context| context.client()).filter(|client| client.options().dedupe)?;
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
        FailureValue::Opaque => Chain {
            entries: vec![ChainEntry::of_type(
                failure.type_name,
                format!("a value of type {}", failure.type_name),
            )],
            cut: false,
        },
    }
}
