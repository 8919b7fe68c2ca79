//! Logs and metrics on the pipeline thread, from records to batches on the wire.
//!
//! Each record becomes the value that `before_send_log` or `before_send_metric` receives: its own attributes, those
//! of its scopes, and defaults of the program for names that neither sets. After the callback sensitive values are
//! filtered and long texts truncated.
//!
//! [Spec, logs](https://develop.sentry.dev/sdk/telemetry/logs/),
//! [metrics](https://develop.sentry.dev/sdk/telemetry/metrics/)

use std::borrow::Cow;
use std::sync::Arc;

use serde::Serialize;

use super::batch::Batched;
use super::client_state::{self, ClientState};
use super::{hooks, output};
use crate::base::diagnostics;
use crate::capture::logger::template;
use crate::client::Client;
use crate::intake::log::{LOG_BYTES, LogRecord, Text, lost_log};
use crate::intake::metric::MetricRecord;
use crate::intake::queue::Queues;
use crate::intake::record_context::RecordContext;
use crate::protocol::envelope::SDK;
use crate::protocol::limits::truncated;
use crate::protocol::{
    AttributeValue, DataCategory, DiscardReason, EnvelopeItem, ItemType, Log, Map, Metric, map_of,
};
use crate::scrub::Scrubber;

type Attributes = Map<Cow<'static, str>, AttributeValue>;

const LOGS: &str = "application/vnd.sentry.items.log+json";
const METRICS: &str = "application/vnd.sentry.items.trace-metric+json";

impl Batched for LogRecord {
    const CATEGORY: DataCategory = DataCategory::LogItem;

    fn next(queues: &Queues) -> Option<Self> {
        queues.next_log()
    }

    fn waiting(queues: &Queues) -> usize {
        queues.waiting_logs()
    }

    fn moment(&self) -> &RecordContext {
        &self.moment
    }

    fn size(&self) -> Option<(DataCategory, u64)> {
        Some((DataCategory::LogByte, self.bytes() as u64))
    }

    fn send(client: &Arc<Client>, records: Vec<Self>) {
        if output::open(client, DataCategory::LogItem, records.len() as u64).is_none() {
            let bytes = records.iter().map(LogRecord::bytes).sum::<usize>() as u64;
            return client.ledger().lost(DiscardReason::RatelimitBackoff, DataCategory::LogByte, bytes);
        }
        let show = |record: Self| {
            let depth = record.moment.depth;
            record.fields.tell_cut(client, "a log");
            let log = client_state::with(client, |state| log(record, state));
            diagnostics::debug(format_args!("log {}: {}", log.level, log.body));
            let bytes = LOG_BYTES + log.body.len();
            hooks::log(client, depth, log).map_err(|reason| lost_log(client, reason, bytes)).ok()
        };
        let mut logs: Vec<_> = records.into_iter().filter_map(show).collect();
        let (scrubber, max) = (scrubber(client), client.options().max_value_length);
        for log in &mut logs {
            scrubber.scrub_log(log);
            cut(&mut log.attributes, max);
            if let Cow::Owned(text) = truncated(&log.body, max) {
                log.body = text;
            }
        }
        send(client, ItemType::Log, LOGS, DataCategory::LogItem, &logs, || {
            for log in &logs {
                lost_log(client, DiscardReason::InternalSdkError, LOG_BYTES + log.body.len());
            }
        });
    }
}

impl Batched for MetricRecord {
    const CATEGORY: DataCategory = DataCategory::TraceMetric;

    fn next(queues: &Queues) -> Option<Self> {
        queues.next_metric()
    }

    fn waiting(queues: &Queues) -> usize {
        queues.waiting_metrics()
    }

    fn moment(&self) -> &RecordContext {
        &self.moment
    }

    fn size(&self) -> Option<(DataCategory, u64)> {
        None
    }

    fn send(client: &Arc<Client>, records: Vec<Self>) {
        if output::open(client, DataCategory::TraceMetric, records.len() as u64).is_none() {
            return;
        }
        let show = |record: Self| {
            let depth = record.moment.depth;
            record.draft.fields.tell_cut(client, "a metric");
            let metric = client_state::with(client, |state| metric(record, state));
            diagnostics::debug(format_args!("{} {} {}", metric.ty.as_str(), metric.name, metric.value));
            let lost = |reason| client.ledger().lost(reason, DataCategory::TraceMetric, 1);
            hooks::metric(client, depth, metric).map_err(lost).ok()
        };
        let mut metrics: Vec<_> = records.into_iter().filter_map(show).collect();
        let (scrubber, max) = (scrubber(client), client.options().max_value_length);
        for metric in &mut metrics {
            scrubber.scrub_metric(metric);
            cut(&mut metric.attributes, max);
        }
        send(client, ItemType::TraceMetric, METRICS, DataCategory::TraceMetric, &metrics, || {
            let quantity = metrics.len() as u64;
            client.ledger().lost(DiscardReason::InternalSdkError, DataCategory::TraceMetric, quantity);
        });
    }
}

