//! The future around an annotated `async` body. It activates its context during every poll and deactivates it
//! afterwards, so that nothing is held across an `.await` and nothing leaks into another task.

#![expect(
    unsafe_code,
    reason = "the inner future is pinned with the outer one, and dropped inside its context"
)]

use std::future::Future;
use std::mem::{self, ManuallyDrop};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use crate::context::active;
use crate::context::state::SavedContext;
use crate::context::thread_context::Context;
use crate::trace::ids::Lineage;
use crate::trace::record::SpanOutcome;

/// The work that a future or a guard does around the user's code: a span, a server action, a job.
pub trait PollHooks {
    /// What was active before the work was entered, to be restored. The default for work that was not entered.
    #[doc(hidden)]
    type Previous: Default;
    /// Whether finished work owns nothing, so that it need not be dropped.
    #[doc(hidden)]
    const EMPTY_WHEN_OVER: bool = false;
    /// Returns the progress. Implementors store it, because they have spare bits; a field beside the future would cost
    /// a word.
    #[doc(hidden)]
    fn stage(&self) -> Stage;
    /// Activates the context, and starts the work at the first call. Not called for finished work.
    #[doc(hidden)]
    fn enter(&mut self) -> Self::Previous;
    /// Runs a part of the user's code inside the work. Work that catches panics does so here.
    #[doc(hidden)]
    #[inline(always)]
    fn run<R>(&mut self, run: impl FnOnce() -> R) -> R
    where
        Self: Sized,
    {
        run()
    }
    /// Called inside the work when a panic leaves it.
    #[doc(hidden)]
    fn unwinds(&mut self) {}
    /// Called when a poll has entered the work.
    #[doc(hidden)]
    #[inline]
    fn poll_began(&self) {}
    /// Called before a poll leaves the work.
    #[doc(hidden)]
    #[inline]
    fn poll_ended(&self) {}
    /// Called before the work is entered for the last time, to drop the future: that is no poll.
    #[doc(hidden)]
    #[inline]
    fn stop_counting(&mut self) {}
    /// Called inside the context when the user's code has run to its end: [`PollHooks::leave`] and
    /// [`PollHooks::finish`] follow, with nothing in between. Also called for work that is over.
    #[doc(hidden)]
    #[inline]
    fn ending(&mut self) {}
    /// Restores what was active before, if the work was entered.
    #[doc(hidden)]
    fn leave(&mut self, previous: Self::Previous);
    /// Finishes the work; its stage is [`Stage::Over`] from now on. Called once, outside of its context.
    #[doc(hidden)]
    fn finish(&mut self, end: End);
}

/// The progress of some work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Not entered yet. Work that is dropped in this stage is not recorded.
    New,
    /// Entered at least once.
    Begun,
    /// Finished, or without anything to do from the start.
    Over,
}

/// The context and span that were active before some work was entered.
#[derive(Debug, Default)]
pub struct Previous(SavedContext);

impl Previous {
    /// Activates a context and a span in it.
    #[inline]
    pub(crate) fn swap(context: Option<Arc<Context>>, active: Lineage) -> Self {
        Self(active::swap(SavedContext { context, active }))
    }

    /// Restores what was active before. Returns what was active until now.
    #[inline]
    pub(crate) fn restore(self) -> SavedContext {
        active::swap(self.0)
    }
}

/// The way in which some work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It ran to completion.
    Done,
    /// It panicked.
    Panicked,
    /// It was dropped before completion.
    Cancelled,
}

impl End {
    /// Returns the outcome of work with this end; `failed` says whether it reported a failure before.
    pub(crate) fn outcome(self, failed: bool) -> SpanOutcome {
        match self {
            Self::Panicked => SpanOutcome::Failed,
            Self::Done | Self::Cancelled if failed => SpanOutcome::Failed,
            Self::Done => SpanOutcome::Ok,
            Self::Cancelled => SpanOutcome::Cancelled,
        }
    }
}

/// Observes the output of a future when it is ready.
pub trait Observer<T, W> {
    /// Called once, inside the work's context.
    fn observe(&self, output: &T, work: &mut W);
}

/// Does not observe the output.
#[derive(Debug, Clone, Copy)]
pub struct Unobserved;

