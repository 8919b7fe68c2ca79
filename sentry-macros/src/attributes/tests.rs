//! Tests of the expansions, compared with the expected code token by token.

mod containers;
mod errors;
mod futures;
mod handlers;
mod lists;
mod other_macros;
mod values;
mod warnings;

use proc_macro2::TokenStream;
use quote::quote;

use super::{main, monitor, span};

/// Returns the tokens of a callsite. `calls` are the calls that set its options.
fn site(calls: TokenStream) -> TokenStream {
    if calls.is_empty() {
        return quote!(::sentry::__private::site!(""));
    }
    quote! {
        &::sentry::__private::Callsite {
            path: ::core::any::type_name::<__SentryFunction>,
            module: ::core::module_path!(),
            location: "",
            options: const { &::sentry::__private::CallsiteOptions::new() #calls },
        }
    }
}

fn assert_tokens(expansion: TokenStream, expected: TokenStream) {
    // `>>` may be one token or two.
    let text = |tokens: TokenStream| tokens.to_string().replace("> >", ">>");
    assert_eq!(text(expansion), text(expected));
}

#[test]
fn a_plain_function_gets_a_guard() {
    let site = site(quote!());
    assert_tokens(
        span(
            quote!(),
            quote!(
                #[inline]
                pub(crate) fn add<T>(a: u8, (b, _): (u8, T)) -> u8
                where
                    T: Copy,
                {
                    a + b
                }
            ),
        ),
        quote! {
            #[inline]
            pub(crate) fn add<T>(a: u8, (b, _): (u8, T)) -> u8 where T: Copy, {
                match &mut ::sentry::__private::guard() {
                    __sentry_work => {
                        ::sentry::__private::begin(__sentry_work, #site);
                        { ; a + b }
                    }
                }
            }
        },
    );
}

#[test]
fn a_body_from_a_macro_rules_macro_is_unwrapped() {
    let body = proc_macro2::Group::new(proc_macro2::Delimiter::None, quote!({ a + b }));
    assert_tokens(
        span(quote!(), quote!(fn f() #body)),
        span(
            quote!(),
            quote!(
                fn f() {
                    a + b
                }
            ),
        ),
    );
}

#[test]
fn an_opaque_value_is_made_inside_the_span() {
    let site = site(quote!());
    assert_tokens(
        span(
            quote!(),
            quote!(
                fn f() -> impl Copy {
                    a.b()
                }
            ),
        ),
        quote! {
            fn f() -> impl Copy {
                let mut __sentry_work = ::sentry::__private::guard();
                ::sentry::__private::begin(&mut __sentry_work, #site);
                { ; a.b() }
            }
        },
    );
}

#[test]
fn a_result_is_looked_at() {
    let site = site(quote!());
    assert_tokens(
        span(
            quote!(),
            quote!(
                fn f(mut a: A, (b, _): B, _: C, _d: D) -> io::Result<u8> {
                    a.go(b)?
                }
            ),
        ),
        quote! {
            fn f(a: A, __sentry_arg1: B, __sentry_arg2: C, _d: D) -> io::Result<u8> {
                let mut __sentry_work = ::sentry::__private::guard();
                ::sentry::__private::begin_fallible(&mut __sentry_work, #site);
                let __sentry_value = ::sentry::__private::call(move || -> io::Result<u8> {
                    let mut a = a;
                    let __sentry_arg1 = __sentry_arg1;
                    let (b, _) = __sentry_arg1;
                    let __sentry_arg2 = __sentry_arg2;
                    let _d = _d;
                    match () { () => { ; a.go(b)? } }
                });
                ::sentry::__private::report!(&mut __sentry_work, &__sentry_value);
                __sentry_value
            }
        },
    );
}

#[test]
fn the_caller_of_a_function_is_kept_unless_its_value_is_asked_for() {
    let item = quote!(
        #[track_caller]
        fn f(a: A) -> io::Result<u8> {
            a.go()
        }
    );
    for (args, inspects) in [
        (quote!(), false),
        (quote!(op = "x"), false),
        (quote!(err), true),
        (quote!(ret), true),
        (quote!(ret, err), true),
        (quote!(vars(a)), true),
    ] {
        let text = span(args, item.clone()).to_string();
        assert_eq!(text.contains("__sentry_value"), inspects, "{text}");
    }
}

#[test]
fn arguments_reach_the_callsite_and_the_span() {
    let site = site(quote!(.name("checkout").op(ops::SHOP).capture_err().level("info").new_trace()));
    assert_tokens(
        span(
            quote!(
                "checkout",
                op = ops::SHOP,
                err,
                level = "info",
                new_trace,
                args(a),
                attributes(order.id = f::<A, B>(a), "x" = 1, a.b)
            ),
            quote!(
                fn f(a: A) -> Alias {}
            ),
        ),
        quote! {
            fn f(a: A) -> Alias {
                let mut __sentry_work = ::sentry::__private::guard();
                ::sentry::__private::begin_special(&mut __sentry_work, { enum __SentryFunction {} #site });
                if ::sentry::__private::SpanGuard::is_recording(&__sentry_work) {
                    {
                        let __sentry_words = &mut [0; 4];
                        let mut __sentry_attributes = ::sentry::__private::SpanGuard::attributes(
                            &__sentry_work,
                            &::sentry::__private::AttributeKeys(&[
                                ("a", ""), ("order.id", ""), ("x", ""), ("a.b", ""),
                            ]),
                            __sentry_words
                        );
                        ::sentry::__private::Attributes::set(&mut __sentry_attributes, 0, ::sentry::__private::attribute!(&(a)));
                        ::sentry::__private::Attributes::set(&mut __sentry_attributes, 1, ::sentry::__private::made_attribute!(f::<A, B>(a)));
                        ::sentry::__private::Attributes::set(&mut __sentry_attributes, 2, ::sentry::__private::AttributeLiteral::into_attribute(1));
                        ::sentry::__private::Attributes::set(&mut __sentry_attributes, 3, ::sentry::__private::attribute!(&(a.b)));
                    }
                }
                let __sentry_value = ::sentry::__private::call(move || -> Alias {
                    let a = a;
                    let _ = &a;
                    match () { () => { ; } }
                });
                ::sentry::__private::text!(&__sentry_value, check_text);
                ::sentry::__private::report!(&mut __sentry_work, &__sentry_value);
                __sentry_value
            }
        },
    );
}

#[test]
fn patterns_are_visible_to_attributes() {
    let text = span(
        quote!(args(b)),
        quote!(
            async fn f((mut b, _c): B) {}
        ),
    )
    .to_string();
    assert!(
        text.contains("is_recording (& __sentry_work) { let (b , _c) = & __sentry_arg0 ; let _ = & b ; :: sentry :: __private :: AsyncSpan :: set (& __sentry_work , \"b\""),
        "{text}"
    );
    // The attribute uses the argument, so the body does not have to.
    assert!(text.contains("let (mut b , _c) = __sentry_arg0 ; let _ = & b ;"), "{text}");
}

#[test]
fn a_value_that_is_made_for_the_attribute_is_moved() {
    let args = quote!(attributes(a = x.len(), b = format!("{x}"), c = x, d = "text"));
    let item = quote!(
        fn f(x: String) {}
    );
    let text = span(args, item).to_string();
    assert!(text.contains("made_attribute ! (x . len ())"), "{text}");
    assert!(text.contains("made_attribute ! (format ! (\"{x}\"))"), "{text}");
    assert!(text.contains(":: attribute ! (& (x))"), "{text}");
    assert!(
        text.contains("(\"d\" , \"text\")") && text.contains(":: literal (& mut __sentry_attributes , 3)"),
        "{text}"
    );
}

#[test]
fn attributes_share_records_of_four() {
    let item = quote!(
        fn f(a: u8) {}
    );
    for (attributes, records) in [(1, 0), (2, 1), (4, 1), (5, 2), (8, 2), (9, 3)] {
        let keys = (0..attributes).map(|number| format!("key.{number}"));
        let text = span(quote!(attributes(#(#keys = a),*)), item.clone()).to_string();
        assert_eq!(text.matches("AttributeKeys").count(), records, "{text}");
        assert_eq!(text.matches("attribute ! (& (a))").count(), attributes, "{text}");
    }
    // The guard of a future may move between threads.
    let text = span(
        quote!(attributes(b = a, c = a)),
        quote!(
            async fn f(a: u8) {}
        ),
    )
    .to_string();
    assert!(!text.contains("AttributeKeys"), "{text}");
}

#[test]
fn patterns_are_visible_where_the_work_is_made() {
    let args = quote!(form_data = order);
    let item = quote!(
        async fn f(Form(order): Form<Order>) {}
    );
    let text = super::server_action(args, item).to_string();
    let made =
        "{ let Form (order) = & __sentry_arg0 ; let _ = & order ; :: sentry :: __private :: server_action (";
    assert!(text.contains(made), "{text}");
}

#[test]
fn the_crate_can_be_elsewhere() {
    for args in [quote!(crate = my::sentry), quote!(crate = "my::sentry")] {
        let text = span(
            args,
            quote!(
                fn f() {}
            ),
        )
        .to_string();
        assert!(text.contains("& mut my :: sentry :: __private :: guard ("), "{text}");
        assert!(!text.contains("= :: sentry"), "{text}");
    }
}

#[test]
fn a_body_is_not_parsed() {
    let text = span(quote!(), quote!(fn f() { x. })).to_string();
    assert!(text.ends_with("{ ; x . } } } }"), "{text}");
    let text = span(
        quote!(),
        quote!(
            fn f() {
                #![allow(unused)]
                let a = 1;
            }
        ),
    )
    .to_string();
    assert!(
        text.starts_with("# [allow (unused)] fn f ()") && text.ends_with("{ ; let a = 1 ; } } } }"),
        "{text}"
    );
}

#[test]
fn a_monitor_carries_its_checked_site() {
    let text = monitor(
        quote!(
            "nightly",
            schedule = "@daily",
            timezone = "UTC",
            max_runtime = "1h 30m",
            recovery_threshold = 2
        ),
        quote!(
            fn job() {}
        ),
    )
    .to_string();
    let site = site(quote!(.op("function.monitor").origin("auto.function.monitor").monitor()));
    let monitor_site = quote!(
        const {
            &::sentry::__private::MonitorSite::new(#site, "nightly")
                .crontab("0 0 * * *")
                .timezone("UTC")
                .max_runtime(90u64)
                .recovery_threshold(2u64)
        }
    );
    let made = quote!(hold(::sentry::__private::monitor(#monitor_site)));
    assert!(text.contains(&made.to_string()), "{text}");
    let text = monitor(
        quote!("often", every = "10 minutes"),
        quote!(
            fn job() {}
        ),
    )
    .to_string();
    assert!(text.contains(". interval (10u64 , \"minute\")"), "{text}");
}

#[test]
fn main_keeps_the_users_main_inside() {
    assert_tokens(
        main(
            quote!(dsn = DSN, release = "r"),
            quote!(
                /** Docs. */
                #[tokio::main]
                async fn main() -> Result<(), E> {
                    go().await
                }
            ),
        ),
        quote! {
            /** Docs. */
            fn main() -> Result<(), E> {
                #[tokio::main]
                async fn main() -> Result<(), E> { go().await }
                let __sentry_guard = ::sentry::__private::main_guard(::core::option::Option::Some(
                    (::sentry::ClientOptions::new()).dsn(DSN).release("r")
                ));
                ::sentry::__private::MainGuard::finish(__sentry_guard, ::sentry::__private::catching(main), |__sentry_value, __sentry_guard| {
                    ::sentry::__private::report!(__sentry_guard, __sentry_value);
                })
            }
        },
    );
    let text = main(
        quote!(),
        quote!(
            fn main() {}
        ),
    )
    .to_string();
    assert!(text.contains("default_release ((:: sentry :: ClientOptions :: new ())"), "{text}");
    assert!(text.ends_with(":: sentry :: __private :: catching (main) }"), "{text}");
}
