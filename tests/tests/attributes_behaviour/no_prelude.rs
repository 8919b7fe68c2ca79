//! Tests that the expansion needs no names from a prelude.
#![no_implicit_prelude]

#[::sentry::span(args(a))]
fn sync(a: u8) -> ::core::result::Result<u8, ::std::string::String> {
    ::core::result::Result::Ok(a)
}

#[::sentry::span(err, ret)]
async fn later((a, _): (u8, u8)) -> ::core::result::Result<u8, ::std::string::String> {
    ::core::result::Result::Ok(a)
}

#[::sentry::span]
fn boxed() -> ::std::pin::Pin<::std::boxed::Box<dyn ::core::future::Future<Output = u8>>> {
    ::std::boxed::Box::pin(async { 3 })
}

#[::sentry::server_action(record_response)]
fn action() -> u8 {
    4
}

#[::sentry::api_handler("/", headers = [("a", "b")], method = "GET", tags("key" = number))]
async fn handler(number: u8) -> ::core::result::Result<u8, ::std::string::String> {
    ::core::result::Result::Ok(number)
}

#[::sentry::data_fetcher(app, headers = headers)]
fn fetcher(headers: &[(&'static str, &'static str)]) -> usize {
    headers.len()
}

#[::sentry::monitor("job", every = "1 hour")]
async fn job() -> ::core::result::Result<(), ::std::string::String> {
    ::core::result::Result::Ok(())
}

#[::core::prelude::v1::test]
fn nothing_of_the_prelude_is_used() {
    let spans = crate::support::recorded((1, 2, 3, 4), || {
        use ::core::clone::Clone as _;
        crate::support::block_on(job()).unwrap();
        (
            sync(1).unwrap(),
            crate::support::block_on(later((2, 0))).unwrap(),
            crate::support::block_on(boxed()),
            action(),
        )
    });
    ::std::assert!(crate::support::names(&spans).starts_with(&["boxed", "later"]));
}
