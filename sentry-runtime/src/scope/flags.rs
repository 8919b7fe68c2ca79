//! The feature flags of a scope: the last 100 evaluated ones with their latest results, in the order of evaluation.
//!
//! Events carry them as the context `flags`.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/client/integrations/feature-flags/)

use crate::protocol::nesting::Shallow;
use crate::protocol::{Context, Value, map_of};

/// The maximum number of flags per scope.
const MAX: usize = 100;

/// The flags of a scope, the most recently evaluated one last.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Flags(Vec<(String, Shallow<Value>)>);

impl Flags {
    pub(super) const NONE: Self = Self(Vec::new());

    /// Records an evaluation. If the list is full, the least recently evaluated flag is removed.
    pub(crate) fn add(&mut self, name: &str, result: Shallow<Value>) {
        if let Some(at) = self.0.iter().position(|(known, _)| known == name) {
            self.0.remove(at);
        } else if self.0.len() >= MAX {
            self.0.remove(0);
        }
        self.0.push((name.to_owned(), result));
    }

    /// Adds the flags of a more specific scope.
    pub(crate) fn extend(&mut self, over: &Self) {
        for (name, result) in &over.0 {
            self.add(name, result.clone());
        }
    }

    /// Returns `newer` with these flags' changes since `base` applied.
    pub(crate) fn rebased(&self, base: &Self, newer: &Self) -> Self {
        let has = |flags: &Self, flag: &(String, Shallow<Value>)| flags.0.contains(flag);
        let named = |flags: &Self, name: &str| flags.0.iter().any(|(known, _)| known == name);
        let kept = newer.0.iter().filter(|flag| named(self, &flag.0) || !has(base, flag));
        let mut flags = Self(kept.cloned().collect());
        flags.extend(&Self(self.0.iter().filter(|flag| !has(base, flag)).cloned().collect()));
        flags
    }

    /// Returns the context `flags`, or `None` without a flag.
    pub(crate) fn context(&self) -> Option<Context> {
        let flag = |(name, result): &(String, Shallow<Value>)| serde_json::json!({ "flag": name.as_str(), "result": **result });
        (!self.0.is_empty())
            .then(|| Context::Other(map_of([("values".to_owned(), self.0.iter().map(flag).collect())])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_hundred_are_kept_each_once() {
        let mut flags = Flags::default();
        (0..MAX).for_each(|number| flags.add(&number.to_string(), Shallow::of(true.into())));
        flags.add("0", Shallow::of(false.into()));
        flags.add("new", Shallow::of(true.into()));
        let names: Vec<_> = flags.0.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!((names.len(), names[0]), (MAX, "2"));
        assert_eq!(
            flags.0[MAX - 2..],
            [("0".into(), Shallow::of(false.into())), ("new".into(), Shallow::of(true.into()))]
        );
    }
}
