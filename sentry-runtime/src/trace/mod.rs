//! Traces: what an annotated function records, and what links it to the work around it.
//!
//! A span is a few words on the caller's stack ([`guard`]) or beside its future ([`work`]) while it runs, and a
//! [`record`] when it has ended. Records go through the thread's [`recorder`], a lock-free queue ([`ring`]), to the
//! pipeline thread. The spans of one request or job form a [`segment`], whose [`root`] decides by [`sampling`]
//! whether any of them are recorded; a [`light`] root does so without making one; [`propagation`], [`headers`] and [`outgoing`] link
//! segments to those of other services.

mod block;
pub(crate) mod callsite;
pub(crate) mod clock;
mod described;
pub(crate) mod future;
pub(crate) mod gen_ai;
pub(crate) mod guard;
pub(crate) mod header_source;
pub(crate) mod headers;
pub(crate) mod ids;
pub(crate) mod instrumented;
pub(crate) mod light;
pub(crate) mod local;
mod official;
pub(crate) mod open;
pub(crate) mod options;
mod outer;
pub(crate) mod outgoing;
pub(crate) mod place;
pub(crate) mod propagation;
pub(crate) mod record;
pub(crate) mod recorder;
pub(crate) mod reuse;
pub(crate) mod ring;
mod ring_parts;
pub(crate) mod root;
pub(crate) mod sampling;
pub(crate) mod segment;
pub(crate) mod shown;
pub(crate) mod span;
mod start;
pub(crate) mod work;
