//! Cron monitors: check-ins at the start and at the end of a job.
//!
//! Both check-ins share an id, so that overlapping runs do not mix; the first carries the configuration, which
//! creates or updates the monitor. Check-ins are not sampled.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/check-ins/)

mod options;
mod site;

pub use options::MonitorOptions;
pub use site::MonitorSite;

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::instrumented::{End, PollHooks, Previous, Stage};
use super::root::{self, RootKind};
use crate::base::callback;
use crate::base::diagnostics;
use crate::base::fork::{self, PerProcess};
use crate::capture::errors::{self, ErrorOrigin};
use crate::capture::unwinding;
use crate::client::{self, Client, forgotten};
use crate::context::active;
use crate::context::ids;
use crate::context::polls;
use crate::context::span_context::SpanContext;
use crate::context::thread_context::Context;
use crate::error::failure::Failure;
use crate::instrument::autoref::Fails;
use crate::intake::check_in::{CheckInContent, MadeCheckIn, MonitorRun, PendingCheckIn};
use crate::intake::queue;
use crate::protocol::{DataCategory, DiscardReason, MonitorCheckIn, MonitorConfig, Uuid};
use crate::trace::callsite::Callsite;
use crate::trace::clock::{self, Start, Ticks};
use crate::trace::ids::Lineage;
use crate::trace::propagation::Propagation;
use crate::trace::record::SpanOutcome;
use crate::trace::sampling::Hints;
use crate::trace::segment::RootName;

/// Hands a check-in of the program to the pipeline. Returns its id, or `None` without a client.
pub(crate) fn submit(
    client: Option<Arc<Client>>,
    check_in: MonitorCheckIn,
    span_context: SpanContext,
) -> Option<Uuid> {
    forgotten::check();
    let client = client?;
    let id = check_in.check_in_id;
    let made = MadeCheckIn { check_in, span_context, client };
    hand_over(CheckInContent::Made(Box::new(made))).then_some(id)
}

/// Hands a check-in to the pipeline. Returns whether its client takes it.
fn hand_over(content: CheckInContent) -> bool {
    let client = content.client();
    if !client.is_enabled() {
        return false;
    }
    if callback::is_too_deep() {
        diagnostics::debug(format_args!(
            "dropped a check-in captured inside before_send_check_in while it was handling such a check-in (recursion)"
        ));
        client.ledger().lost(DiscardReason::InternalSdkError, DataCategory::Monitor, 1);
        return false;
    }
    queue::send_check_in(Box::new(PendingCheckIn { content, depth: callback::depth() }));
    true
}

/// The unfinished runs, for programs that end without destructors: by an aborting panic or by a signal.
static OPEN: PerProcess<Mutex<Vec<Arc<MonitorRun>>>> = PerProcess::new();

fn open() -> MutexGuard<'static, Vec<Arc<MonitorRun>>> {
    OPEN.get_or_make(|_| Mutex::default()).lock().unwrap_or_else(PoisonError::into_inner)
}

fn begin_run(run: &Arc<MonitorRun>, config: Option<MonitorConfig>) {
    hand_over(CheckInContent::Began { run: Arc::clone(run), config: config.map(Box::new) });
    open().push(Arc::clone(run));
}

fn end_run(run: Arc<MonitorRun>, ok: bool, at: Ticks) {
    open().retain(|open| !Arc::ptr_eq(open, &run));
    if run.generation == fork::generation() {
        hand_over(CheckInContent::Ended { run, ok, at });
    }
}

/// Ends every open run as failed, because the program is about to abort.
pub(crate) fn fail_open_runs() {
    let open = std::mem::take(&mut *open());
    for run in open {
        end_run(run, false, clock::now());
    }
}

/// A monitored run: check-ins, a trace of its own or a span in the caller's trace, captured errors. One word: it is
/// part of the annotated function's frame or future.
#[derive(Debug)]
pub struct Monitor(Option<Box<MonitorState>>);

#[derive(Debug)]
struct MonitorState {
    /// Until the first poll.
    plan: Option<MonitorPlan>,
    running: Option<RunningMonitor>,
    failed: bool,
}

#[derive(Debug)]
struct MonitorPlan {
    slug: Cow<'static, str>,
    options: MonitorOptions,
    name: RootName,
    context: Arc<Context>,
    parent: Lineage,
}

#[derive(Debug)]
struct RunningMonitor {
    context: Option<Arc<Context>>,
    active: Lineage,
    run: Arc<MonitorRun>,
    since: Ticks,
}

/// Creates a run of an annotated function. It starts when it is entered.
pub fn monitor(callsite: &'static Callsite, site: &'static MonitorSite) -> Monitor {
    let options =
        || MonitorOptions { config: site.config(), isolate_trace: site.isolate_trace, tags: Vec::new() };
    Monitor::planned(|| (site.slug.into(), RootName::Site(callsite), options()))
}

