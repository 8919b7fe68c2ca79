//! The tables of the shop: in memory, but with the queries that a database would receive.
//!
//! Sentry recognises queries by the operation `db.query`; the span's name is the query without its values.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::ShopError;

#[derive(Debug, Clone)]
pub struct Lamp {
    pub sku: String,
    pub name: &'static str,
    pub picture: &'static str,
    pub cents: u32,
    pub in_stock: u32,
}

pub struct Repository {
    tables: Mutex<Tables>,
}

struct Tables {
    lamps: BTreeMap<String, Lamp>,
    /// The amount paid for each order.
    orders: BTreeMap<u32, u32>,
    next_order: u32,
}

impl Repository {
    /// Returns a shop with full shelves.
    pub fn stocked() -> Self {
        let lamp = |(sku, name, picture, cents): (&str, _, _, _)| {
            let lamp = Lamp { sku: sku.to_owned(), name, picture, cents, in_stock: 12 };
            (lamp.sku.clone(), lamp)
        };
        let lamps = [
            ("candle", "Honest candle", "🕯️", 390),
            ("diya", "Oil lamp", "🪔", 1_250),
            ("lantern", "Paper lantern", "🏮", 2_400),
            ("bulb", "Bright idea", "💡", 890),
        ];
        let tables = Tables { lamps: lamps.map(lamp).into(), orders: BTreeMap::new(), next_order: 1001 };
        Self { tables: Mutex::new(tables) }
    }

    #[sentry::span("SELECT * FROM lamp ORDER BY sku", op = "db.query", attributes(db.system.name = "memory"))]
    pub async fn lamps(&self) -> Vec<Lamp> {
        a_round_trip().await;
        self.tables().lamps.values().cloned().collect()
    }

    #[sentry::span("SELECT * FROM lamp WHERE sku = $1", op = "db.query", attributes(db.system.name = "memory"))]
    pub async fn lamp(&self, sku: &str) -> Result<Lamp, ShopError> {
        a_round_trip().await;
        self.tables().lamps.get(sku).cloned().ok_or_else(|| ShopError::NoSuchLamp { sku: sku.to_owned() })
    }

    /// Takes lamps from the shelf and returns the order number.
    #[sentry::span(
        "UPDATE lamp SET in_stock = in_stock - $1 WHERE sku = $2 AND in_stock >= $1",
        op = "db.query",
        attributes(db.system.name = "memory")
    )]
    pub async fn reserve(&self, sku: &str, quantity: u32) -> Result<u32, ShopError> {
        a_round_trip().await;
        let mut tables = self.tables();
        let lamp = tables.lamps.get_mut(sku).filter(|lamp| lamp.in_stock >= quantity);
        let Some(lamp) = lamp else { return Err(ShopError::SoldOut { sku: sku.to_owned() }) };
        lamp.in_stock -= quantity;
        tables.next_order += 1;
        Ok(tables.next_order - 1)
    }

    #[sentry::span(
        "UPDATE lamp SET in_stock = in_stock + $1 WHERE sku = $2",
        op = "db.query",
        attributes(db.system.name = "memory")
    )]
    pub async fn put_back(&self, sku: &str, quantity: u32) {
        a_round_trip().await;
        if let Some(lamp) = self.tables().lamps.get_mut(sku) {
            lamp.in_stock += quantity;
        }
    }

    #[sentry::span("INSERT INTO orders VALUES ($1, $2)", op = "db.query", attributes(db.system.name = "memory"))]
    pub async fn save_order(&self, number: u32, cents: u32) {
        a_round_trip().await;
        self.tables().orders.insert(number, cents);
    }

    /// Returns the number of paid orders.
    pub fn paid_orders(&self) -> usize {
        self.tables().orders.len()
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The duration of a query to a nearby database.
async fn a_round_trip() {
    tokio::time::sleep(Duration::from_millis(2)).await;
}
