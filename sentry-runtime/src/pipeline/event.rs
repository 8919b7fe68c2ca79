//! From what a caller captured to an event on the wire.

use std::borrow::Cow;
use std::sync::Arc;

use super::bench::{self, Bench};
use super::normalize::Limits;
use super::stack::{Image, ResolvedFrame, ResolvedStack};
use super::{attachments, hooks, output, queue};
use crate::capture::{Body, Capture, Mechanism};
use crate::diagnostics;
use crate::errors::chain::{Chain, Entry};
use crate::integrations::contexts;
use crate::options::ClientOptions;
use crate::protocol::{
    self, Addr, Context, DataCategory, DebugImage, DebugMeta, DiscardReason, EnvelopeItem, Event, Exception,
    Frame, ItemType, LogEntry, Stacktrace, SymbolicDebugImage, Thread, ThreadId, TraceContext,
};
use crate::trace::ids;

/// Builds, filters and sends one event.
pub(super) fn process(capture: Capture) {
    let client = Arc::clone(&capture.client);
    let Some(transport) = output::open(&client, DataCategory::Error, 1) else { return };
    let lost = |reason| client.ledger().lost(reason, DataCategory::Error, 1);
    let options = client.options();
    if !is_sampled(options.sample_rate) {
        return lost(DiscardReason::SampleRate);
    }
    let trace = capture.place.dsc(&client);
    let scope = capture.scopes.merged();
    // The client's tools are free again while the user's callbacks run: those may capture, flush, close.
    let event = bench::with(&client, |bench| {
        let mut event = build(&capture, bench);
        scope.apply_to_event(&mut event);
        complete(&mut event, bench, options);
        event
    });
    let mut event = match hooks::event(&client, &scope, capture.depth, event) {
        Ok(event) => event,
        Err(reason) => return lost(reason),
    };
    let scrubber = bench::with(&client, |bench| Arc::clone(&bench.scrubber));
    scrubber.scrub_event(&mut event);
    limits(options).normalize_event(&mut event);
    let Ok(payload) = serde_json::to_vec(&event) else {
        diagnostics::error(format_args!("event {} could not be serialised", event.event_id));
        return lost(DiscardReason::InternalSdkError);
    };
    diagnostics::debug(format_args!("event {} captured", event.event_id.simple()));
    let mut items = vec![EnvelopeItem::json(ItemType::Event, payload, DataCategory::Error)];
    items.extend(attachments::items(&client, &scope.attachments));
    output::send(transport, Some(event.event_id), Some(trace), items);
}

fn is_sampled(rate: Option<f32>) -> bool {
    rate.is_none_or(|rate| f64::from(ids::millionths()) < f64::from(rate) * 1e6)
}

pub(super) fn limits(options: &ClientOptions) -> Limits {
    Limits { normalize_depth: options.normalize_depth, max_value_length: options.max_value_length }
}

/// What the caller said.
fn build(capture: &Capture, bench: &mut Bench) -> Event<'static> {
    let resolved = capture.stack.as_ref().map(|stack| bench.resolver.resolve(stack, &queue::is_hurried));
    let mut event = match &capture.body {
        Body::Event(event) => Event::clone(event),
        _ => Event {
            event_id: capture.event_id,
            level: capture.level,
            timestamp: capture.timestamp,
            ..Event::default()
        },
    };
    let crashed = matches!(capture.body, Body::Panic { .. });
    let mut stacktrace = resolved.as_ref().and_then(stacktrace_of);
    match &capture.body {
        Body::Event(_) => {}
        Body::Error { chain, mechanism } => {
            event.exception = exceptions(chain, *mechanism, stacktrace.take()).into();
        }
        Body::Panic { message, location } => {
            event.exception = vec![panic_exception(message, location.as_ref(), stacktrace.take())].into();
        }
        Body::Message(text) => {
            event.logentry = Some(LogEntry { message: text.clone(), params: Vec::new() });
        }
    }
    if !matches!(capture.body, Body::Event(_)) {
        let thread = Thread {
            id: capture.thread.clone().map(ThreadId::String),
            name: capture.thread.clone(),
            stacktrace,
            crashed,
            current: true,
            ..Thread::default()
        };
        if thread.name.is_some() || thread.stacktrace.is_some() {
            for exception in &mut event.exception.values {
                exception.thread_id.clone_from(&thread.id);
            }
            event.threads = vec![thread].into();
        }
    }
    if let Some(resolved) = resolved.filter(needs_server) {
        event.debug_meta = Cow::Owned(DebugMeta { images: resolved.images.iter().map(image).collect() });
    }
    if event.transaction.is_none() {
        event.transaction = capture.place.transaction();
    }
    event.contexts.entry("trace".to_owned()).or_insert_with(|| {
        Context::from(TraceContext {
            trace_id: capture.place.trace_id(),
            span_id: capture.place.span_id,
            parent_span_id: capture.place.parent_span_id,
            ..TraceContext::default()
        })
    });
    event
}

