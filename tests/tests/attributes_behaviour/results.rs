//! Tests of every kind of error: the returned value is unchanged, and the span has failed.

use std::error::Error;
use std::fmt;

use crate::support::{recorded, same, statuses, twins};

struct Silent;
#[derive(Debug, PartialEq)]
struct Shown;
impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("shown")
    }
}
impl Error for Shown {}
type Outcome = Result<u8, Shown>;
type MyResult<T, E = Shown> = Result<T, E>;

twins! {
    fn silent() -> Result<u8, Silent> { Err(Silent) }
    fn generic<E>(error: E) -> Result<u8, E> { Err(error) }
    fn generic_value<T, E: fmt::Debug>(value: T, error: Option<E>) -> Result<T, E> { match error { Some(error) => Err(error), None => Ok(value) } }
    fn text() -> Result<u8, String> { Err("text".into()) }
    fn unit() -> Result<u8, ()> { Err(()) }
    fn boxed() -> Result<u8, Box<dyn Error>> { Err(Box::new(Shown)) }
    fn boxed_send() -> Result<u8, Box<dyn Error + Send + Sync>> { Err("text".into()) }
    fn by_anyhow() -> anyhow::Result<u8> { Err(Shown)? }
    fn alias() -> MyResult<u8> { Err(Shown) }
    fn by_io() -> std::io::Result<()> { std::fs::File::open("/nowhere/at/all").map(drop) }
    fn formats(f: &mut String) -> fmt::Result { use fmt::Write as _; f.write_str("x")?; Err(fmt::Error) }
    fn borrowed<'a>(all: &'a [u8]) -> Result<&'a u8, &'a [u8]> { all.first().ok_or(all) }
    fn never() -> Result<u8, std::convert::Infallible> { Ok(1) }
    fn nested() -> Result<Result<u8, ()>, ()> { Ok(Err(())) }
    fn in_option() -> Option<Result<u8, ()>> { Some(Err(())) }
    fn in_pair() -> (u8, Result<u8, ()>) { (1, Err(())) }
    fn unsized_error(a: &str) -> Result<(), &str> { Err(a) }
    async fn later() -> anyhow::Result<u8> { Err(anyhow::anyhow!("later")) }
    async fn later_generic<E>(error: E) -> Result<u8, E> { Err(error) }
    pub fn run() -> String {
        let mut text_of = String::new();
        format!(
            "{} {:?} {:?} {:?} {:?} {} {} {} {:?} {:?} {:?} {text_of} {:?} {:?} {:?} {:?} {:?} {:?}",
            silent().is_err(), generic(1), generic_value(1, Some("x")), text(), unit(), boxed().unwrap_err(),
            boxed_send().unwrap_err(), by_anyhow().unwrap_err().downcast_ref::<Shown>().is_some(), alias(),
            by_io().unwrap_err().kind(), formats(&mut text_of), borrowed(&[]), never(), nested(), in_option(), in_pair(),
            unsized_error("x"),
        ) + &format!("{:?} {:?}", crate::support::block_on(later()).unwrap_err().to_string(), crate::support::block_on(later_generic(7)))
    }
}
same!(errors_of_every_kind, |spans| {
    for failed in [
        "silent",
        "generic",
        "generic_value",
        "text",
        "unit",
        "boxed",
        "boxed_send",
        "by_anyhow",
        "alias",
        "by_io",
        "formats",
        "borrowed",
        "unsized_error",
        "later",
        "later_generic",
    ] {
        assert_eq!(statuses(&spans, failed), ["internal_error"], "{failed}");
    }
    for fine in ["never", "nested", "in_option", "in_pair"] {
        assert_eq!(statuses(&spans, fine), ["ok"], "{fine}");
    }
});

/// An alias hides that this is a `Result`, so the attribute inspects it only with `err`.
#[sentry::span(err)]
fn other_name() -> Outcome {
    Err(Shown)
}
#[sentry::span(ret)]
fn returned(a: u8) -> u8 {
    a + 1
}
#[sentry::span(err, ret)]
async fn both_later<T: Clone + fmt::Debug>(value: T) -> Option<T> {
    Some(value)
}
#[test]
fn err_and_ret_look_at_every_value() {
    let spans = recorded((Err(Shown), 2, Some(3)), || {
        (other_name(), returned(1), crate::support::block_on(both_later(3)))
    });
    assert_eq!(statuses(&spans, "other_name"), ["internal_error"]);
    let data = |name: &str| spans.iter().find(|span| span.name == name).unwrap().data["return"].clone();
    assert_eq!((data("returned"), data("both_later")), (2.into(), "Some(3)".into()));
}

/// The types of a closure's arguments are inferred from the returned type, even if the value is inspected.
#[sentry::span(err, ret)]
fn closure(all: Vec<u8>) -> impl FnMut(&str) -> Option<&str> {
    move |text| (text.len() < all.len()).then_some(text)
}
#[test]
fn a_returned_closure_is_left_alone() {
    let spans = recorded(Some("x"), || closure(vec![0; 4])("x"));
    assert_eq!(statuses(&spans, "closure"), ["ok"]);
}

#[rustfmt::skip]
mod placed {
    #[sentry::span(err)]
    pub fn fails() -> Result<u8, super::Shown> { Err(super::Shown) }
    pub const LINE: u64 = line!() as u64 - 1;
}
#[test]
fn the_stack_of_an_error_begins_in_the_function_and_not_at_its_attribute() {
    let events = sentry::test::with_captured_events(|| assert_eq!(placed::fails(), Err(Shown)));
    let stack = events[0].exception.values.last().unwrap().stacktrace.as_ref().unwrap();
    let frame = stack.frames.last().unwrap();
    assert_eq!(frame.function.as_deref(), Some("fails"));
    assert_eq!(frame.lineno, Some(placed::LINE), "{frame:?}");
}
