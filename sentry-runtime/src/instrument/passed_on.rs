//! A boxed future that an annotated function passes on.
//!
//! The plain function moves the box. The annotated one boxes the future again, instrumented, and the coercion to the
//! trait object would demand more than the plain function does: in `Pin<Box<dyn Future<Output = T> + 'a>>`, `T` need not
//! outlive `'a`, but the type of an instrumented box names `T`, so it may only become `dyn … + 'a` if `T: 'a`. Here it
//! becomes a trait object for the lifetime of this call first, during which every type is alive.

#![expect(unsafe_code, reason = "a lifetime is restored that the compiler cannot derive")]

use std::future::Future;
use std::mem::transmute;
use std::pin::Pin;

use super::instrumented::{Instrumented, PollHooks, instrument, observe};

/// A future in a box that a function returns as it got it.
#[derive(Debug)]
pub struct PassedOn<B>(pub B);

/// Instruments the futures behind all trait objects that a function may return.
macro_rules! objects {
    ($($($bound:ident)*;)*) => {$(
        impl<'a, T> PassedOn<Pin<Box<dyn Future<Output = T> $(+ $bound)* + 'a>>> {
            /// Instruments the future without observing its output.
            #[inline]
            pub fn instrument<W>(self, work: W) -> Pin<Box<dyn Future<Output = T> $(+ $bound)* + 'a>>
            where
                W: PollHooks $(+ $bound)* + 'static,
            {
                let future: Pin<Box<dyn Future<Output = T> $(+ $bound)* + '_>> =
                    Box::pin(instrument(work, self.0));
                // SAFETY: only the lifetime bound of the trait object changes. The value behind it consists of a box of
                // the returned type, which is valid wherever that type is, and of `W`, which outlives `'static`.
                unsafe { transmute(future) }
            }

            /// Instruments the future and shows its output to `observer`.
            #[inline]
            pub fn observe<W, O>(self, work: W, observer: O) -> Pin<Box<dyn Future<Output = T> $(+ $bound)* + 'a>>
            where
                W: PollHooks $(+ $bound)* + 'static,
                O: Fn(&T, &mut W) $(+ $bound)* + 'static,
            {
                let future: Pin<Box<dyn Future<Output = T> $(+ $bound)* + '_>> =
                    Box::pin(observe(work, self.0, observer));
                // SAFETY: as above; `O` outlives `'static`, too.
                unsafe { transmute(future) }
            }
        }
    )*};
}

objects! {
    ;
    Send;
    Sync;
    Unpin;
    Send Sync;
    Send Unpin;
    Sync Unpin;
    Send Sync Unpin;
}

/// Instruments what else a function may call a boxed future, such as a trait object with further bounds. The methods
/// above come first in the lookup.
pub trait PassAnew {
    /// The future in the box.
    type Inner: Future;

    /// Instruments the future without observing its output.
    fn instrument<W: PollHooks>(self, work: W) -> Pin<Box<Instrumented<W, Self::Inner>>>;

    /// Instruments the future and shows its output to `observer`.
    fn observe<W: PollHooks, O: Fn(&<Self::Inner as Future>::Output, &mut W)>(
        self,
        work: W,
        observer: O,
    ) -> Pin<Box<Instrumented<W, Self::Inner, O>>>;
}

impl<B: Future> PassAnew for PassedOn<B> {
    type Inner = B;

    #[inline]
    fn instrument<W: PollHooks>(self, work: W) -> Pin<Box<Instrumented<W, B>>> {
        Box::pin(instrument(work, self.0))
    }

    #[inline]
    fn observe<W: PollHooks, O: Fn(&B::Output, &mut W)>(
        self,
        work: W,
        observer: O,
    ) -> Pin<Box<Instrumented<W, B, O>>> {
        Box::pin(observe(work, self.0, observer))
    }
}

/// Instruments a boxed future that a function passes on.
#[doc(hidden)]
#[macro_export]
macro_rules! __sentry_passed_on {
    ($method:ident($future:expr, $($argument:expr),+)) => {{
        #[allow(unused_imports)]
        use $crate::__private::PassAnew as _;
        $crate::__private::PassedOn($future).$method($($argument),+)
    }};
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;
    use std::task::{Context, Poll, Waker};

    use super::super::instrumented::{End, Stage};
    use super::*;

    struct Idle;

    impl PollHooks for Idle {
        type Previous = ();

        fn stage(&self) -> Stage {
            Stage::Over
        }

        fn enter(&mut self) {}

        fn leave(&mut self, (): ()) {}

        fn finish(&mut self, _end: End) {}
    }

    type Boxed<T> = Pin<Box<dyn Future<Output = T>>>;

    /// Gives a `T` that it does not hold, so that `T` need not outlive `'static`.
    fn empty<T>(held: Rc<()>) -> Boxed<Option<T>> {
        Box::pin(async move {
            drop(held);
            None
        })
    }

    fn passes<T>(future: Boxed<Option<T>>) -> Boxed<Option<T>> {
        let observed = PassedOn(future).observe(Idle, |value: &Option<T>, _| assert!(value.is_none()));
        PassedOn(observed).instrument(Idle)
    }

    /// Under Miri it also shows that each box is dropped once.
    #[test]
    fn a_box_of_short_lived_output_keeps_its_type() {
        let held = Rc::new(());
        {
            let text = String::from("text");
            let mut polled = passes(empty(Rc::clone(&held)));
            let dropped = passes(empty(Rc::clone(&held)));
            let ready = polled.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert_eq!(ready, Poll::Ready(None));
            assert_eq!(Rc::strong_count(&held), 2);
            // The output is a reference into this block.
            let _: [(Boxed<Option<&str>>, &str); 2] = [(polled, &text), (dropped, &text)];
        }
        assert_eq!(Rc::strong_count(&held), 1);
    }
}
