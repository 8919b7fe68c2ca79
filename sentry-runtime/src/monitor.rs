//! Cron monitors: a job tells that it starts, and how it ended.
//!
//! Both check-ins share an id, so that overlapping runs do not mix; the first carries the configuration, which
//! creates or updates the monitor. Check-ins are never sampled away.
//!
//! Spec: `telemetry/check-ins/index.mdx`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::client::{self, Client};
use crate::errors::{self, Failure, Origin};
use crate::fork::{self, PerProcess};
use crate::pipeline::{self, Message, PendingCheckIn};
use crate::protocol::{
    MonitorCheckIn, MonitorCheckInStatus, MonitorConfig, MonitorIntervalUnit, MonitorSchedule, Uuid,
};
use crate::scope::active::{self, Saved};
use crate::scope::context::Context;
use crate::trace::callsite::Callsite;
use crate::trace::clock::{self, Ticks};
use crate::trace::ids::{self, LocalId};
use crate::trace::instrumented::{End, Previous, Stage, Work};
use crate::trace::place::TracePlace;
use crate::trace::propagation::Propagation;
use crate::trace::record::Outcome;
use crate::trace::root::{self, RootKind};
use crate::trace::segment::RootName;

/// A monitored function: slug and configuration, checked when it was compiled.
#[derive(Debug)]
pub struct MonitorSite {
    slug: &'static str,
    schedule: Option<SiteSchedule>,
    timezone: Option<&'static str>,
    checkin_margin: Option<u64>,
    max_runtime: Option<u64>,
    failure_issue_threshold: Option<u64>,
    recovery_threshold: Option<u64>,
    isolate_trace: bool,
}

#[derive(Debug, Clone, Copy)]
enum SiteSchedule {
    Crontab(&'static str),
    Interval(u64, &'static str),
}

macro_rules! site_setters {
    ($($(#[$doc:meta])* $name:ident: $ty:ty;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub const fn $name(mut self, value: $ty) -> Self {
            self.$name = Some(value);
            self
        }
    )*};
}

impl MonitorSite {
    /// A monitor without a configuration: it must exist in Sentry.
    #[must_use]
    pub const fn new(slug: &'static str) -> Self {
        Self {
            slug,
            schedule: None,
            timezone: None,
            checkin_margin: None,
            max_runtime: None,
            failure_issue_threshold: None,
            recovery_threshold: None,
            isolate_trace: false,
        }
    }

    /// The job runs by a crontab of five fields.
    #[must_use]
    pub const fn crontab(mut self, value: &'static str) -> Self {
        self.schedule = Some(SiteSchedule::Crontab(value));
        self
    }

    /// The job runs every so many units.
    #[must_use]
    pub const fn interval(mut self, value: u64, unit: &'static str) -> Self {
        self.schedule = Some(SiteSchedule::Interval(value, unit));
        self
    }

    /// Each run is a trace of its own.
    #[must_use]
    pub const fn isolate_trace(mut self) -> Self {
        self.isolate_trace = true;
        self
    }

    site_setters! {
        /// The time zone of the crontab.
        timezone: &'static str;
        /// How late a run may start, in minutes.
        checkin_margin: u64;
        /// How long a run may take, in minutes.
        max_runtime: u64;
        /// So many failed runs make an issue.
        failure_issue_threshold: u64;
        /// So many good runs close it.
        recovery_threshold: u64;
    }

    fn config(&self) -> Option<MonitorConfig> {
        let schedule = match self.schedule? {
            SiteSchedule::Crontab(value) => MonitorSchedule::Crontab { value: value.to_owned() },
            SiteSchedule::Interval(value, unit) => {
                MonitorSchedule::Interval { value, unit: interval_unit(unit) }
            }
        };
        Some(MonitorConfig {
            timezone: self.timezone.map(str::to_owned),
            checkin_margin: self.checkin_margin,
            max_runtime: self.max_runtime,
            failure_issue_threshold: self.failure_issue_threshold,
            recovery_threshold: self.recovery_threshold,
            ..MonitorConfig::new(schedule)
        })
    }
}

fn interval_unit(name: &str) -> MonitorIntervalUnit {
    match name {
        "year" => MonitorIntervalUnit::Year,
        "month" => MonitorIntervalUnit::Month,
        "week" => MonitorIntervalUnit::Week,
        "day" => MonitorIntervalUnit::Day,
        "hour" => MonitorIntervalUnit::Hour,
        _ => MonitorIntervalUnit::Minute,
    }
}

/// Hands a check-in to the pipeline. Answers with its id, or `None` without a client.
pub(crate) fn submit(
    client: Option<Arc<Client>>,
    check_in: MonitorCheckIn,
    place: TracePlace,
) -> Option<Uuid> {
    let client = client.filter(|client| client.is_enabled())?;
    let id = check_in.check_in_id;
    pipeline::send(Message::CheckIn(Box::new(PendingCheckIn { check_in, place, client })));
    Some(id)
}

/// The pair of check-ins of one run.
#[derive(Debug, Clone)]
struct Run {
    id: Uuid,
    slug: String,
    started: Instant,
    place: TracePlace,
    client: Arc<Client>,
    /// The process that it began in; a child that inherits it does not end it.
    generation: u32,
}

/// The runs that have not ended, for programs that end without destructors: by the panic hook where panics abort, or
/// by a signal.
static OPEN: PerProcess<Mutex<Vec<Run>>> = PerProcess::new();

/// Whether anybody will want to know.
fn are_tracked() -> bool {
    #[cfg(all(unix, feature = "signals"))]
    if crate::integrations::signals::are_watched() {
        return true;
    }
    cfg!(panic = "abort")
}

fn open() -> MutexGuard<'static, Vec<Run>> {
    OPEN.get_or_make(|_| Mutex::default()).lock().unwrap_or_else(PoisonError::into_inner)
}

impl Run {
    fn start(client: Arc<Client>, slug: String, config: Option<MonitorConfig>, place: TracePlace) -> Self {
        let run = Self {
            id: ids::event_id(),
            slug,
            started: Instant::now(),
            place,
            client,
            generation: fork::generation(),
        };
        let mut check_in = run.check_in(MonitorCheckInStatus::InProgress);
        check_in.monitor_config = config;
        submit(Some(Arc::clone(&run.client)), check_in, run.place.clone());
        if are_tracked() {
            open().push(run.clone());
        }
        run
    }

