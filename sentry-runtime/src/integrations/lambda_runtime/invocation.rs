//! One invocation: its scopes, its transaction, and its end.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context as TaskContext, Poll};
use std::time::{Duration, SystemTime};

use ::lambda_runtime::Context;
use bytes::Bytes;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use super::ORIGIN;
use super::event::Event;
use super::watch::Watch;
use crate::capture::errors::{self, ErrorOrigin};
use crate::client::{self, Client};
use crate::context::active;
use crate::error::failure::Failure;
use crate::instrument::instrumented::End;
use crate::instrument::span::Span;
use crate::integrations::http_server::{Handling, Head, Incoming};
use crate::protocol::{AttributeValue, SpanStatus};
use crate::scope::request_events::AwaitedFailures;
use crate::trace::clock::{self, Ticks};

/// The operation of the transactions.
const OP: &str = "function.aws";

/// An invocation of the function.
#[derive(Debug)]
pub(super) enum Invocation {
    /// There is no client.
    Unrecorded,
    /// The outermost layer, which begins and ends the invocation.
    Outer(Handling, Watch),
    /// A layer inside of another one, which only sees errors that the other one does not see.
    Inner(Ticks),
}

impl Invocation {
    /// Begins an invocation.
    pub(super) fn begin(
        context: &Context,
        payload: Option<&Bytes>,
        timeout_warning: Option<Duration>,
        is_cold_start: impl FnOnce() -> bool,
    ) -> Self {
        let cold = is_cold_start();
        let mut handling =
            Handling::begin(|client| incoming(context, payload.map(AsRef::as_ref), cold, client));
        if handling.naming().is_none() {
            return Self::Unrecorded;
        }
        let watch = handling.inside(|_| {
            describe(context);
            Watch::start(&context.env_config.function_name, time_left(context), timeout_warning)
        });
        Self::Outer(handling, watch)
    }

    /// Begins an invocation, unless another layer has begun it.
    pub(super) fn begin_inside(
        context: &Context,
        timeout_warning: Option<Duration>,
        is_cold_start: impl FnOnce() -> bool,
    ) -> Self {
        if client::capture_mode() == client::CaptureMode::Off {
            return Self::Unrecorded;
        }
        let isolation = active::isolation().snapshot();
        match isolation.request_events {
            Some(_) => Self::Inner(clock::now()),
            None => Self::begin(context, None, timeout_warning, is_cold_start),
        }
    }

    /// Runs a closure inside the invocation. A panic in it propagates.
    pub(super) fn inside<R>(&mut self, run: impl FnOnce() -> R) -> R {
        /// Says that the invocation failed, if a panic passes.
        struct Unwinding;
        impl Drop for Unwinding {
            fn drop(&mut self) {
                if std::thread::panicking() {
                    fail_transaction();
                }
            }
        }
        match self {
            Self::Unrecorded => run(),
            Self::Outer(handling, _) => handling.inside(|_| run()),
            Self::Inner(_) => {
                let _unwinding = Unwinding;
                run()
            }
        }
    }

    /// Records the error that the invocation ended with.
    pub(super) fn failed(&mut self, failure: Failure<'_>) {
        match self {
            Self::Unrecorded => {}
            Self::Outer(handling, _) => handling.inside(|running| {
                if let Some(running) = running {
                    running.failed(failure);
                }
            }),
            Self::Inner(since) => {
                let isolation = active::isolation().snapshot();
                let events = isolation.request_events.as_ref();
                if !events.is_some_and(|events| events.ignored.load(Ordering::Relaxed)) {
                    errors::capture(failure, *since, ErrorOrigin::Server(ORIGIN));
                }
                fail_transaction();
            }
        }
    }

    /// Ends the invocation. Ready when what it captured was sent, or when the time for that is over.
    pub(super) fn poll_end(&mut self, task: &mut TaskContext<'_>) -> Poll<()> {
        match self {
            Self::Unrecorded | Self::Inner(_) => Poll::Ready(()),
            Self::Outer(handling, watch) => {
                handling.end(End::Done);
                watch.poll_flushed(task)
            }
        }
    }
}

