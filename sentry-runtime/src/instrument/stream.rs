//! The stream of an annotated function that returns `impl Stream`: a span from its first poll to its end, which is active in
//! every poll.

use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use pin_project_lite::pin_project;

use super::async_span::AsyncSpan;
use super::instrumented::{End, Entered, PollHooks as _, Stage};

pin_project! {
    /// A stream and its span.
    #[derive(Debug)]
    #[must_use = "streams do nothing unless polled"]
    pub struct SpannedStream<S> {
        // Empty only during the drop, so that the stream is dropped inside its span.
        #[pin]
        inner: Option<S>,
        work: AsyncSpan,
    }

    impl<S> PinnedDrop for SpannedStream<S> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.work.stage() != Stage::Begun {
                return;
            }
            this.work.stop_counting();
            let entered = Entered::new(this.work);
            this.inner.set(None);
            drop(entered);
            if this.work.stage() == Stage::Begun {
                this.work.finish(End::Cancelled);
            }
        }
    }
}

/// A panic of the stream leaves the span consistent, as that of a future does.
impl<S: UnwindSafe> UnwindSafe for SpannedStream<S> {}
impl<S: RefUnwindSafe> RefUnwindSafe for SpannedStream<S> {}

/// Gives a stream its span.
#[inline]
pub fn stream<S: Stream>(work: AsyncSpan, inner: S) -> SpannedStream<S> {
    SpannedStream { inner: Some(inner), work }
}

impl<S: Stream> Stream for SpannedStream<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        let Some(inner) = this.inner.as_pin_mut() else { return Poll::Ready(None) };
        let mut entered = Entered::new(this.work);
        entered.work.poll_began();
        let item = inner.poll_next(task);
        entered.work.poll_ended();
        entered.leave();
        // The destructor is only needed for a panic.
        std::mem::forget(entered);
        if matches!(item, Poll::Ready(None)) && this.work.stage() == Stage::Begun {
            this.work.finish(End::Done);
        }
        item
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.as_ref().map_or((0, Some(0)), Stream::size_hint)
    }
}

/// Chooses the expansion with the span of the stream.
#[doc(hidden)]
#[macro_export]
macro_rules! __sentry_if_stream {
    ($stream:block $_sync:block) => {
        $stream
    };
}
