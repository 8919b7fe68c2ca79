//! Tests of `#[span]` on blocks and modules: the functions in them expand as if each had an attribute of its own.

use proc_macro2::TokenStream;
use quote::quote;

use super::assert_tokens;
use crate::attributes::span;

/// Returns the expansion of `#[span(args)]` on one function.
fn one(args: TokenStream, item: TokenStream) -> TokenStream {
    span(args, item)
}

#[test]
fn every_function_with_a_body_is_instrumented() {
    let load = quote!(
        #[inline]
        pub(crate) fn load<const N: usize>(&self, key: A<{ N }>) -> io::Result<Row> {
            self.get(key)?
        }
    );
    let fetch = quote!(
        async fn fetch(self) {}
    );
    let rest = quote!(
        #![allow(dead_code)]
        const LIMIT: usize = { 3 };
        type Row = u8;
        const fn new() -> Self { Self }
        fn bodiless(&self);
        made_by! { fn x() {} }
        unsafe extern "C" fn variable(n: u8, ...) {}
    );
    let (loaded, fetched) = (one(quote!(op = "db"), load.clone()), one(quote!(op = "db"), fetch.clone()));
    for head in [
        quote!(
            #[doc = "x"]
            unsafe impl<T> Store for A<{ 1 }, T>
            where
                T: Copy,
        ),
        quote!(pub trait Store: Copy),
        quote!(pub(crate) mod store),
    ] {
        assert_tokens(
            one(quote!(op = "db"), quote!(#head { #rest #load #fetch })),
            quote!(#head { #rest #loaded #fetched }),
        );
    }
}

#[test]
fn own_arguments_come_first() {
    let item = |attribute: TokenStream| {
        quote!(
            #[inline]
            #attribute
            fn f(a: A) -> B {
                a.b()
            }
        )
    };
    for (defaults, own, together) in [
        (quote!(op = "db"), quote!(#[span("x")]), quote!("x", op = "db")),
        (quote!(op = "db", err), quote!(#[span(op = "q")]), quote!(op = "q", err)),
        (quote!(err, level = "info"), quote!(#[span(err = false)]), quote!()),
        (quote!(err, level = "info"), quote!(#[span(level = "fatal")]), quote!(err, level = "fatal")),
        (quote!(parent = P), quote!(#[span(new_trace)]), quote!(new_trace)),
        (quote!(parent = P), quote!(#[span("x")]), quote!("x", parent = P)),
        (quote!(op = "db", parent = P), quote!(#[span(new_trace)]), quote!(op = "db", new_trace)),
        (quote!(crate = my::sentry), quote!(#[span(args(a))]), quote!(crate = my::sentry, args(a))),
    ] {
        let own = item(own);
        let expected = one(together, item(quote!()));
        let text = one(defaults.clone(), quote!(impl S { #own })).to_string();
        let expected = quote!(impl S { #expected }).to_string();
        assert_eq!(text, expected, "{defaults}");
    }
}

#[test]
fn what_is_skipped_stays_as_it_is() {
    let plain = quote!(
        fn f() {
            body
        }
    );
    let skip = quote!(#[span(skip)]);
    assert_tokens(one(quote!(), quote!(impl S { #skip #plain })), quote!(impl S { #plain }));
    assert_tokens(
        one(quote!(), quote!(mod m { #skip impl S { #plain } #skip mod n { #plain } })),
        quote!(mod m { impl S { #plain } mod n { #plain } }),
    );
    let module = quote!(mod m { #[naked] #plain });
    assert_tokens(one(quote!(), module.clone()), module);
    assert_tokens(one(quote!(skip), plain.clone()), plain.clone());
    assert_tokens(one(quote!(skip), quote!(impl S { #plain })), quote!(impl S { #plain }));
}

#[test]
fn modules_reach_into_their_blocks() {
    let f = quote!(
        fn f() {}
    );
    let (outer, inner) = (one(quote!(op = "a"), f.clone()), one(quote!(op = "b"), f.clone()));
    assert_tokens(
        one(
            quote!(op = "a"),
            quote!(mod m { #f impl S { #f } #[cfg(x)] #[span(op = "b")] trait T { #f } mod n { #f } mod o; }),
        ),
        quote!(mod m { #outer impl S { #outer } #[cfg(x)] trait T { #inner } mod n { #outer } mod o; }),
    );
}

#[test]
fn one_mistake_spoils_one_function() {
    let f = quote!(
        fn f() {}
    );
    let good = one(quote!(), f.clone());
    let text = one(quote!(), quote!(impl S { #[span(opp = "x")] #f #f })).to_string();
    assert!(text.contains("did you mean `op`?") && text.matches("compile_error").count() == 1, "{text}");
    assert!(text.ends_with(&quote!(impl S { #f #good }).to_string()), "{text}");
    let text = one(quote!(), quote!(mod m { #[span("x")] impl S { #f } #f })).to_string();
    assert!(text.contains("one name") && text.matches("compile_error").count() == 1, "{text}");
    assert!(text.ends_with(&quote!(mod m { impl S { #f } #good }).to_string()), "{text}");
}

#[test]
fn a_half_written_function_spoils_itself_alone() {
    let f = quote!(
        fn f() {}
    );
    let good = one(quote!(), f.clone());
    let half = quote!(fn g(&self, x) { x. });
    let text = one(quote!(), quote!(impl S { #half #f })).to_string();
    assert!(
        text.contains("cannot parse this function") && text.matches("compile_error").count() == 1,
        "{text}"
    );
    assert!(text.ends_with(&quote!(impl S { #half #good }).to_string()), "{text}");
    let left_out = one(quote!(), quote!(impl S { #[span(skip)] #half #f }));
    assert_tokens(left_out, quote!(impl S { #half #good }));
}

/// Returns the attribute that a block leaves on an item whose other attributes it does not know.
fn left(around: TokenStream, own: TokenStream) -> TokenStream {
    quote!(#[::sentry::__private::__sentry_in_block(#around #own)])
}

#[test]
fn unknown_attributes_come_first() {
    let f = quote!(
        fn f() {}
    );
    let lists = quote!(((op = "db")) (impl S) (type E = u8;));
    for unknown in [
        quote!(#[sentry::span("x")]),
        quote!(#[obs::span(skip)]),
        quote!(#[server_action]),
        quote!(#[sentry::main]),
        quote!(#[cfg_attr(x, span)]),
        quote!(#[span(target = "x")]),
        quote!(#[test]),
    ] {
        let left = left(lists.clone(), quote!());
        assert_tokens(
            one(quote!(op = "db"), quote!(impl S { type E = u8; const C: u8 = 1; #unknown #[inline] #f })),
            quote!(impl S { type E = u8; const C: u8 = 1; #unknown #[inline] #left #f }),
        );
    }
    let left_own = left(lists, quote!(err));
    assert_tokens(
        one(quote!(op = "db"), quote!(impl S { type E = u8; #[span(err)] #[test] #f })),
        quote!(impl S { type E = u8; #[test] #left_own #f }),
    );
    let known = quote!(#[inline] #[clippy::msrv = "1"] #[cfg_attr(x, inline, allow(y))]);
    let good = one(quote!(), quote!(#known #f));
    assert_tokens(one(quote!(), quote!(impl S { #known #f })), quote!(impl S { #good }));
    // The module imports an item named `span`.
    let left_in_module = left(quote!((()) (mod m) (use mine::span;)), quote!());
    assert_tokens(
        one(quote!(), quote!(mod m { use mine::span; #[span] #f })),
        quote!(mod m { use mine::span; #[span] #left_in_module #f }),
    );
    let around = quote!((()) (mod m) (use mine::span;));
    let left_in_block = left(quote!((() ()) (impl S) ()), quote!());
    assert_tokens(
        super::super::in_block(around, quote!(impl S { #[span] #f })),
        quote!(impl S { #[span] #left_in_block #f }),
    );
    let left_alone = left(quote!((())()()), quote!());
    assert_tokens(
        one(quote!(), quote!(#[async_trait] impl S { #f })),
        quote!(#[async_trait] #left_alone impl S { #f }),
    );
}

#[test]
fn a_block_without_functions_is_not_left_to_other_attributes() {
    let module = quote!(
        mod m {
            #[obs::x]
            impl S {
                const A: u8 = 1;
                const fn f() {}
            }
        }
    );
    assert_tokens(one(quote!(op = "db"), module.clone()), module);
}

#[test]
fn an_async_function_stays_one_if_an_attribute_of_its_block_is_still_to_run() {
    let around = quote!((())()());
    for (attribute, starts) in [
        (quote!(#[obs::x]), "async fn f ()"),
        (quote!(#[inline]), "fn f () -> impl"),
        (quote!(), "fn f () -> impl"),
    ] {
        let item = quote!(#attribute impl S { async fn f() { go().await } });
        let text = super::super::in_block(around.clone(), item).to_string();
        assert!(text.contains(&format!("impl S {{ {starts}")), "{text}");
    }
}

#[test]
fn only_skip_may_be_on_a_function_that_cannot_be_instrumented() {
    let plain = quote!(
        const fn f() {}
    );
    assert_tokens(one(quote!(), quote!(impl S { #[span(skip)] #plain })), quote!(impl S { #plain }));
    let text = one(quote!(), quote!(impl S { #[span("x")] #plain })).to_string();
    assert_eq!(text.matches("compile_error").count(), 1, "{text}");
    assert!(text.ends_with(&quote!(impl S { #plain }).to_string()), "{text}");
}

#[test]
fn what_a_block_left_is_taken_away() {
    let f = quote!(
        fn f() -> Alias {}
    );
    let around = quote!(((op = "db", crate = my::sentry) (err)) (impl S) ());
    let rest = left(around.clone(), quote!());
    // The expansion is the same as in the block if the attribute had been known there.
    let expected = one(quote!("x", op = "db", err, crate = my::sentry), f.clone());
    assert_tokens(one(quote!("x"), quote!(#rest #f)), expected.clone());
    assert_tokens(super::super::in_block(quote!(#around "x"), f.clone()), expected);
    let before = one(quote!("x", op = "db", err, crate = my::sentry), quote!(#[inline] #f));
    assert_tokens(one(quote!("x"), quote!(#[inline] #rest #f)), before);
    assert_tokens(one(quote!(skip), quote!(#rest #f)), f.clone());
    let handler = |args, item| super::super::server_action(args, item);
    assert_tokens(handler(quote!(), quote!(#rest #f)), handler(quote!(crate = my::sentry), f.clone()));
    let tagged = handler(quote!(tags(a = "b"), crate = my::sentry), f.clone());
    assert_tokens(handler(quote!(tags(a = "b")), quote!(#rest #f)), tagged.clone());
    assert_tokens(handler(quote!(tags(a = "b"),), quote!(#rest #f)), tagged);
    // Another attribute of this crate may follow, and inherits the arguments as well.
    let taken = left(quote!(taken #around), quote!());
    assert_tokens(one(quote!(skip), quote!(#[obs::span] #rest #f)), quote!(#[obs::span] #taken #f));
    assert_tokens(one(quote!(skip), quote!(#taken #f)), quote!(#taken #f));
    assert_tokens(super::super::in_block(quote!(taken #around), f.clone()), f.clone());
    // Items that cannot be instrumented stay unchanged.
    for item in [
        quote!(
            const fn f() {}
        ),
        quote!(
            struct S;
        ),
        quote!(
            fn f();
        ),
    ] {
        assert_tokens(super::super::in_block(around.clone(), item.clone()), item);
    }
}
