//! Tests of functions that pass boxed futures on: the attribute requires no bound that the plain function does not
//! require.

use std::future::Future;
use std::pin::Pin;

use crate::support::{block_on, pause, recorded, same, statuses, twins};

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
type LocalBoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;
type Whole<'a, T> = Pin<Box<dyn Future<Output = T> + Send + Sync + Unpin + 'a>>;

trait Service<R> {
    type Response;
    type Error;
    fn call(&self, request: R) -> BoxFuture<'static, Result<Self::Response, Self::Error>>;
}

twins! {
    struct Boxed<T, U, E>(Box<dyn Fn(T) -> Pin<Box<dyn Future<Output = Result<U, E>> + Send>> + Send>);
    impl<T, U, E> Service<T> for Boxed<T, U, E> {
        type Response = U;
        type Error = E;
        fn call(&self, request: T) -> Pin<Box<dyn Future<Output = Result<U, E>> + Send>> {
            (self.0)(request)
        }
    }
    struct Layered<S>(S);
    impl<R, S: Service<R>> Service<R> for Layered<S> {
        type Response = S::Response;
        type Error = S::Error;
        fn call(&self, request: R) -> Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>> {
            self.0.call(request)
        }
    }
    fn shared<'a, T>(make: &dyn Fn() -> BoxFuture<'a, T>) -> BoxFuture<'a, T> { make() }
    fn local<'a, T>(make: impl Fn() -> LocalBoxFuture<'a, T>) -> LocalBoxFuture<'a, T> { make() }
    fn whole<T>(early: bool, make: fn() -> Whole<'static, T>) -> Whole<'static, T> {
        if early { return make(); }
        let made = make();
        made
    }
    fn opaque<T>(make: fn() -> BoxFuture<'static, T>) -> impl Future<Output = T> { make() }
    fn is_send<T: Send>(value: T) -> T { value }
    pub fn run() -> String {
        let text = String::from("text");
        let text: &str = &text;
        let service = Layered(Boxed(Box::new(|fails: bool| {
            Box::pin(async move { pause().await; if fails { Err("no") } else { Ok(1) } })
        })));
        let calls = block_on(async { (is_send(service.call(false)).await, service.call(true).await) });
        let shared = block_on(is_send(shared(&|| Box::pin(async move { text.len() }))));
        let local = block_on(local(|| Box::pin(async move { text })));
        let whole = block_on(async { (whole(true, || Box::pin(std::future::ready(1))).await, whole(false, || Box::pin(std::future::ready(2))).await) });
        format!("{calls:?} {shared} {local} {whole:?} {}", block_on(opaque(|| Box::pin(async { 3 }))))
    }
}

same!(passed_on, |spans| {
    for layer in ["Boxed::call", "Layered::call"] {
        let mut found = statuses(&spans, layer);
        found.sort();
        assert_eq!(found, ["internal_error", "ok"], "{layer}");
    }
    assert_eq!(statuses(&spans, "shared"), ["ok"]);
    assert_eq!(statuses(&spans, "whole"), ["ok", "ok"]);
});

/// The other attributes box futures in the same way.
mod other_attributes {
    use super::*;

    #[sentry::span(err, ret)]
    fn observed<'a, T, E: std::fmt::Debug>(
        make: &dyn Fn() -> BoxFuture<'a, Result<T, E>>,
    ) -> BoxFuture<'a, Result<T, E>> {
        make()
    }
    #[sentry::monitor("passed-on")]
    fn job<T>(future: BoxFuture<'_, T>) -> BoxFuture<'_, T> {
        future
    }
    #[sentry::server_action]
    fn action<T>(future: BoxFuture<'_, T>) -> BoxFuture<'_, T> {
        future
    }
    #[sentry::api_handler("/")]
    fn handler<T>(future: LocalBoxFuture<'_, T>) -> LocalBoxFuture<'_, T> {
        future
    }
    #[sentry::data_fetcher(app)]
    fn fetcher<T>(future: LocalBoxFuture<'_, T>) -> LocalBoxFuture<'_, T> {
        future
    }

    #[test]
    fn every_attribute_passes_boxes_on() {
        let spans = recorded((Err("x"), 1, 2, 3, 4), || {
            block_on(async {
                (
                    observed(&|| Box::pin(async { if true { Err("x") } else { Ok(0) } })).await,
                    job(Box::pin(async { 1 })).await,
                    action(Box::pin(async { 2 })).await,
                    handler(Box::pin(async { 3 })).await,
                    fetcher(Box::pin(async { 4 })).await,
                )
            })
        });
        assert_eq!(statuses(&spans, "observed"), ["internal_error"]);
    }
}

/// An alias of this name may be another trait object, so that the future has to be coerced again.
mod another_object {
    use super::*;

    trait Job: Future<Output = u8> {}
    impl<F: Future<Output = u8>> Job for F {}
    type BoxFuture = Pin<Box<dyn Job>>;

    #[sentry::span]
    fn passes(future: BoxFuture) -> BoxFuture {
        let passed = future;
        passed
    }

    #[test]
    fn a_future_becomes_another_object() {
        let spans = recorded(5, || block_on(passes(Box::pin(async { 5 }))));
        assert_eq!(statuses(&spans, "passes"), ["ok"]);
    }
}
