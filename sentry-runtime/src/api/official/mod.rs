//! The names of the official crate, for programs that move over: each delegates to the function that replaces it.
//!
//! A name for which there is a better way here is `#[deprecated]`, with the replacement in the compiler's message.

mod client;
mod dsn;
mod errors;
mod hub;
mod scope;
mod span;
mod transaction;

#[allow(deprecated, reason = "the name is there for programs that move over")]
pub use client::{apply_defaults, with_integration};
pub use dsn::IntoDsn;
#[cfg(feature = "anyhow")]
pub(crate) use errors::of_chain;
pub use errors::{event_from_error, parse_type_from_debug};
pub use hub::HubSwitchGuard;
pub use span::SpanData;
pub use transaction::{
    CustomTransactionContext, TransactionContext, TransactionContextBuilder, start_transaction_with_timestamp,
};

use crate::context::breadcrumbs::IntoBreadcrumb;
use crate::instrument::future::Bound;
use crate::instrument::instrumented::Instrumented;
use crate::instrument::span::Span;

/// The root span of a transaction. Here every span is a [`Span`].
pub type Transaction = Span;

/// A span. Here the root span of a transaction and its children are both a [`Span`].
///
/// ```
/// let transaction = sentry::start_transaction("checkout");
/// let span: sentry::TransactionOrSpan = transaction.clone().into();
/// span.start_child("db.query", "SELECT 1").finish();
/// transaction.finish();
/// ```
pub type TransactionOrSpan = Span;

/// The data of a transaction, see [`Span::data`].
pub type TransactionData<'a> = SpanData<'a>;

/// A future that [`SentryFutureExt::bind_hub`](crate::SentryFutureExt::bind_hub) returned.
pub type SentryFuture<F> = Instrumented<Bound, F>;

/// The name and the value of a header, see [`Span::iter_headers`].
pub type TraceHeader = (&'static str, String);

/// A value that can be added as a breadcrumb: the other name of [`IntoBreadcrumb`].
pub trait IntoBreadcrumbs: IntoBreadcrumb {}

impl<B: IntoBreadcrumb> IntoBreadcrumbs for B {}
