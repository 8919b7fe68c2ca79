//! Roots that live in their thread: nothing of them is in any other memory until somebody asks for their context.
//!
//! The root span of an annotated function that runs in no context of its own, where nothing but a rate decides, needs
//! no more than its id: trace id and random number follow from it. It stands in the thread's [`Light`] while it is
//! open, and in one record when it has ended; the pipeline makes the segment from that. Whoever asks for the context
//! meanwhile (a capture, a header, a future that takes it along) has it made then, by [`settle`], and from there on
//! the root is like any other.
//!
//! The scopes that go with such a segment are those of the process. The thread announces them to the pipeline when it
//! sees that the epoch has passed, which every change of them or of the client begins anew; so a root whose
//! surroundings are as before reads one shared number and writes to nothing that is shared but the client's count.

use std::cell::{Cell, RefCell};
use std::sync::{Arc, Weak};

use super::active;
use super::local::{Local, Unsettled, local};
use super::recorder::{self, Kind};
use super::recycling;
use super::thread_context::{Context, Mode};
use crate::base::epoch;
use crate::client::{self, Client};
use crate::context::ids;
use crate::options::TraceLifecycle;
use crate::protocol::random::random_u64;
use crate::protocol::{DataCategory, DiscardReason};
use crate::trace::callsite::Callsite;
use crate::trace::clock::{self, Ticks};
use crate::trace::ids::{self as trace_ids, Lineage, LocalId};
use crate::trace::propagation::Propagation;
use crate::trace::record::{LightRoot, Outcome, Record, Start, Surroundings};
use crate::trace::sampling;
use crate::trace::segment::{RootName, Segment};

/// What a thread knows of the process, and its light root.
pub(crate) struct Light {
    /// The epoch of what follows.
    epoch: Cell<u64>,
    /// The share of roots that are recorded, below zero where roots cannot be light.
    rate: Cell<f32>,
    /// The client that decides so.
    client: RefCell<Weak<Client>>,
    /// Makes trace ids of this thread differ from others with the same span id.
    salt: Cell<u64>,
    /// The light root that is open: its id, zero without one.
    root: Cell<LocalId>,
    sampled: Cell<bool>,
    site: Cell<Option<&'static Callsite>>,
    start: Cell<Ticks>,
    /// The client that it started with.
    owner: RefCell<Option<Arc<Client>>>,
}

impl Light {
    pub(crate) const fn new() -> Self {
        Self {
            epoch: Cell::new(0),
            rate: Cell::new(HEAVY),
            client: RefCell::new(Weak::new()),
            salt: Cell::new(0),
            root: Cell::new(0),
            sampled: Cell::new(false),
            site: Cell::new(None),
            start: Cell::new(0),
            owner: RefCell::new(None),
        }
    }

    /// Whether the root is open here, and light.
    #[inline]
    pub(crate) fn is_open(&self, root: LocalId) -> bool {
        root != 0 && self.root.get() == root
    }

    /// The client that it started with; the root is over, here.
    fn take(&self) -> Option<Arc<Client>> {
        self.root.set(0);
        self.owner.try_borrow_mut().ok()?.take()
    }

    /// Lets go of the client: the thread ends.
    pub(crate) fn close(&self) {
        self.epoch.set(0);
        drop(self.client.replace(Weak::new()));
    }

    /// What was announced was announced to the parent's pipeline: runs in the child of a fork.
    pub(crate) fn begin_anew(&self) {
        self.epoch.set(0);
    }
}

/// Starts a light root, if it can be one. Answers with its id, its start, and whether it is recorded.
#[inline]
pub(crate) fn begin(local: &Local, site: &'static Callsite) -> Option<(LocalId, Ticks, bool)> {
    let light = &local.light;
    if light.epoch.get() != epoch::current() {
        look_around(local, false);
    }
    let rate = light.rate.get();
    if rate < 0.0 || local.unsettled.get() != Unsettled::NOTHING || !local.is_in_process_context() {
        return None;
    }
    let client = light.client.try_borrow().ok()?.upgrade()?;
    let key = ids::next();
    let sampled = sampling::by_rate(rate, sample_rand(key)).sampled;
    let start = clock::now();
    *light.owner.try_borrow_mut().ok()? = Some(client);
    light.root.set(key);
    light.sampled.set(sampled);
    light.site.set(Some(site));
    light.start.set(start);
    local.unsettled.set(Unsettled::LIGHT);
    local.mode.set(if sampled { Mode::Sampled } else { Mode::Unsampled });
    local.segment.set(key);
    local.replace(Lineage::of(key));
    Some((key, start, sampled))
}

