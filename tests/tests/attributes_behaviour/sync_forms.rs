//! Tests of every form of a synchronous function.

use crate::support::{same, statuses, twins};

mod arguments {
    use super::*;
    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Point {
        x: i32,
        y: i32,
    }
    struct Pair(u8, u8);
    twins! {
        fn patterns(
            mut a: u8,
            (b, _): (u8, u8),
            [c, .., d]: [u8; 4],
            Point { x, y: renamed }: Point,
            Pair(e, ref f): Pair,
            &g: &u8,
            whole @ Point { y, .. }: Point,
            _: u8,
            _h: u8,
            (ref mut i, Point { x: j, .. }): (u8, Point),
        ) -> Vec<i64> {
            a += 1;
            *i += 1;
            vec![a.into(), b.into(), c.into(), d.into(), x.into(), renamed.into(), e.into(), (*f).into(), g.into(),
                whole.x.into(), y.into(), (*i).into(), j.into()]
        }
        fn fallible((a, mut b): (u8, u8), Point { x, .. }: Point, _: u8) -> Result<i32, String> {
            b += a;
            Ok(i32::from(b) + x)
        }
        fn by_reference((ref mut a, ref b): (u8, u8), [ref mut c, ..]: [u8; 2], ref mut d: u8, &mut (ref mut e, f): &mut (u8, u8)) -> Result<u8, ()> {
            *a += 1;
            *c += *b;
            *d += *c;
            *e += f;
            Ok(*a + *d + *e)
        }
        pub fn run() -> (Vec<i64>, Result<i32, String>, Result<u8, ()>) {
            let point = Point { x: 5, y: 6 };
            let all = patterns(1, (2, 0), [3, 0, 0, 4], point, Pair(7, 8), &9, Point { x: 10, y: 11 }, 0, 0, (12, point));
            (all, fallible((1, 2), point, 0), by_reference((1, 2), [3, 0], 4, &mut (5, 6)))
        }
    }
    same!(patterns_in_arguments, |spans| assert_eq!(statuses(&spans, "fallible"), ["ok"]));
}

mod generics {
    use super::*;
    use std::fmt::Display;
    twins! {
        fn const_generic<const N: usize, T: Default + Copy>() -> [T; N] {
            [T::default(); N]
        }
        fn impl_argument(a: impl Display, f: &mut impl FnMut(u8) -> u8) -> String {
            format!("{a}{}", f(1))
        }
        fn impl_argument_fallible(a: impl Display + Clone) -> Result<impl Display + Clone, std::fmt::Error> {
            Ok(a)
        }
        fn impl_array() -> Result<[impl Iterator<Item = u8>; 2], ()> { Ok([0..1, 0..2]) }
        async fn impl_array_async() -> [impl Iterator<Item = u8>; 2] { [0..1, 0..2] }
        fn iterator<'a>(all: &'a [u8], by: &'a u8) -> impl Iterator<Item = u8> + use<'a> {
            all.iter().map(move |one| one * by)
        }
        fn elided(all: &[u8]) -> impl Iterator<Item = &u8> + '_ {
            all.iter().rev()
        }
        fn closure() -> impl Fn(u8) -> Result<u8, ()> {
            |a| a.checked_add(1).ok_or(())
        }
        fn dynamic<'a>(a: &'a dyn Display) -> Box<dyn Fn() -> String + 'a> {
            Box::new(move || a.to_string())
        }
        fn higher<F>(f: F) -> usize where F: for<'a> Fn(&'a str) -> &'a str {
            f("abc").len()
        }
        fn unsized_result<T: ?Sized + Display>(a: &T) -> Result<&T, &T> {
            Err(a)
        }
        pub fn run() -> String {
            let mut count = 0;
            let mut f = |a| { count += a; count };
            let all = [3, 4];
            format!(
                "{:?} {} {} {:?} {:?} {:?} {} {} {:?}",
                const_generic::<3, u8>(), impl_argument("x", &mut f),
                impl_argument_fallible("y").unwrap().clone(), iterator(&all, &2).collect::<Vec<_>>(),
                elided(&all).collect::<Vec<_>>(), closure()(255), dynamic(&7)(), higher(|a| &a[1..]),
                unsized_result("z"),
            ) + &format!("{:?} {:?}", impl_array().unwrap().map(Iterator::sum::<u8>), crate::support::block_on(impl_array_async()).map(Iterator::sum::<u8>))
        }
    }
    same!(generic_functions, |spans| assert_eq!(statuses(&spans, "unsized_result"), ["internal_error"]));
}

