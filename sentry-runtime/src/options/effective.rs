//! The settings that follow from several options, and the debug output of the options.

use std::fmt;
use std::time::Duration;

use super::{ClientOptions, TraceLifecycle};

impl ClientOptions {
    /// Returns whether spans are recorded.
    pub(crate) fn traces(&self) -> bool {
        self.traces_sample_rate.is_some() || self.traces_sampler.is_some()
    }

    /// Returns whether tracing is enabled but no trace that starts in this process can be recorded.
    pub(crate) fn never_samples(&self) -> bool {
        self.traces_sample_rate == Some(0.0) && self.traces_sampler.is_none()
    }

    /// Returns the time from which on a poll counts as blocked.
    pub(crate) fn blocked_poll_limit(&self) -> Option<Duration> {
        self.blocked_poll_warning.into_iter().chain(self.blocked_poll_event).min()
    }

    /// Returns whether the spans of traces are recorded that are not sampled.
    pub(crate) fn records_unsampled(&self) -> bool {
        self.keep.is_some() || self.flight_recorder.is_some()
    }

    /// Returns whether polls are recorded as attributes.
    pub(crate) fn counts_polls(&self) -> bool {
        self.track_polls || self.blocked_poll_limit().is_some()
    }

    /// Returns whether spans are sent while their trace runs.
    pub(crate) fn streams(&self) -> bool {
        self.trace_lifecycle == TraceLifecycle::Stream && self.keep.is_none()
    }

    /// Returns the id of the organisation: the option `org_id`, else the id in the DSN's host.
    pub(crate) fn effective_org_id(&self) -> Option<&str> {
        self.org_id.as_deref().or_else(|| self.dsn.as_ref()?.org_id())
    }
}

impl fmt::Debug for ClientOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientOptions")
            .field("dsn", &self.dsn.as_ref().map(ToString::to_string))
            .field("release", &self.release)
            .field("environment", &self.environment)
            .field("sample_rate", &self.sample_rate)
            .field("traces_sample_rate", &self.traces_sample_rate)
            .field("traces_sampler", &self.traces_sampler.is_some())
            .field("send_default_pii", &self.send_default_pii)
            .field("data_collection", &self.data_collection)
            .field("local", &self.local)
            .field("spotlight", &self.spotlight)
            .finish_non_exhaustive()
    }
}
