//! The index of the spool: every file of this process with its age, size and importance, without reading the disk.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::file::FileName;
use crate::protocol::DataCategory;
use crate::transport::config::SpoolLimits;

/// The key of an envelope's copy on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::transport) struct Ticket(u64);

/// A file of the spool.
#[derive(Debug, Clone)]
pub(super) struct SpoolEntry {
    pub(super) name: FileName,
    pub(super) dir: Arc<Path>,
    pub(super) bytes: u64,
    /// Whether the envelope is in memory as well: it waits there, or is being sent.
    pub(super) in_hand: bool,
    /// Whether another process left it, and this process has not counted it as accepted yet.
    pub(super) inherited: bool,
    /// The number of failed attempts to send it.
    pub(super) failures: u32,
}

impl SpoolEntry {
    pub(super) fn path(&self) -> PathBuf {
        self.dir.join(self.name.to_string())
    }
}

/// All files of this process.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// In the order of the tickets, which only grow. Most functions look at every entry anyway, and a map would be compiled
    /// for this type alone.
    entries: Vec<(Ticket, SpoolEntry)>,
    bytes: u64,
    /// The number of files whose envelope is not in memory.
    left_overs: usize,
    last: u64,
}

impl Index {
    pub(super) fn insert(&mut self, entry: SpoolEntry) -> Ticket {
        self.last += 1;
        let ticket = Ticket(self.last);
        self.bytes += entry.bytes;
        self.left_overs += usize::from(!entry.in_hand);
        self.entries.push((ticket, entry));
        ticket
    }

    pub(super) fn remove(&mut self, ticket: Ticket) -> Option<SpoolEntry> {
        let (_, entry) = self.entries.remove(self.place(ticket)?);
        self.bytes -= entry.bytes;
        self.left_overs -= usize::from(!entry.in_hand);
        Some(entry)
    }

    pub(super) fn contains(&self, ticket: Ticket) -> bool {
        self.place(ticket).is_some()
    }

    /// Makes a file a left-over; returns whether it exists. `failed` counts a failed attempt.
    pub(super) fn put_off(&mut self, ticket: Ticket, failed: bool) -> bool {
        let Some(entry) = self.entry(ticket) else { return false };
        let was_in_hand = std::mem::replace(&mut entry.in_hand, false);
        entry.failures += u32::from(failed);
        self.left_overs += usize::from(was_in_hand);
        true
    }

    /// Marks a file of another process as counted by this process.
    pub(super) fn inherit(&mut self, ticket: Ticket) {
        if let Some(entry) = self.entry(ticket) {
            entry.inherited = false;
        }
    }

    /// Returns where the entry of a ticket is.
    fn place(&self, ticket: Ticket) -> Option<usize> {
        self.entries.binary_search_by_key(&ticket, |(ticket, _)| *ticket).ok()
    }

    fn entry(&mut self, ticket: Ticket) -> Option<&mut SpoolEntry> {
        let place = self.place(ticket)?;
        Some(&mut self.entries[place].1)
    }

    /// Returns the number of files and their size in bytes.
    pub(super) fn depth(&self) -> (usize, u64) {
        (self.entries.len(), self.bytes)
    }

    /// Returns whether a file's envelope is not in memory.
    pub(super) fn has_left_overs(&self) -> bool {
        self.left_overs > 0
    }

    pub(super) fn uses(&self, dir: &Path) -> bool {
        self.entries.iter().any(|(_, entry)| *entry.dir == *dir)
    }

    /// Removes the oldest of the least important entries while the limits are exceeded.
    pub(super) fn take_surplus(&mut self, limits: &SpoolLimits) -> Option<(Ticket, SpoolEntry)> {
        if self.entries.len() <= limits.envelopes && self.bytes <= limits.bytes {
            return None;
        }
        let order = |entry: &SpoolEntry| (std::cmp::Reverse(entry.name.level), entry.name);
        let ticket = self.entries.iter().min_by_key(|(_, entry)| order(entry))?.0;
        Some((ticket, self.remove(ticket)?))
    }

    /// Removes an entry that is too old and whose envelope is not in memory.
    pub(super) fn take_expired(&mut self, age: Duration) -> Option<SpoolEntry> {
        let old = |entry: &SpoolEntry| !entry.in_hand && entry.name.is_older_than(age);
        let ticket = self.entries.iter().find(|(_, entry)| old(entry))?.0;
        self.remove(ticket)
    }

