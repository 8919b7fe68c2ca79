//! Check-ins as their callers hand them over: as messages, or as records of a lazy root. The pipeline writes them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::base::callback;
use crate::base::worker;
use crate::client::Client;
use crate::context::lazy_root;
use crate::context::local::Local;
use crate::context::recorder;
use crate::context::span_context::SpanContext;
use crate::protocol::{MonitorCheckIn, MonitorCheckInStatus, MonitorConfig, Uuid};
use crate::trace::clock::{Anchor, Ticks};
use crate::trace::ids::LocalId;
use crate::trace::monitor_site::MonitorSite;
use crate::trace::record::{JobMoment, LazyCheckIn, OpenRoot, Record, RootValues, SpanOutcome};
use crate::trace::segment::RootName;

/// A run of a monitor: what its two check-ins have in common.
#[derive(Debug, Clone)]
pub(crate) enum MonitorRun {
    /// A run that began as a lazy root. The pipeline derives id, trace and configuration from it.
    Lazy { root: OpenRoot, site: &'static MonitorSite },
    /// A run that began with a context.
    Full(Arc<FullRun>),
}

/// A run that began with a context.
#[derive(Debug)]
pub(crate) struct FullRun {
    /// The number of the run in this process.
    pub(crate) key: LocalId,
    pub(crate) id: Uuid,
    pub(crate) monitor: Monitored,
    pub(crate) started: Ticks,
    pub(crate) span_context: SpanContext,
    pub(crate) client: Arc<Client>,
}

/// The monitor of a run: its slug and its configuration.
#[derive(Debug)]
pub(crate) enum Monitored {
    /// The monitor of an annotated function.
    Site(&'static MonitorSite),
    /// A monitor that is known only at run time.
    Given { slug: String, config: Option<MonitorConfig> },
}

/// A check-in that waits for the pipeline. It is stored inline, so that the check-ins of a job need no allocation.
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
    Began(MonitorRun),
    /// A run has ended.
    Ended { run: MonitorRun, ok: bool, at: Ticks },
}

/// A check-in of the program, and the trace in which it was made.
#[derive(Debug)]
pub(crate) struct MadeCheckIn {
    pub(crate) check_in: MonitorCheckIn,
    pub(crate) span_context: SpanContext,
    pub(crate) client: Arc<Client>,
}

/// Whether a thread has recorded a check-in since the pipeline last looked for them.
static RECORDED: AtomicBool = AtomicBool::new(false);

/// Records a check-in of a job that is a lazy root on this thread. Returns the client if there was no room, or the
/// check-in is not wanted.
#[inline(always)]
pub(crate) fn record(
    local: &Local,
    values: RootValues,
    client: Arc<Client>,
    site: &'static MonitorSite,
    moment: JobMoment,
    at: Ticks,
) -> Result<(), Arc<Client>> {
    let depth = callback::depth();
    if depth >= callback::DEEPEST || !client.is_enabled() {
        return Err(client);
    }
    let RootValues { key, start, rate, sampled, .. } = values;
    recorder::push_or_keep(local, client, move |client| {
        Record::CheckIn(LazyCheckIn { key, start, client, site, at, rate, sampled, moment, depth })
    })?;
    RECORDED.store(true, Ordering::Release);
    match moment {
        JobMoment::Began => worker::wake_soon(),
        JobMoment::Done | JobMoment::Failed => worker::nudge(),
    }
    Ok(())
}

/// Returns whether the open lazy root of this thread and the last check-in of its job can be one record.
#[inline(always)]
pub(crate) fn may_end_with_root(local: &Local) -> bool {
    callback::depth() < callback::DEEPEST && lazy_root::is_recorded_at_end(local)
}

/// Ends the open lazy root of this thread, and records the last check-in of its job with it. It must be
/// [possible](may_end_with_root).
#[inline(always)]
pub(crate) fn end_with_root(local: &Local, site: &'static MonitorSite, outcome: SpanOutcome) {
    lazy_root::end_job(local, site, outcome, callback::depth());
    RECORDED.store(true, Ordering::Release);
    worker::nudge();
}

/// Returns whether a thread has recorded a check-in since the last call.
pub(crate) fn take_recorded() -> bool {
    RECORDED.load(Ordering::Relaxed) && RECORDED.swap(false, Ordering::Acquire)
}

impl PendingCheckIn {
    /// Returns the check-in of a record. The salt is that of its thread.
    pub(crate) fn recorded(record: LazyCheckIn, salt: u64) -> Self {
        let LazyCheckIn { key, start, client, site, at, rate, sampled, moment, depth } = record;
        let root = OpenRoot { values: RootValues { key, start, salt, rate, sampled }, client };
        Self { content: CheckInContent::of(MonitorRun::Lazy { root, site }, moment, at), depth }
    }
}

impl CheckInContent {
    /// Returns the check-in of a run at a moment.
    pub(crate) fn of(run: MonitorRun, moment: JobMoment, at: Ticks) -> Self {
        match moment {
            JobMoment::Began => Self::Began(run),
            JobMoment::Done | JobMoment::Failed => Self::Ended { run, ok: moment == JobMoment::Done, at },
        }
    }

