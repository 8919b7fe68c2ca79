//! Tests of the attributes of web handlers: the expression that makes the handler, and the inspection of the value.

use proc_macro2::TokenStream;
use quote::quote;

use super::{assert_tokens, site};
use crate::attributes::{api_handler, data_fetcher, monitor, server_action};

fn contains(expansion: &TokenStream, part: &TokenStream) {
    let (text, part) = (expansion.to_string(), part.to_string());
    assert!(text.contains(&part), "{part}\nis not in\n{text}");
}

#[test]
fn a_server_action_is_named_after_its_function() {
    let item = quote!(
        async fn r#type(h: H) -> Response {
            go(h)
        }
    );
    let expansion = server_action(quote!(headers = h, flush), item);
    contains(
        &expansion,
        &quote!(::sentry::__private::headers!(::sentry::__private::server_action("type"), &(h)).flush()),
    );
    contains(&expansion, &quote!(::sentry::__private::Handler::wants_response(__sentry_work)));
}

#[test]
fn a_response_that_is_never_recorded_is_not_looked_at() {
    let item = quote!(
        fn f() -> u8 {
            7
        }
    );
    assert_tokens(
        server_action(quote!(record_response = false), item),
        quote! {
            fn f() -> u8 {
                let mut __sentry_work = {
                    ::sentry::__private::hold(::sentry::__private::server_action("f").record_response(false))
                };
                let __sentry_value = ::sentry::__private::catching(move || -> u8 { { ; 7 } });
                __sentry_value
            }
        },
    );
}

#[test]
fn a_chain_of_callers_is_kept_where_no_response_is_asked_for() {
    let item = quote!(
        #[track_caller]
        fn f() -> u8 {
            7
        }
    );
    let text = server_action(quote!(), item.clone()).to_string();
    assert!(!text.contains("wants_response"), "{text}");
    let text = server_action(quote!(record_response), item).to_string();
    assert!(text.contains("wants_response"), "{text}");
}

#[test]
fn an_api_handler_tells_its_route_and_looks_for_a_status() {
    let item = quote!(
        fn user(id: u64, plan: Plan) -> Response {
            go(id)
        }
    );
    let expansion = api_handler(
        quote!("/users/{id}", method = "GET", name = "user", tags(plan = plan.name, "shard" = "7")),
        item,
    );
    contains(
        &expansion,
        &quote! {
            ::sentry::__private::api_handler("/users/{id}").method(&("GET")).name("user")
                .tag("plan", &(plan.name)).tag("shard", &("7"))
        },
    );
    contains(
        &expansion,
        &quote!(::sentry::__private::Handler::answered(&mut __sentry_work, ::sentry::__private::status!(&__sentry_value));),
    );
}

#[test]
fn a_data_fetcher_has_a_kind_and_a_route() {
    let item = || {
        quote!(
            fn f() {}
        )
    };
    contains(
        &data_fetcher(quote!(get_static_props, "/about"), item()),
        &quote!(::sentry::__private::data_fetcher("get_static_props", "/about")),
    );
    contains(
        &data_fetcher(quote!(menu, route = ROUTE, flush), item()),
        &quote!(::sentry::__private::data_fetcher("menu", ROUTE).flush()),
    );
    for (kind, route) in
        [(quote!(app), "/_app"), (quote!(document), "/_document"), (quote!(error), "/_error")]
    {
        let name = kind.to_string();
        contains(&data_fetcher(kind, item()), &quote!(::sentry::__private::data_fetcher(#name, #route)));
    }
    contains(
        &data_fetcher(quote!(error, "/404"), item()),
        &quote!(::sentry::__private::data_fetcher("error", "/404")),
    );
}

#[test]
fn tags_go_to_a_monitor_too() {
    let expansion = monitor(
        quote!("job", tags(shard)),
        quote!(
            fn f(shard: u8) {}
        ),
    );
    let site = site(quote!(.op("function.monitor").origin("auto.function.monitor").monitor()));
    contains(
        &expansion,
        &quote! {
            ::sentry::__private::monitor(const { &::sentry::__private::MonitorSite::new(#site, "job") })
                .tag("shard", &(shard))
        },
    );
}
