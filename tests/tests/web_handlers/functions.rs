//! Tests of the function forms: each behaves like its attribute.

use http::{Response, StatusCode};
use sentry::{ApiHandlerOptions, DataFetcherOptions, FormData, ServerActionOptions};
use sentry_tests::support::{block_on, observe, options, poll_once, untraced, without_client, yield_once};
use serde_json::{Value, json};

use crate::{PageError, SPAN, TRACE, caught, exception, root, sentry_trace};

/// Returns options of an action that returns any type.
fn action<R: 'static>() -> ServerActionOptions<R> {
    let form = FormData::from_pairs([("article", "lamp"), ("password", concat!("hunt", "er2"))]);
    ServerActionOptions::new().headers([("sentry-trace", sentry_trace())]).form_data(form).tag("shard", 7)
}

#[test]
fn a_server_action_is_that_of_the_attribute() {
    for seen in [
        observe(options(), || {
            sentry::with_server_action("order", action().record_response(), || "thank you")
        }),
        observe(options(), || {
            block_on(sentry::with_server_action_async("order", action().record_response(), async {
                yield_once().await;
                "thank you"
            }))
        }),
    ] {
        assert_eq!(seen.result, "thank you");
        let transaction = seen.transaction();
        assert_eq!(transaction["transaction"], "serverAction/order");
        assert_eq!(transaction["transaction_info"]["source"], "route");
        assert_eq!(transaction["tags"], json!({"shard": "7"}));
        let root = root(&seen);
        assert_eq!(root["op"], "function.server_action");
        assert_eq!(root["origin"], "auto.function.server_action");
        assert_eq!((&root["trace_id"], &root["parent_span_id"]), (&json!(TRACE), &json!(SPAN)));
        assert_eq!(root["data"]["server_action_form_data.article"], "lamp");
        assert_eq!(root["data"]["server_action_form_data.password"], "[Filtered]");
        assert_eq!(root["data"]["server_action_result"], "thank you");
    }
}

#[test]
fn every_form_of_error_is_captured_once_and_returned() {
    fn value<R>(run: impl FnOnce() -> R) -> String {
        let seen = observe(options(), run);
        assert_eq!(root(&seen)["status"], "internal_error");
        let exception = exception(&seen);
        assert_eq!(exception["mechanism"], json!({"type": "auto.function.server_action", "handled": false}));
        exception["value"].as_str().unwrap().to_owned()
    }
    fn run<T, E: sentry::ErrorValue<Form>, Form>(error: E) -> Result<T, E> {
        sentry::try_with_server_action("order", ServerActionOptions::new(), || Err(error))
    }
    assert_eq!(value(|| run::<(), _, _>(PageError::Broken)), "the page is Broken");
    assert_eq!(value(|| run::<(), Box<dyn std::error::Error>, _>("boxed".into())), "boxed");
    assert_eq!(value(|| run::<(), Box<dyn std::error::Error + Send + Sync>, _>("sent".into())), "sent");
    assert_eq!(value(|| run::<(), _, _>(anyhow::anyhow!("any"))), "any");
    assert_eq!(value(|| run::<(), _, _>("a text".to_owned())), "a text");
    assert_eq!(value(|| run::<(), _, _>("a literal")), "a literal");
    let later = async {
        yield_once().await;
        Err::<(), _>(PageError::Broken)
    };
    let run = || block_on(sentry::try_with_server_action_async("order", ServerActionOptions::new(), later));
    assert_eq!(value(run), "the page is Broken");
}

#[test]
fn control_flow_of_an_error_sets_status_and_capture() {
    for (error, status) in [(PageError::Moved, "ok"), (PageError::Missing, "not_found")] {
        let seen = observe(options(), || {
            let options = ServerActionOptions::new().control_flow();
            sentry::try_with_server_action("order", options, || Err::<(), _>(error)).is_err()
        });
        assert!(seen.result);
        assert_eq!(root(&seen)["status"], status);
        assert!(seen.events().is_empty());
    }
}

#[test]
fn a_response_of_any_type_can_be_recorded() {
    struct Silent(u8);
    let seen = observe(options(), || {
        let options = ServerActionOptions::new().record_response_as(|value: &Silent| u64::from(value.0));
        sentry::with_server_action("order", options, || Silent(7)).0
    });
    assert_eq!(root(&seen)["data"]["server_action_result"], 7);
    let seen = observe(options(), || {
        let options = ServerActionOptions::new().record_response_as(|value| format!("{value:?}"));
        sentry::try_with_server_action("order", options, || Err::<u8, _>(PageError::Broken)).is_err()
    });
    assert_eq!(seen.event()["extra"]["server_action_result"], "Err(Broken)");
}

#[test]
fn panics_dropped_futures_and_flush() {
    let panics = || -> u8 { panic!("no lamp") };
    let seen = observe(options(), || {
        caught(|| sentry::with_server_action("order", ServerActionOptions::new(), panics));
    });
    assert_eq!(exception(&seen)["value"], "no lamp");
    assert_eq!(root(&seen)["status"], "internal_error");
    let seen = observe(options(), || {
        poll_once(sentry::with_server_action_async("order", ServerActionOptions::new(), yield_once()))
    });
    assert!(!seen.result);
    assert_eq!(root(&seen)["status"], "cancelled");
    let seen = sentry_tests::support::observe_server(options(), |server| {
        sentry::with_server_action("order", ServerActionOptions::new().flush(), || ());
        server.transactions().len()
    });
    assert_eq!(seen.result, 1);
}

