//! Records: entries of fixed size that the caller's thread writes and the pipeline thread reads.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::callsite::{self, Callsite};
use super::clock::{Start, Ticks};
use super::ids::LocalId;
use super::monitor_site::MonitorSite;
use super::packed::{AttributeKeys, Kinds, WORDS};
use super::segment::{RootName, Segment};
use crate::client::Client;
use crate::protocol::{AttributeValue, SpanLink, SpanStatus};
use crate::scope::{FormData, Scope, ScopeCell};

/// The outcome of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SpanOutcome {
    Ok,
    /// The function returned `Err` or panicked.
    Failed,
    /// The future was dropped before completion.
    Cancelled,
}

impl SpanOutcome {
    pub(crate) fn status(self) -> SpanStatus {
        match self {
            Self::Ok => SpanStatus::Ok,
            Self::Failed => SpanStatus::InternalError,
            Self::Cancelled => SpanStatus::Cancelled,
        }
    }
}

/// One entry of the recorder. `segment` is the key of its segment.
pub(crate) enum Record {
    /// A child span of an annotated function ended.
    Span {
        segment: LocalId,
        id: LocalId,
        parent: LocalId,
        site: &'static Callsite,
        start: Ticks,
        end: Ticks,
        outcome: SpanOutcome,
    },
    /// An attribute of a span was set.
    Attribute { segment: LocalId, span: LocalId, key: &'static str, value: AttributeValue },
    /// Several attributes of a span were set by the attribute of its function.
    Attributes {
        segment: LocalId,
        span: LocalId,
        keys: &'static AttributeKeys,
        kinds: Kinds,
        words: [u64; WORDS],
    },
    /// Less frequent data of a span.
    Detail { segment: LocalId, span: LocalId, detail: Box<Detail> },
    /// The response to a request ended: its status and its length, which become attributes of a span, and the outcome that
    /// they mean, if it is that of the span.
    #[allow(dead_code, reason = "for the integrations of servers, which are features")]
    Response {
        segment: LocalId,
        span: LocalId,
        status: u16,
        length: Option<u64>,
        outcome: Option<SpanStatus>,
    },
    /// The status of a span was set.
    Status { segment: LocalId, span: LocalId, status: SpanStatus },
    /// A form was submitted, each of whose fields becomes an attribute of a span.
    Form { segment: LocalId, span: LocalId, form: Arc<FormData> },
    /// A segment began whose spans are sent while it runs. For other segments, the pipeline receives the data at their
    /// end.
    Start { segment: Arc<Segment>, isolation: Arc<ScopeCell>, current: Arc<ScopeCell> },
    /// A span began that is reported if it is open for too long.
    SpanWatched(Box<WatchedSpan>),
    /// A poll of an annotated future began.
    PollBegin { span: LocalId, at: Ticks },
    /// A poll began that is watched while it runs.
    PollWatched(Box<WatchedPoll>),
    /// The poll of a span ended.
    PollEnd { segment: LocalId, span: LocalId, at: Ticks },
    /// The scopes of the process, for the lazy roots that follow.
    ProcessScopes(Box<ProcessScopes>),
    /// A lazy root ended.
    LazyRootEnd(LazyRootRecord),
    /// A job that is a lazy root began or ended.
    CheckIn(LazyCheckIn),
    /// The same, for a job that ended together with its root.
    JobEnd(LazyCheckIn, SpanOutcome),
    /// The root of a segment ended, and with it the segment.
    End {
        segment: Arc<Segment>,
        isolation: Arc<Scope>,
        current: Arc<Scope>,
        end: Start,
        outcome: SpanOutcome,
    },
}

/// A poll that is watched, with everything that a report about it needs.
pub(crate) struct WatchedPoll {
    pub(crate) segment: Arc<Segment>,
    pub(crate) isolation: Arc<ScopeCell>,
    pub(crate) current: Arc<ScopeCell>,
    pub(crate) span: LocalId,
    /// `None` for work that is not known by a callsite.
    pub(crate) site: Option<&'static Callsite>,
    pub(crate) at: Ticks,
}

/// An open span with a limit, and everything that a report about it needs.
pub(crate) struct WatchedSpan {
    pub(crate) segment: Arc<Segment>,
    pub(crate) isolation: Arc<ScopeCell>,
    pub(crate) current: Arc<ScopeCell>,
    pub(crate) span: LocalId,
    /// `None` for the root of a segment, which knows its name.
    pub(crate) site: Option<&'static Callsite>,
    pub(crate) at: Ticks,
    pub(crate) limit: Duration,
}

/// The scopes of the process, valid from this record of a thread on.
pub(crate) struct ProcessScopes {
    pub(crate) isolation: Arc<Scope>,
    pub(crate) current: Arc<Scope>,
    pub(crate) salt: u64,
}

/// The name of a lazy root: what is known of it before the program runs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum LazyName {
    /// A span of an annotated function, or a monitored job.
    Site(&'static Callsite),
    /// A server action of this name.
    ServerAction(&'static str),
}

impl LazyName {
    /// Returns whether the root has scopes of its own, which begin as copies of those of the process.
    pub(crate) fn has_own_scopes(self) -> bool {
        match self {
            Self::Site(site) => site.has(callsite::MONITOR),
            Self::ServerAction(_) => true,
        }
    }
}

impl From<LazyName> for RootName {
    fn from(name: LazyName) -> Self {
        match name {
            LazyName::Site(site) => Self::Site(site),
            LazyName::ServerAction(name) => Self::ServerAction(name),
        }
    }
}

/// A recorded lazy root that has ended.
pub(crate) struct LazyRootRecord {
    pub(crate) key: LocalId,
    pub(crate) name: LazyName,
    pub(crate) start: Ticks,
    pub(crate) end: Ticks,
    pub(crate) client: Arc<Client>,
    pub(crate) rate: f32,
    pub(crate) sampled: bool,
    pub(crate) outcome: SpanOutcome,
}

/// The data of an open lazy root, except for its name.
#[derive(Debug, Clone)]
pub(crate) struct OpenRoot {
    pub(crate) values: RootValues,
    pub(crate) client: Arc<Client>,
}

/// What the segment of a lazy root is derived from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RootValues {
    pub(crate) key: LocalId,
    pub(crate) start: Ticks,
    /// The salt of its thread, see [`ProcessScopes`].
    pub(crate) salt: u64,
    pub(crate) rate: f32,
    pub(crate) sampled: bool,
}

/// A check-in of a job that is a lazy root. The salt of its [`OpenRoot`] is left out: the pipeline knows that of the
/// thread.
pub(crate) struct LazyCheckIn {
    pub(crate) key: LocalId,
    pub(crate) start: Ticks,
    pub(crate) client: Arc<Client>,
    pub(crate) site: &'static MonitorSite,
    /// The time of the check-in.
    pub(crate) at: Ticks,
    pub(crate) rate: f32,
    pub(crate) sampled: bool,
    pub(crate) moment: JobMoment,
    /// The number of callbacks inside which it was made, see [`crate::base::callback`].
    pub(crate) depth: u8,
}

impl LazyCheckIn {
    /// Returns the root of the job, which ended at the time of the check-in.
    pub(crate) fn root(&self, outcome: SpanOutcome) -> LazyRootRecord {
        let Self { key, start, client, site, at, rate, sampled, .. } = self;
        LazyRootRecord {
            key: *key,
            name: LazyName::Site(site.callsite),
            start: *start,
            end: *at,
            client: Arc::clone(client),
            rate: *rate,
            sampled: *sampled,
            outcome,
        }
    }
}

/// The moment of a job at which it checks in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JobMoment {
    Began,
    /// It ended well.
    Done,
    Failed,
}

impl JobMoment {
    /// Returns the moment at which a job ended.
    pub(crate) fn end(ok: bool) -> Self {
        if ok { Self::Done } else { Self::Failed }
    }
}

/// Data of a span that is too rare for a record type of its own.
pub(crate) enum Detail {
    /// A child span with names known only at run time ended.
    Span(DynamicSpan),
    Name(String),
    Op(Cow<'static, str>),
    Status(SpanStatus),
    Attribute(String, AttributeValue),
    /// An attribute that is set unless the span has one of the same name.
    Default(&'static str, AttributeValue),
    Tag(String, String),
    Link(SpanLink),
}

/// A child span that was started by a function call.
pub(crate) struct DynamicSpan {
    pub(crate) parent: LocalId,
    pub(crate) name: Cow<'static, str>,
    pub(crate) op: Cow<'static, str>,
    pub(crate) origin: Cow<'static, str>,
    pub(crate) start: Start,
    pub(crate) end: Start,
    pub(crate) outcome: SpanOutcome,
}

const _: () = assert!(size_of::<Record>() <= 64, "a record fits a cache line");
