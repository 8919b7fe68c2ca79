//! Tests of headers and cookies of a server's response.

use sentry::{CollectBehavior, DataCollection, HttpHeadersCollection};
use sentry_tests::support::options;
use serde_json::{Value, json};

use crate::FILTERED;
use crate::serve::{ALL, Server, request};

fn header(attributes: &Value, name: &str) -> Value {
    attributes[format!("http.response.header.{name}")].clone()
}

fn with(server: Server, collection: DataCollection) -> Value {
    request(server, options().data_collection(collection)).attributes
}

fn are_collected(attributes: &Value) -> bool {
    attributes.as_object().unwrap().keys().any(|name| name.starts_with("http.response.header."))
}

#[test]
fn the_headers_of_a_response_are_collected_if_the_selection_allows_it() {
    for server in ALL {
        assert!(!are_collected(&request(server, options()).attributes));
        assert!(!are_collected(&with(server, DataCollection::none())));
        let all = with(server, DataCollection::new());
        assert_eq!(header(&all, "x-shard"), json!(["7"]));
        assert_eq!(header(&all, "location"), json!(["/next?page=3&q=diary"]));
        assert_eq!(header(&all, "set-cookie"), json!(["theme=light", "session=[Filtered]"]));
    }
}

#[test]
fn lists_and_cookies_apply_to_responses() {
    for server in ALL {
        let headers = |behavior: CollectBehavior| HttpHeadersCollection::new().response(behavior);
        let denied = with(
            server,
            DataCollection::new()
                .http_headers(headers(CollectBehavior::deny(["customer"])))
                .url_query_params(CollectBehavior::allow(["page"]))
                .cookies(false),
        );
        assert_eq!(header(&denied, "x-shard"), json!(["7"]));
        assert_eq!(header(&denied, "x-customer-id"), json!([FILTERED]));
        assert_eq!(header(&denied, "location"), json!(["/next?page=3&q=[Filtered]"]));
        assert_eq!(header(&denied, "set-cookie"), json!(null));
        let only_cookies = with(server, DataCollection::none().cookies(CollectBehavior::allow(["nothing"])));
        assert_eq!(header(&only_cookies, "set-cookie"), json!(["theme=[Filtered]", "session=[Filtered]"]));
        assert_eq!(header(&only_cookies, "x-shard"), json!(null));
    }
}
