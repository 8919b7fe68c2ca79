//! Tests of every form of an asynchronous function.

use std::future::Future;
use std::pin::Pin;

use crate::support::{block_on, log, logged, panic_of, pause, recorded, same, statuses, twins};

mod plain_async {
    use super::*;
    twins! {
        async fn add(a: u8, (b, mut c): (u8, u8), _: String) -> u8 { c += 1; pause().await; a + b + c }
        async fn borrows<'a>(a: &'a str, b: &str) -> &'a str { pause().await; &a[b.len()..] }
        async fn elided(a: &str, b: &mut Vec<u8>) -> Result<usize, ()> { b.push(1); pause().await; Ok(a.len() + b.len()) }
        async fn generic<T: Clone, const N: usize>(a: &[T; N], f: impl Fn(&T) -> T) -> Result<Vec<T>, std::fmt::Error> {
            pause().await;
            Ok(a.iter().map(f).collect())
        }
        async fn returns_impl(a: u8) -> impl Iterator<Item = u8> { pause().await; 0..a }
        async fn fails(a: u8) -> Result<u8, String> { pause().await; let b = check(a)?; Ok(b) }
        fn check(a: u8) -> Result<u8, &'static str> { if a > 1 { Err("large") } else { Ok(a) } }
        async fn early(a: u8) -> Option<u8> { if a > 1 { return None; } pause().await; Some(a) }
        async fn recursive(n: u64) -> u64 { if n == 0 { 0 } else { n + Box::pin(recursive(n - 1)).await } }
        async fn unit() { pause().await; log("unit"); }
        async fn diverges() -> ! { pause().await; std::panic::panic_any(3_u64) }
        async fn coerced() -> Box<dyn Fn() -> u8> { pause().await; Box::new(|| 3) }
        async unsafe fn dangerous(a: *const u8) -> u8 { unsafe { *a } }
        async fn nested_closure() -> u8 { let f = async |a: u8| a + 1; f(1).await }
        struct Cart(Vec<u8>);
        impl Cart {
            async fn by_ref(&self) -> &u8 { pause().await; &self.0[0] }
            async fn by_mut(&mut self, a: u8) -> Result<&mut Vec<u8>, ()> { self.0.push(a); pause().await; Ok(&mut self.0) }
            async fn by_value(self) -> usize { pause().await; self.0.len() }
            async fn boxed(self: Box<Self>) -> Result<usize, ()> { Ok(self.0.len()) }
            async fn pinned(self: Pin<&mut Self>) -> usize { self.0.len() }
        }
        pub fn run() -> String {
            block_on(async {
                let mut cart = Cart(vec![4]);
                let mut all = vec![];
                let a = (add(1, (2, 3), String::new()).await, borrows("abc", "x").await, elided("ab", &mut all).await);
                let b = (generic(&[1, 2], |a| a + 1).await, returns_impl(3).await.collect::<Vec<_>>(), fails(1).await, fails(2).await);
                let c = (early(1).await, early(2).await, recursive(4).await, unit().await, (coerced().await)(), unsafe { dangerous(&5).await }, nested_closure().await);
                let d = format!("{:?}", cart.by_ref().await) + &format!("{:?}", cart.by_mut(5).await);
                let e = (Pin::new(&mut cart).pinned().await, Box::new(Cart(vec![])).boxed().await, cart.by_value().await);
                format!("{a:?} {b:?} {c:?} {d} {e:?} {:?}", logged())
            }) + &format!("{:?}", panic_of(|| block_on(diverges())))
        }
    }
    same!(async_functions, |spans| {
        assert_eq!(statuses(&spans, "fails").len(), 2);
        assert!(statuses(&spans, "fails").contains(&"internal_error"));
        assert_eq!(statuses(&spans, "diverges"), ["internal_error"]);
        assert_eq!(statuses(&spans, "Cart::by_mut"), ["ok"]);
        assert!(spans.iter().any(|span| span.name == "recursive" && span.parent == "recursive"));
        assert!(spans.iter().any(|span| span.name == "check" && span.parent == "fails"));
    });
}

mod in_traits {
    use super::*;
    twins! {
        trait Store {
            async fn load(&self, key: &str) -> Result<usize, String>;
            async fn twice(&self, key: &str) -> Result<usize, String> { Ok(self.load(key).await? * 2) }
            fn sync(&self) -> u8 { 1 }
        }
        struct Memory;
        impl Store for Memory {
            async fn load(&self, key: &str) -> Result<usize, String> { pause().await; Ok(key.len()) }
        }
        trait Refined {
            fn go(&self) -> impl Future<Output = u8> + Send;
        }
        impl Refined for Memory {
            async fn go(&self) -> u8 { pause().await; 6 }
        }
        fn is_send<T: Send>(value: T) -> T { value }
        pub fn run() -> String {
            block_on(async {
                format!("{:?} {} {}", Memory.twice("abc").await, Memory.sync(), is_send(Memory.go()).await)
            })
        }
    }
    same!(async_functions_in_traits, |spans| {
        assert!(
            spans.iter().any(|span| span.name == "Memory::load" && span.parent == "Store::twice"),
            "{spans:?}"
        );
    });
}

