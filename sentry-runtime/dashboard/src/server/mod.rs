//! The HTTP server: ingestion, the API, the live stream, the page.

pub(crate) mod page;