impl<T, W> Observer<T, W> for Unobserved {
    #[inline]
    fn observe(&self, _output: &T, _work: &mut W) {}
}

impl<T, W, F: Fn(&T, &mut W)> Observer<T, W> for F {
    #[inline]
    fn observe(&self, output: &T, work: &mut W) {
        self(output, work);
    }
}

/// A future, and the work that it performs.
#[derive(Debug)]
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Instrumented<W: PollHooks, F, O = Unobserved> {
    work: ManuallyDrop<W>,
    observer: O,
    future: ManuallyDrop<F>,
}

/// An annotated future is unwind-safe if the plain one is. The work reaches the client's callbacks, which a panic may
/// leave in any state, but every panic of the future leaves the work itself consistent ([`Entered`]), and a panic of a
/// callback is caught at the call.
impl<W: PollHooks, F: UnwindSafe, O: UnwindSafe> UnwindSafe for Instrumented<W, F, O> {}
impl<W: PollHooks, F: RefUnwindSafe, O: RefUnwindSafe> RefUnwindSafe for Instrumented<W, F, O> {}

/// Instruments a future without observing its output.
///
/// The output is a type parameter of its own, which the expansion can name: the compiler uses what it knows of the
/// type before it checks an `async` block for the block's `?` and its tail expression.
#[inline]
pub fn instrument<T, W: PollHooks, F: Future<Output = T>>(work: W, future: F) -> Instrumented<W, F> {
    Instrumented { work: ManuallyDrop::new(work), observer: Unobserved, future: ManuallyDrop::new(future) }
}

/// Instruments a future and shows its output to `observer`.
///
/// The bound is `Fn`, not [`Observer`]: only then does the compiler know the types of a closure's arguments before it
/// checks the closure.
#[inline]
pub fn observe<T, W: PollHooks, F: Future<Output = T>, O: Fn(&T, &mut W)>(
    work: W,
    future: F,
    observer: O,
) -> Instrumented<W, F, O> {
    Instrumented { work: ManuallyDrop::new(work), observer, future: ManuallyDrop::new(future) }
}

/// Leaves the work's context, whichever way the poll ends.
pub(super) struct Entered<'a, W: PollHooks> {
    pub(super) work: &'a mut W,
    previous: W::Previous,
}

impl<'a, W: PollHooks> Entered<'a, W> {
    #[inline]
    pub(super) fn new(work: &'a mut W) -> Self {
        let previous = if work.stage() == Stage::Over { W::Previous::default() } else { work.enter() };
        Self { work, previous }
    }

    #[inline]
    pub(super) fn leave(&mut self) {
        self.work.leave(mem::take(&mut self.previous));
    }
}

impl<W: PollHooks> Drop for Entered<'_, W> {
    /// Inlined, so that only a panic has to write the fields to memory.
    #[inline(always)]
    fn drop(&mut self) {
        leave_and_finish(self.work, mem::take(&mut self.previous));
    }
}

/// Leaves the work's context while a future is dropped, or because of a panic, which ends the work.
#[cold]
#[inline(never)]
fn leave_and_finish<W: PollHooks>(work: &mut W, previous: W::Previous) {
    if std::thread::panicking() {
        work.unwinds();
    }
    work.leave(previous);
    // The code that catches the panic drops the future later, when the panic can no longer be detected.
    if work.stage() == Stage::Begun && std::thread::panicking() {
        work.finish(End::Panicked);
    }
}

impl<W: PollHooks, F: Future, O: Observer<F::Output, W>> Future for Instrumented<W, F, O> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<F::Output> {
        // SAFETY: nothing is moved out of `this`. `future` is only ever used pinned, below and in `drop`;
        // the other fields are never treated as pinned.
        let this = unsafe { self.get_unchecked_mut() };
        // SAFETY: `this` is pinned, and so is the future inside of it.
        let future = unsafe { Pin::new_unchecked(&mut *this.future) };
        // Finished work is not entered, but the future is polled here all the same: a second call site would be a
        // second copy of the user's future.
        let mut entered = Entered::new(&mut *this.work);
        entered.work.poll_began();
        let poll = entered.work.run(|| future.poll(task));
        entered.work.poll_ended();
        if let Poll::Ready(output) = &poll {
            this.observer.observe(output, entered.work);
            entered.work.ending();
        }
        entered.leave();
        // The destructor is only needed for a panic; without it, the state of a poll stays in registers.
        mem::forget(entered);
        if poll.is_ready() && this.work.stage() == Stage::Begun {
            this.work.finish(End::Done);
        }
        poll
    }
}

