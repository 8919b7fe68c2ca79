//! New and continued traces: a trace is continued from headers or the environment, if the options allow it.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/trace-propagation/)

use std::sync::Arc;

use super::ids;
use crate::options::ClientOptions;
use crate::protocol::DynamicSamplingContext;
use crate::trace::baggage::{self, MAX_COPIED};
use crate::trace::frozen_context::FrozenContext;
use crate::trace::headers::{self, HeaderSource, IncomingTrace};
use crate::trace::ids::wire;
use crate::trace::propagation::Propagation;
use crate::trace::sample_rand::DrawnNumber;
use crate::trace::span_groups::SpanGroups;
use crate::trace::tracestate::{self, ForeignState};
use crate::trace::unread_baggage::{self, UnreadBaggage};

impl Propagation {
    /// Returns a new trace.
    pub(crate) fn new() -> Self {
        Self {
            trace_id: ids::trace_id(),
            span_id: wire(ids::next()),
            parent: None,
            sampled: None,
            own_sample_rand: ids::millionths(),
            dsc: None,
            foreign: None,
            own_groups: None,
        }
    }

    /// Returns the trace that the parent process passed in `SENTRY_TRACE` and `SENTRY_BAGGAGE`, if there is one and it
    /// may be continued.
    pub(crate) fn from_environment(options: Option<&ClientOptions>) -> Option<Self> {
        let read = |name| std::env::var(name).unwrap_or_default();
        let headers = [("sentry-trace", read("SENTRY_TRACE")), ("baggage", read("SENTRY_BAGGAGE"))];
        Self::from_headers(&headers, options)
    }

    /// Returns the trace of the headers, if there is one and it may be continued.
    pub(crate) fn from_headers(headers: &dyn HeaderSource, options: Option<&ClientOptions>) -> Option<Self> {
        Self::from_received(headers, None, options)
    }

    /// Like [`from_headers`](Self::from_headers), for headers that the caller keeps. `kept` is the header `baggage`, if
    /// there is exactly one and it can wait to be read.
    pub(crate) fn from_received(
        headers: &dyn HeaderSource,
        kept: Option<Arc<dyn UnreadBaggage>>,
        options: Option<&ClientOptions>,
    ) -> Option<Self> {
        let (incoming, of_sentry) = incoming_trace(headers)?;
        let drawn = DrawnNumber { millionths: ids::millionths(), sampled: incoming.sampled };
        // A trace from outside of Sentry has an incoming context only if a header has entries of Sentry.
        let may_wait = |header: &str| of_sentry || unread_baggage::has_sample_rand(header);
        // The text is not looked at without need: that checks all of it.
        let baggage = match kept.filter(|kept| of_sentry || may_wait(kept.text())) {
            Some(kept) => Baggage::Unread(kept),
            None => read_baggage(headers, may_wait),
        };
        if let Some(options) = options
            && !baggage.may_continue(options, drawn)
        {
            return None;
        }
        let (own_sample_rand, dsc, groups) = match baggage {
            Baggage::Unread(kept) => (drawn.millionths, Some(FrozenContext::Unread(kept, drawn)), None),
            Baggage::Read(mut dsc, groups) => {
                let sample_rand = drawn.settle(&mut dsc);
                (sample_rand, (of_sentry || !dsc.is_empty()).then(|| dsc.into()), groups.into_shared())
            }
        };
        Some(Self {
            trace_id: incoming.trace_id,
            span_id: wire(ids::next()),
            parent: Some(incoming.span_id),
            sampled: incoming.sampled,
            own_sample_rand,
            dsc,
            foreign: options
                .filter(|options| options.propagate_traceparent)
                .and_then(|_| foreign_state(headers, &incoming)),
            own_groups: groups,
        })
    }
}

/// What the headers `baggage` say of the trace.
enum Baggage {
    Read(DynamicSamplingContext, SpanGroups),
    /// One header that need not be read yet.
    Unread(Arc<dyn UnreadBaggage>),
}

