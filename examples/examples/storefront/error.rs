//! The errors of the shop, with their meaning for the customer and for Sentry.
//!
//! `payments.rs` returns [`PaymentError`], `orders.rs` wraps it in [`ShopError`], and the handler returns that. Each of
//! the three is annotated and sees the error; one event is sent, with the whole chain and the innermost function.

use std::error::Error;
use std::fmt;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use sentry::{ActionError, ControlFlow};

use crate::html;

#[derive(Debug)]
pub enum ShopError {
    NoSuchLamp { sku: String },
    SoldOut { sku: String },
    NotPaid { order: u32, source: PaymentError },
}

#[derive(Debug)]
pub enum PaymentError {
    Declined { reason: String },
    Unreachable(Box<dyn Error + Send + Sync>),
}

/// A page that does not exist is a response, not a failure, and is not captured.
impl ActionError for ShopError {
    fn control_flow(&self) -> ControlFlow {
        match self {
            Self::NoSuchLamp { .. } => ControlFlow::NotFound,
            Self::SoldOut { .. } | Self::NotPaid { .. } => ControlFlow::Failure,
        }
    }
}

impl IntoResponse for ShopError {
    fn into_response(self) -> Response {
        let (status, text) = match &self {
            Self::NoSuchLamp { .. } => (StatusCode::NOT_FOUND, "There is no such lamp."),
            Self::SoldOut { .. } => (StatusCode::CONFLICT, "This lamp is sold out."),
            Self::NotPaid { source: PaymentError::Declined { .. }, .. } => {
                (StatusCode::PAYMENT_REQUIRED, "Your bank declined the card. Nothing was charged.")
            }
            Self::NotPaid { source: PaymentError::Unreachable(_), .. } => {
                (StatusCode::BAD_GATEWAY, "We cannot take payments right now. Nothing was charged.")
            }
        };
        (status, html::notice("Sorry", text)).into_response()
    }
}

impl fmt::Display for ShopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchLamp { sku } => write!(f, "there is no lamp `{sku}`"),
            Self::SoldOut { sku } => write!(f, "the lamp `{sku}` is sold out"),
            Self::NotPaid { order, .. } => write!(f, "order {order} was not paid"),
        }
    }
}

impl fmt::Display for PaymentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Declined { reason } => write!(f, "the card was declined: {reason}"),
            Self::Unreachable(_) => f.write_str("the payment service cannot be reached"),
        }
    }
}

impl Error for ShopError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NotPaid { source, .. } => Some(source),
            Self::NoSuchLamp { .. } | Self::SoldOut { .. } => None,
        }
    }
}

impl Error for PaymentError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unreachable(source) => Some(&**source),
            Self::Declined { .. } => None,
        }
    }
}