mod boxed {
    use super::*;
    twins! {
        #[async_trait::async_trait]
        trait Store: Sync {
            async fn load(&self, key: &str) -> Result<usize, String>;
            async fn twice(&self, key: &str) -> Result<usize, String> { Ok(self.load(key).await? * 2) }
        }
        struct Memory;
        #[async_trait::async_trait]
        impl Store for Memory {
            async fn load(&self, key: &str) -> Result<usize, String> {
                pause().await;
                if key.is_empty() { return Err("empty".into()); }
                Ok(key.len())
            }
        }
        fn by_hand<'a>(a: &'a str) -> Pin<Box<dyn Future<Output = &'a str> + Send + 'a>> {
            log("before");
            let a = a.trim();
            Box::pin(async move { pause().await; log("inside"); a })
        }
        fn with_return(a: bool) -> Pin<Box<dyn Future<Output = u8>>> {
            if a { return Box::pin(async { 1 }); }
            Box::pin(async { pause().await; 2 })
        }
        fn not_a_tail(a: u8) -> Pin<Box<dyn Future<Output = Result<u8, ()>>>> {
            let future = Box::pin(async move { if a > 1 { Err(()) } else { Ok(a) } });
            future
        }
        fn one_of_two(a: bool) -> Pin<Box<dyn Future<Output = u8>>> {
            if a { Box::pin(async { 1 }) } else { Box::pin(std::future::ready(2)) }
        }
        fn impl_future<'a>(a: &'a mut u8) -> impl Future<Output = Result<u8, ()>> + 'a {
            log("eager");
            async move { *a += 1; pause().await; Ok(*a) }
        }
        fn question<'a>(a: &'a str) -> impl Future<Output = Result<u8, Box<dyn std::error::Error>>> + 'a {
            async move { pause().await; if a.is_empty() { Err("empty")?; } Ok(a.parse::<u8>()?) }
        }
        fn question_boxed<'a>(a: &'a str) -> Pin<Box<dyn Future<Output = Result<u8, std::num::ParseIntError>> + 'a>> {
            Box::pin(async move { pause().await; let b = a.parse::<u8>()?; Ok(b) })
        }
        fn impl_return(a: bool) -> impl Future<Output = u8> + Send + Unpin {
            if a { return std::future::ready(1); }
            std::future::ready(2)
        }
        fn with_comma<'a>(a: &'a str) -> Pin<Box<dyn Future<Output = Result<usize, ()>> + Send + 'a>> {
            Box::pin(
                async move { Ok(a.len()) },
            )
        }
        pub fn run() -> String {
            block_on(async {
                let mut n = 1;
                let later = by_hand(" x ");
                log("between");
                let a = (later.await, with_return(true).await, with_return(false).await, not_a_tail(2).await);
                let b = (one_of_two(true).await, one_of_two(false).await, impl_future(&mut n).await, impl_return(true).await, impl_return(false).await);
                let c = (question("").await.unwrap_err().to_string(), question("x").await.is_err(), question("7").await.unwrap());
                let d = (question_boxed("x").await.is_err(), question_boxed("8").await.unwrap(), with_comma("ab").await);
                format!("{a:?} {b:?} {c:?} {d:?} {:?} {:?} {:?} {n}", Memory.twice("ab").await, Memory.load("").await, logged())
            })
        }
    }
    same!(boxed_futures, |spans| {
        assert_eq!(statuses(&spans, "not_a_tail"), ["internal_error"]);
        assert_eq!(statuses(&spans, "with_comma"), ["ok"]);
        assert!(statuses(&spans, "Memory::load").contains(&"internal_error"));
        assert!(
            spans.iter().any(|span| span.name == "Memory::load" && span.parent == "Store::twice"),
            "{spans:?}"
        );
    });
}

