//! Analyses of the stored rows: hints, critical paths, statistics, comparisons, and schedules.

pub(crate) mod compare;
pub(crate) mod critical;
pub(crate) mod finding;
pub(crate) mod hints;
pub(crate) mod rules;
pub(crate) mod schedule;
pub(crate) mod statistics;
mod words;
