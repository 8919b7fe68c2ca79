//! Tests of the errors: each mistake causes one error, followed by the unchanged item.

use proc_macro2::TokenStream;
use quote::quote;

use crate::attributes::{main, monitor, span};

/// Returns the messages of all `compile_error!` in an expansion, and asserts that the unchanged item follows them.
pub(super) fn errors(expansion: &TokenStream, item: &TokenStream) -> Vec<String> {
    let text = expansion.to_string();
    assert!(text.ends_with(&item.to_string()), "the item is lost: {text}");
    text.split("compile_error ! {")
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(message, _)| message.trim().trim_matches('"').replace("\\\"", "\""))
        .collect()
}

fn span_error(args: TokenStream, item: TokenStream) -> String {
    let [error] = errors(&span(args, item.clone()), &item).try_into().expect("one mistake gives one error");
    error
}

#[test]
fn every_mistake_is_reported_and_the_item_stays() {
    for (args, item, expected) in [
        (
            quote!(nmae = "x"),
            quote!(
                fn f() {}
            ),
            "did you mean `name`?",
        ),
        (
            quote!(err, err),
            quote!(
                fn f() {}
            ),
            "`err` is given twice",
        ),
        (
            quote!(name = 5),
            quote!(
                fn f() {}
            ),
            "`name` takes a string literal",
        ),
        (
            quote!(name = " "),
            quote!(
                fn f() {}
            ),
            "the name is empty",
        ),
        (
            quote!(op = 1 + 1),
            quote!(
                fn f() {}
            ),
            "a string literal or a constant",
        ),
        (
            quote!(ret = 1),
            quote!(
                fn f() {}
            ),
            "`ret` takes no value",
        ),
        (
            quote!(parent),
            quote!(
                fn f() {}
            ),
            "`parent` takes a value",
        ),
        (
            quote!(attributes),
            quote!(
                fn f() {}
            ),
            "`attributes` takes a list",
        ),
        (
            quote!(attributes("" = 1)),
            quote!(
                fn f() {}
            ),
            "is empty",
        ),
        (
            quote!(attributes(a = 1, a = 2)),
            quote!(
                fn f() {}
            ),
            "the attribute `a` is given twice",
        ),
        (
            quote!(args(b)),
            quote!(
                fn f(a: A) {}
            ),
            "its arguments are `a`",
        ),
        (
            quote!(args(order_ids)),
            quote!(
                fn f(order_id: A) {}
            ),
            "did you mean `order_id`?",
        ),
        (
            quote!(level = "info"),
            quote!(
                fn f() {}
            ),
            "add `err`",
        ),
        (
            quote!(err, level = "warn"),
            quote!(
                fn f() {}
            ),
            "unknown level `warn`",
        ),
        (
            quote!(new_trace, only_if_parent),
            quote!(
                fn f() {}
            ),
            "`new_trace` starts without a parent",
        ),
        (
            quote!(crate = 1),
            quote!(
                fn f() {}
            ),
            "`crate` takes the path",
        ),
        (
            quote!(),
            quote!(
                const fn f() {}
            ),
            "annotate its callers",
        ),
        (
            quote!(),
            quote!(
                const X: u8 = 1;
            ),
            "this is a constant",
        ),
        (
            quote!(),
            quote!(
                pub struct S;
            ),
            "this is a struct",
        ),
        (
            quote!(),
            quote!(
                pub mod m;
            ),
            "this item has no body here",
        ),
        (quote!("x"), quote!(unsafe impl S {}), "one name would apply to every function"),
        (quote!(name = "x"), quote!(impl S {}), "one name would apply to every function"),
        (
            quote!(args(a)),
            quote!(
                trait T {}
            ),
            "`args` names arguments of one function",
        ),
        (
            quote!(attributes(order.id)),
            quote!(impl S {}),
            "not every function in this block has an argument `order`",
        ),
        (quote!(skip, err), quote!(impl S {}), "remove the other arguments"),
        (
            quote!(attributes(ordre.id)),
            quote!(
                fn f(order: Order) {}
            ),
            "did you mean `order`?",
        ),
        (
            quote!(attributes(" a" = 1)),
            quote!(
                fn f() {}
            ),
            "starts or ends with a space",
        ),
        (
            quote!(),
            quote!(
                #[unsafe(naked)]
                extern "C" fn f() {}
            ),
            "naked function",
        ),
        (
            quote!(),
            quote!(
                fn f();
            ),
            "has no body",
        ),
    ] {
        let error = span_error(args, item);
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn monitors_are_checked() {
    let item = quote!(
        fn f() {}
    );
    for (args, expected) in [
        (quote!(), "needs the slug"),
        (quote!("Nightly Report"), "use `nightly-report`"),
        (quote!(5), "the slug is a string"),
        (quote!("n", schedule = "0 25 * * *"), "the hour field holds `25`"),
        (quote!("n", schedule = "@daily", every = "1 day"), "one schedule"),
        (quote!("n", every = "5 seconds"), "finer than"),
        (quote!("n", timezone = "UTC"), "only with a schedule"),
        (quote!("n", schedule = "@daily", timezone = "Europe/Viena"), "`Europe/Vienna`"),
        (quote!("n", schedule = "@daily", max_runtime = 0), "`max_runtime` is 0"),
        (quote!("n", schedule = "@daily", recovery_threshold = "2"), "takes a number of check-ins"),
    ] {
        let [error] = errors(&monitor(args, item.clone()), &item).try_into().expect("one error");
        assert!(str::contains(&error, expected), "{error}");
    }
    let twice = quote!(
        #[sentry::monitor("b")]
        fn f() {}
    );
    let [error] = errors(&monitor(quote!("a"), twice.clone()), &twice).try_into().expect("one error");
    assert!(str::contains(&error, "one `#[monitor]`"), "{error}");
}

#[test]
fn main_is_checked() {
    for (item, expected) in [
        (
            quote!(
                fn run() {}
            ),
            "goes on `fn main`",
        ),
        (
            quote!(
                fn main(a: u8) {}
            ),
            "takes no arguments",
        ),
        (
            quote!(
                async fn main() {}
            ),
            "needs a runtime",
        ),
    ] {
        let [error] = errors(&main(quote!(), item.clone()), &item).try_into().expect("one error");
        assert!(str::contains(&error, expected), "{error}");
    }
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let item = quote!(
        const fn f() {}
    );
    assert_eq!(errors(&span(quote!(a, b = 1, err = 2), item.clone()), &item).len(), 4);
}
