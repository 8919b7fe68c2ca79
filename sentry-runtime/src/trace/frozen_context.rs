//! The frozen dynamic sampling context of a trace: entries that were read, or a `baggage` header that waits to be read.
//!
//! Most requests that continue a trace need two or three numbers of the header at their start. The entries are needed
//! when the trace leaves the process: on the pipeline thread, or for a request to another service.

use std::fmt;
use std::sync::Arc;

use super::baggage;
use super::baggage_facts::Facts;
use super::span_groups::SpanGroups;
use crate::protocol::DynamicSamplingContext;

/// See [the module](self).
#[derive(Clone)]
pub(crate) enum FrozenContext {
    Read(Arc<DynamicSamplingContext>),
    /// A header whose [`Facts`] are known, and the rate among them.
    Header(Arc<str>, Option<f32>),
}

impl FrozenContext {
    /// Keeps a header with the given facts.
    pub(crate) fn header(header: &str, facts: &Facts<'_>) -> Self {
        Self::Header(header.into(), facts.sample_rate.and_then(rate))
    }

    /// Returns the entries.
    pub(crate) fn get(&self) -> Arc<DynamicSamplingContext> {
        match self {
            Self::Read(dsc) => Arc::clone(dsc),
            Self::Header(header, _) => {
                let mut dsc = DynamicSamplingContext::default();
                baggage::parse(header, &mut dsc, &mut SpanGroups::default());
                Arc::new(dsc)
            }
        }
    }

    /// Returns the rate at which the head of the trace was sampled, if it is known.
    pub(crate) fn sample_rate(&self) -> Option<f32> {
        match self {
            Self::Read(dsc) => rate(dsc.get("sample_rate")?),
            Self::Header(_, rate) => *rate,
        }
    }

    /// Returns the length of all names and values, or of the header.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Read(dsc) => dsc.iter().map(|(key, value)| key.len() + value.len()).sum(),
            Self::Header(header, _) => header.len(),
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

fn rate(text: &str) -> Option<f32> {
    text.parse().ok().filter(|rate| (0.0..=1.0).contains(rate))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(header: &str) -> Vec<(String, String)> {
        let facts = Facts::of(header).unwrap();
        let dsc = FrozenContext::header(header, &facts).get();
        dsc.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn the_facts_of_a_header_are_those_of_its_entries() {
        for header in [
            "sentry-org_id=1,sentry-sample_rate=0.5,sentry-sample_rand=0.25,sentry-release=shop%401",
            " sentry-sample_rand = 0.25 ;p=1, vendor=%20, sentry-sample_rand=0.5",
            "sentry-=x,sentry-org_id,sentry-org_id=,org_id=2,sentry-org_idx=3",
            "sentry-org_id;a=1,sentry-sample_rate=1;a=2,,sentry-sample_rand\t=\u{b} 0.5\u{b},",
            "sentry-sample_rand=0.5=6,sentry-org_id==",
            "",
        ] {
            let (facts, mut dsc) = (Facts::of(header).unwrap(), DynamicSamplingContext::default());
            baggage::parse(header, &mut dsc, &mut SpanGroups::default());
            let found = [facts.org_id, facts.sample_rate, facts.sample_rand];
            assert_eq!(found, ["org_id", "sample_rate", "sample_rand"].map(|key| dsc.get(key)), "{header}");
            let read: Vec<_> = dsc.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
            assert_eq!(entries(header), read);
            let kept = FrozenContext::header(header, &facts).sample_rate();
            assert_eq!(kept, FrozenContext::from(dsc).sample_rate());
        }
    }

    #[test]
    fn entries_of_other_vendors_are_not_printed() {
        let header = "user=ada,sentry-sample_rand=0.5,session=secret";
        let shown = format!("{:?}", FrozenContext::header(header, &Facts::of(header).unwrap()));
        assert_eq!(shown, r#"{"sample_rand": "0.5"}"#);
    }

    #[test]
    fn a_rate_out_of_range_is_none() {
        for (rate, read) in [("0.5", Some(0.5)), ("1", Some(1.0)), ("1.1", None), ("x", None), ("NaN", None)]
        {
            let header = format!("sentry-sample_rate={rate}");
            assert_eq!(FrozenContext::header(&header, &Facts::of(&header).unwrap()).sample_rate(), read);
        }
    }
}
