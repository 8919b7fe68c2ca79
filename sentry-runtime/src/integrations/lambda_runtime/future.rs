//! The future of an invocation, which is ready when the invocation's data was sent.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::invocation::Invocation;
use crate::integrations::tower::failure;

pin_project! {
    /// The future of [`SentryService`](super::SentryService).
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct ResponseFuture<F, R, E> {
        // Empty when the future is finished, so that it is dropped inside its context.
        #[pin]
        inner: Option<F>,
        invocation: Invocation,
        // The answer, while what was captured is sent.
        answer: Option<Result<R, E>>,
    }

    impl<F, R, E> PinnedDrop for ResponseFuture<F, R, E> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            this.invocation.inside(|| this.inner.set(None));
        }
    }
}

impl<F, R, E> ResponseFuture<F, R, E> {
    pub(super) fn new(inner: F, invocation: Invocation) -> Self {
        Self { inner: Some(inner), invocation, answer: None }
    }
}

impl<F, R, E> Future for ResponseFuture<F, R, E>
where
    F: Future<Output = Result<R, E>>,
    E: fmt::Display + 'static,
{
    type Output = Result<R, E>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some(mut inner) = this.inner.as_mut().as_pin_mut() {
            let answer = ready!(this.invocation.inside(|| inner.as_mut().poll(task)));
            this.invocation.inside(|| this.inner.set(None));
            if let Err(error) = &answer {
                this.invocation.failed(failure(error));
            }
            *this.answer = Some(answer);
        }
        ready!(this.invocation.poll_end(task));
        // A future that is polled after its end has no answer.
        this.answer.take().map_or(Poll::Pending, Poll::Ready)
    }
}

impl<F, R, E> fmt::Debug for ResponseFuture<F, R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("invocation", &self.invocation).finish_non_exhaustive()
    }
}
