//! Tests of the code that inspects the returned value, and of the values that are kept for errors.

use proc_macro2::TokenStream;

use crate::attributes::{server_action, span};

fn expanded(args: &str, item: &str) -> String {
    let tokens = |text: &str| text.parse::<TokenStream>().unwrap_or_else(|error| panic!("{text}: {error}"));
    let text = span(tokens(args), tokens(item)).to_string();
    assert!(!text.contains("compile_error"), "{text}");
    text
}

#[test]
fn values_are_kept_by_name() {
    const ITEM: &str = "fn f(a: A, (b, _): B) -> io::Result<u8> { a.go(b) }";
    for (args, names, kept) in [
        ("vars", "& [\"a\"]", "(:: sentry :: __private :: keep ! (& (a)) , ())"),
        (
            "vars(b)",
            "& [\"b\"]",
            "(:: sentry :: __private :: named (:: sentry :: __private :: keep ! (& (* b))) , ())",
        ),
        (
            "vars(a)",
            "& [\"a\"]",
            "(:: sentry :: __private :: named (:: sentry :: __private :: keep ! (& (a))) , ())",
        ),
        (
            "vars(x = b)",
            "& [\"x\"]",
            "(:: sentry :: __private :: named (:: sentry :: __private :: keep_own ! (b)) , ())",
        ),
    ] {
        let text = expanded(args, ITEM);
        assert!(text.contains(names) && text.contains(kept), "{text}");
        assert!(text.contains("call_with (& __sentry_vars , "), "{text}");
    }
    let plain = expanded("", ITEM);
    assert!(!plain.contains("VarsSite") && !plain.contains("call_with"), "{plain}");
}

#[test]
fn a_returned_value_is_recorded_where_it_can_be_inspected() {
    for (item, expected) in [
        ("fn f() -> u8 { 1 }", true),
        ("fn f() -> u8 { todo!() }", true),
        ("fn f() -> impl Sized { g() }", true),
        ("fn f() -> impl Sized { todo!() }", false),
        ("fn f() -> impl Fn(u8) { g() }", false),
        ("fn f() -> ! { loop {} }", false),
    ] {
        let text = expanded("ret", item);
        assert_eq!(text.contains("& __sentry_value"), expected, "{text}");
        assert_eq!(text.contains("\"return\""), expected, "{text}");
    }
}

#[test]
fn an_assigned_self_is_no_unread_assignment() {
    for (receiver, expected) in [("mut self", true), ("self", false), ("&mut self", false), ("&self", false)]
    {
        let text = expanded("", &format!("fn f({receiver}) -> io::Result<u8> {{ g() }}"));
        assert_eq!(text.contains("# [allow (unused_assignments)]"), expected, "{text}");
    }
}

#[test]
fn spans_of_generative_ai_start_in_their_own_way() {
    for (args, expected) in [
        ("op = \"db.query\"", false),
        ("op = \"gen_ai.chat\"", true),
        ("op = OP", true),
        ("warn_after = \"2s\"", true),
        ("new_trace", true),
        ("", false),
    ] {
        let text = expanded(args, "fn f() {}");
        assert_eq!(text.contains(":: begin_special ("), expected, "{text}");
    }
}

#[test]
fn a_rejection_tells_its_status_by_a_method() {
    for (returned, expected) in [
        ("Result<u8, JsonRejection>", true),
        ("Result<u8, (JsonRejection, u8)>", true),
        ("Result<u8, Rejections>", false),
        ("Result<u8, E>", false),
    ] {
        let item: TokenStream = format!("fn f() -> {returned} {{ g() }}").parse().unwrap();
        let text = server_action(TokenStream::new(), item).to_string();
        assert_eq!(text.contains("refusal ! (rejection & __sentry_value)"), expected, "{text}");
        assert!(text.contains("refusal ! ("), "{text}");
    }
}