fn response(code: u16) -> Response<()> {
    Response::builder().status(code).body(()).unwrap()
}

#[test]
fn an_api_handler_is_that_of_the_attribute() {
    let request = http::Request::builder().method("POST").body(()).unwrap();
    let with = || ApiHandlerOptions::new().headers(&request).response_status();
    for seen in [
        observe(options(), || drop(sentry::with_api_handler("/users/{id}", with(), || response(404)))),
        observe(options(), || {
            drop(block_on(sentry::with_api_handler_async("/users/{id}", with(), async {
                yield_once().await;
                response(404)
            })));
        }),
    ] {
        assert_eq!(seen.transaction()["transaction"], "POST /users/{id}");
        let root = root(&seen);
        assert_eq!((&root["op"], &root["status"]), (&json!("http.server"), &json!("not_found")));
        assert_eq!(root["data"]["http.response.status_code"], 404);
        assert_eq!(root["data"]["http.request.method"], "POST");
        assert_eq!(root["data"]["http.route"], "/users/{id}");
    }
    let seen = observe(options(), || {
        let options =
            ApiHandlerOptions::new().method("get").name("mine").response_status_as(|code: &u16| *code);
        sentry::with_api_handler("/users/{id}", options, || 201)
    });
    assert_eq!(seen.transaction()["transaction"], "mine");
    assert_eq!(root(&seen)["data"]["http.response.status_code"], 201);
}

#[test]
fn an_api_handler_of_a_result_captures_its_error() {
    let fails = || Err::<Response<()>, _>(PageError::Broken);
    for seen in [
        observe(options(), || {
            let options = ApiHandlerOptions::new().response_status();
            sentry::try_with_api_handler("/users", options, fails).is_err()
        }),
        observe(options(), || {
            let options = ApiHandlerOptions::new().control_flow();
            block_on(sentry::try_with_api_handler_async("/users", options, async move { fails() })).is_err()
        }),
    ] {
        assert!(seen.result);
        assert_eq!(exception(&seen)["mechanism"]["type"], "auto.http.api_handler");
        assert_eq!(root(&seen)["status"], "internal_error");
        assert_eq!(root(&seen)["data"].get("http.response.status_code"), None);
    }
    let seen = observe(options(), || {
        let options = ApiHandlerOptions::new().response_status();
        sentry::try_with_api_handler("/users", options, || Ok::<_, PageError>(StatusCode::ACCEPTED)).is_ok()
    });
    assert_eq!(root(&seen)["data"]["http.response.status_code"], 202);
}

#[test]
fn a_data_fetcher_is_that_of_the_attribute() {
    let with = || DataFetcherOptions::new().headers([("sentry-trace", sentry_trace())]);
    for seen in [
        observe(options(), || sentry::with_data_fetcher("get_static_props", "/about", with(), || 7)),
        observe(options(), || {
            block_on(sentry::with_data_fetcher_async("get_static_props", "/about", with(), async { 7 }))
        }),
    ] {
        assert_eq!(seen.result, 7);
        assert_eq!(seen.transaction()["transaction"], "get_static_props (/about)");
        let root = root(&seen);
        assert_eq!(root["op"], "function.data_fetcher");
        assert_eq!(root["trace_id"], TRACE);
    }
    let fails = || Err::<(), _>(PageError::Broken);
    for seen in [
        observe(options(), || {
            sentry::try_with_data_fetcher("menu", "/menu", DataFetcherOptions::new().name("x"), fails)
                .is_err()
        }),
        observe(options(), || {
            let options = DataFetcherOptions::new();
            block_on(sentry::try_with_data_fetcher_async("menu", "/menu", options, async move { fails() }))
                .is_err()
        }),
    ] {
        assert_eq!(exception(&seen)["mechanism"]["type"], "auto.function.data_fetcher");
    }
}

#[test]
fn without_a_client_or_with_a_bad_route_the_code_runs() {
    let run = || {
        let bad = sentry::with_api_handler("no slash", ApiHandlerOptions::new().method("B A D"), || 1);
        bad + sentry::with_server_action("a", ServerActionOptions::new(), || 2)
            + block_on(sentry::with_data_fetcher_async("a", "/", DataFetcherOptions::new(), async { 4 }))
    };
    assert_eq!(without_client(run), 7);
    let seen = observe(untraced(), run);
    assert_eq!(seen.result, 7);
    assert!(seen.items().is_empty());
    let seen = observe(options(), || sentry::with_api_handler("no slash", ApiHandlerOptions::new(), || 1));
    assert_eq!(seen.transaction()["transaction"], "no slash", "told, and kept");
    assert_eq!(root(&seen)["parent_span_id"], Value::Null);
}

#[test]
fn futures_of_the_function_forms_are_send() {
    fn assert_send<T: Send + 'static>(future: T) -> T {
        future
    }
    let name = "order".to_owned();
    let headers = vec![("sentry-trace".to_owned(), sentry_trace())];
    let future = {
        let options = ServerActionOptions::new().headers(&headers).record_response();
        assert_send(sentry::with_server_action_async(name, options, async { 7 }))
    };
    assert_eq!(without_client(|| block_on(future)), 7);
}
