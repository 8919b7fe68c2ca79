//! The background resolver: resolves stacks on its own thread, so that no flush waits for debug information.
//!
//! The first look into a program's debug information can take seconds: it is as large as the program, and an
//! unoptimised build reads it slowly. A program that ends at its first error does not wait that long, so the work
//! is done on a thread beside the pipeline, and abandoned when a flush waits: the event then carries bare addresses
//! and the images that contain them, from which the server can find the names.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};

use super::capture::RawStack;
use super::images::Images;
use super::resolve::{self, ResolvedFrame, ResolvedStack, Symbolicator};
use crate::base::thread;

type Resolved = (ResolvedStack, Symbolicator);

/// A stack that the other thread resolves.
#[derive(Debug)]
pub(crate) struct PendingStack {
    resolved: Arc<Mutex<Option<Resolved>>>,
    done: Receiver<()>,
}

/// Resolves addresses to frames, as long as there is time.
#[derive(Debug)]
pub(crate) struct Resolver {
    state: State,
    /// The images of stacks that are not resolved. Reading them takes longer than the rest of an event, and a backlog
    /// of events would read them again for each.
    images: Images,
}

#[derive(Debug)]
enum State {
    Ready(Symbolicator),
    /// An abandoned stack is still being resolved; its symbols are kept for later stacks.
    Busy(PendingStack),
    /// The thread died with the symbols it had read.
    Lost,
}

/// The interval at which the resolver checks whether there is still time.
const PATIENCE: Duration = Duration::from_millis(5);

impl Resolver {
    pub(crate) fn new(symbolicator: Symbolicator) -> Self {
        Self { state: State::Ready(symbolicator), images: Images::default() }
    }

    /// Begins to read the program's debug information, so that it is available for the first stack.
    pub(crate) fn warm(&mut self) {
        if let State::Ready(symbolicator) = std::mem::replace(&mut self.state, State::Lost) {
            let _bare = self.resolve_beside(symbolicator, &RawStack::capture(), &|| true);
        }
    }

    /// Returns the frames of a stack; bare addresses if `hurry` returns true before they are resolved.
    pub(crate) fn resolve(&mut self, stack: &RawStack, hurry: &dyn Fn() -> bool) -> ResolvedStack {
        if let State::Busy(answers) = &self.state {
            match wait(answers, hurry) {
                Waited::Answer(answer) => self.state = State::Ready((*answer).1),
                Waited::Hurried => return bare(stack, &mut self.images),
                Waited::Lost => self.state = State::Lost,
            }
        }
        match std::mem::replace(&mut self.state, State::Lost) {
            State::Ready(mut symbolicator) if symbolicator.knows(stack) => {
                let resolved = symbolicator.resolve(stack);
                self.state = State::Ready(symbolicator);
                resolved
            }
            State::Ready(symbolicator) if hurry() => {
                self.state = State::Ready(symbolicator);
                bare(stack, &mut self.images)
            }
            State::Ready(symbolicator) => self.resolve_beside(symbolicator, stack, hurry),
            State::Busy(_) | State::Lost => {
                self.state = State::Ready(Symbolicator::default());
                bare(stack, &mut self.images)
            }
        }
    }

    fn resolve_beside(
        &mut self,
        mut symbolicator: Symbolicator,
        stack: &RawStack,
        hurry: &dyn Fn() -> bool,
    ) -> ResolvedStack {
        let resolved = Arc::new(Mutex::new(None));
        let (done, finished) = bounded(1);
        let answers = PendingStack { resolved: Arc::clone(&resolved), done: finished };
        let own = stack.clone();
        let work = move || {
            crate::base::thread_role::mark();
            let stack = symbolicator.resolve(&own);
            *resolved.lock().unwrap_or_else(PoisonError::into_inner) = Some((stack, symbolicator));
            let _ = done.try_send(());
        };
        if thread::spawn("sentry-symbols", Box::new(work)).is_err() {
            return bare(stack, &mut self.images);
        }
        match wait(&answers, hurry) {
            Waited::Answer(answer) => {
                let (resolved, symbolicator) = *answer;
                self.state = State::Ready(symbolicator);
                resolved
            }
            Waited::Hurried => {
                self.state = State::Busy(answers);
                bare(stack, &mut self.images)
            }
            Waited::Lost => bare(stack, &mut self.images),
        }
    }
}

enum Waited {
    Answer(Box<Resolved>),
    Hurried,
    /// The thread died.
    Lost,
}

