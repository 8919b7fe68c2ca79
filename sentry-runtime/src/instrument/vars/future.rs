//! The future of a function whose arguments are shown: it holds the kept values, and gives them with its output.
//!
//! ```text
//! shown( observe( work, explain(vars, body), |explained, work| … ) )
//!   └ gives the value    └ gives the value and `vars`
//! ```

#![expect(unsafe_code, reason = "the inner future is pinned with the outer one")]

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::running::while_running;
use super::{KeptVars, Vars};

/// The body of a function, and the kept values of its arguments.
#[derive(Debug)]
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Explaining<V, F> {
    vars: Option<Vars<V>>,
    future: F,
}

/// The value of a function, and the kept values of its arguments.
#[derive(Debug)]
pub struct WithVars<V, T> {
    /// The kept values.
    pub vars: Vars<V>,
    /// The value.
    pub value: T,
}

/// A future whose output is the value alone.
#[derive(Debug)]
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct ValueOf<F>(F);

/// Adds the kept values to the output of a future.
#[inline]
pub fn explain<T, V: KeptVars, F: Future<Output = T>>(vars: Vars<V>, future: F) -> Explaining<V, F> {
    Explaining { vars: Some(vars), future }
}

/// Takes the kept values away from the output of a future.
#[inline]
pub fn value_of<V, T, F: Future<Output = WithVars<V, T>>>(future: F) -> ValueOf<F> {
    ValueOf(future)
}

impl<V, F: Unpin> Unpin for Explaining<V, F> {}

impl<V: KeptVars, F: Future> Future for Explaining<V, F> {
    type Output = WithVars<V, F::Output>;

    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        // SAFETY: `future` is pinned with `self`: it is never moved out of it, it is dropped in place by the drop glue, and
        // `Explaining` is only `Unpin` if `future` is. `vars` is never pinned.
        let (vars, future) = unsafe {
            let Self { vars, future } = self.get_unchecked_mut();
            (vars, Pin::new_unchecked(future))
        };
        let Some(kept) = vars.as_ref() else {
            // The body is polled after its end, which is for the body to refuse.
            let _ = future.poll(task);
            return Poll::Pending;
        };
        let Poll::Ready(value) = while_running(kept, || future.poll(task)) else { return Poll::Pending };
        match vars.take() {
            Some(vars) => Poll::Ready(WithVars { vars, value }),
            None => Poll::Pending,
        }
    }
}

impl<V, T, F: Future<Output = WithVars<V, T>>> Future for ValueOf<F> {
    type Output = T;

    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<T> {
        // SAFETY: the only field is pinned with `self`: it is never moved out of it, and it decides about `Unpin`.
        let future = unsafe { self.map_unchecked_mut(|this| &mut this.0) };
        future.poll(task).map(|explained| explained.value)
    }
}

#[cfg(test)]
mod tests {
    use std::marker::PhantomPinned;
    use std::pin::pin;
    use std::rc::Rc;
    use std::task::Waker;

    use super::super::{VarsSite, vars};
    use super::*;

    const SITE: &VarsSite = &VarsSite { marker: || "f::f", location: "", names: &[] };

    /// A future that points to itself from its first poll on, and needs several polls.
    struct Pinned {
        own: *const Self,
        left: u8,
        held: Rc<()>,
        _pinned: PhantomPinned,
    }

    impl Pinned {
        fn new(left: u8, held: &Rc<()>) -> Self {
            Self { own: std::ptr::null(), left, held: Rc::clone(held), _pinned: PhantomPinned }
        }
    }

    impl Future for Pinned {
        type Output = Rc<()>;

        fn poll(self: Pin<&mut Self>, _task: &mut Context<'_>) -> Poll<Rc<()>> {
            // SAFETY: nothing is moved out of the reference.
            let this = unsafe { self.get_unchecked_mut() };
            let here = std::ptr::from_ref(this);
            assert!(this.own.is_null() || std::ptr::eq(this.own, here), "moved between two polls");
            this.own = here;
            match this.left.checked_sub(1) {
                Some(left) => this.left = left,
                None => return Poll::Ready(Rc::clone(&this.held)),
            }
            Poll::Pending
        }
    }

    #[test]
    fn the_body_stays_in_its_place_and_is_dropped_once() {
        let held = Rc::new(());
        {
            let mut polled = pin!(value_of(explain(vars(SITE, ()), Pinned::new(2, &held))));
            let _unpolled = value_of(explain(vars(SITE, ()), Pinned::new(0, &held)));
            let mut task = Context::from_waker(Waker::noop());
            assert!(polled.as_mut().poll(&mut task).is_pending());
            assert!(polled.as_mut().poll(&mut task).is_pending());
            assert!(polled.as_mut().poll(&mut task).is_ready());
            assert_eq!(Rc::strong_count(&held), 3);
            // The body decides what happens after its end.
            assert!(polled.as_mut().poll(&mut task).is_pending());
        }
        assert_eq!(Rc::strong_count(&held), 1);
    }
}