/// The body decides the type behind `impl Trait`, and the compiler infers types in the body from the signature.
mod opaque {
    use super::*;
    use crate::support::{block_on, panic_of, recorded};
    use std::fmt::Debug;

    #[sentry::server_action]
    fn pair() -> (impl Fn(&str) -> usize, u8) {
        (|text| text.len(), 1)
    }
    #[sentry::server_action]
    fn array() -> [impl Fn(&str) -> usize; 2] {
        let len = |text: &str| text.len();
        [len, len]
    }
    #[sentry::span(err, ret)]
    fn unfinished() -> impl Debug {
        todo!()
    }
    #[sentry::server_action]
    async fn unfinished_later(a: u8) -> impl Debug {
        let _ = a;
        unimplemented!("because of {a}");
    }

    #[test]
    fn what_is_hidden_is_left_alone() {
        let spans = recorded((1, 2, 3), || (pair().0("a"), array()[1]("ab"), 3));
        assert_eq!(statuses(&spans, "serverAction/pair"), ["ok"]);
    }

    #[test]
    fn what_is_unfinished_panics() {
        let spans = recorded((), || {
            panic_of(|| drop(unfinished()));
            panic_of(|| drop(block_on(unfinished_later(1))));
        });
        assert_eq!(statuses(&spans, "unfinished"), ["internal_error"]);
        assert_eq!(statuses(&spans, "serverAction/unfinished_later"), ["internal_error"]);
    }
}

mod receivers {
    use super::*;
    use std::pin::Pin;
    use std::rc::Rc;
    use std::sync::Arc;
    twins! {
        #[derive(Clone, Debug, PartialEq)]
        struct Cart(Vec<u8>);
        impl Cart {
            fn by_ref(&self) -> &u8 { &self.0[0] }
            fn by_ref_fallible(&self) -> Result<&u8, &'static str> { self.0.first().ok_or("empty") }
            fn by_mut(&mut self) -> &mut Vec<u8> { self.0.push(1); &mut self.0 }
            fn by_mut_fallible(&mut self) -> Result<&mut Vec<u8>, ()> { self.0.push(2); Ok(&mut self.0) }
            fn by_value(mut self) -> Self { self.0.push(3); self }
            fn by_value_fallible(mut self) -> Result<Self, ()> { self.0.push(4); Ok(self) }
            fn boxed(self: Box<Self>) -> Result<usize, ()> { Ok(self.0.len()) }
            fn counted(self: &Rc<Self>) -> Result<usize, ()> { Ok(Rc::strong_count(self)) }
            fn shared(self: Arc<Self>) -> usize { Arc::strong_count(&self) }
            fn pinned(self: Pin<&mut Self>) -> Result<usize, ()> { Ok(self.get_mut().by_mut().len()) }
            fn typed(self: &Self) -> Result<usize, ()> { Ok(self.0.len()) }
            fn with_lifetime<'a>(&'a mut self, other: &'a str) -> Result<(&'a mut Self, &'a str), ()> {
                self.0.clear();
                Ok((self, other))
            }
        }
        pub fn run() -> String {
            let mut cart = Cart(vec![9]);
            let a = format!("{:?} {:?}", cart.by_ref(), cart.by_ref_fallible());
            let b = format!("{:?}", cart.by_mut());
            let c = format!("{:?}", cart.by_mut_fallible());
            let mut cart = cart.by_value().by_value_fallible().unwrap();
            let d = Pin::new(&mut cart).pinned();
            let e = (Box::new(cart.clone()).boxed(), Rc::new(cart.clone()).counted(), Arc::new(cart.clone()).shared());
            format!("{a} {b} {c} {d:?} {e:?} {:?} {:?} {cart:?}", cart.typed(), cart.clone().with_lifetime("x"))
        }
    }
    same!(every_kind_of_self, |spans| assert_eq!(statuses(&spans, "Cart::by_mut_fallible"), ["ok"]));
}