fn wait(pending: &PendingStack, hurry: &dyn Fn() -> bool) -> Waited {
    match wait_by(hurry, |patience| pending.done.recv_timeout(patience)) {
        Ok(()) => {
            let resolved = pending.resolved.lock().unwrap_or_else(PoisonError::into_inner).take();
            resolved.map_or(Waited::Lost, |resolved| Waited::Answer(Box::new(resolved)))
        }
        Err(RecvTimeoutError::Timeout) => Waited::Hurried,
        Err(RecvTimeoutError::Disconnected) => Waited::Lost,
    }
}

/// Receives until something arrives, or until `hurry` returns true and nothing is there.
fn wait_by(
    hurry: &dyn Fn() -> bool,
    mut receive: impl FnMut(Duration) -> Result<(), RecvTimeoutError>,
) -> Result<(), RecvTimeoutError> {
    loop {
        // A stack that is late must not wait at all: each of a backlog would, and all after it with it.
        let patience = if hurry() { Duration::ZERO } else { PATIENCE };
        match receive(patience) {
            Err(RecvTimeoutError::Timeout) if !patience.is_zero() => {}
            received => return received,
        }
    }
}

/// Returns frames with bare addresses, and the images that contain them.
fn bare(stack: &RawStack, images: &mut Images) -> ResolvedStack {
    images.look_up(stack.addresses());
    let addresses = stack.addresses().iter().map(|&address| address as u64).filter(|&address| address != 0);
    let frames = addresses.map(|instruction_addr| {
        let image = images.at(instruction_addr);
        ResolvedFrame {
            instruction_addr,
            image_addr: image.map(|image| image.image_addr),
            package: image.map(|image| image.code_file.clone()),
            in_app: image.and_then(|image| image.in_app),
            ..ResolvedFrame::default()
        }
    });
    let mut frames: Vec<_> = frames.collect();
    resolve::mark_innermost(&mut frames);
    frames.reverse();
    let images = images.containing(frames.iter().map(|frame| frame.instruction_addr));
    ResolvedStack { frames, images }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn with_time_there_are_names_and_without_there_are_addresses() {
        let mut resolver = Resolver::new(Symbolicator::default());
        let stack = RawStack::capture();
        let hurried = resolver.resolve(&stack, &|| true);
        assert!(!hurried.frames.is_empty());
        assert!(hurried.frames.iter().all(|frame| frame.function.is_none() && frame.instruction_addr != 0));
        // As after a resolution, only the innermost address is moved into its call.
        let captured = stack.addresses();
        assert_eq!(hurried.frames.last().unwrap().instruction_addr, captured[0] as u64 - 1);
        assert!(captured.contains(&(hurried.frames[0].instruction_addr as usize)));
        let is_own = |frame: &ResolvedFrame| frame.in_app == Some(true);
        assert!(hurried.frames.iter().any(is_own) || !cfg!(target_os = "linux"), "{hurried:?}");
        let patient = resolver.resolve(&stack, &|| false);
        assert!(patient.frames.iter().any(|frame| frame.function.is_some()), "{patient:?}");
        assert!(matches!(resolver.state, State::Ready(_)));
    }

    #[test]
    fn a_backlog_of_late_stacks_does_not_wait_for_one_that_is_being_resolved() {
        let (_never, done) = bounded(1);
        let pending = PendingStack { resolved: Arc::default(), done };
        assert!(matches!(wait(&pending, &|| true), Waited::Hurried));
        // The times for which it waits, if there is no hurry at first.
        for in_time in 0..3 {
            let (asked, mut waits) = (Cell::new(0), Vec::new());
            let hurry = || asked.replace(asked.get() + 1) >= in_time;
            let waited = wait_by(&hurry, |patience| {
                assert!(waits.len() <= in_time, "it goes on waiting");
                waits.push(patience);
                Err(RecvTimeoutError::Timeout)
            });
            assert_eq!(waited, Err(RecvTimeoutError::Timeout));
            let (last, before) = waits.split_last().unwrap();
            assert_eq!((*last, before), (Duration::ZERO, &*vec![PATIENCE; in_time]));
        }
    }

    #[test]
    fn who_is_warm_has_not_forgotten_how_to_resolve() {
        let mut resolver = Resolver::new(Symbolicator::default());
        resolver.warm();
        let resolved = resolver.resolve(&RawStack::capture(), &|| false);
        assert!(resolved.frames.iter().any(|frame| frame.function.is_some()), "{resolved:?}");
    }
}
