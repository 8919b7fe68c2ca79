//! Tests of `#[span]` on blocks and modules: the functions in them expand as with attributes of their own.

use proc_macro2::TokenStream;
use quote::quote;

use super::assert_tokens;
use crate::attributes::span;

/// What `#[span(args)]` makes of one function.
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
        (quote!(op = "db", err), quote!(#[sentry::span(op = "q")]), quote!(op = "q", err)),
        (quote!(err, level = "info"), quote!(#[span(err = false)]), quote!()),
        (quote!(err, level = "info"), quote!(#[span(level = "fatal")]), quote!(err, level = "fatal")),
        (quote!(parent = P), quote!(#[span(new_trace)]), quote!(new_trace)),
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
    for attribute in [quote!(#[span(skip)]), quote!(#[sentry::span(skip)])] {
        assert_tokens(one(quote!(), quote!(impl S { #attribute #plain })), quote!(impl S { #plain }));
        assert_tokens(
            one(quote!(), quote!(mod m { #attribute impl S { #plain } #attribute mod n { #plain } })),
            quote!(mod m { impl S { #plain } mod n { #plain } }),
        );
    }
    for own in [
        quote!(#[sentry::server_action(name = "x")]),
        quote!(#[api_handler("/")]),
        quote!(#[sentry::data_fetcher(app)]),
        quote!(#[monitor("job")]),
        quote!(#[sentry::main]),
        quote!(#[cfg_attr(x, span)]),
        quote!(#[naked]),
    ] {
        let module = quote!(mod m { #own #plain });
        assert_tokens(one(quote!(), module.clone()), module);
    }
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