mod attributes {
    use super::*;
    use std::panic::Location;
    twins! {
        #[must_use = "of course"]
        #[inline(always)]
        #[doc = "Documented."]
        fn inlined() -> u8 { 1 }
        #[cold]
        #[inline(never)]
        #[deprecated(note = "old")]
        fn cold() -> Result<u8, ()> { Ok(2) }
        #[track_caller]
        fn caller() -> String { Location::caller().to_string() }
        #[track_caller]
        fn caller_fallible() -> Result<String, ()> { Ok(Location::caller().to_string()) }
        #[track_caller]
        fn through() -> (String, Result<String, ()>) { (caller(), caller_fallible()) }
        #[cfg(any())]
        fn absent(x: Missing) -> Missing { x }
        #[cfg(all())]
        fn absent() -> u8 { 3 }
        fn cfg_arguments(#[cfg(any())] a: Missing, #[cfg(all())] a: u8, #[allow(unused)] b: u8, #[cfg(any())] (x, y): Missing) -> Result<u8, ()> { Ok(a) }
        #[target_feature(enable = "sse2")]
        unsafe fn with_feature(a: u8) -> u8 { a + 4 }
        #[target_feature(enable = "sse2")]
        unsafe fn with_feature_fallible(a: u8) -> Result<u8, ()> { Ok(a + 4) }
        unsafe fn dangerous(a: *const u8) -> Result<u8, ()> { Ok(unsafe { *a }) }
        #[allow(unsafe_op_in_unsafe_fn)]
        unsafe fn dangerous_body(a: *const u8) -> u8 { *a }
        #[allow(unsafe_op_in_unsafe_fn)]
        unsafe fn dangerous_body_fallible(a: *const u8) -> Result<u8, ()> { unsafe { Ok(*a) } }
        extern "C" fn foreign(a: i32) -> i32 { a * 2 }
        pub(in crate::sync_forms) extern "C" fn foreign_visible(a: i32) -> i32 { a * 3 }
        fn inner() -> u8 {
            #![allow(unused_variables)]
            //! Inner documentation.
            let a = 5;
            6
        }
        pub fn run() -> String {
            let a = 8_u8;
            let pointer: extern "C" fn(i32) -> i32 = foreign;
            #[allow(deprecated)]
            let cold = cold();
            let unsafe_ones = unsafe {
                (with_feature(1), with_feature_fallible(2), dangerous(&a), dangerous_body(&a), dangerous_body_fallible(&a))
            };
            format!("{} {cold:?} {:?} {} {:?} {unsafe_ones:?} {} {} {}", inlined(), through(), absent(),
                cfg_arguments(7, 0), pointer(4), foreign_visible(4), inner())
        }
    }
    same!(attributes_of_a_function);
}

/// If the attribute inspects the value, it becomes the caller; `#[span]` alone, or without inspection, does not.
mod callers {
    use std::panic::Location;

