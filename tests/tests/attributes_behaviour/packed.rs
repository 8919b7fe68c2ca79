//! Tests that an attribute has the same value whether it is recorded alone or together with others.

use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use serde_json::json;

use crate::support::{block_on, recorded};

struct Shown(&'static str);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

struct Silent;

const NUMBER: u16 = 7;

// The texts of constants are copied to the shared record; the result of a call is moved.
const THREE: &str = "three";
const EMPTY: &str = "";
const EIGHT: &str = "8 bytes.";
const NINE: &str = "9 bytes..";
const SEVENTEEN: &str = "seventeen letters";
const TWENTY_TWO: &str = "twenty-two bytes long!";
const TWENTY_THREE: &str = "twenty-two and one more";
const CUT: &str = "aaaaaaaaaaaaaaaaaaaaaaé";

/// Makes a test for each expression: its value is recorded alone, and in several places among others.
macro_rules! alike {
    ($($name:ident: $value:expr;)*) => {$(
        mod $name {
            use super::*;

            #[sentry::span(name = "alone", attributes(value = $value))]
            fn alone() {}

            #[sentry::span(name = "first", attributes(value = $value, a = 1_i64, b = "two", c = THREE))]
            fn first() {}

            #[sentry::span(name = "fourth", attributes(a = 1_i64, b = true, c = 0.5, value = $value))]
            fn fourth() {}

            #[sentry::span(name = "late", attributes(a = SEVENTEEN, b = 2_u64, c = 3_i64, value = $value))]
            fn late() {}

            #[sentry::span(name = "fifth", attributes(a = 1, b = 2, c = 3, d = 4, value = $value))]
            fn fifth() {}

            #[sentry::span(name = "twice", attributes(other = $value, value = $value))]
            fn twice() {}

            #[test]
            fn is_the_same_beside_others() {
                let spans = recorded((), || {
                    alone();
                    first();
                    fourth();
                    late();
                    fifth();
                    twice();
                });
                let value = |name: &str, key: &str| {
                    spans.iter().find(|span| span.name == name).unwrap().data.get(key).cloned()
                };
                let alone = value("alone", "value");
                for name in ["first", "fourth", "late", "fifth", "twice"] {
                    assert_eq!(value(name, "value"), alone, "{name}");
                }
                assert_eq!(value("twice", "other"), alone);
                let others = |name: &str| ["a", "b", "c"].map(|key| value(name, key).unwrap());
                assert_eq!(others("first"), [json!(1), json!("two"), json!(THREE)]);
                assert_eq!(others("fourth"), [json!(1), json!(true), json!(0.5)]);
                assert_eq!(others("late"), [json!(SEVENTEEN), json!(2), json!(3)]);
                assert_eq!(others("fifth"), [json!(1), json!(2), json!(3)]);
            }
        }
    )*};
}

alike! {
    none: None::<i32>;
    none_text: None::<&str>;
    some: Some(5);
    some_text: Some("text");
    some_string: Some(String::from("text"));
    nested_option: Some(None::<bool>);
    i8_: -5_i8;
    u128_: u128::MAX;
    i128_: i128::MIN;
    small_u128: 5_u128;
    usize_: usize::MAX;
    nan: f64::NAN;
    infinite: f64::INFINITY;
    zero: -0.0_f64;
    single: 0.1_f32;
    empty: "";
    empty_string: String::new();
    bytes21: "a".repeat(21);
    bytes22: "a".repeat(22);
    bytes23: "a".repeat(23);
    bytes24: "a".repeat(24);
    bytes31: "a".repeat(31);
    bytes32: "a".repeat(32);
    bytes33: "a".repeat(33);
    copied_empty: EMPTY;
    copied8: EIGHT;
    copied9: NINE;
    copied17: SEVENTEEN;
    copied22: TWENTY_TWO;
    copied23: TWENTY_THREE;
    copied_cut: CUT;
    copied_part: &CUT[3..];
    literal22: "twenty-two bytes long!";
    raw: r"C:\";
    raw_hashes: r#"a "quoted" text"#;
    escaped: "a\nb\0\u{1F600}";
    byte_literal: b"bytes";
    c_literal: c"text";
    char_: 'ß';
    wide_cut: "aaaaaaaaaaaaaaaaaaaaaé".to_owned();
    wide_over: "aaaaaaaaaaaaaaaaaaaaaaé".to_owned();
    emoji: "😀😀😀😀😀".to_owned();
    emoji_over: "😀😀😀😀😀😀".to_owned();
    nul: "\0\0\0".to_owned();
    cow: Cow::Borrowed("cow");
    cow_owned: Cow::<str>::Owned("a".repeat(30));
    boxed: Box::<str>::from("boxed");
    rc: Rc::<str>::from("rc");
    arc_string: Arc::new(String::from("arc"));
    reference: &&5;
    string_reference: &String::from("x");
    str_reference: &&"x";
    shown: Shown("shown");
    shown_long: Shown("a text that is longer than the words of a record");
    debugged: (1, "x");
    unit: ();
    silent: Silent;
    list: [1, 2, 3];
    texts: vec!["a", "b"];
    constant: NUMBER;
    path: u64::MAX;
    lock: *Mutex::new(5).lock().unwrap();
    block: { let words = 5; let attributes = words + 1; attributes };
    call: String::from("call");
    macro_: format!("{}", 5);
    matched: match 1 { 1 => "one", _ => "other" };
    closure: (|| 5)();
    parenthesised: ("text");
    negative: -5;
    concatenated: concat!("a", "b");
    line: line!() * 0;
    module: module_path!().len();
    result: Ok::<i32, ()>(5);
    duration: std::time::Duration::from_millis(5);
    address: std::net::Ipv4Addr::LOCALHOST;
}

struct Counter<const N: usize, T>(T);

#[sentry::span(attributes(size = N, r#type = r#type, literal = "text"))]
fn generic<const N: usize, T: fmt::Display>(r#type: T) {}

#[sentry::span(attributes(kind = "counter", size = N))]
impl<const N: usize, T: fmt::Display + Clone> Counter<N, T> {
    fn count(&self) {}

    #[sentry::span(attributes(kind = "own", value = self.0, text = "x"))]
    fn own(&self) {}

    async fn later(&self) {}
}

#[test]
fn generic_functions_and_methods() {
    let spans = recorded((), || {
        generic::<4, _>("żółć");
        let counter = Counter::<3, _>(5);
        counter.count();
        counter.own();
        block_on(counter.later());
    });
    let seen: Vec<_> = spans.iter().map(|span| (&*span.name, &span.data)).collect();
    let expected = [
        ("Counter::count", json!({ "kind": "counter", "size": 3 })),
        ("Counter::later", json!({ "kind": "counter", "size": 3 })),
        ("Counter::own", json!({ "kind": "own", "text": "x", "value": "5" })),
        ("generic", json!({ "literal": "text", "size": 4, "type": "żółć" })),
    ];
    assert_eq!(seen, expected.each_ref().map(|(name, data)| (*name, data)));
}

macro_rules! make {
    ($name:ident, $key:literal, $text:literal, $argument:ident) => {
        #[sentry::span(attributes($key = $text, value = $argument, "third" = $argument))]
        fn $name($argument: i64) {}
    };
}
make!(made, "ke.y", "text", words);

#[test]
fn keys_and_texts_that_a_macro_passes_on() {
    let spans = recorded((), || made(5));
    assert_eq!(spans[0].data, json!({ "ke.y": "text", "value": 5, "third": 5 }));
}