fn scrubber(client: &Client) -> Arc<Scrubber> {
    client_state::with(client, |state| Arc::clone(&state.scrubber))
}

fn log(record: LogRecord, state: &ClientState) -> Log {
    let LogRecord { moment, level, text, template, fields, attributes: own } = record;
    let parameters = || fields.iter().skip(own).map(|(name, value)| (&**name, value));
    let body = match text {
        Text::Whole(text) => text.into_owned(),
        Text::Template(template) => {
            let parameters: Vec<_> = parameters().collect();
            template::fill_in(template, parameters.iter().copied())
        }
    };
    let mut attributes = Attributes::new();
    // Without parameters the template would only repeat the text.
    if parameters().any(|(_, value)| !value.is_null()) {
        attributes.insert("sentry.message.template".into(), AttributeValue::from_static(template));
    }
    for (number, (key, value)) in fields.into_iter().enumerate() {
        let key = match number.checked_sub(own) {
            None => key,
            Some(number) if key.is_empty() => format!("sentry.message.parameter.{number}").into(),
            Some(_) => format!("sentry.message.parameter.{key}").into(),
        };
        attributes.insert(key, value);
    }
    complete(&mut attributes, &moment, state);
    Log {
        timestamp: moment.at,
        trace_id: moment.trace_id,
        span_id: moment.span_id,
        level,
        body,
        severity_number: level.severity_number(),
        attributes,
    }
}

fn metric(record: MetricRecord, state: &ClientState) -> Metric {
    let MetricRecord { moment, draft } = record;
    let mut attributes = map_of(draft.fields.into_iter());
    complete(&mut attributes, &moment, state);
    Metric {
        timestamp: moment.at,
        trace_id: moment.trace_id,
        span_id: moment.span_id,
        name: draft.name,
        ty: draft.ty,
        value: draft.value,
        unit: draft.unit,
        attributes,
    }
}

/// Adds the attributes of the scopes, then the defaults of every log and metric, for names that are not set yet.
fn complete(attributes: &mut Attributes, moment: &RecordContext, state: &ClientState) {
    moment.scopes.add_attributes(attributes);
    let options = moment.client.options();
    let mut add = |key: &'static str, value: AttributeValue| {
        if !value.is_null() {
            attributes.entry(Cow::Borrowed(key)).or_insert(value);
        }
    };
    add("sentry.environment", text(options.environment.as_ref()));
    add("sentry.release", text(options.release.as_ref()));
    add("sentry.sdk.name", AttributeValue::from_static(SDK.name));
    add("sentry.sdk.version", AttributeValue::from_static(SDK.version));
    add("server.address", state.server_name.as_deref().into());
    add("sentry.replay_id", moment.incoming.as_ref().and_then(|dsc| dsc.get().replay_id()).into());
    // The program put it into the scope, or it was allowed when it was collected.
    if let Some(user) = moment.scopes.user() {
        add("user.id", user.id.as_deref().into());
        add("user.name", user.username.as_deref().into());
        add("user.email", user.email.as_deref().into());
    }
}

fn text(value: Option<&Cow<'static, str>>) -> AttributeValue {
    match value {
        None => AttributeValue::Null,
        Some(Cow::Borrowed(text)) => AttributeValue::from_static(text),
        Some(Cow::Owned(text)) => text.as_str().into(),
    }
}

/// Cuts long texts.
fn cut(attributes: &mut Attributes, max: usize) {
    for value in attributes.values_mut() {
        if let AttributeValue::String(text) = value
            && let Cow::Owned(cut) = truncated(text, max)
        {
            *text = cut.into();
        }
    }
}

#[derive(Serialize)]
struct Payload<'a, T> {
    version: u8,
    items: &'a [T],
}

fn send<T: Serialize>(
    client: &Arc<Client>,
    ty: ItemType,
    content_type: &'static str,
    category: DataCategory,
    items: &[T],
    count_lost: impl FnOnce(),
) {
    let Some(transport) = client.transport().filter(|_| !items.is_empty()) else { return };
    match serde_json::to_vec(&Payload { version: 2, items }) {
        Ok(payload) => {
            let item = EnvelopeItem::container(ty, content_type, payload, items.len(), category);
            output::send(transport, None, None, [item]);
        }
        Err(error) => {
            diagnostics::error(format_args!("dropped a batch: it could not be serialised ({error})"));
            count_lost();
        }
    }
}