/// Ends the light root, which is open.
pub(crate) fn end(local: &Local, outcome: Outcome) {
    let light = &local.light;
    let (key, start, end) = (light.root.get(), light.start.get(), clock::now());
    let inherited = local.unsettled.replace(Unsettled::NOTHING) != Unsettled::LIGHT;
    local.mode.set(Mode::Root);
    local.segment.set(0);
    local.replace(Lineage::NONE);
    let (Some(client), Some(site)) = (light.take(), light.site.get()) else { return };
    // What was open at a fork is the parent's to send.
    if inherited {
        return;
    }
    if !light.sampled.get() {
        client.ledger().lost(DiscardReason::SampleRate, DataCategory::Transaction, 1);
        client.ledger().lost(DiscardReason::SampleRate, DataCategory::Span, 1);
        return;
    }
    let rate = light.rate.get();
    if light.epoch.get() != epoch::current() {
        // The scopes are those at its end.
        look_around(local, true);
    }
    recorder::push_made(local, Kind::Segment, || {
        Record::LightEnd(LightRoot { key, site, start, end, client, rate, outcome })
    });
    crate::base::worker::nudge();
}

/// Learns how the process is now, and announces its scopes to the pipeline; for a root that is `ending` these alone.
#[cold]
#[inline(never)]
fn look_around(local: &Local, ending: bool) {
    let light = &local.light;
    // First the number: what changes from here on is noticed the next time.
    let epoch = epoch::current();
    let client = client::global();
    let rate = client.as_deref().map_or(HEAVY, rate_of);
    if light.salt.get() == 0 {
        light.salt.set(random_u64());
    }
    if !ending && rate < 0.0 {
        light.rate.set(HEAVY);
        light.epoch.set(epoch);
        return;
    }
    let process = Context::default_ref();
    let (isolation, current) = (process.isolation.snapshot(), process.current.snapshot());
    let around = Box::new(Surroundings { isolation, current, salt: light.salt.get() });
    let announced = recorder::push_made(local, Kind::More, || Record::Surroundings(around));
    if ending {
        // What holds for the next root is found out at that one.
        light.epoch.set(0);
        return;
    }
    light.rate.set(if announced { rate } else { HEAVY });
    // What was not announced is announced another time.
    light.epoch.set(if announced { epoch } else { 0 });
    if let Ok(mut known) = light.client.try_borrow_mut() {
        *known = client.as_ref().map(Arc::downgrade).unwrap_or_default();
    }
}

/// The rate where roots cannot be light.
const HEAVY: f32 = -1.0;

/// The share of roots that a client records, if that is all that decides.
fn rate_of(client: &Client) -> f32 {
    let options = client.options();
    let plain = client.is_tracing()
        && options.traces_sampler.is_none()
        && options.ignore_spans.is_empty()
        && options.trace_lifecycle != TraceLifecycle::Stream
        && client.pressure().halvings() == 0
        && !Context::default_ref().continues;
    options.traces_sample_rate.filter(|_| plain).unwrap_or(HEAVY)
}

/// The random number of a trace whose root is light, in millionths.
fn sample_rand(key: LocalId) -> u32 {
    const OTHER_THAN_ITS_SPAN_ID: u64 = 0x5851_F42D_4C95_7F2D;
    u32::try_from(trace_ids::mix(key ^ OTHER_THAN_ITS_SPAN_ID) % 1_000_000).unwrap_or_default()
}

fn propagation(key: LocalId, salt: u64) -> Propagation {
    let (high, low) = (trace_ids::mix(key ^ salt), trace_ids::mix(key.wrapping_add(salt.rotate_left(32))));
    Propagation {
        trace_id: crate::protocol::TraceId::from_u128(u128::from(high) << 64 | u128::from(low)),
        span_id: trace_ids::wire(!key),
        parent: None,
        sampled: None,
        sample_rand: sample_rand(key),
        dsc: None,
    }
}

impl LightRoot {
    /// The segment that it was the root of, as anybody would have seen it.
    pub(crate) fn into_segment(self, around: &Surroundings) -> Segment {
        let Self { key, site, start, client, rate, .. } = self;
        let (name, start) = (RootName::Site(site), Start::Ticks(start));
        Segment::new(key, true, Some(rate), propagation(key, around.salt), name, start, None, client)
    }
}

/// Makes the context of the light root that is open, and puts it in place.
#[cold]
#[inline(never)]
pub(crate) fn settle() {
    let local = local();
    let light = &local.light;
    let inherited = local.unsettled.get() != Unsettled::LIGHT;
    local.unsettled.set(if inherited { Unsettled::INHERITED } else { Unsettled::NOTHING });
    let (key, rate, start) = (light.root.get(), light.rate.get(), Start::Ticks(light.start.get()));
    let (Some(client), Some(site)) = (light.take(), light.site.get()) else { return };
    let (name, propagation) = (RootName::Site(site), propagation(key, light.salt.get()));
    let mut segment =
        Segment::new(key, light.sampled.get(), Some(rate), propagation, name, start, None, client);
    if inherited {
        segment.leave_to_parent();
    }
    let context = recycling::context(Context::default_ref(), Arc::new(segment));
    let (mode, active) = (local.mode.get(), local.lineage());
    drop(active::swap(active::Saved { context: Some(context), active }));
    // In the child of a fork the next span looks at the context all the same.
    local.mode.set(mode);
}
