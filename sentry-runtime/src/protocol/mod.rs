//! The types of the wire protocol: ids, events, transactions, check-ins, reports and their envelope.
//!
//! One file per payload. This module imports none of the others; all modules above it use these types. Names and shapes
//! are those of the official crate's `protocol::v7`, if it has them.

pub(crate) mod ack;
pub(crate) mod addr;
pub(crate) mod attachment;
pub(crate) mod attribute;
mod auth;
pub(crate) mod breadcrumb;
pub(crate) mod buffers;
pub(crate) mod client_report;
pub(crate) mod context;
pub(crate) mod debug_meta;
pub(crate) mod dsc;
pub(crate) mod dsn;
pub(crate) mod envelope;
pub(crate) mod event;
pub(crate) mod exception;
pub(crate) mod feedback;
pub(crate) mod ids;
pub(crate) mod inline_str;
pub(crate) mod json;
pub(crate) mod level;
pub(crate) mod limits;
pub(crate) mod log;
pub(crate) mod map;
mod media_type;
pub(crate) mod metric;
pub(crate) mod monitor;
pub(crate) mod nesting;
mod project_id;
pub(crate) mod random;
pub(crate) mod request;
mod rules;
pub(crate) mod sdk_info;
pub(crate) mod session;
pub(crate) mod span;
pub(crate) mod span_status;
pub(crate) mod span_v2;
pub(crate) mod stacktrace;
pub(crate) mod time;
pub(crate) mod to_value;
pub(crate) mod trace_context;
pub(crate) mod transaction;
pub(crate) mod user;
pub(crate) mod values;
mod wire;

#[cfg(test)]
pub(crate) mod tests;

pub(crate) use map::map_of;
pub use map::{Map, Value};

/// JSON values.
pub mod value {
    pub use serde_json::value::{Index, Map, Number, Value, from_value, to_value};
}

pub use addr::{Addr, RegVal};
pub use attachment::{Attachment, AttachmentType};
pub use attribute::{AttributeValue, AttributeValue as LogAttribute};
pub use auth::Auth;
pub use breadcrumb::Breadcrumb;
pub use client_report::{ClientReport, DataCategory, DiscardReason, DiscardedEvents};
pub use context::{
    AppContext, BrowserContext, Context, DeviceContext, Orientation, OsContext, ResponseContext,
    RuntimeContext,
};
pub use debug_meta::{DebugImage, DebugMeta, SymbolicDebugImage};
pub use dsc::DynamicSamplingContext;
pub use dsn::{Dsn, ParseDsnError, Scheme};
pub use envelope::{Envelope, EnvelopeHeaders, EnvelopeItem, ItemType, ParseEnvelopeError};
pub use event::{Event, LogEntry};
pub use exception::{CError, Exception, Mechanism, MechanismMeta, PosixSignal};
pub use feedback::Feedback;
pub use ids::{ParseIdError, SpanId, TraceId};
pub use inline_str::InlineStr;
pub use level::{Level, ParseLevelError};
pub use log::{Log, LogLevel};
pub use metric::{Metric, MetricType, MetricValue, Unit};
pub use monitor::{
    CrontabParseError, MonitorCheckIn, MonitorCheckInStatus, MonitorConfig, MonitorError,
    MonitorIntervalUnit, MonitorSchedule,
};
pub use project_id::{ParseProjectIdError, ProjectId};
pub use request::Request;
pub use sdk_info::{ClientSdkInfo, ClientSdkPackage};
pub use session::{SessionMode, SessionStatus};
pub use span::{Span, SpanLink};
pub use span_status::{ParseStatusError, SpanStatus};
pub use stacktrace::{Frame, Stacktrace, TemplateInfo, Thread, ThreadId};
pub use trace_context::TraceContext;
pub use transaction::{Transaction, TransactionInfo, TransactionSource};
pub use user::{IpAddress, User};
pub use uuid::Uuid;
pub use values::Values;