/// Aliases of the user's crate that have the names of those in the `futures` crate, but another meaning of their
/// arguments.
mod aliases {
    use super::*;
    use std::num::ParseIntError;
    type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, ParseIntError>> + Send + 'a>>;
    type LocalBoxFuture<T, E> = Pin<Box<dyn Future<Output = Result<T, E>>>>;
    mod bare {
        use super::*;
        pub type BoxFuture = Pin<Box<dyn Future<Output = Result<u8, std::num::ParseIntError>> + Send>>;
    }
    mod plainly {
        use super::*;
        pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
    }
    twins! {
        fn tail(a: &str) -> BoxFuture<'_, u8> {
            Box::pin(async move { pause().await; let b = a.parse::<u8>()?; Ok(b) })
        }
        fn no_tail(a: &str) -> BoxFuture<'_, u8> {
            let future = Box::pin(async move { pause().await; let b = a.parse::<u8>()?; Ok(b) });
            future
        }
        fn two(a: u8) -> LocalBoxFuture<u8, ()> {
            Box::pin(async move { if a > 1 { Err(())?; } Ok(a) })
        }
        fn none(a: String) -> bare::BoxFuture {
            Box::pin(async move { let b = a.parse::<u8>()?; Ok(b) })
        }
        fn of_result(a: &str) -> plainly::BoxFuture<'_, Result<u8, ParseIntError>> {
            Box::pin(async move { let b = a.parse::<u8>()?; Ok(b) })
        }
        fn of_text(a: &str) -> plainly::BoxFuture<'_, &str> {
            Box::pin(async move { a.trim() })
        }
        pub fn run() -> String {
            block_on(async {
                let a = (tail("x").await.is_err(), tail("1").await, no_tail("x").await.is_err(), no_tail("2").await);
                let b = (two(1).await, two(2).await, none("x".into()).await.is_err(), none("3".into()).await);
                format!("{a:?} {b:?} {:?} {:?}", of_result("x").await.is_err(), of_text(" y ").await)
            })
        }
    }
    same!(aliases_of_boxed_futures, |spans| {
        assert_eq!(statuses(&spans, "of_result"), ["internal_error"]);
        assert_eq!(statuses(&spans, "tail"), ["ok", "ok"]);
    });

    #[sentry::span(err)]
    fn looked_at(a: &str) -> BoxFuture<'_, u8> {
        Box::pin(async move {
            let b = a.parse::<u8>()?;
            Ok(b)
        })
    }
    #[sentry::span(err)]
    fn of_two(a: u8) -> LocalBoxFuture<u8, String> {
        let future = async move { if a > 1 { Err("more".to_owned()) } else { Ok(a) } };
        Box::pin(future)
    }

    /// With `err`, the value is inspected behind an alias with any arguments.
    #[test]
    fn an_error_behind_an_alias_is_looked_for() {
        let spans = recorded((false, Err("more".into())), || {
            block_on(async { (looked_at("x").await.is_ok(), of_two(2).await) })
        });
        assert_eq!(statuses(&spans, "looked_at"), ["internal_error"]);
        assert_eq!(statuses(&spans, "of_two"), ["internal_error"]);
    }
}

/// Tests that a future is `Send` and `Unpin` if and only if the plain function's future is.
mod sendness {
    use super::*;
    use std::rc::Rc;
    struct IsSend<T>(T);
    trait Not {
        fn is_send(&self) -> bool {
            false
        }
    }
    impl<T> Not for &IsSend<T> {}
    impl<T: Send> IsSend<T> {
        fn is_send(&self) -> bool {
            true
        }
    }
    struct IsUnpin<T>(T);
    trait NotUnpin {
        fn is_unpin(&self) -> bool {
            false
        }
    }
    impl<T> NotUnpin for &IsUnpin<T> {}
    impl<T: Unpin> IsUnpin<T> {
        fn is_unpin(&self) -> bool {
            true
        }
    }
    twins! {
        async fn sends(a: String) -> usize { pause().await; a.len() }
        async fn keeps(a: Rc<u8>) -> u8 { pause().await; *a }
        async fn keeps_unused(_: Rc<u8>) {}
        async fn briefly() -> u8 { { let a = Rc::new(1); } pause().await; 1 }
        async fn held() -> u8 { let a = Rc::new(1); pause().await; *a }
        async fn fallible(a: &str) -> Result<Rc<u8>, ()> { pause().await; Ok(Rc::new(1)) }
        fn by_hand() -> impl Future<Output = ()> + Unpin { std::future::ready(()) }
        pub fn run() -> [bool; 8] {
            [
                (&IsSend(sends(String::new()))).is_send(), (&IsSend(keeps(Rc::new(1)))).is_send(),
                (&IsSend(keeps_unused(Rc::new(1)))).is_send(), (&IsSend(briefly())).is_send(),
                (&IsSend(held())).is_send(), (&IsSend(fallible(""))).is_send(),
                (&IsUnpin(by_hand())).is_unpin(), (&IsUnpin(sends(String::new()))).is_unpin(),
            ]
        }
    }
    same!(futures_are_send_or_not);
    #[test]
    fn send_and_unpin_are_detected() {
        assert_eq!(plain::run(), [true, false, false, true, false, true, true, false]);
    }
}