impl<W: PollHooks, F, O> Drop for Instrumented<W, F, O> {
    #[inline]
    fn drop(&mut self) {
        if !W::EMPTY_WHEN_OVER || self.work.stage() != Stage::Over {
            return self.drop_with_work();
        }
        // SAFETY: the field is dropped here and never used again; it was pinned in place, and is dropped in place.
        unsafe { ManuallyDrop::drop(&mut self.future) };
    }
}

impl<W: PollHooks, F, O> Instrumented<W, F, O> {
    /// Drops the future and the work. The future is dropped inside its context, because the drop runs user code. Called
    /// once, by the destructor.
    #[cold]
    #[inline(never)]
    fn drop_with_work(&mut self) {
        let _last = Last { previous: enter_to_drop(&mut *self.work), work: &mut self.work };
        // SAFETY: as in the destructor, which returns after this.
        unsafe { ManuallyDrop::drop(&mut self.future) };
    }
}

/// Drops the work of a future after that, also if the future's destructor panics.
struct Last<'a, W: PollHooks> {
    work: &'a mut ManuallyDrop<W>,
    previous: W::Previous,
}

impl<W: PollHooks> Drop for Last<'_, W> {
    #[inline(always)]
    fn drop(&mut self) {
        leave_and_drop(self.work, mem::take(&mut self.previous));
    }
}

/// Enters work for the last time if it has begun. Like [`leave_and_drop`] it is shared by all futures.
#[inline(never)]
fn enter_to_drop<W: PollHooks>(work: &mut W) -> W::Previous {
    if work.stage() != Stage::Begun {
        return W::Previous::default();
    }
    work.stop_counting();
    work.enter()
}

#[inline(never)]
fn leave_and_drop<W: PollHooks>(work: &mut ManuallyDrop<W>, previous: W::Previous) {
    if work.stage() == Stage::Begun {
        leave_and_finish(&mut **work, previous);
        if work.stage() == Stage::Begun {
            work.finish(End::Cancelled);
        }
    }
    // SAFETY: the destructor of the future calls this once, and nothing uses the work after it.
    unsafe { ManuallyDrop::drop(work) };
}

/// Work held by a guard: entered when the guard is created, finished when it is dropped.
#[derive(Debug)]
#[must_use = "the work ends when the guard is dropped"]
pub struct Held<W: PollHooks> {
    work: W,
    previous: W::Previous,
    /// Whether it began while the thread panicked, in a destructor: at its end, a panic need not have left it.
    in_cleanup: bool,
    _stays_on_its_thread: std::marker::PhantomData<*const ()>,
}

/// Enters some work until the returned guard is dropped.
pub fn hold<W: PollHooks>(mut work: W) -> Held<W> {
    let previous = work.enter();
    let in_cleanup = std::thread::panicking();
    Held { work, previous, in_cleanup, _stays_on_its_thread: std::marker::PhantomData }
}

impl<W: PollHooks> std::ops::Deref for Held<W> {
    type Target = W;

    fn deref(&self) -> &W {
        &self.work
    }
}

impl<W: PollHooks> std::ops::DerefMut for Held<W> {
    fn deref_mut(&mut self) -> &mut W {
        &mut self.work
    }
}

impl<W: PollHooks> Drop for Held<W> {
    fn drop(&mut self) {
        if self.work.stage() == Stage::Over {
            return;
        }
        if !self.in_cleanup && std::thread::panicking() {
            self.work.unwinds();
        }
        self.work.ending();
        self.work.leave(mem::take(&mut self.previous));
        if self.work.stage() == Stage::Begun {
            self.work.finish(if std::thread::panicking() { End::Panicked } else { End::Done });
        }
    }
}

// The path is written out, because `tests/unsafe` includes this file from elsewhere.
#[cfg(test)]
#[path = "instrumented/tests.rs"] // named for `tests/unsafe`, which includes this file from elsewhere
mod tests;
