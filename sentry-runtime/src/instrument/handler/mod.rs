//! Web handlers: server actions, handlers of HTTP routes, and functions that fetch the data of a page.
//!
//! All three, and the processing of a queue's message, are one kind of work, a [`Handler`]: it forks the isolation
//! scope, continues the caller's trace, records a span and captures errors. A server action without settings is a lazy
//! root: it does most of that only once its context is needed. [`HandlerKind`] holds the differences. The attributes
//! create a handler by the functions below; the function forms fill an [`Options`] type first. [`FormData`] and
//! [`response`] read input and output.
//!
//! The behaviour is that of the wrappers of Sentry's SDK for Next.js. In addition, form data and response are set on
//! error events, and fields with sensitive names are filtered.

mod kind;
mod options;
mod plan;
mod progress;
mod response;
mod run;
mod settings;
mod state;

pub use crate::scope::FormData;
pub use options::{ApiHandlerOptions, DataFetcherOptions, ServerActionOptions};
pub use response::{ResponseStatus, StatusOfTuple};
pub use run::{Handler, api_handler, data_fetcher, server_action};

pub(crate) use kind::{DESTINATION, HandlerKind};
pub(crate) use options::{Looks, Options};
pub(crate) use plan::HandlerPlan;
pub(crate) use response::{contained, shown, tuples};