/// Marks the transaction of the active context as failed.
fn fail_transaction() {
    if let Some(span) = Span::active() {
        span.root().set_status(SpanStatus::InternalError);
    }
}

/// Returns the rest of the time that Lambda gives to the invocation.
fn time_left(context: &Context) -> Option<Duration> {
    context.deadline().duration_since(SystemTime::now()).ok()
}

/// Returns the recorded parts of an invocation.
fn incoming(context: &Context, payload: Option<&[u8]>, cold: bool, client: &Arc<Client>) -> Incoming {
    let event = payload.map(Event::read).unwrap_or_default();
    let headers = event.headers();
    let custom = context.client_context.as_ref().map(|client| &client.custom);
    // The caller's own word counts more than what a service passed on.
    let custom = custom.filter(|custom| custom.contains_key("sentry-trace"));
    let function = &context.env_config.function_name;
    let mut incoming = match event.http() {
        Some(http) => {
            let head = Head {
                method: http.method,
                scheme: Some("https"),
                authority: None,
                path: http.path,
                query: http.query.as_deref(),
                version: "1.1",
                route: http.route.map(str::to_owned),
                peer: None,
                origin: ORIGIN,
                awaited: AwaitedFailures::None,
                further: Head::NOTHING,
            };
            let raw = || headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes(), false));
            Incoming::new(head, raw, client)
        }
        None => Incoming::without_request(ORIGIN),
    };
    match custom {
        Some(custom) => incoming.continue_from(custom, client.options()),
        None => incoming.continue_from(&headers, client.options()),
    }
    incoming.also(attributes(context, event.trigger(), cold));
    incoming.named(OP, function, "component")
}

/// Returns the attributes of an invocation: [function](https://opentelemetry.io/docs/specs/semconv/faas/faas-spans/) and
/// cloud.
fn attributes(
    context: &Context,
    trigger: &'static str,
    cold: bool,
) -> Vec<(Cow<'static, str>, AttributeValue)> {
    let mut all = Vec::with_capacity(10);
    let mut add = |key: &'static str, value: AttributeValue| {
        if !value.is_null() && value.as_str() != Some("") {
            all.push((Cow::Borrowed(key), value));
        }
    };
    let arn = &context.invoked_function_arn;
    // arn:aws:lambda:us-east-1:123456789012:function:resize
    let mut parts = arn.split(':').skip(3);
    add("faas.name", context.env_config.function_name.clone().into());
    add("faas.version", context.env_config.version.clone().into());
    add("faas.invocation_id", context.request_id.clone().into());
    add("faas.trigger", AttributeValue::from_static(trigger));
    add("faas.coldstart", cold.into());
    add("cloud.provider", AttributeValue::from_static("aws"));
    add("cloud.platform", AttributeValue::from_static("aws_lambda"));
    add("cloud.region", parts.next().map(str::to_owned).into());
    add("cloud.account.id", parts.next().map(str::to_owned).into());
    add("cloud.resource_id", arn.clone().into());
    all
}

/// Sets the contexts of an invocation on its isolation scope, with the field names of the official SDKs.
fn describe(context: &Context) {
    let config = &context.env_config;
    let left = time_left(context).unwrap_or_default();
    let function = json!({
        "aws_request_id": context.request_id,
        "function_name": config.function_name,
        "function_version": config.version,
        "invoked_function_arn": context.invoked_function_arn,
        "remaining_time_in_millis": u64::try_from(left.as_millis()).unwrap_or(u64::MAX),
    });
    let region = context.invoked_function_arn.split(':').nth(3).unwrap_or_default();
    let encoded = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
    let logs = json!({
        "log_group": config.log_group,
        "log_stream": config.log_stream,
        "url": format!(
            "https://console.aws.amazon.com/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{}/log-events/{}\
             ?filterPattern=\"{}\"",
            encoded(&config.log_group),
            encoded(&config.log_stream),
            context.request_id,
        ),
    });
    let isolation = active::isolation();
    isolation.update(|scope| {
        scope.set_context("aws.lambda", function);
        scope.set_context("aws.cloudwatch.logs", logs);
    });
}