impl Baggage {
    /// Returns whether the trace may be continued with these options.
    fn may_continue(&self, options: &ClientOptions, drawn: DrawnNumber) -> bool {
        let ours = options.effective_org_id();
        match self {
            // Without an id of our own, every organisation is accepted.
            _ if ours.is_none() && !options.strict_trace_continuation => true,
            Self::Read(dsc, _) => may_continue(dsc.get("org_id"), ours, options),
            Self::Unread(header) => header.with_org_id(drawn, |theirs| may_continue(theirs, ours, options)),
        }
    }
}

/// Reads the headers `baggage`. Leaves a single header of usual length unread if `may_wait` allows it.
fn read_baggage(headers: &dyn HeaderSource, may_wait: impl Fn(&str) -> bool) -> Baggage {
    let mut first: Option<Arc<dyn UnreadBaggage>> = None;
    let mut read = None;
    headers.visit("baggage", &mut |value| {
        if first.is_none() && read.is_none() && value.len() <= MAX_COPIED && may_wait(value) {
            first = Some(unread_baggage::copied(value));
            return;
        }
        let (dsc, groups) = read.get_or_insert_with(|| {
            let (mut dsc, mut groups) = Default::default();
            if let Some(first) = &first {
                baggage::parse(first.text(), &mut dsc, &mut groups);
            }
            (dsc, groups)
        });
        baggage::parse(value, dsc, groups);
    });
    match (read, first) {
        (Some((dsc, groups)), _) => Baggage::Read(dsc, groups),
        (None, Some(header)) => Baggage::Unread(header),
        (None, None) => Baggage::Read(DynamicSamplingContext::default(), SpanGroups::default()),
    }
}

/// Reads the incoming trace. `sentry-trace` takes precedence over `traceparent`, which must be present exactly once.
/// Also returns whether the trace is from `sentry-trace`.
fn incoming_trace(headers: &dyn HeaderSource) -> Option<(IncomingTrace, bool)> {
    let mut first = None;
    headers.visit("sentry-trace", &mut |value| first = first.or_else(|| headers::parse_sentry_trace(value)));
    if let Some(incoming) = first {
        return Some((incoming, true));
    }
    traceparent(headers).map(|incoming| (incoming, false))
}

/// Reads `traceparent`, which must be present exactly once.
fn traceparent(headers: &dyn HeaderSource) -> Option<IncomingTrace> {
    let mut values = Vec::new();
    headers.visit("traceparent", &mut |value| values.push(headers::parse_traceparent(value)));
    match values[..] {
        [incoming] => incoming,
        _ => None,
    }
}

/// Reads what accompanies `traceparent`, if that header is about the continued trace.
fn foreign_state(headers: &dyn HeaderSource, continued: &IncomingTrace) -> Option<Arc<ForeignState>> {
    let parent = traceparent(headers).filter(|parent| parent.trace_id == continued.trace_id)?;
    let mut values = Vec::new();
    headers.visit("tracestate", &mut |value| values.push(value.to_owned()));
    let foreign = ForeignState { tracestate: tracestate::parse(&values), random: parent.random };
    (foreign != ForeignState::default()).then(|| Arc::new(foreign))
}

/// Returns whether a trace of an organisation may be continued here.
fn may_continue(theirs: Option<&str>, ours: Option<&str>, options: &ClientOptions) -> bool {
    match (theirs, ours) {
        (Some(theirs), Some(ours)) => theirs == ours,
        (None, None) => true,
        _ => !options.strict_trace_continuation,
    }
}

#[cfg(test)]
mod tests {
    mod waiting;

    use super::*;

    const TRACE: &str = "771a43a4192642f0b136d5159a501700-1234567890abcdef";

    fn continued(headers: &[(&str, String)]) -> Propagation {
        Propagation::from_headers(&headers.to_vec(), None).unwrap()
    }

    #[test]
    fn a_trace_without_baggage_has_an_empty_frozen_context() {
        let propagation = continued(&[("sentry-trace", TRACE.to_owned())]);
        assert!(propagation.dsc.unwrap().get().is_empty());
        assert_eq!(propagation.sampled, None);
    }

