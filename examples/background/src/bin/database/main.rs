//! Orders in SQLite, with `sqlx`, and a queue of parcels in a table of the same database.
//!
//! `cargo run --manifest-path examples/background/Cargo.toml --bin database` prints what was recorded, and checks it.
//! Queries are spans with their text and without their values, a query in a loop is marked, an error of the database is
//! captured once, and a message keeps its trace from the customer to the parcel, also when it is tried again.

mod orders;
mod parcels;

use orders::Orders;

/// Returns the customer's address, which must not appear in anything that is recorded. It is put together here because
/// errors show the lines of the source.
fn address() -> String {
    ["1", "Secret", "Street"].join(" ")
}

#[sentry::span]
async fn checkout(orders: &Orders, number: i64, skus: &[&str]) -> Result<i64, sqlx::Error> {
    let cents = orders.total(skus).await?;
    orders.place(number, cents, &address()).await?;
    parcels::send(orders, number).await?;
    Ok(cents)
}

async fn a_day() -> Result<(), sqlx::Error> {
    let orders = Orders::open().await?;
    checkout(&orders, 1001, &["candle", "diya", "lantern", "bulb", "candle"]).await?;
    // The number is taken, so this fails.
    if let Err(error) = checkout(&orders, 1001, &["candle"]).await {
        println!("expected: {error}");
    }
    while parcels::receive(&orders).await? {}
    Ok(())
}

#[tokio::main]
async fn main() {
    let captured =
        sentry::test::with_captured_async(|| async { a_day().await.expect("the database works") }).await;
    println!("{}", captured.tree());

    let transactions = captured.transactions();
    let total =
        transactions.iter().flat_map(|it| &it.spans).find(|span| span.data.contains_key("repeated.count"));
    println!("the same query {:?} times", total.expect("five queries in a loop").data["repeated.count"]);

    let traces: Vec<_> = transactions.iter().filter(|it| it.name.as_deref() == Some("parcels")).collect();
    assert_eq!(traces.len(), 2, "a message that is tried twice");
    let errors: Vec<_> =
        captured.events().iter().filter_map(|event| event.exception.last()?.value.clone()).collect();
    println!("captured: {errors:#?}");
    assert_eq!(errors.len(), 2, "one of the database, one of the consumer");

    for envelope in captured.envelopes() {
        let bytes = envelope.to_bytes(std::time::SystemTime::now());
        assert!(!String::from_utf8_lossy(&bytes).contains(&address()), "a value of a query left the process");
    }
}
