//! A minimal executor, which polls until the future is ready.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

/// A future that is pending at the first poll, and ready at the second.
#[derive(Debug)]
pub struct YieldOnce(bool);

/// Returns a future that really waits once.
#[must_use]
pub fn yield_once() -> YieldOnce {
    YieldOnce(false)
}

impl Future for YieldOnce {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        // Keeps the optimizer from removing the wait.
        if std::mem::replace(std::hint::black_box(&mut self.0), true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

/// Polls until the future is ready.
#[inline]
pub fn run<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

/// Polls once.
#[inline]
pub fn poll_once<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}
