//! The HTTP server: ingestion, the API, the live stream, the page.
//!
//! One thread runs axum on tokio's single-threaded runtime. What reads or changes the [`Store`](crate::query::Store) runs
//! on at most four further threads, so that a long answer delays no other. Envelopes of the program itself wait in a
//! bounded queue for a thread of their own.

mod access;
mod api;
mod guard;
pub(crate) mod handle;
pub(crate) mod identity;
mod ingest;
mod limits;
mod live;
mod page;
mod shared;
mod start;
mod token;
mod wait;