/// What every event carries, unless somebody said otherwise.
fn complete(event: &mut Event<'static>, bench: &Bench, options: &ClientOptions) {
    for (name, context) in &bench.contexts {
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
    set(&mut event.server_name, &bench.server_name.clone().map(Cow::Owned));
    if event.sdk.is_none() {
        event.sdk = Some(Cow::Owned(bench.sdk.clone()));
    }
}

/// The exceptions of a chain as the wire wants them: the cause first, the error itself last.
fn exceptions(chain: &Chain, mechanism: Mechanism, mut stack: Option<Stacktrace>) -> Vec<Exception> {
    let several = chain.entries.len() > 1;
    let exception = |(depth, entry): (usize, &Entry)| {
        let depth = depth as u64;
        Exception {
            ty: entry.ty.clone(),
            value: Some(entry.value.clone()),
            module: entry.module.clone(),
            stacktrace: if depth == 0 { stack.take() } else { None },
            mechanism: Some(protocol::Mechanism {
                ty: if depth == 0 { mechanism.ty.to_owned() } else { "chained".to_owned() },
                handled: Some(mechanism.handled),
                source: (depth > 0).then(|| "source".to_owned()),
                exception_id: several.then_some(depth),
                parent_id: depth.checked_sub(1),
                ..protocol::Mechanism::default()
            }),
            ..Exception::default()
        }
    };
    let mut exceptions: Vec<_> = chain.entries.iter().enumerate().map(exception).collect();
    exceptions.reverse();
    exceptions
}

fn panic_exception(
    message: &str,
    location: Option<&(String, u32, u32)>,
    stacktrace: Option<Stacktrace>,
) -> Exception {
    let mut mechanism = protocol::Mechanism {
        ty: "panic".to_owned(),
        handled: Some(false),
        ..protocol::Mechanism::default()
    };
    if let Some((file, line, column)) = location {
        mechanism.data.insert("location".to_owned(), format!("{file}:{line}:{column}").into());
    }
    Exception {
        ty: "panic".to_owned(),
        value: Some(message.to_owned()),
        stacktrace,
        mechanism: Some(mechanism),
        ..Exception::default()
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
        in_app: Some(frame.in_app),
        image_addr: frame.image_addr.map(Addr),
        instruction_addr: Some(Addr(frame.instruction_addr)),
        ..Frame::default()
    }
}

/// Whether the server can find out more about a stack than we could: names or lines are missing.
fn needs_server(stack: &ResolvedStack) -> bool {
    stack.frames.iter().any(|frame| frame.function.is_none() || (frame.in_app && frame.lineno.is_none()))
}

fn image(image: &Arc<Image>) -> DebugImage {
    DebugImage::Elf(SymbolicDebugImage {
        name: image.code_file.clone(),
        arch: Some(image.arch.to_owned()),
        image_addr: Addr(image.image_addr),
        image_size: image.image_size,
        image_vmaddr: Addr(image.image_vmaddr),
        id: image.debug_id.clone(),
        code_id: image.code_id.clone(),
        debug_file: None,
    })
}
