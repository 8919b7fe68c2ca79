//! Traces: the data that annotated functions record, and the links to other services.
//!
//! A running span is a few words on the caller's stack or beside its future, and a [`record`] when it has ended. The
//! thread's recorder passes records through a lock-free queue ([`ring`]) to the pipeline thread. The spans of one
//! request or job form a [`segment`]; at its root, [`sampling`] decides whether they are recorded. A lazy root is
//! sampled without creating a segment. [`propagation`], [`headers`] and [`baggage`] link segments to those of other
//! services.

pub(crate) mod baggage;
pub(crate) mod baggage_facts;
mod cache_lines;
pub(crate) mod callsite;
pub(crate) mod clock;
pub(crate) mod decision;
pub(crate) mod frozen_context;
pub(crate) mod gen_ai;
pub(crate) mod header_source;
pub(crate) mod headers;
pub(crate) mod ids;
mod members;
pub(crate) mod monitor_site;
pub(crate) mod packed;
pub(crate) mod propagation;
pub(crate) mod record;
pub(crate) mod ring;
mod ring_parts;
pub(crate) mod sample_rand;
pub(crate) mod sampling;
pub(crate) mod segment;
pub(crate) mod span_groups;
pub(crate) mod tracestate;
pub(crate) mod unread_baggage;
