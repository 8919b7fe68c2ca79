//! The values of arguments, from the function that failed to the frame in which they are shown.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The maximum number of values of one function. Further ones are left out.
pub(crate) const MAX_VALUES: usize = 32;
/// The maximum number of functions of one event. Further ones are left out.
pub(crate) const MAX_FUNCTIONS: usize = 16;
/// The time for which the event of a panic waits for the values. The panic unwinds in microseconds, but its destructors may take
/// longer. The whole time passes only if a function with values catches the panic and goes on without calling another.
const PATIENCE: Duration = Duration::from_millis(500);

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
        self.late.as_ref().is_some_and(|late| !late.is_complete() && !late.patience().is_zero())
    }

    /// Takes the values that are known so far, and does not wait for others.
    pub(crate) fn give_up(&mut self) {
        if let Some(late) = self.late.take() {
            self.known = std::mem::take(&mut late.state().0);
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
    began: Instant,
    state: Mutex<(Vec<Locals>, bool)>,
    complete: Condvar,
}

impl Late {
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), state: Mutex::default(), complete: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, (Vec<Locals>, bool)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds the values of the next function outward.
    pub(crate) fn add(&self, locals: Locals) {
        let mut state = self.state();
        if state.0.len() < MAX_FUNCTIONS {
            state.0.push(locals);
        }
    }

    /// Notes that no more values follow.
    pub(crate) fn complete(&self) {
        self.state().1 = true;
        self.complete.notify_all();
    }

    fn is_complete(&self) -> bool {
        self.state().1
    }

    /// Returns how long its values are still waited for.
    fn patience(&self) -> Duration {
        PATIENCE.saturating_sub(self.began.elapsed())
    }

    fn wait(&self) -> Vec<Locals> {
        let waited = self.complete.wait_timeout_while(self.state(), self.patience(), |state| !state.1);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut state.0)
    }
}
