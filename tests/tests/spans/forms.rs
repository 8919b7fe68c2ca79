//! Tests of all kinds of functions that accept the attribute; each keeps its behaviour.

use std::borrow::Cow;

use sentry_tests::support::{names, observe, options};

struct Counter {
    count: u32,
}

impl Counter {
    #[sentry::span]
    fn add(&mut self, by: u32) -> &mut Self {
        self.count += by;
        self
    }

    #[sentry::span]
    fn finish(self) -> u32 {
        self.count
    }

    #[expect(clippy::boxed_local, reason = "only the receiver matters here")]
    #[sentry::span]
    fn boxed(self: Box<Self>) -> u32 {
        self.count
    }
}

#[test]
fn methods_with_every_receiver() {
    let seen = observe(options(), || {
        let mut counter = Counter { count: 1 };
        counter.add(2).add(3);
        let boxed = Box::new(Counter { count: counter.finish() });
        boxed.boxed()
    });
    assert_eq!(seen.result, 6);
    assert_eq!(names(&seen.spans()), ["Counter::add", "Counter::add", "Counter::finish", "Counter::boxed"]);
}

#[sentry::span]
fn longest<'a, T>(left: &'a T, right: &'a str) -> Cow<'a, str>
where
    T: AsRef<str> + ?Sized,
{
    if left.as_ref().len() >= right.len() { Cow::Borrowed(left.as_ref()) } else { Cow::Borrowed(right) }
}

#[sentry::span]
fn repeated<const N: usize>(value: u8) -> [u8; N] {
    [value; N]
}

#[sentry::span]
fn squares(upto: u32) -> impl Iterator<Item = u32> + Clone {
    (0..upto).map(|number| number * number)
}

#[sentry::span]
fn patterns((a, b): (u8, u8), [first, ..]: [u8; 3], mut last: u8, _: String) -> u8 {
    last += 1;
    a + b + first + last
}

#[sentry::span]
fn early(text: &str) -> Result<u32, std::num::ParseIntError> {
    if text.is_empty() {
        return Ok(0);
    }
    Ok(text.parse::<u32>()? + 1)
}

#[test]
fn generic_borrowing_and_destructuring_functions() {
    let seen = observe(options(), || {
        assert_eq!(longest("abc", "ab"), "abc");
        assert_eq!(repeated::<2>(7), [7, 7]);
        assert_eq!(squares(4).sum::<u32>(), 14);
        assert_eq!(patterns((1, 2), [3, 0, 0], 4, String::new()), 11);
        assert_eq!(early(""), Ok(0));
        assert_eq!(early("6"), Ok(7));
        assert!(early("x").is_err());
    });
    let spans = seen.spans();
    assert_eq!(
        names(&spans),
        [
            "forms::longest",
            "forms::repeated",
            "forms::squares",
            "forms::patterns",
            "forms::early",
            "forms::early",
            "forms::early",
        ]
    );
    let statuses: Vec<_> = spans.iter().map(|span| &*span.status).collect();
    assert_eq!(statuses, ["ok", "ok", "ok", "ok", "ok", "ok", "internal_error"]);
}

#[sentry::span]
fn fibonacci(n: u32) -> u32 {
    if n < 2 { n } else { fibonacci(n - 1) + fibonacci(n - 2) }
}

#[test]
fn a_recursive_function_is_a_tree_of_spans() {
    let seen = observe(options(), || fibonacci(5));
    assert_eq!(seen.result, 5);
    let spans = seen.spans();
    assert_eq!(spans.len(), 15);
    for span in spans.iter().filter(|span| !span.is_root) {
        let parent = spans.iter().find(|other| Some(&other.id) == span.parent.as_ref()).expect("a parent");
        assert!(parent.start <= span.start && span.end <= parent.end, "{span:?} outside of {parent:?}");
    }
}

#[test]
fn without_a_client_nothing_changes_and_nothing_is_left_behind() {
    sentry_tests::support::without_client(|| {
        assert_eq!(fibonacci(5), 5);
        assert_eq!(early("6"), Ok(7));
        assert!(sentry::get_active_span().is_none());
    });
    let seen = observe(options(), || repeated::<1>(1));
    assert_eq!(names(&seen.spans()), ["forms::repeated"]);
}
