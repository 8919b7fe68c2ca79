//! Traces: what an annotated function records, and what links it to the work around it.
//!
//! A span is a few words on the caller's stack ([`guard`]) or beside its future ([`work`]) while it runs, and a
//! [`record`] when it has ended. Records go through the thread's [`recorder`], a lock-free queue ([`ring`]), to the
//! pipeline thread. The spans of one request or job form a [`segment`], whose [`root`] decides by [`sampling`]
//! whether any of them are recorded; a [`light`] root does so without making one; [`propagation`], [`headers`] and [`outgoing`] link
//! segments to those of other services.

pub(crate) mod callsite;
pub(crate) mod clock;
pub(crate) mod gen_ai;
pub(crate) mod header_source;
pub(crate) mod headers;
pub(crate) mod ids;
pub(crate) mod propagation;
pub(crate) mod record;
pub(crate) mod ring;
mod ring_parts;
pub(crate) mod sampling;
pub(crate) mod segment;
