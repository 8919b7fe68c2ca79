//! The future around an annotated `async` body: it puts its work's context in place at every poll, and takes it
//! away again, so that nothing is held across an `.await` and nothing leaks into another task.

#![expect(
    unsafe_code,
    reason = "the inner future is pinned with the outer one, and dropped inside its context"
)]

use std::future::Future;
use std::mem::ManuallyDrop;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use crate::context::active;
use crate::context::state::SavedContext;
use crate::context::thread_context::Context;
use crate::trace::ids::Lineage;
use crate::trace::record::SpanOutcome;

/// Something that a future does, or a guard holds, besides running the user's code: a span, an action, a job.
pub trait PollHooks {
    /// How far it came. Kept by the work, which has room for it where a field beside the future would cost a word.
    #[doc(hidden)]
    fn stage(&self) -> Stage;
    /// Puts the work's context in place, and begins the work the first time. `None`: there is nothing to put, and
    /// [`PollHooks::leave`] is not called.
    #[doc(hidden)]
    fn enter(&mut self) -> Option<Previous>;
    /// Puts back what was there.
    #[doc(hidden)]
    fn leave(&mut self, previous: Previous);
    /// The work is over; its stage is [`Stage::Over`] from now on. Called once, outside of its context.
    #[doc(hidden)]
    fn finish(&mut self, end: End);
}

/// How far some work came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It was not entered. Work that is dropped in this stage did not happen.
    New,
    /// It was entered.
    Begun,
    /// It is finished, or there was never anything to do.
    Over,
}

/// What was active before some work was entered.
#[derive(Debug)]
pub struct Previous(pub(crate) Before);

/// See [`Previous`].
#[derive(Debug)]
pub(crate) enum Before {
    /// Another context.
    Context(SavedContext),
    /// Another span, in the same context.
    Span(Lineage),
}

impl Previous {
    /// Puts a context and a span of it in place.
    #[inline]
    pub(crate) fn swap(context: Option<Arc<Context>>, active: Lineage) -> Self {
        Self(Before::Context(active::swap(SavedContext { context, active })))
    }

    /// Puts back what was there, and answers with what was in place: no context if that stays.
    #[inline]
    pub(crate) fn restore(self) -> SavedContext {
        match self.0 {
            Before::Context(saved) => active::swap(saved),
            Before::Span(span) => SavedContext { context: None, active: active::replace(span) },
        }
    }
}

/// How some work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It ran to its end.
    Done,
    /// It panicked.
    Panicked,
    /// It was dropped before it was ready.
    Cancelled,
}

impl End {
    /// The outcome of work that ended so, and that said before whether it failed.
    pub(crate) fn outcome(self, failed: bool) -> SpanOutcome {
        match self {
            Self::Panicked => SpanOutcome::Failed,
            Self::Done | Self::Cancelled if failed => SpanOutcome::Failed,
            Self::Done => SpanOutcome::Ok,
            Self::Cancelled => SpanOutcome::Cancelled,
        }
    }
}

/// Looks at the output of a future when it is ready.
pub trait Observer<T, W> {
    /// Called once, inside the work's context.
    fn observe(&self, output: &T, work: &mut W);
}

/// Does not look.
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

/// A future and the work that it is.
#[derive(Debug)]
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Instrumented<W: PollHooks, F, O = Unobserved> {
    work: W,
    observer: O,
    future: ManuallyDrop<F>,
}

/// A panic is caught with the annotated future where it is with the plain one. The work reaches the client's callbacks,
/// of which nobody knows what a panic leaves behind, but it is left in order by every panic of the future ([`Entered`]),
/// and a panic of a callback ends where it is called.
impl<W: PollHooks, F: UnwindSafe, O: UnwindSafe> UnwindSafe for Instrumented<W, F, O> {}
impl<W: PollHooks, F: RefUnwindSafe, O: RefUnwindSafe> RefUnwindSafe for Instrumented<W, F, O> {}

/// A future whose output is not looked at.
///
/// The output is a parameter of its own, for an expansion to name: what the compiler knows of it before it reads
/// an `async` block, it takes for the block's `?` and its tail.
#[inline]
pub fn instrument<T, W: PollHooks, F: Future<Output = T>>(work: W, future: F) -> Instrumented<W, F> {
    Instrumented { work, observer: Unobserved, future: ManuallyDrop::new(future) }
}

