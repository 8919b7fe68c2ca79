//! Events on the pipeline thread, from capture to the wire.

pub(crate) mod attachments;
pub(crate) mod exceptions;
mod locals;
pub(crate) mod normalize;
pub(crate) mod text;

use normalize::Limits;

use std::borrow::Cow;
use std::sync::Arc;

use super::client_state::{self, ClientState};
use super::contexts;
use super::{hooks, output, sessions, warmup};
use crate::base::diagnostics;
use crate::client::Client;
use crate::client::hint::Hint;
use crate::context::ids;
use crate::intake::flush;
use crate::intake::message::{Body, Capture};
use crate::options::ClientOptions;
#[cfg(writes_minidumps)]
use crate::protocol::Envelope;
use crate::protocol::{
    Addr, Context, DataCategory, DebugImage, DebugMeta, DiscardReason, DynamicSamplingContext, EnvelopeItem,
    Event, Frame, ItemType, LogEntry, Mechanism, Stacktrace, SymbolicDebugImage, Thread, ThreadId,
    TraceContext, Uuid, map_of,
};
use crate::stacktrace::locals::Locals;
use crate::stacktrace::{Image, RawStack, ResolvedFrame, ResolvedStack};
use crate::trace::sampling;

/// Builds, filters and sends one event.
pub(super) fn process(capture: Capture) {
    let client = Arc::clone(&capture.client);
    if let (Some(finished), Some(transport)) = (finish(capture), client.transport()) {
        output::send(transport, Some(finished.event_id), Some(finished.trace), finished.items);
    }
}

/// Builds and filters one event, and returns its envelope instead of sending it.
#[cfg(writes_minidumps)]
pub(crate) fn envelope(capture: Capture) -> Option<Envelope> {
    let finished = finish(capture)?;
    Some(output::envelope(Some(finished.event_id), Some(finished.trace), finished.items))
}

/// An event that is ready to be sent.
struct Finished {
    event_id: Uuid,
    trace: Arc<DynamicSamplingContext>,
    items: Vec<EnvelopeItem>,
}

/// Builds and filters one event, in the order of the spec's event pipeline: sampling comes last, so that an event that is
/// not sampled has been counted for release health.
fn finish(mut capture: Capture) -> Option<Finished> {
    let client = Arc::clone(&capture.client);
    let count = || capture.lost(DiscardReason::RatelimitBackoff);
    if output::open_for(&client, DataCategory::Error, count).is_none() {
        sessions::note_unseen(&capture);
        return None;
    }
    let lost = |reason, hint: &Hint| client.lost_with(reason, DataCategory::Error, &hint.attachments);
    let options = client.options();
    let trace = capture.span_context.dsc(&client);
    let mut hint = capture.hint.take().map(|hint| *hint).unwrap_or_default();
    let mut event = match prepare(&mut capture, &mut hint) {
        Ok(event) => event,
        Err(reason) => {
            lost(reason, &hint);
            return None;
        }
    };
    // An event that is not sampled has been counted for its session here.
    let session = sessions::note(&capture, &event);
    if !is_sampled(options.sample_rate) {
        session.into_iter().for_each(|update| sessions::send_item(&client, update));
        lost(DiscardReason::SampleRate, &hint);
        return None;
    }
    clean(&client, &mut event);
    let Ok(payload) = serde_json::to_vec(&event) else {
        diagnostics::error(format_args!("event {} could not be serialised", event.event_id));
        session.into_iter().for_each(|update| sessions::send_item(&client, update));
        lost(DiscardReason::InternalSdkError, &hint);
        return None;
    };
    diagnostics::debug(format_args!("event {} captured", event.event_id.simple()));
    let mut items = vec![EnvelopeItem::json(ItemType::Event, payload, DataCategory::Error)];
    items.extend(attachments::items(&client, &hint.attachments));
    items.extend(session);
    Some(Finished { event_id: event.event_id, trace, items })
}

