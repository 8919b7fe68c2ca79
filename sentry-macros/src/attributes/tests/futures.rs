//! Tests of functions whose value is a future or a stream.

use proc_macro2::TokenStream;
use quote::quote;

use super::{assert_tokens, site};
use crate::attributes::span;

#[test]
fn an_async_function_becomes_a_future() {
    let site = site(quote!());
    assert_tokens(
        span(
            quote!(),
            quote!(
                async fn f(self, a: A) -> u8 {
                    a.go().await
                }
            ),
        ),
        quote! {
            fn f(self, a: A) -> impl ::core::future::Future<Output = u8> {
                let __sentry_work = ::sentry::__private::span(#site);
                ::sentry::__private::instrument(__sentry_work, async move {
                    if false { return ::sentry::__private::output::<u8>(); }
                    let _ = &self;
                    let a = a;
                    match () { () => { ; a.go().await } }
                })
            }
        },
    );
}

#[test]
fn an_async_function_stays_one_for_other_macros() {
    let text = span(
        quote!(),
        quote!(
            #[tokio::test]
            async fn f() {}
        ),
    )
    .to_string();
    assert!(text.starts_with("# [tokio :: test] async fn f () {"), "{text}");
    assert!(text.ends_with(". await }"), "{text}");
    let text = span(
        quote!(),
        quote!(
            async fn f() -> ! {
                loop {}
            }
        ),
    )
    .to_string();
    assert!(text.starts_with("async fn f () -> ! {"), "{text}");
    assert!(text.ends_with(". await { } }"), "{text}");
}

#[test]
fn a_boxed_tail_is_wrapped_where_it_is() {
    let site = site(quote!());
    assert_tokens(
        span(
            quote!(),
            quote!(
                fn f(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
                    log();
                    Box::pin(async move { go().await })
                }
            ),
        ),
        quote! {
            fn f(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
                let __sentry_work = ::sentry::__private::span(#site);
                { ; log(); Box::pin(::sentry::__private::instrument::<(), _, _>(__sentry_work, async move { go().await })) }
            }
        },
    );
    let early = span(
        quote!(),
        quote!(
            fn f(a: bool) -> BoxFuture<'static, ()> {
                if a {
                    return Box::pin(x());
                }
                Box::pin(y())
            }
        ),
    );
    assert!(
        early
            .to_string()
            .contains("let __sentry_future = :: sentry :: __private :: call (move || -> BoxFuture")
    );
}

#[test]
fn a_boxed_future_that_is_passed_on_is_instrumented_or_observed() {
    let text = |args, output: TokenStream| {
        let item = quote!(
            fn f(&self) -> #output {
                self.go()
            }
        );
        span(args, item).to_string()
    };
    let boxed = |output: TokenStream| quote!(Pin<Box<dyn Future<Output = #output> + Send + '_>>);
    let alias = |output: TokenStream| quote!(BoxFuture<'_, #output>);
    let instruments = "passed_on ! (instrument (__sentry_future , __sentry_work))";
    let observes = "passed_on ! (observe (__sentry_future , __sentry_work , ";
    for (args, output, expected) in [
        (quote!(), boxed(quote!(u8)), instruments),
        (quote!(), boxed(quote!(io::Result<u8>)), observes),
        (quote!(ret), boxed(quote!(u8)), observes),
        (quote!(), alias(quote!(u8)), instruments),
        (quote!(), alias(quote!(io::Result<u8>)), observes),
        (quote!(err), alias(quote!(u8)), observes),
        (quote!(ret), alias(quote!(u8)), observes),
    ] {
        let text = text(args, output);
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn the_future_of_an_async_function_has_the_output_that_was_written() {
    let item = quote!(
        async fn f() -> io::Result<impl Copy> {
            go()
        }
    );
    let text = span(quote!(), item).to_string().replace("> >", ">>");
    assert!(text.contains("Future < Output = io :: Result < impl Copy >>"), "{text}");
    assert!(text.contains("output :: < io :: Result < _ >> ()"), "{text}");
}

#[test]
fn a_stream_is_wrapped_or_its_call() {
    let text = span(
        quote!(),
        quote!(
            fn f() -> impl Stream<Item = u8> + Send {
                list()
            }
        ),
    )
    .to_string();
    assert!(text.contains("if_stream ! { { let __sentry_work = "), "{text}");
    assert!(text.contains(":: stream (__sentry_work , { ; list () })"), "{text}");
    for other in [
        quote!(
            fn f() -> impl Stream<Item = u8> {
                return list();
            }
        ),
        quote!(
            fn f() -> impl Stream<Item = u8> + Clone {
                list()
            }
        ),
        quote!(
            fn f() -> impl Stream {
                list()
            }
        ),
        quote!(
            fn f() -> Vec<u8> {
                list()
            }
        ),
    ] {
        assert!(!span(quote!(), other).to_string().contains("if_stream"));
    }
}

#[test]
fn an_impl_future_is_wrapped() {
    let site = site(quote!());
    assert_tokens(
        span(
            quote!(),
            quote!(
                fn f() -> impl Future<Output = u8> + Send {
                    async { 1 }
                }
            ),
        ),
        quote! {
            fn f() -> impl Future<Output = u8> + Send {
                let __sentry_work = ::sentry::__private::span(#site);
                ::sentry::__private::instrument::<u8, _, _>(__sentry_work, { ; async { 1 } })
            }
        },
    );
}
