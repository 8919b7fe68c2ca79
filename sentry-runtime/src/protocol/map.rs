//! The map type of payloads, and free-form JSON values.

pub use std::collections::BTreeMap as Map;

pub use serde_json::Value;

/// A map of these entries. `collect` would sort them before, by code that is compiled anew for each kind of iterator.
pub(crate) fn map_of<M: Default + Extend<E>, E>(entries: impl IntoIterator<Item = E>) -> M {
    let mut map = M::default();
    map.extend(entries);
    map
}