    #[track_caller]
    #[sentry::span]
    fn span() -> Result<&'static Location<'static>, ()> {
        Ok(Location::caller())
    }
    #[track_caller]
    #[sentry::server_action]
    fn action() -> &'static Location<'static> {
        Location::caller()
    }
    #[track_caller]
    #[sentry::api_handler("/")]
    fn handler() -> &'static Location<'static> {
        Location::caller()
    }
    #[track_caller]
    #[sentry::data_fetcher(app)]
    fn fetcher() -> &'static Location<'static> {
        Location::caller()
    }
    #[track_caller]
    #[sentry::monitor("callers")]
    fn job() -> &'static Location<'static> {
        Location::caller()
    }
    #[track_caller]
    #[sentry::monitor("callers")]
    fn looked_at() -> Result<&'static Location<'static>, ()> {
        Ok(Location::caller())
    }

    #[test]
    fn the_place_of_the_caller() {
        let here = line!() + 1;
        for place in [span().unwrap(), action(), handler(), fetcher(), job()] {
            assert_eq!(place.line(), here);
        }
        assert!(looked_at().unwrap().line() < here);
    }
}

mod control_flow {
    use super::*;
    use std::num::ParseIntError;
    #[derive(Debug, PartialEq)]
    enum Wrong {
        Parse(ParseIntError),
        Other(String),
    }
    impl From<ParseIntError> for Wrong {
        fn from(error: ParseIntError) -> Self {
            Self::Parse(error)
        }
    }
    impl From<&str> for Wrong {
        fn from(error: &str) -> Self {
            Self::Other(error.to_owned())
        }
    }
    twins! {
        fn parse(text: &str) -> Result<u8, Wrong> {
            if text.is_empty() {
                Err("empty")?;
            }
            Ok(text.parse::<u8>()?)
        }
        fn optional(a: Option<u8>) -> Option<u8> { Some(a? + 1) }
        fn labelled(limit: u32) -> Result<u32, ()> {
            let found = 'outer: loop {
                for a in 0.. {
                    for b in 0..a {
                        if a * b > limit { break 'outer a * 100 + b; }
                    }
                }
            };
            Ok(found)
        }
        fn labelled_block(a: u8) -> u8 { 'b: { if a > 1 { break 'b 1; } 2 } }
        fn early(a: u8) -> Result<&'static str, u8> {
            match a { 0 => return Ok("zero"), 1 => return Err(1), _ => {} }
            if a > 10 { return Err(a) }
            Ok("some")
        }
        fn recursion(n: u64) -> u64 { if n < 2 { n } else { recursion(n - 1) + recursion(n - 2) } }
        fn recursion_fallible(n: u64) -> Result<u64, ()> {
            Ok(if n < 2 { n } else { recursion_fallible(n - 1)? + recursion_fallible(n - 2)? })
        }
        fn never(run: bool) -> ! { if run { std::panic::panic_any(7_u64) } else { loop {} } }
        fn coerced(a: bool) -> Result<Box<dyn std::fmt::Debug>, Box<dyn std::error::Error>> {
            if a { return Ok(Box::new(1)); }
            Err("text")?
        }
        fn slice(all: &[u8; 3]) -> Result<&[u8], ()> { Ok(all) }
        fn nested() -> u8 {
            fn inner() -> u8 { 4 }
            #[derive(Default)]
            struct Local(u8);
            impl Local { fn get(&self) -> u8 { self.0 } }
            inner() + Local(3).get()
        }
        pub fn run() -> String {
            let never = crate::support::panic_of(|| never(true));
            let all = (parse("7"), parse(""), parse("x"), optional(None), optional(Some(1)), labelled_block(2));
            format!("{all:?} {:?} {} {:?} {never:?} {:?} {:?} {:?} {}", (early(0), early(1), early(11), early(5)), recursion(6), recursion_fallible(5),
                coerced(true).is_ok(), coerced(false).unwrap_err().to_string(), slice(&[1, 2, 3]), nested())
        }
    }
    same!(control_flow, |spans| {
        assert_eq!(statuses(&spans, "early").iter().filter(|status| **status == "ok").count(), 2);
        assert_eq!(statuses(&spans, "never"), ["internal_error"]);
        assert_eq!(statuses(&spans, "recursion").len(), 25);
    });
}
