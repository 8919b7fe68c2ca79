//! Tests of values in the arguments of an attribute: names of every form, and the recorded values.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use serde_json::json;

use crate::support::{Seen, block_on, recorded};

const MAX: i32 = 3;

fn data(spans: &[Seen], name: &str) -> serde_json::Value {
    let span = spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("{name} in {spans:?}"));
    span.data.clone()
}

#[sentry::span(attributes(a = -a, b = -MAX, c = -(a as i8), d = -1, e = !flag, f = -2.5, g = "text", h = b'x'))]
fn signs(a: i32, flag: bool) {}

#[sentry::span(attributes(a = b"xy", b = c"text", c = true, d = 'c', e = r"raw"))]
fn literals() {}

#[test]
fn signs_and_literals() {
    let spans = recorded((), || {
        signs(7, true);
        literals();
    });
    let signs = data(&spans, "signs");
    let expected = [
        ("a", json!(-7)),
        ("b", json!(-3)),
        ("c", json!(-7)),
        ("d", json!(-1)),
        ("e", json!(false)),
        ("f", json!(-2.5)),
        ("g", json!("text")),
        ("h", json!(120)),
    ];
    for (key, value) in expected {
        assert_eq!(signs[key], value, "{key}");
    }
    let literals = data(&spans, "literals");
    for (key, value) in
        [("a", json!("[120, 121]")), ("b", json!("\"text\"")), ("c", json!(true)), ("e", json!("raw"))]
    {
        assert_eq!(literals[key], value, "{key}");
    }
}

struct Order {
    r#type: u8,
}

#[sentry::span(args(r#type, fn), attributes(type.count = r#type + 1))]
fn raw(r#type: u8, r#fn: u8) {}

#[sentry::span(attributes(r#type, r#match.r#type))]
async fn raw_in_a_pattern((r#type, _): (u8, u8), r#match: Order) {}

#[sentry::server_action(tags(type, other = r#type))]
fn raw_tag(r#type: u8) {}

#[test]
fn names_that_are_keywords() {
    let spans = recorded((), || {
        raw(1, 2);
        block_on(raw_in_a_pattern((3, 0), Order { r#type: 4 }));
        raw_tag(5);
    });
    let seen = data(&spans, "raw");
    assert_eq!([&seen["type"], &seen["fn"], &seen["type.count"]], [&json!(1), &json!(2), &json!(2)]);
    let seen = data(&spans, "raw_in_a_pattern");
    assert_eq!([&seen["type"], &seen["match.type"]], [&json!(3), &json!(4)]);
}

#[derive(Debug, Clone, Copy)]
struct Unit;

#[sentry::span(args(N, n))]
fn capital(N: u8, n: u8) -> Result<u8, ()> {
    Ok(N + n)
}

#[sentry::span(args(A, Unit))]
async fn capital_in_a_pattern((A, _): (u8, u8), Unit: Unit) -> u8 {
    A
}

#[test]
fn names_with_capitals() {
    let spans = recorded((Ok(3), 4), || (capital(1, 2), block_on(capital_in_a_pattern((4, 0), Unit))));
    let seen = data(&spans, "capital");
    assert_eq!([&seen["N"], &seen["n"]], [&json!(1), &json!(2)]);
    let seen = data(&spans, "capital_in_a_pattern");
    assert_eq!([&seen["A"], &seen["Unit"]], [&json!(4), &json!("Unit")]);
}

const LONG: &str = "a text that is too long for the space that attributes share";

#[sentry::span(attributes(
    literal = "in the program",
    integer = integer,
    large = u64::MAX,
    ratio = 0.5,
    yes = true,
    no = !true,
    nothing = None::<i32>,
    short = short,
    medium = "twenty-two bytes long!".to_owned(),
    long = LONG.to_owned(),
    list = [1, 2],
    empty = "",
    last = 'z'
))]
fn many(integer: i64, short: &str) {}

#[test]
fn attributes_of_every_size_keep_their_values_and_their_types() {
    let expected = json!({
        "literal": "in the program",
        "integer": -7,
        "large": u64::MAX,
        "ratio": 0.5,
        "yes": true,
        "no": false,
        "short": "żółć",
        "medium": "twenty-two bytes long!",
        "long": LONG,
        "list": [1, 2],
        "empty": "",
        "last": "z",
    });
    let seen = data(&recorded((), || many(-7, "żółć")), "many");
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(seen[key], *value, "{key}");
    }
    assert!(seen.get("nothing").is_none(), "{seen}");
}

#[sentry::span(attributes(a = 1, b = inner(2), c = inner(3), d = "outer"))]
fn outer() {}

#[sentry::span(attributes(e = number, f = "inner"))]
fn inner(number: i64) -> i64 {
    number
}

#[test]
fn a_value_may_come_from_a_function_with_attributes() {
    let spans = recorded((), outer);
    let seen = data(&spans, "outer");
    assert_eq!(
        [&seen["a"], &seen["b"], &seen["c"], &seen["d"]],
        [&json!(1), &json!(2), &json!(3), &json!("outer")]
    );
    let mut inner: Vec<_> = spans.iter().filter(|span| span.name == "inner").collect();
    inner.sort_by_key(|span| span.data["e"].as_i64());
    for (span, number) in inner.iter().zip([2, 3]) {
        assert_eq!((&span.data["e"], &span.data["f"]), (&json!(number), &json!("inner")));
    }
    assert_eq!(inner.len(), 2);
}

#[sentry::span(attributes(a = *count.lock().unwrap(), b = { *count.lock().unwrap() += 1; 2 }, c = *count.lock().unwrap()))]
fn locked(count: &Mutex<i64>) {}

#[test]
fn what_a_value_borrows_is_given_back_before_the_next_value() {
    let seen = data(&recorded((), || locked(&Mutex::new(5))), "locked");
    assert_eq!([&seen["a"], &seen["b"], &seen["c"]], [&json!(5), &json!(2), &json!(6)]);
}

thread_local! {
    static FAILS: Cell<bool> = const { Cell::new(false) };
}

fn failing() -> i64 {
    assert!(!FAILS.get(), "no value");
    4
}

#[sentry::span(attributes(a = 3, b = "text", c = failing(), d = 5))]
fn half() {}

#[test]
fn what_was_set_before_a_value_that_panics_is_kept() {
    let run = |fails| {
        let spans = recorded(fails, || {
            FAILS.set(fails && sentry::get_active_span().is_some_and(|span| span.is_recording()));
            let panicked = catch_unwind(AssertUnwindSafe(half)).is_err();
            panicked || fails
        });
        data(&spans, "half")
    };
    let (whole, half) = (run(false), run(true));
    assert_eq!([&whole["a"], &whole["c"], &whole["d"]], [&json!(3), &json!(4), &json!(5)]);
    assert_eq!((&half["a"], &half["b"]), (&json!(3), &json!("text")));
    assert!(half.get("c").is_none() && half.get("d").is_none(), "{half}");
}
