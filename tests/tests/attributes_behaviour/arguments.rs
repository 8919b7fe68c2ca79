//! Tests of values in the arguments of an attribute: names of every form, and the recorded values.

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