    /// Returns the entry to send next, among those that are not in memory and not rate limited: the one with the fewest
    /// failures, then the most important, then the oldest. An envelope that always fails does not hold up the others.
    pub(super) fn next(&mut self, unwanted: impl Fn(DataCategory) -> bool) -> Option<(Ticket, SpoolEntry)> {
        let (ticket, entry) = self
            .entries
            .iter_mut()
            .filter(|(_, entry)| !entry.in_hand && !unwanted(entry.name.category))
            .min_by_key(|(_, entry)| (entry.failures, entry.name.level, entry.name))?;
        entry.in_hand = true;
        self.left_overs -= 1;
        Some((*ticket, entry.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(written: u64, level: usize, category: DataCategory) -> SpoolEntry {
        SpoolEntry {
            name: FileName { written, number: 0, level, category },
            dir: Arc::from(Path::new("dir")),
            bytes: 100,
            in_hand: false,
            inherited: false,
            failures: 0,
        }
    }

    fn index() -> Index {
        let mut index = Index::default();
        index.insert(entry(3, 1, DataCategory::Error));
        index.insert(entry(2, 3, DataCategory::Transaction));
        index.insert(entry(1, 3, DataCategory::Transaction));
        index.insert(entry(4, 4, DataCategory::LogItem));
        index
    }

    #[test]
    fn the_oldest_of_the_least_important_goes_first() {
        let mut index = index();
        let limits = SpoolLimits { envelopes: 1, ..SpoolLimits::default() };
        let gone: Vec<_> =
            std::iter::from_fn(|| index.take_surplus(&limits)).map(|(_, entry)| entry.name.written).collect();
        assert_eq!(gone, [4, 1, 2]);
        assert_eq!(index.depth(), (1, 100));
        let limits = SpoolLimits { bytes: 99, ..SpoolLimits::default() };
        assert!(index.take_surplus(&limits).is_some());
    }

    #[test]
    fn the_most_important_is_sent_first_unless_it_is_unwanted_or_fails() {
        let mut index = index();
        let (ticket, first) = index.next(|_| false).unwrap();
        assert_eq!(first.name.category, DataCategory::Error);
        assert_eq!(index.next(|_| false).unwrap().1.name.written, 1, "the error is in hand");
        assert!(index.put_off(ticket, true));
        let unwanted = |category| category == DataCategory::Transaction;
        assert_eq!(index.next(unwanted).unwrap().1.name.category, DataCategory::LogItem);
        assert_eq!(index.next(unwanted).unwrap().1.name.category, DataCategory::Error);
        assert!(index.next(unwanted).is_none());
        assert!(index.has_left_overs());
        assert!(index.next(|_| false).is_some());
        assert!(!index.has_left_overs(), "everything is in hand");
        assert!(index.put_off(ticket, false) && index.put_off(ticket, false));
        assert!(index.remove(ticket).is_some() && !index.put_off(ticket, false));
        assert!(!index.has_left_overs());
    }

    #[test]
    fn a_directory_is_used_while_a_file_is_in_it() {
        let mut index = Index::default();
        let ticket = index.insert(entry(1, 1, DataCategory::Error));
        assert!(index.uses(Path::new("dir")) && !index.uses(Path::new("other")));
        index.remove(ticket);
        assert!(!index.uses(Path::new("dir")));
    }

    #[test]
    fn a_file_of_another_process_is_counted_once() {
        let mut index = Index::default();
        let ticket = index.insert(SpoolEntry { inherited: true, ..entry(1, 1, DataCategory::Error) });
        index.inherit(ticket);
        assert!(!index.remove(ticket).unwrap().inherited);
    }

    #[test]
    fn what_is_old_and_in_nobodys_hand_expires() {
        let mut index = Index::default();
        let mut busy = entry(1, 1, DataCategory::Error);
        busy.in_hand = true;
        index.insert(busy);
        assert!(index.take_expired(Duration::from_secs(1)).is_none());
        index.insert(entry(1, 1, DataCategory::Error));
        assert!(index.take_expired(Duration::from_secs(1)).is_some());
    }
}