/// Tests the same for `UnwindSafe`.
mod unwinding {
    use super::*;
    use std::cell::Cell;
    use std::future::ready;
    use std::panic::{RefUnwindSafe, UnwindSafe, catch_unwind};

    fn may_be_caught<T: UnwindSafe + RefUnwindSafe>(future: T) -> T {
        future
    }
    struct IsSafe<T>(T);
    trait Not {
        fn is_safe(&self) -> bool {
            false
        }
    }
    impl<T> Not for &IsSafe<T> {}
    impl<T: UnwindSafe> IsSafe<T> {
        fn is_safe(&self) -> bool {
            true
        }
    }
    twins! {
        async fn safe(a: String) -> usize { ready(()).await; a.len() }
        async fn fallible(a: &str) -> Result<usize, ()> { ready(()).await; Ok(a.len()) }
        async fn unsafe_argument(a: &Cell<u8>) -> u8 { ready(()).await; a.get() }
        async fn unsafe_later(a: &mut u8) -> Result<u8, ()> { ready(()).await; Ok(*a) }
        async fn panics() -> Result<u8, ()> { ready(()).await; std::panic::panic_any(4_u64) }
        fn by_hand(a: u8) -> impl Future<Output = u8> { async move { a } }
        pub fn run() -> [bool; 6] {
            let mut a = 1;
            let caught = may_be_caught(panics());
            let found = [
                (&IsSafe(safe(String::new()))).is_safe(), (&IsSafe(fallible(""))).is_safe(),
                (&IsSafe(unsafe_argument(&Cell::new(1)))).is_safe(), (&IsSafe(unsafe_later(&mut a))).is_safe(),
                (&IsSafe(by_hand(1))).is_safe(), catch_unwind(|| block_on(caught)).is_err(),
            ];
            found
        }
    }
    same!(futures_are_unwind_safe_or_not);
    #[test]
    fn unwind_safety_is_detected() {
        assert_eq!(plain::run(), [true, true, false, false, true, true]);
    }

    #[sentry::span(err, ret)]
    async fn seen(a: String) -> Result<usize, String> {
        ready(()).await;
        Ok(a.len())
    }
    #[sentry::server_action(headers = headers, record_response)]
    async fn action(headers: Vec<(String, String)>) -> Result<u8, String> {
        Ok(1)
    }
    #[sentry::api_handler("/", method = "GET")]
    async fn handler() -> Result<u8, String> {
        Ok(2)
    }
    #[sentry::data_fetcher(app)]
    async fn fetcher() -> u8 {
        3
    }
    #[sentry::monitor("unwinding")]
    async fn job() -> Result<(), String> {
        Ok(())
    }
    #[sentry::span]
    #[inline]
    async fn never() -> ! {
        std::future::pending().await
    }
    #[test]
    fn futures_of_every_attribute_are_unwind_safe() {
        drop((may_be_caught(seen(String::new())), may_be_caught(action(vec![])), may_be_caught(handler())));
        drop((may_be_caught(fetcher()), may_be_caught(job()), may_be_caught(never())));
        let guard = may_be_caught(sentry::enter_span!("guarded"));
        assert!(catch_unwind(move || drop(guard)).is_ok());
    }
}

mod other_work {
    use super::*;
    use crate::support::recorded;
    #[sentry::span]
    async fn spawned(a: u8) -> u8 {
        pause().await;
        a
    }
    #[sentry::span]
    async fn outer() -> u8 {
        let one = std::thread::spawn({
            let future = spawned(1);
            move || block_on(future)
        });
        one.join().unwrap() + spawned(2).await
    }
    #[test]
    fn a_spawned_call_belongs_to_its_caller() {
        let spans = recorded(3, || block_on(outer()));
        let parents: Vec<_> = spans.iter().filter(|s| s.name == "spawned").map(|s| &*s.parent).collect();
        assert_eq!(parents, ["outer", "outer"]);
    }

    #[sentry::span]
    async fn waits() {
        std::future::pending::<()>().await;
    }
    #[test]
    fn a_dropped_future_is_cancelled() {
        let spans = recorded((), || {
            let mut future = Box::pin(waits());
            assert!(
                future
                    .as_mut()
                    .poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
                    .is_pending()
            );
        });
        assert_eq!(statuses(&spans, "waits"), ["cancelled"]);
    }
    #[test]
    fn a_future_that_never_runs_makes_no_span() {
        assert_eq!(recorded((), || drop(waits())), []);
    }
}
