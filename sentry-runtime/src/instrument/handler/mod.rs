//! Web handlers: server actions, handlers of HTTP routes, and functions that fetch the data of a page.
//!
//! All three are one piece of work, a [`Handler`]: an isolation scope of its own, the caller's trace continued, a span,
//! and errors captured. [`HandlerKind`] says in what they differ. The attributes make a handler through the functions below;
//! the function forms fill an [`Options`] type first. [`form`] and [`response`] read what went in and what came out.
//!
//! The behaviour is that of the wrappers of Sentry's SDK for Next.js; form data and response are also put on error
//! events, and fields with sensitive names are filtered.

mod form;
mod kind;
mod options;
mod plan;
mod response;
mod run;

pub use form::FormData;
pub use options::{ApiHandlerOptions, DataFetcherOptions, ServerActionOptions};
pub use response::ResponseStatus;
pub use run::{Handler, api_handler, data_fetcher, server_action};

pub(crate) use kind::HandlerKind;
pub(crate) use options::{Looks, Options};
pub(crate) use response::{contained, shown};
