//! Cron monitors: check-ins at the start and at the end of a job.
//!
//! Both check-ins share an id, so that overlapping runs do not mix; the first carries the configuration, which
//! creates or updates the monitor. Check-ins are not sampled.
//!
//! A job outside of any context starts as a lazy root, whose check-ins are records of the thread. The check-ins of
//! other jobs are messages.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/check-ins/)

mod open_runs;
mod options;
mod run_of_thread;
mod shown_run;
mod shown_run_parts;

pub(crate) use open_runs::{fail_open_runs, submit};
pub use options::MonitorOptions;

use std::borrow::Cow;
use std::sync::Arc;

use super::instrumented::{End, PollHooks, Previous, Stage};
use super::root::{self, RootKind};
use crate::base::callback;
use crate::base::diagnostics;
use crate::capture::errors::{self, ErrorOrigin};
use crate::capture::unwinding;
use crate::client::{self, forgotten};
use crate::context::active;
use crate::context::ids;
use crate::context::lazy_root;
use crate::context::local::local;
use crate::context::polls;
use crate::context::span_context::SpanContext;
use crate::context::thread_context::Context;
use crate::error::failure::Failure;
use crate::instrument::autoref::Fails;
use crate::intake::check_in::{FullRun, MonitorRun, Monitored};
use crate::trace::clock::{self, Start, Ticks};
use crate::trace::ids::{Lineage, LocalId};
use crate::trace::monitor_site::MonitorSite;
use crate::trace::propagation::Propagation;
use crate::trace::record::{LazyName, SpanOutcome};
use crate::trace::sampling::Hints;
use crate::trace::segment::RootName;

/// A monitored run: check-ins, a trace of its own or a span in the caller's trace, captured errors. Two words: it is
/// part of the annotated function's frame or future.
#[derive(Debug)]
pub struct Monitor(Run);

/// The progress of a job. Most annotated jobs have no tags. Outside of any context they start as a lazy root, which
/// becomes two check-ins and one record of a span, and has a context only if something asks for it.
#[derive(Debug)]
enum Run {
    /// Nothing is recorded, or nothing is left to record.
    Over,
    /// A job that was created outside of any context, and has not started.
    Bare(&'static MonitorSite),
    /// A job that started as this lazy root of the thread.
    Lazy {
        root: LocalId,
        /// The lazy root is still open, and about to end.
        ending: bool,
    },
    Full(Box<MonitorState>),
}

#[derive(Debug)]
struct MonitorState {
    /// Until the first poll.
    plan: Option<MonitorPlan>,
    running: Option<RunningMonitor>,
    failed: bool,
}

#[derive(Debug)]
struct MonitorPlan {
    monitor: Monitored,
    isolate_trace: bool,
    tags: Vec<(Cow<'static, str>, String)>,
    context: Arc<Context>,
    parent: Lineage,
}

#[derive(Debug)]
struct RunningMonitor {
    context: Option<Arc<Context>>,
    active: Lineage,
    /// The number of the run.
    run: LocalId,
    since: Ticks,
}

/// Creates a run of an annotated function. It starts when it is entered.
pub fn monitor(site: &'static MonitorSite) -> Monitor {
    if client::capture_mode() == client::CaptureMode::Off {
        forgotten::check();
        return Monitor(Run::Over);
    }
    if lazy_root::may_begin(local()) {
        return Monitor(Run::Bare(site));
    }
    Monitor(Run::Full(MonitorState::of_site(site, active::context(), active::lineage())))
}

/// Starts the job as a lazy root, if that is possible here.
fn start_lazily(site: &'static MonitorSite) -> Option<Run> {
    if polls::are_recorded() {
        return None;
    }
    let local = local();
    let begin = || lazy_root::begin(local, LazyName::Site(site.callsite));
    let (root, ..) = callback::contain(begin).flatten()?;
    open_runs::begin_lazy(local, root, site);
    Some(Run::Lazy { root, ending: false })
}

impl Monitor {
    /// Creates a run of a monitor that is known only at run time. A slug that Sentry would refuse is reported, and the
    /// job runs without check-ins.
    pub(crate) fn named(slug: &str, options: MonitorOptions) -> Self {
        if let Err(error) = sentry_rules::slug::check(slug) {
            diagnostics::error(format_args!("{error}. The job runs unmonitored."));
            return Self(Run::Over);
        }
        if client::capture_mode() == client::CaptureMode::Off {
            forgotten::check();
            return Self(Run::Over);
        }
        let MonitorOptions { config, isolate_trace, tags } = options;
        let monitor = Monitored::Given { slug: slug.to_owned(), config };
        let (context, parent) = (active::context(), active::lineage());
        Self(Run::Full(MonitorState::planned(MonitorPlan { monitor, isolate_trace, tags, context, parent })))
    }

