//! Tests of headers, cookies, query parameters and the address of a request to a server.

use sentry::{ClientOptions, CollectBehavior, DataCollection, HttpHeadersCollection};
use sentry_tests::support::options;
use serde_json::json;

use crate::FILTERED;
use crate::serve::{ALL, request, streamed};

fn with(collection: DataCollection) -> ClientOptions {
    options().data_collection(collection)
}

#[test]
fn without_the_option_only_what_identifies_nobody_is_collected() {
    for server in ALL {
        for options in [options(), options().send_default_pii(false), with(DataCollection::without_pii())] {
            let seen = request(server, options);
            let headers = &seen.request["headers"];
            assert_eq!(headers["accept"], "text/html");
            assert_eq!(headers["user-agent"], "ua/1");
            assert_eq!(headers["x-customer"], FILTERED);
            assert_eq!(headers["x-forwarded-for"], FILTERED);
            assert_eq!(headers["referer"], "http://shop.example/search");
            assert_eq!(headers["cookie"], json!(null));
            assert_eq!(seen.request["cookies"], json!(null));
            assert_eq!(seen.request["query_string"], "page=[Filtered]&q=[Filtered]&token=[Filtered]");
            assert_eq!(seen.request["env"], json!(null));
            assert_eq!(seen.attributes["client.address"], json!(null));
        }
    }
}

#[test]
fn an_empty_selection_collects_all_but_secrets_as_send_default_pii_does() {
    for server in ALL {
        for options in [options().send_default_pii(true), with(DataCollection::new())] {
            let seen = request(server, options);
            let headers = &seen.request["headers"];
            assert_eq!(headers["x-customer"], "ada");
            assert_eq!(headers["x-forwarded-for"], "10.11.12.13");
            assert_eq!(headers["authorization"], FILTERED);
            assert_eq!(headers["cookie"], json!(null), "in a field of its own");
            let cookies = json!([["theme", "dark"], ["customer", "ada"], ["session", FILTERED]]);
            assert_eq!(seen.request["cookies"], cookies);
            assert_eq!(seen.request["query_string"], "page=2&q=novel&token=[Filtered]");
            assert_eq!(seen.request["env"]["REMOTE_ADDR"], "10.11.12.13");
            assert_eq!(seen.attributes["client.address"], "10.11.12.13");
        }
    }
}

#[test]
fn the_selection_wins_over_send_default_pii() {
    for server in ALL {
        let seen = request(server, with(DataCollection::none()).send_default_pii(true));
        for field in ["headers", "cookies", "query_string", "env"] {
            assert_eq!(seen.request[field], json!(null), "{field}");
        }
        for attribute in ["client.address", "url.query", "user_agent.original"] {
            assert_eq!(seen.attributes[attribute], json!(null), "{attribute}");
        }
        assert_eq!(seen.request["url"], "http://shop.example/report");
        assert_eq!(seen.request["method"], "GET");
    }
}

#[test]
fn each_category_is_decided_on_its_own() {
    for server in ALL {
        let only = |collection| request(server, with(collection)).request;
        let user = only(DataCollection::none().user_info(true));
        assert_eq!(user["env"]["REMOTE_ADDR"], "10.11.12.13");
        assert_eq!((&user["headers"], &user["cookies"]), (&json!(null), &json!(null)));
        let cookies = only(DataCollection::none().cookies(true));
        assert_eq!(cookies["cookies"][0], json!(["theme", "dark"]));
        assert_eq!((&cookies["headers"], &cookies["query_string"]), (&json!(null), &json!(null)));
        let headers = only(DataCollection::none().http_headers(true));
        assert_eq!(headers["headers"]["x-customer"], "ada");
        assert_eq!(headers["headers"]["referer"], "http://shop.example/search", "a page without its query");
        assert_eq!((&headers["cookies"], &headers["env"]), (&json!(null), &json!(null)));
        let query = only(DataCollection::none().url_query_params(true));
        assert_eq!(query["query_string"], "page=2&q=novel&token=[Filtered]");
        assert_eq!((&query["headers"], &query["cookies"]), (&json!(null), &json!(null)));
    }
}

#[test]
fn lists_choose_the_values_of_headers_and_never_show_secrets() {
    for server in ALL {
        let headers = |behavior: CollectBehavior| {
            let only_requests = HttpHeadersCollection::new().request(behavior).response(false);
            request(server, with(DataCollection::none().http_headers(only_requests)))
        };
        let allowed = headers(CollectBehavior::allow(["X-Request-ID", "authorization"]));
        assert_eq!(allowed.request["headers"]["x-request-id"], "r-1");
        for name in ["accept", "x-customer", "authorization", "referer", "user-agent"] {
            assert_eq!(allowed.request["headers"][name], FILTERED, "{name}");
        }
        assert_eq!(allowed.attributes["user_agent.original"], json!(null));
        let denied = headers(CollectBehavior::deny(CollectBehavior::IDENTIFYING));
        assert_eq!(denied.request["headers"]["x-customer"], "ada");
        for name in ["x-forwarded-for", "authorization"] {
            assert_eq!(denied.request["headers"][name], FILTERED, "{name}");
        }
        assert_eq!(denied.attributes["user_agent.original"], "ua/1");
    }
}

#[test]
fn lists_choose_the_values_of_cookies_and_query_parameters() {
    for server in ALL {
        let lists = |behavior: CollectBehavior| {
            let collection = DataCollection::none().cookies(behavior.clone()).url_query_params(behavior);
            request(server, with(collection)).request
        };
        let allowed = lists(CollectBehavior::allow(["THEME", "page", "session", "token"]));
        let cookies = json!([["theme", "dark"], ["customer", FILTERED], ["session", FILTERED]]);
        assert_eq!(allowed["cookies"], cookies);
        assert_eq!(allowed["query_string"], "page=2&q=[Filtered]&token=[Filtered]");
        let denied = lists(CollectBehavior::deny(["custom", "q"]));
        assert_eq!(denied["cookies"], cookies);
        assert_eq!(denied["query_string"], "page=2&q=[Filtered]&token=[Filtered]");
        let names = lists(CollectBehavior::Harmless);
        assert_eq!(
            names["cookies"],
            json!([["theme", FILTERED], ["customer", FILTERED], ["session", FILTERED]])
        );
        assert_eq!(names["query_string"], "page=[Filtered]&q=[Filtered]&token=[Filtered]");
    }
}

#[test]
fn a_streamed_span_has_no_more_than_a_transaction() {
    const PERSONAL: [&str; 6] = ["novel", "diary", "dark", "light", "ada", "10.11.12.13"];
    for server in ALL {
        for options in
            [options(), with(DataCollection::none()), with(DataCollection::none()).send_default_pii(true)]
        {
            let mut known = streamed(server, options);
            // A random id may contain a name by chance.
            known["sentry.segment.id"] = json!(null);
            let known = known.to_string();
            assert!(PERSONAL.iter().all(|text| !known.contains(text)), "{known}");
        }
        let without_queries = with(DataCollection::new().url_query_params(false));
        let known = streamed(server, without_queries).to_string();
        assert!(!known.contains("novel") && !known.contains("diary"), "{known}");
        let known = streamed(server, with(DataCollection::new()));
        assert_eq!(known["url.query"]["value"], "page=2&q=novel&token=[Filtered]");
        assert_eq!(known["client.address"]["value"], "10.11.12.13");
        assert_eq!(known["http.request.header.x-customer"]["value"], json!(["ada"]));
    }
}