/// Builds the event, completes it from the scopes and the client, and shows it to the callbacks.
pub(crate) fn prepare(capture: &mut Capture, hint: &mut Hint) -> Result<Event<'static>, DiscardReason> {
    let client = Arc::clone(&capture.client);
    let options = client.options();
    let scope = capture.scopes.merged();
    // A panic may still be unwinding.
    let locals = capture.locals.take();
    // The client state is released before the user's callbacks run: they may capture, flush or close.
    let event = client_state::with(&client, |state| {
        let mut event = build(capture, hint.mechanism.as_ref(), &locals, state);
        scope.apply_to_event(&mut event, options.max_breadcrumbs);
        if event.transaction.is_none() {
            event.transaction = capture.span_context.transaction();
        }
        complete(&mut event, state, options);
        event
    });
    describe(hint, &event);
    hint.attachments.splice(0..0, scope.rest.attachments.iter().cloned());
    hooks::event(&client, &scope, capture.depth, event, hint)
}

/// Filters secrets and applies the limits: the last steps before an event is written.
pub(crate) fn clean(client: &Client, event: &mut Event<'static>) {
    let scrubber = client_state::with(client, |state| Arc::clone(&state.scrubber));
    scrubber.scrub_event(event);
    limits(client.options()).normalize_event(event);
}

/// Returns a stack with the names and lines of its frames.
pub(crate) fn resolved(client: &Arc<Client>, stack: &RawStack) -> Option<Stacktrace> {
    stacktrace_of(&client_state::with(client, |state| state.resolver.resolve(stack, &|| false)))
}

/// Returns a crashed stack with the names that are found before `hurry` returns true, and its images if some are missing.
#[cfg(walks_crashed_threads)]
pub(crate) fn crashed_stack(
    client: &Arc<Client>,
    stack: &RawStack,
    hurry: &dyn Fn() -> bool,
) -> Option<(Stacktrace, DebugMeta)> {
    let resolved = client_state::with(client, |state| state.resolver.resolve(stack, hurry));
    Some((stacktrace_of(&resolved)?, debug_meta(&resolved)))
}

/// Fills in the hint of callbacks from the event, before they change it.
fn describe(hint: &mut Hint, event: &Event<'_>) {
    let message =
        event.logentry.as_ref().map(|entry| entry.message.clone()).or_else(|| event.message.clone());
    match event.exception.last() {
        Some(exception) => {
            let path = exception.module.iter().map(String::as_str).chain([&*exception.ty]);
            hint.type_name = Some(path.collect::<Vec<_>>().join("::"));
            hint.text = exception.value.clone().or(message);
        }
        None => hint.text = message,
    }
}

fn is_sampled(rate: Option<f32>) -> bool {
    rate.is_none_or(|rate| sampling::by_rate(rate, ids::millionths()).sampled)
}

pub(super) fn limits(options: &ClientOptions) -> Limits {
    Limits { normalize_depth: options.normalize_depth, max_value_length: options.max_value_length }
}

/// Builds the event from what the caller captured.
fn build(
    capture: &Capture,
    of_user: Option<&Mechanism>,
    locals: &[Locals],
    state: &mut ClientState,
) -> Event<'static> {
    let hurry = || flush::is_hurried() || warmup::is_late(capture);
    let resolved = capture.stack.as_ref().map(|stack| state.resolver.resolve(stack, &hurry));
    let mut event = match &capture.body {
        Body::Event(event) => Event::clone(event),
        _ => Event::of(capture.event_id, capture.level, capture.timestamp),
    };
    let crashed = matches!(capture.body, Body::Panic { .. });
    let mut stacktrace = resolved.as_ref().and_then(stacktrace_of);
    let unplaced = locals::place(locals, stacktrace.as_mut(), &state.variables, &state.scrubber);
    if !unplaced.is_empty() {
        event.contexts.insert("arguments".to_owned(), Context::Other(unplaced));
    }
    match &capture.body {
        Body::Event(_) => {}
        Body::Error { chain, mechanism } => {
            event.exception = exceptions::of_chain(chain, *mechanism, of_user, stacktrace.take()).into();
        }
        Body::Panic { message, location } => {
            event.exception =
                vec![exceptions::of_panic(message, location.as_ref(), stacktrace.take())].into();
        }
        Body::Message(text) => {
            event.logentry = Some(LogEntry { message: text.clone(), params: Vec::new() });
        }
    }
    if !matches!(capture.body, Body::Event(_)) {
        let id = ThreadId::from(capture.thread.id);
        for exception in &mut event.exception.values {
            exception.thread_id = Some(id.clone());
        }
        event.threads = vec![Thread {
            id: Some(id),
            name: capture.thread.handle.name().map(str::to_owned),
            stacktrace,
            crashed,
            current: true,
            ..Thread::default()
        }]
        .into();
    }
    if let Some(resolved) = &resolved {
        event.debug_meta = Cow::Owned(debug_meta(resolved));
    }
    event.contexts.entry("trace".to_owned()).or_insert_with(|| {
        let of = &capture.span_context;
        Context::from(TraceContext::of(of.trace_id(), of.span_id, of.parent_span_id))
    });
    if let Some(id) = capture.span_context.replay_id() {
        let fields = map_of([("type".to_owned(), "replay".into()), ("replay_id".to_owned(), id.into())]);
        event.contexts.entry("replay".to_owned()).or_insert(Context::Other(fields));
    }
    event
}