    /// Returns the state, which a lazy run gets now. `None` if nothing is recorded.
    fn state(&mut self) -> Option<&mut MonitorState> {
        match self.0 {
            Run::Over => return None,
            Run::Full(_) => {}
            Run::Bare(site) => {
                let outside = Arc::clone(Context::default_ref());
                self.0 = Run::Full(MonitorState::of_site(site, outside, Lineage::NONE));
            }
            Run::Lazy { root, .. } => {
                let since = since_of(root);
                open_runs::share(root);
                active::materialize();
                let running = RunningMonitor { context: None, active: Lineage::of(root), run: root, since };
                let state = MonitorState { plan: None, running: Some(running), failed: false };
                self.0 = Run::Full(Box::new(state));
            }
        }
        match &mut self.0 {
            Run::Full(state) => Some(state),
            _ => None,
        }
    }

    /// Enters a run with something to record. Not inlined, so that a run without anything to record stays small.
    #[inline(never)]
    fn enter_begun(&mut self) -> Option<Previous> {
        if let Run::Bare(site) = self.0 { self.enter_bare(site) } else { self.enter_full() }
    }

    /// Starts a run that was created outside of any context, as a lazy root if that is possible here.
    #[inline(never)]
    fn enter_bare(&mut self, site: &'static MonitorSite) -> Option<Previous> {
        let Some(run) = start_lazily(site) else { return self.enter_full() };
        // The former value has nothing to drop.
        std::mem::forget(std::mem::replace(&mut self.0, run));
        Some(Previous::default())
    }

    /// Activates the context of a run with something to record, and starts it at the first call.
    #[inline(never)]
    fn enter_full(&mut self) -> Option<Previous> {
        let state = self.state()?;
        if let Some(plan) = state.plan.take() {
            state.running = MonitorState::start(plan);
        }
        let Some(running) = state.running.as_mut() else {
            self.0 = Run::Over;
            return None;
        };
        Some(Previous::swap(running.context.take(), running.active))
    }

    /// Returns the time when it started, while it runs.
    fn since(&self) -> Option<Ticks> {
        match &self.0 {
            Run::Lazy { root, .. } => Some(since_of(*root)),
            Run::Full(state) => Some(state.running.as_ref()?.since),
            Run::Over | Run::Bare(_) => None,
        }
    }

    /// Returns the span whose polls are recorded.
    fn polled(&self) -> Option<LocalId> {
        match &self.0 {
            Run::Full(state) => state.running.as_ref().map(|running| running.active.span),
            _ => None,
        }
    }

    /// Sets a tag on the run's isolation scope.
    #[must_use]
    pub fn tag<V: ToString + ?Sized>(mut self, key: &'static str, value: &V) -> Self {
        if let Some(plan) = self.state().and_then(|state| state.plan.as_mut())
            && let Some(value) = callback::text_of(value)
        {
            plan.tags.push((Cow::Borrowed(key), value));
        }
        self
    }

    /// Records that the job returned an error.
    #[cold]
    pub fn failed(&mut self, failure: Failure<'_>) {
        if !failure.is_failure() {
            return;
        }
        if let Some(state) = self.state() {
            state.failed = true;
        }
        errors::capture(failure, self.since().unwrap_or_default(), ErrorOrigin::Monitor);
    }
}

/// Returns the start of a job that began as a lazy root.
fn since_of(root: LocalId) -> Ticks {
    let open = lazy_root::started(local(), root);
    // In a forked child, the run is that of the parent.
    open.or_else(|| open_runs::started(root)).unwrap_or_else(clock::now)
}

impl MonitorState {
    fn of_site(site: &'static MonitorSite, context: Arc<Context>, parent: Lineage) -> Box<Self> {
        let (monitor, isolate_trace, tags) = (Monitored::Site(site), site.isolate_trace, Vec::new());
        Self::planned(MonitorPlan { monitor, isolate_trace, tags, context, parent })
    }

    fn planned(plan: MonitorPlan) -> Box<Self> {
        Box::new(Self { plan: Some(plan), running: None, failed: false })
    }

