//! The values of arguments, from the function that failed to the frame in which they are shown.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The maximum number of values of one function. Further ones are left out.
pub(crate) const MAX_VALUES: usize = 32;
/// The maximum number of functions of one event. Further ones are left out.
pub(crate) const MAX_FUNCTIONS: usize = 16;
/// The time for which the event of a panic waits for the values once the panic unwinds. That takes microseconds, but its
/// destructors may take longer. The whole time passes only if a function with values catches the panic and goes on without
/// calling another.
const PATIENCE: Duration = Duration::from_millis(500);
/// The time for which the event of a panic waits for the end of its hooks. The hook of the standard library may print a
/// backtrace, which takes seconds in a large program with debug information.
const PATIENCE_FOR_HOOKS: Duration = Duration::from_secs(5);

/// The function to which values belong. Generated code writes it as a constant.
#[derive(Debug)]
pub struct VarsSite {
    /// The name of a type that the function holds, which begins with the function's path.
    pub marker: fn() -> &'static str,
    /// File and line of the function, as `file:line`.
    pub location: &'static str,
    /// The names of the values.
    pub names: &'static [&'static str],
}

/// The values of one function, as text.
#[derive(Debug, Clone)]
pub(crate) struct Locals {
    pub(crate) site: &'static VarsSite,
    pub(crate) values: Vec<(&'static str, String)>,
}

impl VarsSite {
    /// Returns the names in the function's path, such as `shop`, `Cart` and `checkout`.
    pub(crate) fn path(&self) -> Vec<&'static str> {
        let marker = (self.marker)();
        let path = marker.rsplit_once("::").map_or(marker, |(function, _marker)| function);
        words(path)
    }

    /// Returns the file and the line of the function.
    pub(crate) fn place(&self) -> Option<(&'static str, u32)> {
        let (file, line) = self.location.rsplit_once(':')?;
        Some((file, line.parse().ok()?))
    }
}

/// Returns the names in a path, without closures and the numbers of closures.
pub(crate) fn words(path: &str) -> Vec<&str> {
    let is_name = |word: &&str| !word.is_empty() && *word != "closure" && !word.starts_with(char::is_numeric);
    path.split(|c: char| !c.is_alphanumeric() && c != '_').filter(is_name).collect()
}

/// The values that an event is captured with.
#[derive(Debug, Clone, Default)]
pub(crate) struct CapturedLocals {
    /// From the innermost function to the outermost.
    pub(crate) known: Vec<Locals>,
    /// The values of a panic, which follow while it unwinds.
    pub(crate) late: Option<Arc<Late>>,
}

impl CapturedLocals {
    /// Adds the values of the next function outward.
    pub(crate) fn add(&mut self, locals: Option<&Locals>) {
        if self.known.len() < MAX_FUNCTIONS {
            self.known.extend(locals.cloned());
        }
    }

    /// Returns whether values follow, and have not been waited for long enough.
    pub(crate) fn are_awaited(&self) -> bool {
        self.late.as_ref().is_some_and(|late| late.state().is_awaited(Instant::now()))
    }

    /// Takes the values that are known so far, and does not wait for others.
    pub(crate) fn give_up(&mut self) {
        if let Some(late) = self.late.take() {
            self.known = std::mem::take(&mut late.state().values);
        }
    }

    /// Returns the values. Those of a panic are waited for.
    pub(crate) fn take(&self) -> Vec<Locals> {
        match &self.late {
            None => self.known.clone(),
            Some(late) => late.wait(),
        }
    }
}

/// The values of the functions through which a panic unwinds.
#[derive(Debug)]
pub(crate) struct Late {
    state: Mutex<LateState>,
    changed: Condvar,
}

#[derive(Debug)]
struct LateState {
    values: Vec<Locals>,
    began: Instant,
    /// The time at which the hooks had run; `None` while they run.
    unwinds_since: Option<Instant>,
    is_complete: bool,
}

impl LateState {
    /// Returns whether values follow, and have not been waited for long enough.
    fn is_awaited(&self, now: Instant) -> bool {
        let (since, patience) = match self.unwinds_since {
            Some(since) => (since, PATIENCE),
            None => (self.began, PATIENCE_FOR_HOOKS),
        };
        !self.is_complete && now.saturating_duration_since(since) < patience
    }

    /// Returns how long somebody waits for the values who can do nothing else meanwhile. The hooks may wait for the end of
    /// this wait.
    fn patience(&self, now: Instant) -> Duration {
        let since = self.unwinds_since.unwrap_or(self.began);
        if self.is_complete {
            Duration::ZERO
        } else {
            PATIENCE.saturating_sub(now.saturating_duration_since(since))
        }
    }
}

impl Late {
    /// Creates the values of a panic whose hooks run.
    pub(crate) fn new() -> Self {
        let state =
            LateState { values: Vec::new(), began: Instant::now(), unwinds_since: None, is_complete: false };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, LateState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that the hooks have run.
    pub(crate) fn unwinds(&self) {
        self.state().unwinds_since.get_or_insert_with(Instant::now);
        self.changed.notify_all();
    }

    /// Adds the values of the next function outward.
    pub(crate) fn add(&self, locals: Locals) {
        let mut state = self.state();
        if state.values.len() < MAX_FUNCTIONS {
            state.values.push(locals);
        }
    }

    /// Notes that no more values follow.
    pub(crate) fn complete(&self) {
        self.state().is_complete = true;
        self.changed.notify_all();
    }

    fn wait(&self) -> Vec<Locals> {
        let mut state = self.state();
        loop {
            let patience = state.patience(Instant::now());
            if patience.is_zero() {
                return std::mem::take(&mut state.values);
            }
            let waited = self.changed.wait_timeout(state, patience);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn the_time_of_the_hooks_is_not_that_of_the_panic() {
        let late = Late::new();
        let began = late.state().began;
        let is_awaited = |after| late.state().is_awaited(began + after);
        assert!(is_awaited(PATIENCE), "a hook prints a backtrace");
        assert!(!is_awaited(PATIENCE_FOR_HOOKS));
        late.state().unwinds_since = Some(began + HOUR);
        late.unwinds();
        assert!(is_awaited(HOUR) && !is_awaited(HOUR + PATIENCE), "the first end counts");
        late.complete();
        assert!(!is_awaited(HOUR));
    }

    #[test]
    fn who_can_only_wait_does_not_wait_for_the_hooks() {
        let late = Late::new();
        let patience = |after| {
            let state = late.state();
            state.patience(state.began + after)
        };
        assert_eq!((patience(Duration::ZERO), patience(PATIENCE)), (PATIENCE, Duration::ZERO));
        late.unwinds();
        late.state().began += HOUR;
        let unwinding = late.state().unwinds_since.unwrap();
        assert_eq!(late.state().patience(unwinding), PATIENCE);
        late.complete();
        assert_eq!(patience(Duration::ZERO), Duration::ZERO);
    }
}