/// Adds the fields that every event carries, unless the user has set them.
pub(super) fn complete(event: &mut Event<'static>, state: &ClientState, options: &ClientOptions) {
    for (name, context) in &state.contexts {
        if !event.contexts.contains_key(name) {
            let now = match name.as_str() {
                "app" => Context::from(contexts::app_now()),
                "device" => Context::from(contexts::device_now()),
                _ => context.clone(),
            };
            event.contexts.insert(name.clone(), now);
        }
    }
    let set = |slot: &mut Option<Cow<'static, str>>, value: &Option<Cow<'static, str>>| {
        if slot.is_none() {
            slot.clone_from(value);
        }
    };
    set(&mut event.release, &options.release);
    set(&mut event.dist, &options.dist);
    set(&mut event.environment, &options.environment);
    set(&mut event.server_name, &state.server_name.clone().map(Cow::Owned));
    if event.sdk.is_none() {
        event.sdk = Some(Cow::Owned(state.sdk.clone()));
    }
}

fn stacktrace_of(stack: &ResolvedStack) -> Option<Stacktrace> {
    (!stack.frames.is_empty())
        .then(|| Stacktrace { frames: stack.frames.iter().map(frame).collect(), ..Stacktrace::default() })
}

fn frame(frame: &ResolvedFrame) -> Frame {
    Frame {
        function: frame.function.clone(),
        symbol: frame.symbol.clone(),
        module: frame.module.clone(),
        package: frame.package.clone(),
        filename: frame.filename.clone(),
        abs_path: frame.abs_path.clone(),
        lineno: frame.lineno.map(u64::from),
        colno: frame.colno.map(u64::from),
        pre_context: frame.pre_context.clone(),
        context_line: frame.context_line.clone(),
        post_context: frame.post_context.clone(),
        in_app: frame.in_app,
        image_addr: frame.image_addr.map(Addr),
        instruction_addr: Some(Addr(frame.instruction_addr)),
        ..Frame::default()
    }
}

/// Returns the images of a stack, if the server may be able to symbolicate it further.
fn debug_meta(stack: &ResolvedStack) -> DebugMeta {
    let images: &[_] = if needs_server(stack) { &stack.images } else { &[] };
    DebugMeta { images: images.iter().map(image).collect() }
}

/// Returns whether names or lines of a stack are missing, so that the server may be able to symbolicate it further.
fn needs_server(stack: &ResolvedStack) -> bool {
    stack
        .frames
        .iter()
        .any(|frame| frame.function.is_none() || (frame.in_app == Some(true) && frame.lineno.is_none()))
}

fn image(image: &Arc<Image>) -> DebugImage {
    let data = SymbolicDebugImage {
        name: image.code_file.clone(),
        arch: Some(image.arch.to_owned()),
        image_addr: Addr(image.image_addr),
        image_size: image.image_size,
        image_vmaddr: Addr(image.image_vmaddr),
        id: image.debug_id.clone(),
        code_id: image.code_id.clone(),
        debug_file: image.debug_file.clone(),
    };
    if cfg!(target_os = "macos") {
        DebugImage::MachO(data)
    } else if cfg!(windows) {
        DebugImage::Pe(data)
    } else {
        DebugImage::Elf(data)
    }
}
