//! Tests of errors that contain borrowed values, and that implement `Error` only for `'static` contents.

use std::any::Any;
use std::error::Error;
use std::fmt;

use crate::support::{same, statuses, twins};

/// Implements `Error` only if its content is `'static`, like `arrayvec::CapacityError`.
#[derive(Debug, PartialEq)]
struct Full<T>(T);

impl<T> fmt::Display for Full<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("full")
    }
}
impl<T: Any + fmt::Debug> Error for Full<T> {}

/// Implements `Error` only if its cause does.
#[derive(Debug, PartialEq)]
struct Failed<E>(E);

impl<E> fmt::Display for Failed<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed")
    }
}
impl<E: Error + 'static> Error for Failed<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

/// A `Result` that passes a lifetime to its error.
type FullResult<'a, T> = Result<T, Full<&'a str>>;

trait Opens {
    type Error;
    fn open(&self) -> Result<u8, Self::Error>;
}

twins! {
    #[derive(Debug)]
    struct List<T>(Vec<T>);
    impl<T> List<T> {
        fn push(&mut self, element: T) -> Result<(), Full<T>> { if self.0.is_empty() { Err(Full(element)) } else { self.0.push(element); Ok(()) } }
        async fn push_later(&mut self, element: T) -> Result<(), Full<T>> { self.push(element) }
    }
    trait Pushes {
        type Item;
        fn try_push(&mut self, element: Self::Item) -> Result<(), Full<Self::Item>> { Err(Full(element)) }
    }
    impl<T> Pushes for List<T> { type Item = T; }
    impl<'a> TryFrom<&'a str> for List<u8> {
        type Error = Full<&'a str>;
        fn try_from(text: &'a str) -> Result<Self, Self::Error> { Err(Full(text)) }
    }
    struct Shelf<'a, Item>(&'a str, Item);
    impl<'a, Item> Opens for Shelf<'a, Item> {
        type Error = Full<&'a str>;
        fn open(&self) -> Result<u8, Self::Error> { Err(Full(self.0)) }
    }
    impl<Item: Copy + fmt::Debug> Shelf<'_, Item> {
        fn put(&self) -> Result<u8, Full<Item>> { Err(Full(self.1)) }
    }
    fn aliased(text: &str) -> FullResult<'_, u8> { Err(Full(text)) }
    fn named<'a>(text: &'a str) -> Result<u8, Full<&'a str>> { Err(Full(text)) }
    fn hidden(text: &str) -> Result<u8, Full<&str>> { Err(Full(text)) }
    fn generic<Element>(element: Element) -> Result<u8, Full<Element>> { Err(Full(element)) }
    fn caused<E: Error>(error: E) -> Result<u8, Failed<E>> { Err(Failed(error)) }
    fn caused_forever<E: Error + 'static>(error: E) -> Result<u8, Failed<E>> { Err(Failed(error)) }
    fn boxed<'a>(text: &'a str) -> Result<u8, Box<dyn Error + 'a>> { Err(text.to_owned().into()) }
    fn by_hand<'a>(text: &'a str) -> std::pin::Pin<Box<dyn std::future::Future<Output = Result<u8, Full<&'a str>>> + 'a>> { Box::pin(async move { Err(Full(text)) }) }
    pub fn run() -> String {
        let text = String::from("text");
        let text = text.as_str();
        let mut list = List(vec![]);
        format!(
            "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {} {:?} {:?} {:?} {:?}",
            list.push(text), list.try_push(text), crate::support::block_on(list.push_later(text)),
            List::try_from(text).map(|list| list.0), named(text), hidden(text), generic(text), caused(fmt::Error),
            caused_forever(fmt::Error), boxed(text).unwrap_err(), crate::support::block_on(by_hand(text)),
            Shelf(text, 1).open(), Shelf("", text).put(), aliased(text),
        )
    }
}
same!(errors_that_are_borrowed, |spans| {
    for failed in [
        "List::push",
        "Pushes::try_push",
        "named",
        "hidden",
        "generic",
        "caused",
        "caused_forever",
        "boxed",
        "by_hand",
        "Shelf::open",
        "Shelf::put",
        "aliased",
    ] {
        let statuses = statuses(&spans, failed);
        assert!(
            !statuses.is_empty() && statuses.iter().all(|status| *status == "internal_error"),
            "{failed}: {statuses:?}"
        );
    }
});

/// Without the attribute on the block, a method's attribute does not see declarations such as `Self::Error`, so the
/// type is written out.
mod alone {
    use super::*;

    pub struct Shelf<'a, Item>(pub &'a str, pub Item);
    impl<'a, Item> Opens for Shelf<'a, Item> {
        type Error = Full<&'a str>;
        #[sentry::span]
        fn open(&self) -> Result<u8, Full<&'a str>> {
            Err(Full(self.0))
        }
    }
    impl<Item: Copy + fmt::Debug> Shelf<'_, Item> {
        #[sentry::span]
        pub fn put(&self) -> Result<u8, Full<Item>> {
            Err(Full(self.1))
        }
        #[sentry::span]
        pub async fn put_later(item: Item) -> Result<u8, Full<Item>> {
            Err(Full(item))
        }
    }
}

#[test]
fn methods_without_their_block() {
    let text = String::from("text");
    let text = text.as_str();
    let shelf = alone::Shelf(text, text);
    assert_eq!(shelf.open(), Err(Full(text)));
    assert_eq!(shelf.put(), Err(Full(text)));
    assert_eq!(crate::support::block_on(alone::Shelf::put_later(text)), Err(Full(text)));
}

struct Cellar;

/// The block shows that the error borrows nothing, so the attribute can record its cause.
#[sentry::span(err)]
impl Opens for Cellar {
    type Error = Failed<fmt::Error>;
    fn open(&self) -> Result<u8, Self::Error> {
        Err(Failed(fmt::Error))
    }
}

#[sentry::span(err)]
fn captured<'a>(text: &'a str) -> Result<u8, Full<&'a str>> {
    Err(Full(text))
}

#[sentry::span(err)]
fn captured_with_cause<E: Error + 'static>(error: E) -> Result<u8, Failed<E>> {
    Err(Failed(error))
}

#[test]
fn borrowed_errors_are_captured_with_their_texts_and_causes() {
    let events = sentry::test::with_captured_events(|| {
        let text = String::from("text");
        assert_eq!(captured(&text), Err(Full(text.as_str())));
        assert_eq!(captured_with_cause(fmt::Error), Err(Failed(fmt::Error)));
        assert_eq!(Cellar.open(), Err(Failed(fmt::Error)));
    });
    let shown: Vec<Vec<_>> = events
        .iter()
        .map(|event| {
            event.exception.values.iter().filter_map(|exception| exception.value.as_deref()).collect()
        })
        .collect();
    let cause = fmt::Error.to_string();
    assert_eq!(shown, [vec!["full"], vec![&cause, "failed"], vec![&cause, "failed"]]);
}
