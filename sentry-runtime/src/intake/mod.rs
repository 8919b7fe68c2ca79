//! The intake of the pipeline: messages from callers, and the bounded queues in which they wait for the pipeline
//! thread.
//!
//! The message types are defined here, below callers and pipeline, so that neither depends on the other. The check-ins
//! of a job that is a lazy root are no messages but records of its thread, see [`check_in`].

pub(crate) mod check_in;
pub(crate) mod flight;
pub(crate) mod flush;
pub(crate) mod log;
pub(crate) mod message;
pub(crate) mod metric;
pub(crate) mod queue;
pub(crate) mod record_context;
pub(crate) mod refused;
pub(crate) mod weight;
