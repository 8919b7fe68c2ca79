//! The tables of orders and lamps.
//!
//! Each query is a constant that is both executed and recorded. Sentry recognises queries by the operation `db.query`,
//! the system by `db.system.name`. Values are bound, so they are not part of the text.

use sqlx::Row as _;
use sqlx::sqlite::{SqlitePool, SqlitePoolOptions};

const FIND: &str = "SELECT cents FROM lamp WHERE sku = ?";
const PLACE: &str = "INSERT INTO orders (number, cents, address) VALUES (?, ?, ?)";

const TABLES: &str = "
    CREATE TABLE lamp (sku TEXT PRIMARY KEY, cents INTEGER);
    CREATE TABLE orders (number INTEGER PRIMARY KEY, cents INTEGER, address TEXT);
    CREATE TABLE parcel (number INTEGER PRIMARY KEY, headers TEXT, attempts INTEGER DEFAULT 0);
    INSERT INTO lamp VALUES ('candle', 390), ('diya', 1250), ('lantern', 2400), ('bulb', 890);
";

pub struct Orders {
    pub pool: SqlitePool,
}

impl Orders {
    /// Opens a database in memory, which lives as long as its only connection.
    pub async fn open() -> Result<Self, sqlx::Error> {
        let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
        sqlx::raw_sql(TABLES).execute(&pool).await?;
        Ok(Self { pool })
    }

    /// Adds up prices, one query at a time: the span gets the attribute `repeated.count`.
    #[sentry::span]
    pub async fn total(&self, skus: &[&str]) -> Result<i64, sqlx::Error> {
        let mut cents = 0;
        for sku in skus {
            cents += self.price(sku).await?;
        }
        Ok(cents)
    }

    #[sentry::span(name = FIND, op = "db.query", attributes(db.system.name = "sqlite"))]
    async fn price(&self, sku: &str) -> Result<i64, sqlx::Error> {
        sqlx::query(FIND).bind(sku.to_owned()).fetch_one(&self.pool).await?.try_get("cents")
    }

    /// `err` captures the error here, with the trace so far. Functions that pass it on do not capture it again.
    #[sentry::span(name = PLACE, op = "db.query", attributes(db.system.name = "sqlite"), err)]
    pub async fn place(&self, number: i64, cents: i64, address: &str) -> Result<(), sqlx::Error> {
        sqlx::query(PLACE).bind(number).bind(cents).bind(address.to_owned()).execute(&self.pool).await?;
        Ok(())
    }
}
