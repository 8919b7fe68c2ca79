//! Tests that the user's names do not collide with those in the expansion. Names that start with `__sentry_` are
//! reserved for constants only: a `let` of such a name would be a pattern that compares with the constant.

use crate::support::{block_on, names, pause, same, twins};

/// Constants with names that the expansion uses: a `let` of such a name would be a pattern that compares with the
/// constant.
mod constants {
    use super::*;
    #[allow(non_upper_case_globals)]
    mod hostile {
        pub const guard: u8 = 1;
        pub const Probe: u8 = 2;
        pub const closure: u8 = 3;
        pub const future: u8 = 4;
        pub const arg0: u8 = 5;
        pub const __SENTRY_CALLSITE: u8 = 6;
        pub const value: u8 = 7;
        pub const failure: u8 = 8;
        pub fn __sentry_path() -> u8 {
            9
        }
        pub fn here() -> u8 {
            10
        }
        pub const work: u8 = 11;
        pub const output: u8 = 12;
        pub const result: u8 = 13;
        pub const this: u8 = 14;
        pub const span: u8 = 15;
    }
    use hostile::*;
    twins! {
        fn sync() -> u8 { guard + __SENTRY_CALLSITE + __sentry_path() + here() }
        fn fallible((a, _): (u8, u8)) -> Result<u8, String> { Ok(a + Probe + closure + arg0 + value + failure + span) }
        async fn later((a, _): (u8, u8)) -> Result<u8, ()> { pause().await; Ok(a + guard + future + __SENTRY_CALLSITE + this + work) }
        pub fn run() -> (u8, Result<u8, String>, Result<u8, ()>) { (sync(), fallible((1, 2)), block_on(later((1, 2)))) }
    }
    same!(user_constants_do_not_collide);
}

mod arguments {
    use super::*;
    twins! {
        fn sync(__sentry_work: u8, __sentry_value: u8, __sentry_failure: u8, value: u8, failure: u8) -> Result<u8, ()> {
            Ok(__sentry_work + __sentry_value + __sentry_failure + value + failure)
        }
        fn statics(__sentry_callsite: u8, __sentry_path: fn() -> u8, sentry: u8, core: u8, std: u8) -> u8 {
            __sentry_callsite + __sentry_path() + sentry + core + std
        }
        async fn later(__sentry_arg0: u8, (__sentry_arg1, _): (u8, u8), _: u8, __sentry_arg2: u8, __sentry_work: u8) -> u8 {
            pause().await;
            __sentry_arg0 + __sentry_arg1 + __sentry_arg2 + __sentry_work
        }
        fn raw(r#type: u8, r#match: u8) -> Result<u8, ()> { Ok(r#type + r#match) }
        fn r#fn(a: u8) -> u8 { a }
        async fn r#loop(r#in: u8) -> u8 { r#in }
        pub fn run() -> String {
            format!("{:?} {} {} {:?} {} {}", sync(1, 2, 3, 4, 5), statics(1, || 2, 3, 4, 5), block_on(later(1, (2, 3), 4, 5, 6)),
                raw(1, 2), r#fn(1), block_on(r#loop(2)))
        }
    }
    same!(user_arguments_do_not_collide, |spans| {
        assert_eq!(names(&spans), ["fn", "later", "loop", "raw", "statics", "sync"]);
    });
}

/// The user's own `Result`, `Option`, `Ok`, `Err`, `Some`, `Box`, `std` and macros.
mod shadowed {
    use crate::support::{block_on, same, twins};
    #[derive(Debug, PartialEq, Clone, Copy)]
    pub enum Result<T, E> {
        Good(T),
        Bad(E),
    }
    #[derive(Debug, PartialEq)]
    pub struct Option;
    #[allow(non_snake_case)]
    pub fn Some(a: u8) -> u8 {
        a
    }
    #[allow(non_snake_case)]
    pub fn Ok(a: u8) -> u8 {
        a
    }
    pub struct Err;
    pub struct None;
    pub struct Box;
    pub mod std {}
    pub mod core {}
    pub mod alloc {}
    pub mod sentry {}
    pub trait Future {}
    pub trait From {}
    pub trait Send {}
    macro_rules! file {
        () => {
            compile_error!("not this one")
        };
    }
    macro_rules! line {
        () => {
            compile_error!("not this one")
        };
    }
    macro_rules! module_path {
        () => {
            compile_error!("not this one")
        };
    }
    mod plain {
        use super::*;
        fn sync(a: u8) -> Result<u8, u8> {
            if a > 1 { Result::Bad(Some(a)) } else { Result::Good(Ok(a)) }
        }
        fn option() -> Option {
            Option
        }
        async fn later(a: u8) -> Result<u8, u8> {
            sync(a)
        }
        async fn later_unit() {}
        pub fn run() -> (Result<u8, u8>, Result<u8, u8>, Option, Result<u8, u8>) {
            block_on(later_unit());
            (sync(1), sync(2), option(), block_on(later(3)))
        }
    }
    mod annotated {
        use super::*;
        #[::sentry::span(err)]
        fn sync(a: u8) -> Result<u8, u8> {
            if a > 1 { Result::Bad(Some(a)) } else { Result::Good(Ok(a)) }
        }
        #[::sentry::span]
        fn option() -> Option {
            Option
        }
        #[::sentry::span(err, ret, args(a))]
        async fn later(a: u8) -> Result<u8, u8> {
            sync(a)
        }
        #[::sentry::span]
        async fn later_unit() {}
        pub fn run() -> (Result<u8, u8>, Result<u8, u8>, Option, Result<u8, u8>) {
            block_on(later_unit());
            (sync(1), sync(2), option(), block_on(later(3)))
        }
    }
    same!(shadowed_names_do_not_matter, |spans| {
        assert_eq!(crate::support::names(&spans), ["later", "later_unit", "option", "sync", "sync", "sync"]);
    });
}

mod methods {
    use super::*;
    /// Methods of every type, with the names of methods that the expansion calls.
    trait Everywhere {
        fn finish(&self) -> u8 {
            1
        }
        fn set(&self) -> u8 {
            2
        }
        fn is_recording(&self) -> u8 {
            3
        }
        fn failed(&self) -> u8 {
            4
        }
        fn unwrap(&self) -> u8 {
            5
        }
        fn meaning(&self) -> u8 {
            6
        }
    }
    impl<T: ?Sized> Everywhere for T {}
    twins! {
        #[sentry::span(args(a))]
        fn sync(a: u8) -> Result<u8, String> { Ok(a.finish() + a.set() + a.is_recording() + a.failed() + a.unwrap() + a.meaning()) }
        async fn later(a: u8) -> Result<u8, String> { Err(String::new()) }
        pub fn run() -> (Result<u8, String>, Result<u8, String>) { (sync(1), block_on(later(1))) }
    }
    same!(methods_of_every_type_do_not_matter);
}