/// A future whose output is shown to `observer`.
///
/// The bound is spelled `Fn`, not [`Observer`]: only so does the compiler know the types of a closure's arguments
/// before it reads the closure.
#[inline]
pub fn observe<T, W: PollHooks, F: Future<Output = T>, O: Fn(&T, &mut W)>(
    work: W,
    future: F,
    observer: O,
) -> Instrumented<W, F, O> {
    Instrumented { work, observer, future: ManuallyDrop::new(future) }
}

/// Leaves the work's context however the poll ends.
struct Entered<'a, W: PollHooks> {
    work: &'a mut W,
    previous: Option<Previous>,
}

impl<'a, W: PollHooks> Entered<'a, W> {
    #[inline]
    fn new(work: &'a mut W) -> Self {
        let previous = if work.stage() == Stage::Over { None } else { work.enter() };
        Self { work, previous }
    }

    #[inline]
    fn leave(&mut self) {
        if let Some(previous) = self.previous.take() {
            self.work.leave(previous);
        }
    }
}

impl<W: PollHooks> Drop for Entered<'_, W> {
    #[cold]
    fn drop(&mut self) {
        self.leave();
        // Who catches the panic drops the future later, when nobody can tell any more.
        if self.work.stage() == Stage::Begun && std::thread::panicking() {
            self.work.finish(End::Panicked);
        }
    }
}

impl<W: PollHooks, F: Future, O: Observer<F::Output, W>> Future for Instrumented<W, F, O> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<F::Output> {
        // SAFETY: nothing is moved out of `this`. `future` is only ever used pinned, below and in `drop`;
        // the other fields are never treated as pinned.
        let this = unsafe { self.get_unchecked_mut() };
        // SAFETY: `this` is pinned, and so is the future inside of it.
        let future = unsafe { Pin::new_unchecked(&mut *this.future) };
        // Work that is over is not entered, but polled here all the same: a second call would be a second copy of
        // the user's future.
        let mut entered = Entered::new(&mut this.work);
        let poll = future.poll(task);
        if let Poll::Ready(output) = &poll {
            this.observer.observe(output, entered.work);
        }
        entered.leave();
        // What is left of it is for a panic: so what a poll needs stays in registers.
        std::mem::forget(entered);
        if poll.is_ready() && this.work.stage() == Stage::Begun {
            this.work.finish(End::Done);
        }
        poll
    }
}

impl<W: PollHooks, F, O> Drop for Instrumented<W, F, O> {
    /// Drops the future inside of its context, for the last time that anything is done with it, if it did not end. The
    /// user's code stands here once, in whichever case: it may be large.
    #[inline]
    fn drop(&mut self) {
        let cancelled = self.work.stage() == Stage::Begun;
        let previous = if cancelled { self.work.enter() } else { None };
        let entered = Entered { work: &mut self.work, previous };
        // SAFETY: the field is dropped here and never used again; it was pinned in place, and is dropped in place.
        unsafe { ManuallyDrop::drop(&mut self.future) };
        if cancelled {
            drop(entered);
            if self.work.stage() == Stage::Begun {
                self.work.finish(End::Cancelled);
            }
        } else {
            std::mem::forget(entered);
        }
    }
}

/// Work held by a guard: entered when it is made, finished when it is dropped.
#[derive(Debug)]
#[must_use = "the work ends when the guard is dropped"]
pub struct Held<W: PollHooks> {
    work: W,
    previous: Option<Previous>,
    _stays_on_its_thread: std::marker::PhantomData<*const ()>,
}

/// Enters some work until the guard is dropped.
pub fn hold<W: PollHooks>(mut work: W) -> Held<W> {
    let previous = work.enter();
    Held { work, previous, _stays_on_its_thread: std::marker::PhantomData }
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
        if let Some(previous) = self.previous.take() {
            self.work.leave(previous);
        }
        if self.work.stage() == Stage::Begun {
            self.work.finish(if std::thread::panicking() { End::Panicked } else { End::Done });
        }
    }
}

// Named, since `tests/unsafe` takes this file from here.
#[cfg(test)]
#[path = "instrumented/tests.rs"] // named for `tests/unsafe`, which includes this file from elsewhere
mod tests;
