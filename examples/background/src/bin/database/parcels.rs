//! A queue in a table: `checkout` publishes, a worker processes. A message carries its headers in a column.

use std::collections::HashMap;
use std::fmt;

use sentry::queue::{self, Message};
use sqlx::Row as _;

use crate::orders::Orders;

const QUEUE: &str = "parcels";
const PUSH: &str = "INSERT INTO parcel (number, headers) VALUES (?, ?)";
const NEXT: &str =
    "UPDATE parcel SET attempts = attempts + 1 WHERE number = (SELECT MIN(number) FROM parcel) RETURNING *";
const DONE: &str = "DELETE FROM parcel WHERE number = ?";

/// The error of an attempt to pack a parcel without a box.
#[derive(Debug)]
struct NoBox;

impl fmt::Display for NoBox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no box")
    }
}

impl std::error::Error for NoBox {}

fn message(number: i64) -> Message {
    Message::new().system("sqlite").id(number.to_string())
}

pub async fn send(orders: &Orders, number: i64) -> Result<(), sqlx::Error> {
    queue::publish_async(QUEUE, message(number), async |headers| {
        let headers: HashMap<String, String> = headers.collect();
        push(orders, number, serde_json::json!(headers).to_string()).await
    })
    .await
}

#[sentry::span(name = PUSH, op = "db.query", attributes(db.system.name = "sqlite"))]
async fn push(orders: &Orders, number: i64, headers: String) -> Result<(), sqlx::Error> {
    sqlx::query(PUSH).bind(number).bind(headers).execute(&orders.pool).await?;
    Ok(())
}

/// Processes the next message. Returns whether there was one.
pub async fn receive(orders: &Orders) -> Result<bool, sqlx::Error> {
    let Some(row) = sqlx::query(NEXT).fetch_optional(&orders.pool).await? else { return Ok(false) };
    let (number, attempts): (i64, u32) = (row.try_get("number")?, row.try_get("attempts")?);
    let headers: HashMap<String, String> = serde_json::from_str(row.try_get("headers")?).unwrap_or_default();
    let message = message(number).headers(&headers).retry_count(attempts - 1);
    // A message that fails stays in the table.
    let packed = queue::try_process_async(QUEUE, message, pack(attempts)).await;
    if packed.is_ok() {
        sqlx::query(DONE).bind(number).execute(&orders.pool).await?;
    }
    Ok(true)
}

#[sentry::span]
async fn pack(attempts: u32) -> Result<(), NoBox> {
    if attempts > 1 { Ok(()) } else { Err(NoBox) }
}