    pub(crate) fn client(&self) -> &Arc<Client> {
        match self {
            Self::Made(made) => &made.client,
            Self::Began(run) | Self::Ended { run, .. } => run.client(),
        }
    }

    /// Returns the check-in in the form in which a program makes one.
    pub(crate) fn into_made(self) -> MadeCheckIn {
        match self {
            Self::Made(made) => *made,
            Self::Began(run) => {
                let mut made = run.check_in(MonitorCheckInStatus::InProgress);
                made.check_in.monitor_config = run.config();
                made
            }
            Self::Ended { run, ok, at } => {
                let status = if ok { MonitorCheckInStatus::Ok } else { MonitorCheckInStatus::Error };
                let mut made = run.check_in(status);
                let duration = Anchor::take().duration(at.saturating_sub(run.started()));
                made.check_in.duration = Some(duration.as_secs_f64());
                made
            }
        }
    }
}

impl MonitorRun {
    /// Returns the number of the run in this process.
    pub(crate) fn key(&self) -> LocalId {
        match self {
            Self::Lazy { root, .. } => root.values.key,
            Self::Full(run) => run.key,
        }
    }

    pub(crate) fn started(&self) -> Ticks {
        match self {
            Self::Lazy { root, .. } => root.values.start,
            Self::Full(run) => run.started,
        }
    }

    fn client(&self) -> &Arc<Client> {
        match self {
            Self::Lazy { root, .. } => &root.client,
            Self::Full(run) => &run.client,
        }
    }

    fn config(&self) -> Option<MonitorConfig> {
        match self {
            Self::Lazy { site, .. } => site.config(),
            Self::Full(run) => match &run.monitor {
                Monitored::Site(site) => site.config(),
                Monitored::Given { config, .. } => config.clone(),
            },
        }
    }

    fn check_in(&self, status: MonitorCheckInStatus) -> MadeCheckIn {
        let (check_in_id, monitor_slug, span_context) = match self {
            Self::Lazy { root, site } => {
                let segment = root.segment(RootName::Site(site.callsite));
                (root.unique_id(), site.slug.to_owned(), SpanContext::of_root(segment))
            }
            Self::Full(run) => (run.id, run.monitor.slug().to_owned(), run.span_context.clone()),
        };
        let check_in = MonitorCheckIn {
            check_in_id,
            monitor_slug,
            status,
            environment: None,
            duration: None,
            monitor_config: None,
        };
        MadeCheckIn { check_in, span_context, client: Arc::clone(self.client()) }
    }
}

impl Monitored {
    fn slug(&self) -> &str {
        match self {
            Self::Site(site) => site.slug,
            Self::Given { slug, .. } => slug,
        }
    }
}