    fn check_in(&self, status: MonitorCheckInStatus) -> MonitorCheckIn {
        MonitorCheckIn {
            check_in_id: self.id,
            monitor_slug: self.slug.clone(),
            status,
            environment: None,
            release: None,
            duration: None,
            monitor_config: None,
            contexts: std::collections::BTreeMap::new(),
        }
    }

    fn end(self, ok: bool) {
        if are_tracked() {
            open().retain(|open| open.id != self.id);
        }
        if self.generation != fork::generation() {
            return;
        }
        let status = if ok { MonitorCheckInStatus::Ok } else { MonitorCheckInStatus::Error };
        let mut check_in = self.check_in(status);
        check_in.duration = Some(self.started.elapsed().as_secs_f64());
        submit(Some(self.client), check_in, self.place);
    }
}

/// Ends every open run as failed: the program is about to abort.
pub(crate) fn fail_open_runs() {
    let open = std::mem::take(&mut *open());
    for run in open {
        run.end(false);
    }
}

/// A monitored run: check-ins, a trace of its own or a place in the caller's, captured errors.
#[derive(Debug)]
pub struct Monitor {
    plan: Option<Plan>,
    running: Option<Running>,
    failed: bool,
}

#[derive(Debug)]
struct Plan {
    slug: String,
    config: Option<MonitorConfig>,
    isolate_trace: bool,
    name: RootName,
    context: Arc<Context>,
    parent: LocalId,
}

#[derive(Debug)]
struct Running {
    context: Option<Arc<Context>>,
    span: LocalId,
    run: Run,
    since: Ticks,
}

/// A run of an annotated function. It starts when it is entered.
pub fn monitor(callsite: &'static Callsite, site: &'static MonitorSite) -> Monitor {
    Monitor::planned(site.slug.to_owned(), site.isolate_trace, RootName::Site(callsite), || site.config())
}

impl Monitor {
    /// A run of a monitor that is known only at run time.
    pub(crate) fn named(slug: String, config: Option<MonitorConfig>, isolate_trace: bool) -> Self {
        let name = RootName::Given {
            name: slug.clone().into(),
            op: "function.monitor".into(),
            origin: "auto.function.monitor".into(),
            source: "task",
        };
        Self::planned(slug, isolate_trace, name, || config)
    }

    fn planned(
        slug: String,
        isolate_trace: bool,
        name: RootName,
        config: impl FnOnce() -> Option<MonitorConfig>,
    ) -> Self {
        let plan = (client::level() != client::Level::Off).then(|| Plan {
            slug,
            config: config(),
            isolate_trace,
            name,
            context: active::context(),
            parent: active::position().1,
        });
        Self { plan, running: None, failed: false }
    }

    /// Says that the job returned an error.
    #[cold]
    pub fn failed(&mut self, failure: Failure<'_>) {
        if !failure.is_failure() {
            return;
        }
        self.failed = true;
        let since = self.running.as_ref().map_or(0, |running| running.since);
        errors::capture(failure, since, Origin::Monitor);
    }

    fn start(plan: Plan) -> Option<Running> {
        let client = plan.context.client().filter(|client| client.is_enabled())?;
        let mut context = plan.context.isolated().framed();
        if plan.isolate_trace || (context.segment().is_none() && !context.continues) {
            context = context.in_new_trace(Propagation::new());
        }
        let parent = if context.segment().is_some() { plan.parent } else { 0 };
        let key = ids::next();
        let kind = RootKind { new_trace: false, under: (parent != 0).then_some(parent) };
        let (context, span) = match root::start(&context, kind, plan.name, None, key) {
            Some((context, span)) => (context, span),
            None => (Arc::new(context), parent),
        };
        let place = TracePlace::of(&context, span);
        let run = Run::start(client, plan.slug, plan.config, place);
        Some(Running { context: Some(context), span, run, since: clock::now() })
    }
}

impl Work for Monitor {
    fn stage(&self) -> Stage {
        match (&self.plan, &self.running) {
            (Some(_), _) => Stage::New,
            (None, Some(_)) => Stage::Begun,
            (None, None) => Stage::Over,
        }
    }

    fn enter(&mut self) -> Option<Previous> {
        if let Some(plan) = self.plan.take() {
            self.running = Self::start(plan);
        }
        let running = self.running.as_mut()?;
        Some(Previous(active::swap(Saved { context: running.context.take(), span: running.span })))
    }

    fn leave(&mut self, previous: Previous) {
        let own = active::swap(previous.0);
        if let Some(running) = &mut self.running {
            running.context = own.context;
        }
    }

    fn finish(&mut self, end: End) {
        let Some(Running { context: Some(context), span, run, .. }) = self.running.take() else { return };
        let outcome = end.outcome(self.failed);
        errors::close(context.frame);
        root::end(&context, span, None, outcome);
        run.end(outcome == Outcome::Ok);
    }
}
