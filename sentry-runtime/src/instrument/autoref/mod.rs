//! Autoref specialisation: detection of the traits that a value implements, without knowing its type.
//!
//! The macros below call a method on a [`Probe`] behind one reference more than the first trait in the list requires.
//! Method lookup removes one reference at a time, so the first trait whose bound the type meets is used. A generic
//! function is judged by its own bounds, as always in Rust.
//!
//! [`failure`] finds the error in a returned value, [`kept`] keeps arguments, [`refusal`] recognises an
//! error that is a response, [`text`] checks that it has a text, [`values`] converts values to attributes, [`web`] reads requests
//! and responses.

pub use crate::base::probe::Probe;

macro_rules! levels {
    ($method:ident -> $answer:ty; $($name:ident: [$($generics:tt)*] $refs:ty => |$value:ident| $body:expr;)*) => {$(
        #[doc(hidden)]
        pub trait $name<'a> {
            fn $method(&self) -> $answer;
        }
        impl<'a, $($generics)*> $name<'a> for $refs {
            #[inline]
            fn $method(&self) -> $answer {
                let $value = self.0;
                $body
            }
        }
    )*};
}

/// Chooses the expansion with the span of the call, because nothing here knows the trait `Stream`.
#[cfg(not(feature = "stream"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __sentry_if_stream {
    ($_stream:block $sync:block) => {
        $sync
    };
}

mod failure;
mod kept;
mod refusal;
mod text;
mod values;
mod web;

pub use failure::*;
pub use kept::*;
pub use refusal::*;
pub use text::*;
pub use values::*;
pub use web::*;

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::fmt::{Debug, Display};

    use serde::Serialize;

    use crate::error::failure::{ActionError, ControlFlow, Failure, FailureValue};
    use crate::error::group::ErrorGroup;
    use crate::instrument::autoref::Fails;
    use crate::instrument::handler::FormData;
    use crate::protocol::AttributeValue;
    use crate::{__sentry_form_data, __sentry_report, __sentry_response};

    /// Work that keeps what is reported to it.
    #[derive(Default)]
    struct Told(Option<(&'static str, ControlFlow)>);

    impl Fails for Told {
        fn fail(&mut self, failure: Failure<'_>) {
            let kind = match failure.value {
                FailureValue::Error(_) | FailureValue::Dynamic(_) => "error",
                FailureValue::Group(_) => "group",
                FailureValue::Display(_) => "display",
                FailureValue::Debug(_) => "debug",
                FailureValue::Opaque => "opaque",
            };
            self.0 = Some((kind, failure.control));
        }

        fn fail_silently(&mut self) {
            self.0 = Some(("exit code", ControlFlow::Failure));
        }
    }

    macro_rules! told {
        ($value:expr) => {{
            let mut told = Told::default();
            __sentry_report!(&mut told, $value);
            told.0
        }};
    }

    #[test]
    fn the_best_form_of_an_error_is_found() {
        struct Silent;
        #[derive(Debug)]
        struct Debugged;
        macro_rules! kind_of {
            ($value:expr, $ty:ty) => {{
                let value: $ty = $value;
                told!(&value).map_or("none", |(kind, _)| kind)
            }};
        }
        #[derive(Debug)]
        struct Several;
        impl Display for Several {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("several")
            }
        }
        impl Error for Several {}
        impl ErrorGroup for Several {
            fn errors(&self) -> Vec<&(dyn Error + 'static)> {
                Vec::new()
            }
        }
        assert_eq!(kind_of!(Err(Several), Result<(), Several>), "group");
        assert_eq!(kind_of!(Err(std::fmt::Error), Result<(), std::fmt::Error>), "error");
        assert_eq!(kind_of!(Err("x".into()), Result<(), Box<dyn Error>>), "error");
        assert_eq!(kind_of!(Err("x".into()), Result<(), Box<dyn Error + Send + Sync>>), "error");
        assert_eq!(kind_of!(Err(String::new()), Result<(), String>), "display");
        assert_eq!(kind_of!(Err(Debugged), Result<(), Debugged>), "debug");
        assert_eq!(kind_of!(Err(()), Result<u8, ()>), "debug");
        assert_eq!(kind_of!(Err(Silent), Result<u8, Silent>), "opaque");
        assert_eq!(kind_of!(Ok(1), Result<u8, Silent>), "none");
        assert_eq!(kind_of!(Some(1), Option<u8>), "none");
    }

    #[test]
    fn what_a_type_offers_counts_before_what_every_type_offers() {
        #[derive(Debug, Serialize)]
        struct Page {
            id: u8,
        }
        impl ActionError for Page {
            fn control_flow(&self) -> ControlFlow {
                ControlFlow::NotFound
            }
        }
        let moved: Result<(), Page> = Err(Page { id: 7 });
        assert_eq!(told!(&moved), Some(("debug", ControlFlow::NotFound)));
        let broken: Result<(), u8> = Err(7);
        assert_eq!(told!(&broken), Some(("display", ControlFlow::Failure)));
        assert_eq!(__sentry_response!(&Page { id: 7 }), AttributeValue::from(r#"{"id":7}"#));
        assert_eq!(__sentry_form_data!(&Page { id: 7 }), FormData::of(&Page { id: 7 }));
        assert_eq!(__sentry_response!(&Some(std::fmt::Error)), AttributeValue::from("Some(Error)"));
    }

    #[test]
    fn what_an_error_does_when_it_is_asked_stays_with_it() {
        struct Unsure;
        impl ActionError for Unsure {
            fn control_flow(&self) -> ControlFlow {
                panic!("no idea");
            }
        }
        assert_eq!(told!(&Err::<(), _>(Unsure)), None);
    }

    #[test]
    fn a_generic_function_is_judged_by_its_bounds() {
        fn of_any<E>(value: Result<(), E>) -> &'static str {
            told!(&value).map_or("none", |(kind, _)| kind)
        }
        fn of_debug<E: Debug>(value: Result<(), E>) -> &'static str {
            told!(&value).map_or("none", |(kind, _)| kind)
        }
        assert_eq!(of_any(Err(std::fmt::Error)), "opaque");
        assert_eq!(of_debug(Err(std::fmt::Error)), "debug");
    }
}
