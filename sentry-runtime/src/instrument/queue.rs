//! The message of a queue: what is recorded of it when it is published and when it is processed.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/traces/modules/queues/)

use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::handler::{DESTINATION, HandlerPlan, Looks, Options};
use super::options::SpanOptions;
use crate::base::callback;
use crate::protocol::AttributeValue;
use crate::protocol::nesting::Shallow;
use crate::trace::headers::HeaderSource;

/// The header with the time of publication, in seconds since 1970. It has the name that the Python SDK gives it.
pub(crate) const PUBLISHED: &str = "sentry-task-enqueued-time";

/// A message, or as much of it as is known where it is published or processed. Everything is optional.
///
/// ```
/// use sentry::queue::Message;
///
/// let body = "{\"order\": 1002}";
/// let message = Message::new().system("redis").id("1717-0").body_size(body.len());
/// ```
#[derive(Debug, Default)]
#[must_use]
pub struct Message {
    plan: HandlerPlan,
    attributes: Vec<(Cow<'static, str>, AttributeValue)>,
    published: Option<SystemTime>,
}

impl<R> Options<R> for Message {
    fn into_parts(self) -> (HandlerPlan, Looks<R>) {
        let (mut plan, mut attributes) = (self.plan, self.attributes);
        // A clock that differs from that of the producer may say that the message comes from the future.
        if let Some(age) = self.published.and_then(|time| time.elapsed().ok()) {
            attributes.push(("messaging.message.receive.latency".into(), (age.as_secs_f64() * 1e3).into()));
        }
        plan.attributes = attributes;
        (plan, Looks::default())
    }
}

impl Message {
    /// Returns a message of which nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the messaging system, such as `kafka`, `rabbitmq`, `aws_sqs` or `redis` (`messaging.system`).
    pub fn system(self, system: impl Into<Cow<'static, str>>) -> Self {
        self.attribute("messaging.system", system.into())
    }

    /// Sets the identifier of the message (`messaging.message.id`).
    pub fn id(self, id: impl Into<String>) -> Self {
        self.attribute("messaging.message.id", id.into())
    }

    /// Sets the size of the body in bytes (`messaging.message.body.size`).
    pub fn body_size(self, bytes: usize) -> Self {
        self.attribute("messaging.message.body.size", bytes as u64)
    }

    /// Sets the size of body and metadata in bytes (`messaging.message.envelope.size`).
    pub fn envelope_size(self, bytes: usize) -> Self {
        self.attribute("messaging.message.envelope.size", bytes as u64)
    }

    /// Sets how often the message was processed before, without success (`messaging.message.retry.count`).
    pub fn retry_count(self, retries: u32) -> Self {
        self.attribute("messaging.message.retry.count", u64::from(retries))
    }

    /// Sets the time of publication, from which the consumer computes `messaging.message.receive.latency` in
    /// milliseconds (default: the time in the headers that [`publish`](crate::queue::publish) made).
    pub fn published_at(mut self, time: SystemTime) -> Self {
        self.published = Some(time);
        self
    }

    /// Sets the headers of a message that is processed. The consumer continues their trace, unless a span is active.
    pub fn headers(mut self, headers: impl HeaderSource) -> Self {
        self.plan.read_headers(&headers);
        let mut time = None;
        callback::show(|| {
            headers.visit(PUBLISHED, &mut |value| {
                let seconds = value.parse().ok().and_then(|it| Duration::try_from_secs_f64(it).ok());
                time = seconds.and_then(|seconds| UNIX_EPOCH.checked_add(seconds));
            });
        });
        self.published = self.published.or(time);
        self
    }

    /// Sets a tag on everything that is captured while the message is processed, see
    /// [`Scope::set_tag`](crate::Scope::set_tag).
    pub fn tag(mut self, key: impl Into<Cow<'static, str>>, value: impl ToString) -> Self {
        self.plan.tags.extend(callback::text(value).map(|value| (key.into(), value)));
        self
    }

    /// Adds any other attribute.
    pub fn attribute(mut self, key: impl Into<Cow<'static, str>>, value: impl Into<AttributeValue>) -> Self {
        self.attributes.push((key.into(), Shallow::of(value.into()).into_inner()));
        self
    }

    /// Returns the options of the producer's span.
    pub(crate) fn publication(self, destination: Cow<'static, str>) -> SpanOptions {
        SpanOptions::new(destination.clone())
            .op("queue.publish")
            .origin("auto.queue.publish")
            .source("task")
            .attribute(DESTINATION, destination)
            .attributes(self.attributes)
    }
}
