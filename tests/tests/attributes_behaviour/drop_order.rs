//! Tests that arguments, locals and temporaries are dropped in the same order as in the plain function.

use crate::support::{Noisy, block_on, log, logged, panic_of, pause, same, twins};

mod arguments {
    use super::*;
    struct Both(Noisy, Noisy);
    twins! {
        fn sync(a: Noisy, _: Noisy, (b, _): (Noisy, Noisy), _c: Noisy, Both(d, ..): Both) { let e = Noisy("local"); log("body"); }
        fn fallible(a: Noisy, _: Noisy, (b, _): (Noisy, Noisy), _c: Noisy, Both(d, ..): Both) -> Result<(), ()> {
            let e = Noisy("local");
            log("body");
            Ok(())
        }
        fn moved_out(a: Noisy, b: Noisy) -> Result<Noisy, ()> { log("body"); drop(b); Ok(a) }
        async fn later(a: Noisy, _: Noisy, (b, _): (Noisy, Noisy), _c: Noisy, Both(d, ..): Both) { let e = Noisy("local"); pause().await; log("body"); }
        async fn later_fallible(a: Noisy, _: Noisy, (b, _): (Noisy, Noisy), _c: Noisy) -> Result<(), ()> { let e = Noisy("local"); pause().await; log("body"); Ok(()) }
        async fn unused(a: Noisy, b: Noisy) {}
        struct Owner(Noisy, Noisy);
        impl Owner {
            fn take(self, a: Noisy) -> Result<u8, ()> { log("body"); drop(self.1); Ok(1) }
            fn ignore(self, a: Noisy) {}
            async fn ignore_later(self, a: Noisy) { pause().await; log("body"); }
        }
        pub fn run() -> Vec<String> {
            let n = Noisy;
            sync(n("a"), n("_"), (n("b"), n("b_")), n("_c"), Both(n("d"), n("d_")));
            log("--");
            let _ = fallible(n("a"), n("_"), (n("b"), n("b_")), n("_c"), Both(n("d"), n("d_")));
            log("--");
            let kept = moved_out(n("a"), n("b"));
            log("returned");
            drop(kept);
            log("--");
            block_on(later(n("a"), n("_"), (n("b"), n("b_")), n("_c"), Both(n("d"), n("d_"))));
            log("--");
            let _ = block_on(later_fallible(n("a"), n("_"), (n("b"), n("b_")), n("_c")));
            log("--");
            drop(unused(n("a"), n("b")));
            log("--");
            block_on(unused(n("a"), n("b")));
            log("--");
            let _ = Owner(n("1"), n("2")).take(n("a"));
            Owner(n("1"), n("2")).ignore(n("a"));
            block_on(Owner(n("1"), n("2")).ignore_later(n("a")));
            logged()
        }
    }
    same!(arguments_drop_in_order);
}

mod dropped_early {
    use super::*;
    use std::future::Future;
    use std::task::{Context, Waker};
    twins! {
        async fn work(a: Noisy, (b, _): (Noisy, Noisy), _: Noisy) { let c = Noisy("c"); pause().await; log("never"); }
        pub fn run() -> Vec<String> {
            let n = Noisy;
            let mut future = Box::pin(work(n("a"), (n("b"), n("b_")), n("_")));
            assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            log("drop it");
            drop(future);
            logged()
        }
    }
    same!(an_unfinished_future_drops_in_order);
}

mod temporaries {
    use super::*;
    use std::cell::RefCell;
    struct Peek<'a>(&'a Noisy);
    impl Noisy {
        fn peek(&self) -> Peek<'_> {
            Peek(self)
        }
    }
    impl Peek<'_> {
        fn value(&self) -> Result<u8, ()> {
            log("value");
            Ok(1)
        }
    }
    impl Drop for Peek<'_> {
        fn drop(&mut self) {
            log(format!("peek at {}", self.0.0));
        }
    }
    twins! {
        fn tail(a: Noisy) -> Result<u8, ()> { let local = Noisy("local"); Noisy("temporary").peek().value() }
        fn tail_plain(a: Noisy) -> u8 { let local = Noisy("local"); Noisy("temporary").peek().value().unwrap() }
        async fn tail_async(a: Noisy) -> Result<u8, ()> { let local = Noisy("local"); pause().await; Noisy("temporary").peek().value() }
        fn tail_borrow(cell: &RefCell<Vec<u8>>) -> Result<usize, ()> { Ok(cell.borrow().len()) }
        fn tail_borrow_owned(cell: RefCell<Vec<u8>>) -> Result<usize, ()> { Ok(cell.borrow().len()) }
        async fn tail_borrow_later((cell, _): (RefCell<Vec<u8>>, u8)) -> usize { cell.borrow().len() }
        fn tail_peek(a: Noisy, b: Noisy) -> Result<u8, ()> { let c = Noisy("c"); if let Ok(d) = a.peek().value() { log("then"); b.peek().value() } else { Err(()) } }
        async fn tail_peek_later(a: Noisy, (b, _): (Noisy, Noisy)) -> Result<u8, ()> { let c = Noisy("c"); pause().await; match a.peek().value() { Ok(_) => b.peek().value(), Err(()) => Err(()) } }
        fn tail_match(a: Noisy) -> Result<u8, ()> { match Noisy("scrutinee").peek().value() { Ok(b) => { log("arm"); Ok(b) } Err(()) => Err(()) } }
        pub fn run() -> Vec<String> {
            let _ = tail(Noisy("a"));
            tail_plain(Noisy("a"));
            let _ = block_on(tail_async(Noisy("a")));
            let _ = tail_match(Noisy("a"));
            log(format!("{:?}", tail_borrow(&RefCell::new(vec![1]))));
            log(format!("{:?}", tail_borrow_owned(RefCell::new(vec![1]))));
            log(format!("{:?}", block_on(tail_borrow_later((RefCell::new(vec![1]), 2)))));
            let _ = tail_peek(Noisy("a"), Noisy("b"));
            let _ = block_on(tail_peek_later(Noisy("a"), (Noisy("b"), Noisy("b_"))));
            logged()
        }
    }
    same!(temporaries_of_a_tail_drop_in_order);
}

mod unwinding {
    use super::*;
    twins! {
        fn sync(a: Noisy, _: Noisy) { let b = Noisy("b"); panic!("x") }
        fn fallible(a: Noisy, _: Noisy) -> Result<(), ()> { let b = Noisy("b"); panic!("x") }
        async fn later(a: Noisy, _: Noisy) { let b = Noisy("b"); pause().await; panic!("x") }
        pub fn run() -> Vec<String> {
            for place in [
                panic_of(|| sync(Noisy("a"), Noisy("_"))),
                panic_of(|| fallible(Noisy("a"), Noisy("_")).unwrap()),
                panic_of(|| block_on(later(Noisy("a"), Noisy("_")))),
            ] {
                log(format!("{place:?}"));
            }
            logged()
        }
    }
    same!(unwinding_drops_in_order);
}
