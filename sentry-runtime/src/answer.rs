//! One value that a thread owes another, which may give up waiting.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The side that answers. The first answer counts.
#[derive(Debug)]
pub(crate) struct Answer<T>(Arc<Shared<T>>);

/// The side that waits.
#[derive(Debug)]
pub(crate) struct Awaited<T>(Arc<Shared<T>>);

#[derive(Debug)]
struct Shared<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

#[derive(Debug)]
struct State<T> {
    /// How many may still answer.
    owing: usize,
    answered: bool,
    value: Option<T>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// None came in time.
    Late,
    /// None will come: who owed it is gone, or it was taken before.
    Never,
}

/// Two ends of a value.
pub(crate) fn owed<T>() -> (Answer<T>, Awaited<T>) {
    let state = Mutex::new(State { owing: 1, answered: false, value: None });
    let shared = Arc::new(Shared { state, changed: Condvar::new() });
    (Answer(Arc::clone(&shared)), Awaited(shared))
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Answer<T> {
    /// Answers, unless there was an answer before.
    pub(crate) fn give(&self, value: T) {
        let mut state = self.0.lock();
        if !state.answered {
            state.answered = true;
            state.value = Some(value);
            drop(state);
            self.0.changed.notify_all();
        }
    }
}

impl<T> Clone for Answer<T> {
    fn clone(&self) -> Self {
        self.0.lock().owing += 1;
        Self(Arc::clone(&self.0))
    }
}

impl<T> Drop for Answer<T> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.owing -= 1;
        let last = state.owing == 0;
        drop(state);
        if last {
            self.0.changed.notify_all();
        }
    }
}

impl<T> Awaited<T> {
    /// Waits for the answer, at most so long.
    pub(crate) fn wait(&self, timeout: Duration) -> Result<T, NoAnswer> {
        let pending = |state: &mut State<T>| state.value.is_none() && !state.answered && state.owing > 0;
        let waited = self.0.changed.wait_timeout_while(self.0.lock(), timeout, pending);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let gone = state.answered || state.owing == 0;
        state.value.take().ok_or(if gone { NoAnswer::Never } else { NoAnswer::Late })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn the_first_answer_counts_and_is_taken_once() {
        let (answer, awaited) = owed();
        let other = answer.clone();
        assert_eq!(awaited.wait(Duration::ZERO), Err(NoAnswer::Late));
        std::thread::spawn(move || [1, 2].map(|value| other.give(value))).join().unwrap();
        answer.give(3);
        assert_eq!(awaited.wait(LONG), Ok(1));
        assert_eq!(awaited.wait(LONG), Err(NoAnswer::Never));
    }

    #[test]
    fn who_waits_learns_that_nobody_will_answer() {
        let (answer, awaited) = owed::<()>();
        let waiting = std::thread::spawn(move || awaited.wait(LONG));
        drop((answer.clone(), answer));
        assert_eq!(waiting.join().unwrap(), Err(NoAnswer::Never));
    }
}
