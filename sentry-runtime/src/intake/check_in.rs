//! Check-ins as their callers hand them over. The pipeline writes them.

use std::borrow::Cow;
use std::sync::Arc;

use crate::client::Client;
use crate::context::span_context::SpanContext;
use crate::protocol::{MonitorCheckIn, MonitorCheckInStatus, MonitorConfig, Uuid};
use crate::trace::clock::{Anchor, Ticks};

/// A run of a monitor: what its two check-ins have in common.
#[derive(Debug)]
pub(crate) struct MonitorRun {
    pub(crate) id: Uuid,
    pub(crate) slug: Cow<'static, str>,
    pub(crate) started: Ticks,
    pub(crate) span_context: SpanContext,
    pub(crate) client: Arc<Client>,
    /// The process in which the run started; a forked child that inherits the run does not end it.
    pub(crate) generation: u32,
}

/// A check-in that waits for the pipeline.
#[derive(Debug)]
pub(crate) struct PendingCheckIn {
    pub(crate) content: CheckInContent,
    /// The number of callbacks inside which it was made, see [`crate::base::callback`].
    pub(crate) depth: u8,
}

/// The content of a check-in.
#[derive(Debug)]
pub(crate) enum CheckInContent {
    /// A check-in that the program made itself.
    Made(Box<MadeCheckIn>),
    /// A run has begun.
    Began { run: Arc<MonitorRun>, config: Option<Box<MonitorConfig>> },
    /// A run has ended.
    Ended { run: Arc<MonitorRun>, ok: bool, at: Ticks },
}

/// A check-in of the program, and the trace in which it was made.
#[derive(Debug)]
pub(crate) struct MadeCheckIn {
    pub(crate) check_in: MonitorCheckIn,
    pub(crate) span_context: SpanContext,
    pub(crate) client: Arc<Client>,
}

impl CheckInContent {
    pub(crate) fn client(&self) -> &Arc<Client> {
        match self {
            Self::Made(made) => &made.client,
            Self::Began { run, .. } | Self::Ended { run, .. } => &run.client,
        }
    }

    /// Returns the check-in in the form in which a program makes one.
    pub(crate) fn into_made(self) -> MadeCheckIn {
        match self {
            Self::Made(made) => *made,
            Self::Began { run, config } => {
                let mut made = run.check_in(MonitorCheckInStatus::InProgress);
                made.check_in.monitor_config = config.map(|config| *config);
                made
            }
            Self::Ended { run, ok, at } => {
                let status = if ok { MonitorCheckInStatus::Ok } else { MonitorCheckInStatus::Error };
                let mut made = run.check_in(status);
                let duration = Anchor::take().duration(at.saturating_sub(run.started));
                made.check_in.duration = Some(duration.as_secs_f64());
                made
            }
        }
    }
}

impl MonitorRun {
    fn check_in(&self, status: MonitorCheckInStatus) -> MadeCheckIn {
        let check_in = MonitorCheckIn {
            check_in_id: self.id,
            monitor_slug: self.slug.clone().into_owned(),
            status,
            environment: None,
            duration: None,
            monitor_config: None,
        };
        MadeCheckIn { check_in, span_context: self.span_context.clone(), client: Arc::clone(&self.client) }
    }
}
