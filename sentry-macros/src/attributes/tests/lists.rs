//! Tests of the lists of arguments: each mistake has its own message, and no other error follows from it.

use proc_macro2::TokenStream;

use super::errors::errors;
use crate::attributes::{api_handler, data_fetcher, main, monitor, server_action, span};

fn tokens(text: &str) -> TokenStream {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Returns the errors of an attribute with `args` on `item`.
fn messages(attribute: fn(TokenStream, TokenStream) -> TokenStream, args: &str, item: &str) -> Vec<String> {
    let expansion = attribute(tokens(args), tokens(item));
    if expansion.to_string().contains("compile_error") {
        errors(&expansion, &tokens(item))
    } else {
        Vec::new()
    }
}

#[track_caller]
fn assert_messages(found: &[String], expected: &[&str]) {
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.contains(expected), "{found}");
    }
}

#[test]
fn mistakes_in_a_list_have_their_own_words() {
    for (args, expected) in [
        ("op =", &["expected a value after `op =`"][..]),
        ("op = , err", &["expected a value after `op =`"]),
        ("err ret", &["expected a comma between arguments"]),
        ("err, \"checkout\"", &["the name goes first, as in `#[span("]),
        ("5", &["the name is a string"]),
        ("skip(password)", &["there is nothing to skip"]),
        ("err(Debug)", &["write `err` alone"]),
        ("crate = <T>::sentry", &["`crate` takes the path"]),
        ("properties = { \"a\": 1, \"b\": 2 }, nmae = 1", &["`attributes(", "did you mean `name`?"]),
        ("properties = { \"a\": 1 }", &["`attributes("]),
        ("fields(a = %b), nmae", &["`attributes(", "did you mean `name`?"]),
        ("attributes(b =)", &["expected a value for the attribute `b`"]),
        ("attributes(b = , c = 1)", &["expected a value for the attribute `b`"]),
        ("attributes(b: 1)", &["the value of an attribute follows `=`"]),
        ("attributes(a b)", &["expected `=` or a comma after the attribute's name"]),
        ("attributes(\"b\")", &["an attribute named by a literal needs a value"]),
        ("attributes(%a)", &["`%` has no meaning here"]),
        ("attributes(b = ?a)", &["`?` has no meaning here"]),
        ("args(a b)", &["`args` takes names of arguments"]),
        ("args(a.b)", &["`args` takes names of arguments"]),
        ("args(a, a)", &["`a` is given twice"]),
        ("args(self)", &["no argument `self`"]),
        ("args(a), attributes(a = 1)", &["`a` is recorded by `args` already"]),
    ] {
        assert_messages(&messages(span, args, "fn f(a: A, c: C) {}"), expected);
    }
    for args in
        ["args(a, c)", "args(c, a,)", "attributes(LIMIT)", "attributes(a, c.d, \"e\" = 1)", "err = true"]
    {
        assert_messages(&messages(span, args, "fn f(a: A, c: C) -> R {}"), &[]);
    }
    assert_messages(&messages(span, "args(self), attributes(self.id)", "fn f(&self) {}"), &[]);
}

#[test]
fn skip_is_for_functions_and_blocks() {
    for item in ["fn f() {}", "const fn f() {}", "fn f();", "impl S {}", "mod m {}"] {
        assert_messages(&messages(span, "skip", item), &[]);
    }
    for (item, expected) in [("struct S;", "this is a struct"), ("static A: u8 = 1;", "this is a static")] {
        assert_messages(&messages(span, "skip", item), &[expected]);
    }
}

#[test]
fn an_argument_with_the_name_of_a_keyword_needs_no_sigil() {
    for args in ["args(type)", "attributes(type)"] {
        let text = span(tokens(args), tokens("fn f(r#type: u8) {}")).to_string();
        assert!(text.contains("\"type\" , :: sentry :: __private :: attribute ! (& (r#type))"), "{text}");
    }
    let text = span(tokens("attributes(type.len)"), tokens("fn f(r#type: u8) {}")).to_string();
    assert!(
        text.contains("\"type.len\" , :: sentry :: __private :: attribute ! (& (r#type . len))"),
        "{text}"
    );
}

#[test]
fn routes_tags_and_methods_are_checked() {
    for (args, expected) in [
        ("", &["needs a route"][..]),
        ("route", &["`route` takes a value"]),
        ("\"orders\"", &["`orders`"]),
        ("route = \"orders\"", &["`orders`"]),
        ("route = 5", &["`route` takes a string literal"]),
        ("route = a + b", &["a string literal or a constant"]),
        ("\"/a\", method = \"G E T\"", &["`G E T`"]),
        ("\"/a\", tags(\"a b\" = 1)", &["`a b`"]),
        ("\"/a\", tags(a = \"b\\nc\")", &["line break"]),
        ("\"/a\", nmae = \"a\"", &["did you mean `name`?"]),
    ] {
        assert_messages(&messages(api_handler, args, "fn f() {}"), expected);
    }
    for args in ["\"/a\"", "route = \"/a\"", "route = ROUTE", "\"/a\", tags(a = 1, b = \"c\")"] {
        assert_messages(&messages(api_handler, args, "fn f() {}"), &[]);
    }
    assert_messages(&messages(data_fetcher, "menu \"/about\"", "fn f() {}"), &["comma"]);
    assert_messages(&messages(data_fetcher, "menu = \"/about\"", "fn f() {}"), &["unknown argument `menu`"]);
    assert_messages(&messages(server_action, "ret", "fn f() {}"), &["`record_response`"]);
}

#[test]
fn a_second_attribute_is_an_error_unless_it_is_another_crates() {
    for (other, expected) in [
        ("#[monitor(\"b\")]", &["only one `#[monitor]`"][..]),
        ("#[sentry::monitor(\"b\")]", &["only one `#[monitor]`"]),
        ("#[monitor(colour = 1)]", &[]),
        ("#[tokio::monitor]", &[]),
    ] {
        assert_messages(&messages(monitor, "\"a\"", &format!("{other} fn f() {{}}")), expected);
    }
}

#[test]
fn an_async_main_needs_a_runtime_below() {
    for (attribute, expected) in [
        ("", &["needs a runtime"][..]),
        ("#[inline]", &["needs a runtime"]),
        ("#[allow(unused)]", &["needs a runtime"]),
        ("#[doc = \"x\"]", &["needs a runtime"]),
        ("#[tokio::main]", &[]),
        ("#[allow(unused)] #[my_runtime]", &[]),
    ] {
        assert_messages(&messages(main, "", &format!("{attribute} async fn main() {{}}")), expected);
    }
}