    fn start(mut plan: MonitorPlan) -> Option<RunningMonitor> {
        if let Some((here, active)) = active::nearer_than(Some(&plan.context)) {
            plan.context = here;
            plan.parent = active;
        }
        let client = plan.context.client().filter(|client| client.is_enabled())?;
        let MonitorPlan { monitor, isolate_trace, tags, .. } = plan;
        let mut context = plan.context.isolated().into_boundary();
        if !tags.is_empty() {
            context.isolation.update(|scope| tags.iter().for_each(|(key, value)| scope.set_tag(key, value)));
        }
        if isolate_trace || (context.segment().is_none() && !context.continues) {
            context = context.into_new_trace(Propagation::new());
        }
        let parent = if context.segment().is_some() { plan.parent } else { Lineage::NONE };
        let key = ids::next();
        let kind = RootKind {
            new_trace: false,
            under: (parent.span != 0).then_some(parent.span),
            around: plan.context.segment(),
        };
        let since = clock::now();
        let hints = Hints::default();
        let name = root_name(&monitor);
        let (own, start) = (Some(Arc::clone(&client)), Start::Ticks(since));
        let (context, root) = root::start_in(context, own, kind, name, start, key, &hints);
        let active = root.map_or(parent, Lineage::of);
        let span_context = SpanContext::of(&context, active);
        let run = FullRun { key, id: ids::event_id(), monitor, started: since, span_context, client };
        open_runs::begin(MonitorRun::Full(Arc::new(run)));
        Some(RunningMonitor { context: Some(context), active, run: key, since })
    }

    /// Ends a run that has a context.
    #[inline(never)]
    fn finish(self: Box<Self>, end: End) {
        let Some(RunningMonitor { context: Some(context), active, run, .. }) = self.running else { return };
        let outcome = end.outcome(self.failed);
        errors::close(context.boundary);
        let now = clock::now();
        root::end(&context, active.span, Some(Start::Ticks(now)), outcome);
        open_runs::end(run, outcome == SpanOutcome::Ok, now);
    }
}

/// Returns the name of the root span of a run.
fn root_name(monitor: &Monitored) -> RootName {
    match monitor {
        Monitored::Site(site) => RootName::Site(site.callsite),
        Monitored::Given { slug, .. } => RootName::Given {
            name: slug.clone().into(),
            op: "function.monitor".into(),
            origin: "auto.function.monitor".into(),
            source: "task",
        },
    }
}

impl PollHooks for Monitor {
    type Previous = Option<Previous>;
    const EMPTY_WHEN_OVER: bool = true;

    fn stage(&self) -> Stage {
        match &self.0 {
            Run::Over => Stage::Over,
            Run::Bare(_) => Stage::New,
            Run::Full(state) if state.plan.is_some() => Stage::New,
            Run::Lazy { .. } | Run::Full(_) => Stage::Begun,
        }
    }

    fn enter(&mut self) -> Option<Previous> {
        if matches!(self.0, Run::Over) { None } else { self.enter_begun() }
    }

    fn run<R>(&mut self, run: impl FnOnce() -> R) -> R {
        unwinding::catching_since(self.since().unwrap_or_else(unwinding::begin), run)
    }

    fn unwinds(&mut self) {
        if let Some(since) = self.since() {
            unwinding::leaves(since);
        }
    }

    fn poll_began(&self) {
        if polls::are_recorded()
            && let Some(span) = self.polled()
        {
            polls::begin(span, None);
        }
    }

    fn poll_ended(&self) {
        if polls::are_recorded()
            && let Some(span) = self.polled()
        {
            polls::end(span);
        }
    }

    fn ending(&mut self) {
        if let Run::Lazy { root, ending } = &mut self.0 {
            *ending = local().lazy_root.is_open(*root);
        }
    }

    fn leave(&mut self, previous: Option<Previous>) {
        let Some(previous) = previous else { return };
        // The lazy root ends at once, and takes itself out of the thread.
        if matches!(self.0, Run::Lazy { ending: true, .. }) {
            return;
        }
        let running = self.state().and_then(|state| state.running.as_mut());
        let own = previous.restore();
        if let Some(running) = running {
            running.context = own.context;
        }
    }

    fn finish(&mut self, end: End) {
        let state = match std::mem::replace(&mut self.0, Run::Over) {
            Run::Full(state) => state,
            Run::Lazy { root, .. } => {
                return open_runs::end_lazy(local(), root, end.outcome(false));
            }
            Run::Over | Run::Bare(_) => return,
        };
        state.finish(end);
    }
}

impl Fails for Monitor {
    fn fail(&mut self, failure: Failure<'_>) {
        self.failed(failure);
    }

    fn fail_silently(&mut self) {
        if let Some(state) = self.state() {
            state.failed = true;
        }
        errors::capture_unhandled(ErrorOrigin::Monitor, None);
    }
}
