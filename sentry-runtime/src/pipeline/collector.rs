//! Spans on their way from the threads' recorders to their segments.
//!
//! Records of many threads come in one after the other; those of one segment are gathered until its root has
//! ended, and one round longer. Spans that end later than that belong to work that went on after the root:
//! they are gathered as well, and sent as transactions of their own in the same trace.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::transaction::{self, Ended};
use super::worker::contain_all;
use crate::client::{self, Client};
use crate::protocol::nesting;
use crate::protocol::{AttributeValue, DataCategory, DiscardReason};
use crate::trace::callsite::Callsite;
use crate::trace::clock::Ticks;
use crate::trace::ids::{IdMap, LocalId};
use crate::trace::record::{Detail, DynamicSpan, Outcome, Record};
use crate::trace::recorder;
use crate::trace::ring::Consumer;

/// The most spans of one segment that are kept while it runs. A transaction carries 1000; more are kept so that
/// the earliest can be chosen when it has ended.
const MAX_SPANS: usize = 4 * transaction::MAX_SPANS;
/// The most attributes and other details of one segment.
const MAX_DETAILS: usize = 32 * transaction::MAX_SPANS;
/// The most segments that are gathered at a time.
const MAX_SEGMENTS: usize = 16_384;
/// Segments that are remembered after their end, for spans that come late.
const MAX_FINISHED: usize = 512;
/// How long late spans are gathered.
const LATE: Duration = Duration::from_secs(1);
/// Attributes written before it was known which segment their span would belong to.
const MAX_STRAYS: usize = 4096;

/// A child span as it was recorded.
pub(super) struct Child {
    pub(super) id: LocalId,
    pub(super) parent: LocalId,
    pub(super) kind: ChildKind,
}

/// See [`Child`].
pub(super) enum ChildKind {
    Site { site: &'static Callsite, start: Ticks, end: Ticks, outcome: Outcome },
    Dynamic(Box<DynamicSpan>),
}

/// What was recorded of a segment so far.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) children: Vec<Child>,
    pub(super) attributes: Vec<(LocalId, &'static str, AttributeValue)>,
    pub(super) details: Vec<(LocalId, Detail)>,
    pub(super) dropped: u64,
    changed: Option<Instant>,
}

/// Everything that is gathered at a time.
#[derive(Default)]
pub(super) struct Collector {
    queues: Vec<Consumer<Record>>,
    open: IdMap<Gathered>,
    /// Segments whose root ended in this round, and in the one before.
    ending: Vec<Ended>,
    ended: Vec<Ended>,
    finished: IdMap<Arc<Ended>>,
    finished_order: VecDeque<LocalId>,
    late: Vec<LocalId>,
}

impl Collector {
    /// Reads what was recorded and writes what is complete. Answers whether anything came.
    /// `all` does not wait for late spans.
    pub(super) fn round(&mut self, all: bool) -> bool {
        self.ended.append(&mut self.ending);
        let came = self.read();
        for ended in std::mem::take(&mut self.ended) {
            self.finish(ended);
        }
        self.finish_late(all);
        self.count_lost();
        came
    }

    /// Whether something waits for a later round.
    pub(super) fn has_work(&self) -> bool {
        !(self.ending.is_empty() && self.ended.is_empty() && self.late.is_empty())
    }

    fn read(&mut self) -> bool {
        self.queues.append(&mut recorder::take_fresh());
        let mut queues = std::mem::take(&mut self.queues);
        let mut came = false;
        queues.retain_mut(|queue| {
            let given_up = queue.drain(|record| {
                came = true;
                self.take(record);
            });
            !given_up
        });
        self.queues = queues;
        came
    }

    fn take(&mut self, record: Record) {
        match record {
            Record::End { segment, isolation, current, end, outcome } => {
                self.ending.push(Ended { segment, isolation, current, end, outcome });
            }
            Record::Span { segment, id, parent, site, start, end, outcome } => {
                let kind = ChildKind::Site { site, start, end, outcome };
                self.gathered(segment).add(Child { id, parent, kind });
            }
            Record::Attribute { segment, span, key, mut value } => {
                nesting::prune_attribute(&mut value);
                let gathered = self.gathered(segment);
                if gathered.attributes.len() < MAX_DETAILS {
                    gathered.attributes.push((span, key, value));
                }
            }
            Record::Detail { segment, span, detail } => match *detail {
                Detail::Span(dynamic) => {
                    let parent = dynamic.parent;
                    let child = Child { id: span, parent, kind: ChildKind::Dynamic(Box::new(dynamic)) };
                    self.gathered(segment).add(child);
                }
                mut detail => {
                    if let Detail::Attribute(_, value) = &mut detail {
                        nesting::prune_attribute(value);
                    }
                    let gathered = self.gathered(segment);
                    if gathered.details.len() < MAX_DETAILS {
                        gathered.details.push((span, detail));
                    }
                }
            },
        }
    }

