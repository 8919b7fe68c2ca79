//! The frozen dynamic sampling context of a trace: entries that were read, or a `baggage` header that waits to be read.

use std::fmt;
use std::sync::Arc;

use super::sample_rand::DrawnNumber;
use super::span_groups::SpanGroups;
use super::unread_baggage::{UnreadBaggage, rate};
use crate::protocol::DynamicSamplingContext;

/// See [the module](self).
#[derive(Clone)]
pub(crate) enum FrozenContext {
    Read(Arc<DynamicSamplingContext>),
    /// A header, and the number that its trace gets if the header has none.
    Unread(Arc<dyn UnreadBaggage>, DrawnNumber),
}

impl FrozenContext {
    /// Returns the entries. A header is read by the first call on any of its clones.
    pub(crate) fn get(&self) -> Arc<DynamicSamplingContext> {
        match self {
            Self::Read(dsc) => Arc::clone(dsc),
            Self::Unread(header, drawn) => Arc::clone(&header.entries(*drawn).dsc),
        }
    }

    /// Returns the rate at which the head of the trace was sampled, if it is known.
    pub(crate) fn sample_rate(&self) -> Option<f32> {
        match self {
            Self::Read(dsc) => rate(dsc.get("sample_rate")?),
            Self::Unread(header, drawn) => header.numbers(*drawn).sample_rate,
        }
    }

    /// Returns the random number of the trace in millionths; `None` for a context that was read at once, whose number
    /// is in [`Propagation`](super::propagation::Propagation).
    pub(super) fn sample_rand(&self) -> Option<u32> {
        match self {
            Self::Read(_) => None,
            Self::Unread(header, drawn) => Some(header.numbers(*drawn).sample_rand),
        }
    }

    /// Returns the span groups of the header; `None` for a context that was read at once, whose groups are in
    /// [`Propagation`](super::propagation::Propagation).
    pub(super) fn groups(&self) -> Option<&Arc<SpanGroups>> {
        match self {
            Self::Read(_) => None,
            Self::Unread(header, drawn) => header.entries(*drawn).groups.as_ref(),
        }
    }

    /// Returns the length of all names and values, or of the header.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Read(dsc) => dsc.iter().map(|(key, value)| key.len() + value.len()).sum(),
            Self::Unread(header, _) => header.text().len(),
        }
    }
}

impl fmt::Debug for FrozenContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The entries of other vendors in the header may name the user, and programs print spans.
        fmt::Debug::fmt(&self.get(), f)
    }
}

impl From<DynamicSamplingContext> for FrozenContext {
    fn from(dsc: DynamicSamplingContext) -> Self {
        Self::Read(Arc::new(dsc))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::baggage;
    use crate::trace::baggage_facts::Facts;
    use crate::trace::unread_baggage::copied;

    const DRAWN: DrawnNumber = DrawnNumber { millionths: 4711, sampled: None };

    fn unread(header: &str) -> FrozenContext {
        FrozenContext::Unread(copied(header), DRAWN)
    }

    #[test]
    fn the_facts_of_a_header_are_those_of_its_entries() {
        for header in [
            "sentry-org_id=1,sentry-sample_rate=0.5,sentry-sample_rand=0.25,sentry-release=shop%401",
            " sentry-sample_rand = 0.25 ;p=1, vendor=%20, sentry-sample_rand=0.5",
            "sentry-=x,sentry-org_id,sentry-org_id=,org_id=2,sentry-org_idx=3",
            "sentry-org_id;a=1,sentry-sample_rate=1;a=2,,sentry-sample_rand\t=\u{b} 0.5\u{b},",
            "sentry-sample_rand=0.5=6,sentry-org_id==",
            "sentry-sample_rat=0.5,sentry-sample_random=0.5,sentry-o=1,sentry-s=,sentry-sample_rand =1;,\tsentry-org_id=7",
            "",
        ] {
            let (facts, mut dsc) = (Facts::of(header).unwrap(), DynamicSamplingContext::default());
            baggage::parse(header, &mut dsc, &mut SpanGroups::default());
            let found = [facts.org_id, facts.sample_rate, facts.sample_rand];
            assert_eq!(found, ["org_id", "sample_rate", "sample_rand"].map(|key| dsc.get(key)), "{header}");
            let before = unread(header);
            let (rate, rand) = (before.sample_rate(), before.sample_rand());
            let made = DRAWN.settle(&mut dsc);
            assert_eq!(*unread(header).get(), dsc, "{header}");
            // The numbers are the same before and after the entries are read.
            assert_eq!(*before.get(), dsc, "{header}");
            assert_eq!((rate, rand), (FrozenContext::from(dsc).sample_rate(), Some(made)), "{header}");
            assert_eq!((rate, rand), (before.sample_rate(), before.sample_rand()), "{header}");
        }
    }

    #[test]
    fn a_header_is_read_once_for_all_clones() {
        let one = unread("sentry-release=1,sentry.span_group.session_id=s");
        let other = one.clone();
        assert!(Arc::ptr_eq(&one.get(), &other.get()));
        let (of_one, of_other) = (one.groups().unwrap(), other.groups().unwrap());
        assert!(Arc::ptr_eq(of_one, of_other));
    }

    #[test]
    fn entries_of_other_vendors_are_not_printed() {
        let header = "user=ada,sentry-sample_rand=0.5,session=secret";
        let shown = format!("{:?}", unread(header));
        assert_eq!(shown, r#"{"sample_rand": "0.5"}"#);
    }

    #[test]
    fn a_rate_out_of_range_is_none() {
        for (rate, read) in [("0.5", Some(0.5)), ("1", Some(1.0)), ("1.1", None), ("x", None), ("NaN", None)]
        {
            let header = format!("sentry-sample_rate={rate}");
            assert_eq!(unread(&header).sample_rate(), read);
            let known = format!("{header},sentry-sample_rand=0.5");
            assert_eq!(unread(&known).sample_rate(), read);
        }
    }
}