    #[test]
    fn the_context_of_a_trace_from_outside_of_sentry_is_ours_to_make() {
        let traceparent = ("traceparent", format!("00-{TRACE}-01"));
        assert!(continued(std::slice::from_ref(&traceparent)).dsc.is_none());
        let foreign = ("baggage", "tenant=7".to_owned());
        assert!(continued(&[traceparent.clone(), foreign]).dsc.is_none());
        let ours = ("baggage", "sentry-release=1".to_owned());
        assert_eq!(continued(&[traceparent, ours]).dsc.unwrap().get().get("release"), Some("1"));
    }

    #[test]
    fn sample_rand_agrees_with_the_decision() {
        for _ in 0..200 {
            let baggage = ("baggage", "sentry-sample_rate=0.25".to_owned());
            let yes = continued(&[("sentry-trace", format!("{TRACE}-1")), baggage.clone()]);
            assert!(yes.sample_rand() < 250_000);
            let no = continued(&[("sentry-trace", format!("{TRACE}-0")), baggage]);
            assert!((250_000..1_000_000).contains(&no.sample_rand()));
        }
    }

    #[test]
    fn the_entries_of_all_headers_count() {
        let baggage = |text: &str| ("baggage", text.to_owned());
        let (random, release) =
            ("sentry-sample_rand=0.25,sentry-org_id=1", "sentry-release=1,sentry-org_id=2");
        for headers in [
            vec![baggage(&format!("{random},{release}"))],
            vec![baggage(random), baggage(release)],
            vec![baggage(""), baggage(&format!("{random},{release}"))],
            vec![baggage(&format!("{random},{release},sentry-x=%20"))],
        ] {
            let headers = [vec![("sentry-trace", TRACE.to_owned())], headers].concat();
            let propagation = continued(&headers);
            let dsc = propagation.dsc.as_ref().unwrap().get();
            let entries = ["sample_rand", "release", "org_id"].map(|key| dsc.get(key).unwrap());
            assert_eq!((entries, propagation.sample_rand()), (["0.25", "1", "2"], 250_000));
            let of = |org_id: &str| ClientOptions { org_id: Some(org_id.into()), ..ClientOptions::default() };
            let may_continue = |org_id| Propagation::from_headers(&headers, Some(&of(org_id))).is_some();
            assert_eq!((may_continue("2"), may_continue("1")), (true, false));
        }
    }

    #[test]
    fn a_sample_rand_of_one_is_out_of_range() {
        let propagation = continued(&[
            ("sentry-trace", format!("{TRACE}-1")),
            ("baggage", "sentry-sample_rand=1.0,sentry-sample_rate=0.000001".to_owned()),
        ]);
        assert_eq!(propagation.sample_rand(), 0);
    }

    #[test]
    fn two_traceparents_start_a_new_trace() {
        let parent = format!("00-{TRACE}-01");
        let one = [("traceparent", parent.clone())];
        assert_eq!(continued(&one).sampled, Some(true));
        let two = [("traceparent", parent.clone()), ("traceparent", parent)];
        assert!(Propagation::from_headers(&two, None).is_none());
    }

    #[test]
    fn organisations_are_compared_as_the_spec_says() {
        let check = |theirs: Option<&str>, ours: Option<&str>, strict: bool| {
            let mut options = ClientOptions { strict_trace_continuation: strict, ..ClientOptions::default() };
            options.org_id = ours.map(str::to_owned);
            may_continue(theirs, ours, &options)
        };
        for (theirs, ours, strict, expected) in [
            (Some("1"), Some("1"), false, true),
            (None, Some("1"), false, true),
            (Some("1"), None, false, true),
            (None, None, false, true),
            (Some("1"), Some("2"), false, false),
            (Some("1"), Some("1"), true, true),
            (None, Some("1"), true, false),
            (Some("1"), None, true, false),
            (None, None, true, true),
            (Some("1"), Some("2"), true, false),
        ] {
            assert_eq!(check(theirs, ours, strict), expected, "{theirs:?} {ours:?} {strict}");
        }
    }
}