impl Monitor {
    /// Creates a run of a monitor that is known only at run time. A slug that Sentry would refuse is reported, and the
    /// job runs without check-ins.
    pub(crate) fn named(slug: &str, options: MonitorOptions) -> Self {
        if let Err(error) = sentry_rules::slug::check(slug) {
            diagnostics::error(format_args!("{error}. The job runs unmonitored."));
            return Self(None);
        }
        Self::planned(|| {
            let name = RootName::Given {
                name: slug.to_owned().into(),
                op: "function.monitor".into(),
                origin: "auto.function.monitor".into(),
                source: "task",
            };
            (slug.to_owned().into(), name, options)
        })
    }

    fn planned(plan: impl FnOnce() -> (Cow<'static, str>, RootName, MonitorOptions)) -> Self {
        if client::capture_mode() == client::CaptureMode::Off {
            forgotten::check();
            return Self(None);
        }
        let (slug, name, options) = plan();
        let (context, parent) = (active::context(), active::lineage());
        let plan = Some(MonitorPlan { slug, options, name, context, parent });
        Self(Some(Box::new(MonitorState { plan, running: None, failed: false })))
    }

    fn running(&self) -> Option<&RunningMonitor> {
        self.0.as_ref()?.running.as_ref()
    }

    /// Sets a tag on the run's isolation scope.
    #[must_use]
    pub fn tag<V: ToString + ?Sized>(mut self, key: &'static str, value: &V) -> Self {
        if let Some(plan) = self.0.as_mut().and_then(|state| state.plan.as_mut())
            && let Some(value) = callback::text_of(value)
        {
            plan.options.tags.push((Cow::Borrowed(key), value));
        }
        self
    }

    /// Records that the job returned an error.
    #[cold]
    pub fn failed(&mut self, failure: Failure<'_>) {
        if !failure.is_failure() {
            return;
        }
        let since = self.running().map_or(0, |running| running.since);
        if let Some(state) = &mut self.0 {
            state.failed = true;
        }
        errors::capture(failure, since, ErrorOrigin::Monitor);
    }

    fn start(mut plan: MonitorPlan) -> Option<RunningMonitor> {
        if let Some((here, active)) = active::nearer_than(Some(&plan.context)) {
            plan.context = here;
            plan.parent = active;
        }
        let client = plan.context.client().filter(|client| client.is_enabled())?;
        let MonitorOptions { config, isolate_trace, tags } = plan.options;
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
        let (context, root) = root::start_in(context, kind, plan.name, Start::Ticks(since), key, &hints);
        let active = root.map_or(parent, Lineage::of);
        let span_context = SpanContext::of(&context, active);
        let (slug, generation) = (plan.slug, fork::generation());
        let run = Arc::new(MonitorRun {
            id: ids::event_id(),
            slug,
            started: since,
            span_context,
            client,
            generation,
        });
        begin_run(&run, config);
        Some(RunningMonitor { context: Some(context), active, run, since })
    }
}

impl PollHooks for Monitor {
    fn stage(&self) -> Stage {
        match &self.0 {
            None => Stage::Over,
            Some(state) if state.plan.is_some() => Stage::New,
            Some(_) => Stage::Begun,
        }
    }

    fn enter(&mut self) -> Option<Previous> {
        let state = self.0.as_mut()?;
        if let Some(plan) = state.plan.take() {
            state.running = Self::start(plan);
        }
        let Some(running) = state.running.as_mut() else {
            self.0 = None;
            return None;
        };
        Some(Previous::swap(running.context.take(), running.active))
    }

    fn run<R>(&mut self, run: impl FnOnce() -> R) -> R {
        let since = self.running().map_or_else(unwinding::begin, |running| running.since);
        unwinding::catching_since(since, run)
    }

    fn unwinds(&mut self) {
        if let Some(running) = self.running() {
            unwinding::leaves(running.since);
        }
    }

    fn poll_began(&self) {
        if polls::are_recorded()
            && let Some(span) = self.running().map(|running| running.active.span)
        {
            polls::begin(span, None);
        }
    }

    fn poll_ended(&self) {
        if polls::are_recorded()
            && let Some(span) = self.running().map(|running| running.active.span)
        {
            polls::end(span);
        }
    }

    fn leave(&mut self, previous: Previous) {
        let own = previous.restore();
        if let Some(running) = self.0.as_mut().and_then(|state| state.running.as_mut()) {
            running.context = own.context;
        }
    }

    fn finish(&mut self, end: End) {
        let Some(state) = self.0.take() else { return };
        let Some(RunningMonitor { context: Some(context), active, run, .. }) = state.running else { return };
        let outcome = end.outcome(state.failed);
        errors::close(context.boundary);
        let now = clock::now();
        root::end(&context, active.span, Some(Start::Ticks(now)), outcome);
        end_run(run, outcome == SpanOutcome::Ok, now);
    }
}

impl Fails for Monitor {
    fn fail(&mut self, failure: Failure<'_>) {
        self.failed(failure);
    }

    fn fail_silently(&mut self) {
        if let Some(state) = &mut self.0 {
            state.failed = true;
        }
        errors::capture_unhandled(ErrorOrigin::Monitor, None);
    }
}
