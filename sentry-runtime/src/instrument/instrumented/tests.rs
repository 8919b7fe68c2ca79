//! Tests of the instrumented future with every way to end it. Under Miri they show that nothing moves, nothing is
//! dropped twice, and nothing leaks.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::task::Waker;

use super::*;

type Log = Rc<RefCell<Vec<&'static str>>>;

/// Work that logs the calls of its methods.
#[derive(Debug)]
struct Noted {
    log: Log,
    stage: Stage,
}

impl PollHooks for Noted {
    type Previous = Option<Previous>;

    fn stage(&self) -> Stage {
        self.stage
    }

    fn enter(&mut self) -> Option<Previous> {
        self.log.borrow_mut().push("enter");
        self.stage = Stage::Begun;
        Some(Previous::default())
    }

    fn leave(&mut self, previous: Option<Previous>) {
        if previous.is_some() {
            self.log.borrow_mut().push("leave");
        }
    }

    fn finish(&mut self, end: End) {
        self.log.borrow_mut().push(match end {
            End::Done => "done",
            End::Panicked => "panicked",
            End::Cancelled => "cancelled",
        });
        self.stage = Stage::Over;
    }
}

/// Logs its drop, and asserts that the value it owns still exists.
struct Dropped(Log, Box<u8>);

impl Drop for Dropped {
    fn drop(&mut self) {
        assert_eq!(*self.1, 7);
        self.0.borrow_mut().push("drop");
    }
}

fn work(log: &Log) -> Noted {
    Noted { log: Rc::clone(log), stage: Stage::New }
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut TaskContext::from_waker(Waker::noop()))
}

/// Returns pending for this number of polls.
async fn pause(times: usize) {
    let mut left = times;
    std::future::poll_fn(move |_| {
        if left == 0 {
            return Poll::Ready(());
        }
        left -= 1;
        Poll::Pending
    })
    .await;
}

/// Holds a reference to a local variable across polls.
async fn refers_to_itself(log: Log, times: usize) -> usize {
    let held = Dropped(log, Box::new(7));
    let list = [1_usize, 2, 3];
    let last = &list[2];
    pause(times).await;
    *last + usize::from(*held.1)
}

fn seen(log: &Log) -> Vec<&'static str> {
    log.borrow_mut().drain(..).collect()
}

#[test]
fn a_future_is_entered_at_every_poll_and_ends_once() {
    let log = Log::default();
    let mut future = Box::pin(instrument(work(&log), refers_to_itself(Rc::clone(&log), 1)));
    assert!(poll(future.as_mut()).is_pending());
    assert_eq!(seen(&log), ["enter", "leave"]);
    assert_eq!(poll(future.as_mut()), Poll::Ready(10));
    assert_eq!(seen(&log), ["enter", "drop", "leave", "done"]);
    drop(future);
    assert_eq!(seen(&log), [""; 0]);
}

#[test]
fn a_future_that_is_given_up_is_dropped_inside_its_context() {
    let log = Log::default();
    let mut future = Box::pin(instrument(work(&log), refers_to_itself(Rc::clone(&log), 1)));
    assert!(poll(future.as_mut()).is_pending());
    drop(future);
    assert_eq!(seen(&log), ["enter", "leave", "enter", "drop", "leave", "cancelled"]);
}

#[test]
fn a_future_that_was_never_polled_did_not_happen() {
    let log = Log::default();
    let held = Dropped(Rc::clone(&log), Box::new(7));
    drop(instrument(work(&log), async move { drop(held) }));
    assert_eq!(seen(&log), ["drop"]);
}

#[test]
fn a_panic_ends_the_work_and_what_is_left_is_dropped_later() {
    let log = Log::default();
    let held = Dropped(Rc::clone(&log), Box::new(7));
    let mut future = Box::pin(instrument(work(&log), async move {
        let _held = held;
        pause(1).await;
        // `resume_unwind` does not call the panic hook, which would print.
        std::panic::resume_unwind(Box::new("on purpose"));
    }));
    assert!(poll(future.as_mut()).is_pending());
    assert_eq!(seen(&log), ["enter", "leave"]);
    assert!(catch_unwind(AssertUnwindSafe(|| poll::<_>(future.as_mut()).is_pending())).is_err());
    assert_eq!(seen(&log), ["enter", "drop", "leave", "panicked"]);
    drop(future);
    assert_eq!(seen(&log), [""; 0]);
}

#[test]
fn an_observer_sees_the_output_inside_of_the_context() {
    let log = Log::default();
    let looks = |output: &usize, work: &mut Noted| {
        assert_eq!(*output, 10);
        work.log.borrow_mut().push("observe");
    };
    let mut future = Box::pin(observe(work(&log), refers_to_itself(Rc::clone(&log), 0), looks));
    assert_eq!(poll(future.as_mut()), Poll::Ready(10));
    assert_eq!(seen(&log), ["enter", "drop", "observe", "leave", "done"]);

    // If the work is over, the future inside of it runs without its hooks.
    let over = Noted { log: Rc::clone(&log), stage: Stage::Over };
    let mut future = Box::pin(observe(over, refers_to_itself(Rc::clone(&log), 1), looks));
    assert!(poll(future.as_mut()).is_pending());
    assert_eq!(poll(future.as_mut()), Poll::Ready(10));
    assert_eq!(seen(&log), ["drop", "observe"]);
}

/// Work that owns a value until it is over. `SPARES` says whether finished work is known to have nothing to drop.
struct Owns<const SPARES: bool>(Option<Rc<()>>, Stage);

impl<const SPARES: bool> PollHooks for Owns<SPARES> {
    type Previous = ();
    const EMPTY_WHEN_OVER: bool = SPARES;

    fn stage(&self) -> Stage {
        self.1
    }

    fn enter(&mut self) {
        self.1 = Stage::Begun;
    }

    fn leave(&mut self, (): ()) {}

    fn finish(&mut self, _end: End) {
        self.1 = Stage::Over;
        self.0 = None;
    }
}

/// Panics when it is dropped, without calling the panic hook, which would print.
struct PanicsInDrop;

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        std::panic::resume_unwind(Box::new("on purpose"));
    }
}

#[test]
fn the_work_is_dropped_once_whenever_the_future_is_dropped() {
    fn check<const SPARES: bool>() {
        let owned = Rc::new(());
        let work = || Owns::<SPARES>(Some(Rc::clone(&owned)), Stage::New);
        for polls in 0..=2 {
            let mut future = Box::pin(instrument(work(), pause(1)));
            (0..polls).for_each(|_| _ = poll(future.as_mut()));
            assert_eq!(Rc::strong_count(&owned), if polls == 2 { 1 } else { 2 });
            drop(future);
            assert_eq!(Rc::strong_count(&owned), 1, "after {polls} polls");
        }
        for polls in 0..=1 {
            let held = PanicsInDrop;
            let mut future = Box::pin(instrument(work(), async move {
                let _held = held;
                pause(1).await;
            }));
            (0..polls).for_each(|_| _ = poll(future.as_mut()));
            assert!(catch_unwind(AssertUnwindSafe(|| drop(future))).is_err());
            assert_eq!(Rc::strong_count(&owned), 1, "after {polls} polls and a panic");
        }
        // This work is over from the start, but still owns a value.
        drop(instrument(Owns::<false>(Some(Rc::clone(&owned)), Stage::Over), pause(0)));
        assert_eq!(Rc::strong_count(&owned), 1);
    }
    check::<true>();
    check::<false>();
}