    fn gathered(&mut self, segment: LocalId) -> &mut Gathered {
        if !self.open.contains_key(&segment) {
            self.begin(segment);
        }
        self.open.entry(segment).or_default()
    }

    #[cold]
    fn begin(&mut self, segment: LocalId) {
        if self.finished.contains_key(&segment) {
            self.late.push(segment);
        }
        if self.open.len() >= MAX_SEGMENTS {
            self.make_room();
        }
    }

    /// Gives up the segments that nothing was recorded for the longest.
    #[cold]
    fn make_room(&mut self) {
        let mut ages: Vec<_> = self.open.iter().map(|(&key, gathered)| (gathered.changed, key)).collect();
        ages.sort_unstable();
        for (_, key) in ages.into_iter().take(MAX_SEGMENTS / 8) {
            if let Some(gathered) = self.open.remove(&key) {
                lose_spans(client::global().as_deref(), gathered.children.len() as u64 + gathered.dropped);
            }
        }
    }

    fn finish(&mut self, ended: Ended) {
        let key = ended.segment.key;
        let mut gathered = self.open.remove(&key).unwrap_or_default();
        self.adopt_strays(&mut gathered);
        let client = Arc::clone(&ended.segment.client);
        let ended = Arc::new(ended);
        let spans = gathered.children.len() as u64 + 1;
        let quantities = [(DataCategory::Transaction, 1), (DataCategory::Span, spans)];
        contain_all(&client, &quantities, || transaction::process(&ended, gathered));
        self.finished.insert(key, ended);
        self.finished_order.push_back(key);
        if self.finished_order.len() > MAX_FINISHED
            && let Some(oldest) = self.finished_order.pop_front()
        {
            self.finished.remove(&oldest);
        }
    }

    /// Attributes of futures that were called in one place and polled in another lie under the span's own id.
    fn adopt_strays(&mut self, gathered: &mut Gathered) {
        if self.open.is_empty() {
            return;
        }
        for child in &gathered.children {
            if self.open.get(&child.id).is_some_and(|stray| stray.children.is_empty())
                && let Some(stray) = self.open.remove(&child.id)
            {
                gathered.attributes.extend(stray.attributes);
            }
        }
    }

    fn finish_late(&mut self, all: bool) {
        let now = Instant::now();
        for key in std::mem::take(&mut self.late) {
            let Some(gathered) = self.open.get_mut(&key) else { continue };
            let since = *gathered.changed.get_or_insert(now);
            if !all && now.duration_since(since) < LATE {
                self.late.push(key);
                continue;
            }
            let (Some(gathered), Some(ended)) = (self.open.remove(&key), self.finished.get(&key)) else {
                continue;
            };
            let client = Arc::clone(&ended.segment.client);
            let quantities = [(DataCategory::Span, gathered.children.len() as u64)];
            contain_all(&client, &quantities, || transaction::process_late(ended, gathered));
        }
        if self.open.len() > MAX_STRAYS {
            self.open.retain(|_, gathered| {
                // Attributes alone, and old: of calls that were never polled, or whose trace was not sampled.
                let since = *gathered.changed.get_or_insert(now);
                !gathered.children.is_empty() || now.duration_since(since) < 10 * LATE
            });
        }
    }

    fn count_lost(&self) {
        let (segments, spans) = recorder::take_lost();
        if let Some(client) = client::global().filter(|_| segments + spans > 0) {
            client.ledger().lost(DiscardReason::BufferOverflow, DataCategory::Transaction, segments);
            client.ledger().lost(DiscardReason::BufferOverflow, DataCategory::Span, segments + spans);
        }
    }

    /// Counts everything as lost, after a mistake of our own.
    pub(super) fn give_up(self) {
        let spans = self.open.values().map(|gathered| gathered.children.len() as u64).sum::<u64>();
        for ended in self.ending.iter().chain(&self.ended) {
            let ledger = ended.segment.client.ledger();
            ledger.lost(DiscardReason::InternalSdkError, DataCategory::Transaction, 1);
            ledger.lost(DiscardReason::InternalSdkError, DataCategory::Span, 1);
        }
        if let Some(client) = client::global() {
            client.ledger().lost(DiscardReason::InternalSdkError, DataCategory::Span, spans);
        }
        // The other ends of these queues are still written to.
        recorder::put_back(self.queues);
    }
}

fn lose_spans(client: Option<&Client>, spans: u64) {
    if let Some(client) = client {
        client.ledger().lost(DiscardReason::BufferOverflow, DataCategory::Span, spans);
    }
}

impl Gathered {
    fn add(&mut self, child: Child) {
        self.children.push(child);
        if self.children.len() > MAX_SPANS {
            // The earliest stay: a parent starts before its children, so no span loses its parent.
            self.children.sort_by_key(Child::start_order);
            self.dropped += (self.children.len() - transaction::MAX_SPANS) as u64;
            self.children.truncate(transaction::MAX_SPANS);
        }
    }
}
