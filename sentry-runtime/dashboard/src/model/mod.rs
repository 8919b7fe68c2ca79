//! From envelopes to rows: what is held in memory, bounded, and found again by trace, issue, job and name.

mod budget;
pub(crate) mod fifo;
pub(crate) mod function;
mod index;
pub(crate) mod issue;
pub(crate) mod job;
pub(crate) mod json;
pub(crate) mod metric;
pub(crate) mod normalise;
pub(crate) mod programs;
mod read;
pub(crate) mod rows;
pub(crate) mod session;
pub(crate) mod text;
pub(crate) mod trace;
pub(crate) mod tree;
pub(crate) mod value;

use std::sync::Arc;

pub(crate) use index::Index;

/// The amount of data that is held.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// The memory for everything that was received, in bytes; 64 MiB by default. The oldest goes first. It is exceeded
    /// by at most one envelope for a moment.
    pub(crate) memory: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory: 64 * 1024 * 1024 }
    }
}

/// The known facts about an envelope beside its bytes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Received {
    /// When it came, in Unix seconds.
    pub(crate) at: f64,
    /// The project of the address that it was sent to.
    pub(crate) project: Option<String>,
    /// The file that it was read from, if it is of an earlier run.
    pub(crate) file: Option<Arc<str>>,
}

/// The changes that an envelope made.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ingested {
    /// The names of the lists that changed: `traces`, `issues`, `logs`, `jobs`, `metrics`, `sessions`, `hints`,
    /// `functions`, `health`, `overview`.
    pub(crate) changed: Vec<&'static str>,
}
