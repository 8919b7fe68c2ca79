//! Stands for the rooms above until they are there.
pub(crate) use crate::mcp::{Headers, Outcome, call, waited};
pub(crate) use crate::model::{Limits, Received};
pub(crate) use crate::query::{Answer, Facts, LISTS, Store, answer, find};
