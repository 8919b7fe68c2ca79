//! The order service, between the order form and the shelves.

use serde::{Deserialize, Serialize};

use crate::Shop;
use crate::error::ShopError;

/// The data of the order form. Sentry records the fields through `Serialize`.
#[derive(Debug, Serialize, Deserialize)]
pub struct NewOrder {
    pub sku: String,
    pub quantity: u32,
    pub email: String,
    pub card_number: String,
}

impl NewOrder {
    /// Returns an error that the customer has to correct, if there is one.
    pub fn check(&self) -> Result<(), &'static str> {
        match self.quantity {
            0 => Err("Please take at least one lamp."),
            1..=9 => Ok(()),
            _ => Err("Please take at most nine lamps."),
        }
    }
}

pub struct Receipt {
    pub order: u32,
    pub cents: u32,
    pub payment: String,
}

/// Takes the lamps from the shelf and charges the card, or does neither.
#[sentry::span("orders::place", attributes(lamp.sku = order.sku, lamp.quantity = order.quantity))]
pub async fn place(shop: &Shop, order: &NewOrder) -> Result<Receipt, ShopError> {
    // Tags and breadcrumbs belong to this request; concurrent requests have their own.
    sentry::set_tag("lamp", &order.sku);
    let lamp = shop.repository.lamp(&order.sku).await?;
    let number = shop.repository.reserve(&order.sku, order.quantity).await?;
    // An event of `tracing` becomes a breadcrumb of later events.
    tracing::info!(order = number, quantity = order.quantity, "reserved {}", order.sku);

    let cents = lamp.cents * order.quantity;
    match shop.payments.charge(number, cents, &order.card_number).await {
        Ok(payment) => {
            shop.repository.save_order(number, cents).await;
            sentry::metrics::distribution("orders.cents", cents)
                .attribute("lamp", order.sku.clone())
                .capture();
            Ok(Receipt { order: number, cents, payment })
        }
        Err(source) => {
            shop.repository.put_back(&order.sku, order.quantity).await;
            Err(ShopError::NotPaid { order: number, source })
        }
    }
}
