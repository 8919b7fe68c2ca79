//! An unread `baggage` header. It is read once, when something asks for its entries.
//!
//! A request that continues a trace needs nothing of the header if the caller has decided about sampling. The header is
//! read by the pipeline thread, or for the first request to another service. A decision here needs two numbers, which
//! are found without reading the other entries.

use std::sync::{Arc, OnceLock};

use super::baggage;
use super::baggage_facts::Facts;
use super::sample_rand::{self, DrawnNumber};
use super::span_groups::SpanGroups;
use crate::protocol::DynamicSamplingContext;

/// A header of at most [`MAX_COPIED`](baggage::MAX_COPIED) bytes, and what was read of it.
pub(crate) trait UnreadBaggage: Send + Sync {
    /// Returns the header.
    fn text(&self) -> &str;

    /// Returns the memory for what is read of the header.
    fn reading(&self) -> &Reading;
}

/// What was read of a header. Every result depends on the header and on the number drawn for its trace alone, so that
/// threads that read at the same time agree.
#[derive(Default)]
pub(crate) struct Reading {
    numbers: OnceLock<Numbers>,
    entries: OnceLock<Entries>,
}

#[cfg(test)]
impl Reading {
    /// Returns whether nothing was read.
    pub(crate) fn is_untouched(&self) -> bool {
        self.numbers.get().is_none() && self.entries.get().is_none()
    }
}

/// The numbers of a context that sampling decisions need.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Numbers {
    /// The random number of the trace, in millionths.
    pub(super) sample_rand: u32,
    /// The rate at which the head of the trace was sampled, if it is known.
    pub(super) sample_rate: Option<f32>,
}

/// All entries of a header.
pub(super) struct Entries {
    pub(super) dsc: Arc<DynamicSamplingContext>,
    pub(super) groups: Option<Arc<SpanGroups>>,
    numbers: Numbers,
}

impl dyn UnreadBaggage {
    /// Returns the entries. The first call reads them.
    pub(super) fn entries(&self, drawn: DrawnNumber) -> &Entries {
        let cell = &self.reading().entries;
        if let Some(read) = cell.get() {
            return read;
        }
        // Read before the cell is touched: in the child of a fork nobody would complete what another thread has begun.
        let read = Entries::of(self.text(), drawn);
        cell.get_or_init(|| read)
    }

    /// Returns the numbers. The first call looks for them, unless the entries were read before.
    pub(super) fn numbers(&self, drawn: DrawnNumber) -> Numbers {
        let reading = self.reading();
        if let Some(entries) = reading.entries.get() {
            return entries.numbers;
        }
        if let Some(numbers) = reading.numbers.get() {
            return *numbers;
        }
        match Facts::of(self.text()).and_then(|facts| Numbers::of(&facts)) {
            Some(found) => *reading.numbers.get_or_init(|| found),
            None => self.entries(drawn).numbers,
        }
    }

    /// Calls `with` with the id of the organisation in the header.
    pub(crate) fn with_org_id<R>(&self, drawn: DrawnNumber, with: impl FnOnce(Option<&str>) -> R) -> R {
        match Facts::of(self.text()) {
            Some(facts) => with(facts.org_id),
            None => with(self.entries(drawn).dsc.get("org_id")),
        }
    }
}

/// Returns whether a header has a valid random number of a trace, as far as that is known without reading all entries.
pub(crate) fn has_sample_rand(header: &str) -> bool {
    Facts::of(header).is_some_and(|facts| sample_rand::read(facts.sample_rand).is_some())
}

impl Numbers {
    /// Returns the numbers of a header with these facts, unless a random number has to be made.
    fn of(facts: &Facts<'_>) -> Option<Self> {
        let sample_rand = sample_rand::read(facts.sample_rand)?;
        Some(Self { sample_rand, sample_rate: facts.sample_rate.and_then(rate) })
    }
}

impl Entries {
    fn of(header: &str, drawn: DrawnNumber) -> Self {
        let (mut dsc, mut groups) = Default::default();
        baggage::parse(header, &mut dsc, &mut groups);
        let sample_rand = drawn.settle(&mut dsc);
        let numbers = Numbers { sample_rand, sample_rate: dsc.get("sample_rate").and_then(rate) };
        Self { dsc: Arc::new(dsc), groups: groups.into_shared(), numbers }
    }
}

/// Returns a rate of a context, if it is valid.
pub(super) fn rate(text: &str) -> Option<f32> {
    text.parse().ok().filter(|rate| (0.0..=1.0).contains(rate))
}

/// Copies a header, which becomes empty if it is longer than [`MAX_COPIED`](baggage::MAX_COPIED) bytes. The copy is one
/// piece of memory of the next larger size.
pub(crate) fn copied(header: &str) -> Arc<dyn UnreadBaggage> {
    match header.len() {
        0..=128 => Arc::new(CopiedBaggage::<128>::new(header)),
        129..=256 => Arc::new(CopiedBaggage::<256>::new(header)),
        257..=512 => Arc::new(CopiedBaggage::<512>::new(header)),
        _ => Arc::new(CopiedBaggage::<{ baggage::MAX_COPIED }>::new(header)),
    }
}

/// A copy of a header of at most `MAX` bytes.
struct CopiedBaggage<const MAX: usize> {
    length: usize,
    text: [u8; MAX],
    reading: Reading,
}

impl<const MAX: usize> CopiedBaggage<MAX> {
    fn new(header: &str) -> Self {
        let mut text = [0; MAX];
        let room = text.get_mut(..header.len());
        let length = room.map_or(0, |room| {
            room.copy_from_slice(header.as_bytes());
            room.len()
        });
        Self { length, text, reading: Reading::default() }
    }
}

impl<const MAX: usize> UnreadBaggage for CopiedBaggage<MAX> {
    fn text(&self) -> &str {
        self.text.get(..self.length).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default()
    }

    fn reading(&self) -> &Reading {
        &self.reading
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_any_length_is_the_header() {
        let header = "sentry-release=ö,".repeat(80);
        let ends = (0..=baggage::MAX_COPIED).filter(|&end| header.is_char_boundary(end));
        for end in ends {
            assert_eq!(copied(&header[..end]).text(), &header[..end]);
        }
        assert_eq!(copied(&header).text(), "", "too long to be copied");
    }
}
