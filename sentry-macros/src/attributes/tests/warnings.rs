//! Tests of warnings: each is the use of a deprecated constant, whose note is the message.

use proc_macro2::TokenStream;

use crate::attributes::span;

fn tokens(text: &str) -> TokenStream {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Returns the warnings of `#[span(args)]` on an item.
fn warnings(args: &str, item: &str) -> Vec<String> {
    let text = span(tokens(args), tokens(item)).to_string();
    assert!(!text.contains("compile_error"), "{text}");
    text.split("# [deprecated (note = \"")
        .skip(1)
        .filter_map(|rest| rest.split_once("\")]"))
        .map(|(message, _)| message.to_owned())
        .collect()
}

#[test]
fn names_and_values_are_compared_with_the_conventions() {
    const NUMBER: &str = "the value of the attribute `gen_ai.request.temperature` is a number";
    const INTEGER: &str = "the value of the attribute `http.response.status_code` is an integer";
    const STRING: &str = "the value of the attribute `db.query.text` is a string";
    const BOOLEAN: &str = "the value of the attribute `cache.hit` is a boolean";
    for (args, expected) in [
        ("attributes(http.method = a)", "renamed the attribute `http.method` to `http.request.method`"),
        ("attributes(http.response.status_code = \"200\")", INTEGER),
        ("attributes(http.response.status_code = 200.0)", INTEGER),
        ("attributes(http.response.status_code = true)", INTEGER),
        ("attributes(gen_ai.request.temperature = \"0.5\")", NUMBER),
        ("attributes(cache.hit = 1)", BOOLEAN),
        ("attributes(cache.hit = -1)", BOOLEAN),
        ("attributes(db.query.text = 7)", STRING),
        ("op = \"db.qurey\"", "no operation `db.qurey`; did you mean `db.query`?"),
    ] {
        let [warning] = warnings(args, "fn f(a: u8) {}").try_into().expect(args);
        assert!(str::contains(&warning, expected), "{warning}");
        let [warning] = warnings(&args.replace("= a)", "= 1)"), "impl S { fn f(&self) {} }")
            .try_into()
            .expect("a block warns once, not for each function");
        assert!(str::contains(&warning, expected), "{warning}");
    }
    for args in [
        "attributes(http.response.status_code = 200)",
        "attributes(http.response.status_code = a)",
        "attributes(gen_ai.request.temperature = 1)",
        "attributes(gen_ai.request.temperature = -0.5)",
        "attributes(cache.hit = true)",
        "attributes(db.query.text = \"SELECT\")",
        "attributes(order.id = 1)",
        "op = \"db.query\"",
        "op = \"shop.checkout\"",
        "op = OP",
    ] {
        assert_eq!(warnings(args, "fn f(a: u8) {}"), [""; 0], "{args}");
    }
}

#[test]
fn err_warns_where_no_error_is_returned() {
    for (item, returned) in [
        ("fn f() {}", "nothing"),
        ("async fn f() -> () {}", "nothing"),
        ("fn f() -> ! { loop {} }", "`!`"),
        ("fn f() -> Vec<&str> { a }", "`Vec<&str>`"),
        ("fn f() -> std::option::Option<(u8, A)> { a }", "`std::option::Option<(u8, A)>`"),
        ("fn f() -> impl Future<Output = bool> { a }", "`bool`"),
        ("fn f() -> BoxFuture<'static, String> { a }", "`String`"),
    ] {
        let expected = format!("returns {returned}; remove `err`, or return a `Result`");
        let [warning] = warnings("err", item).try_into().expect(item);
        assert!(str::contains(&warning, &expected), "{warning}");
    }
    for item in ["fn f() -> io::Result<u8> { a }", "fn f() -> Alias { a }", "fn f() -> impl Future { a }"] {
        assert_eq!(warnings("err", item), [""; 0], "{item}");
    }
    // On a block, `err` applies to those functions that return a `Result`.
    assert_eq!(warnings("err", "impl S { fn f() {} }"), [""; 0]);
}

#[test]
fn lint_levels_of_a_block_apply() {
    let text = span(tokens("op = \"db.qurey\""), tokens("#[allow(deprecated)] #[doc = \"x\"] impl S {}"))
        .to_string();
    assert!(text.contains("# [allow (deprecated)] const _ : () = { "), "{text}");
}
