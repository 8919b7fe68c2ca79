//! The intake of the pipeline: what callers hand over, and the bounded queues in which it waits for the pipeline thread.
//!
//! The message types lie here, below callers and pipeline, so that neither needs to know the other.

pub(crate) mod log;
pub(crate) mod message;
pub(crate) mod metric;
pub(crate) mod queue;
pub(crate) mod record_context;
