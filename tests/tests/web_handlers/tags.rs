//! Tests of `tags(…)`: they are on everything captured in the handler, and on nothing else.

use sentry_tests::support::{block_on, observe, options, untraced, yield_once};
use serde_json::json;

use crate::PageError;

struct Customer {
    plan: &'static str,
}

#[sentry::server_action(tags(customer.plan, "shard" = shard + 1, kind = "order"))]
async fn order(customer: Customer, shard: u8) -> Result<(), PageError> {
    yield_once().await;
    let _ = (customer, shard);
    Err(PageError::Broken)
}

#[sentry::api_handler("/orders", tags(kind = "orders", shard))]
fn orders(shard: u8) -> Result<(), PageError> {
    let _ = shard;
    Err(PageError::Broken)
}

#[sentry::data_fetcher(menu, "/menu", tags(kind = "menu"))]
fn menu() -> Result<(), PageError> {
    Err(PageError::Broken)
}

#[test]
fn tags_are_on_events_and_transactions_of_the_handler_alone() {
    let seen = observe(options(), || block_on(order(Customer { plan: "gold" }, 6)).is_err());
    let tags = json!({"customer.plan": "gold", "shard": "7", "kind": "order"});
    assert_eq!(seen.event()["tags"], tags);
    assert_eq!(seen.transaction()["tags"], tags);

    for (tags, options) in [
        (json!({"kind": "orders", "shard": "7"}), options()),
        (json!({"kind": "orders", "shard": "7"}), untraced()),
    ] {
        let seen = observe(options, || {
            let _ = orders(7);
            sentry::capture_message("after", sentry::Level::Info);
        });
        let events = seen.events();
        assert_eq!(events[0]["tags"], tags);
        assert_eq!(events[1].get("tags"), None);
    }
    let seen = observe(options(), || menu().is_err());
    assert_eq!(seen.event()["tags"], json!({"kind": "menu"}));
}
