//! A queue of rows in order of arrival. The oldest row is evicted first; pinned rows are kept.

use std::collections::{BTreeMap, VecDeque};

/// A queue of rows with stable numbers.
#[derive(Debug)]
pub(crate) struct Fifo<T> {
    /// The number of the first row of the queue.
    base: u64,
    rows: VecDeque<(u64, T)>,
    /// Evicted rows that belong to a pinned trace.
    kept: BTreeMap<u64, (u64, T)>,
}

impl<T> Default for Fifo<T> {
    fn default() -> Self {
        Self { base: 0, rows: VecDeque::new(), kept: BTreeMap::new() }
    }
}

impl<T> Fifo<T> {
    /// Adds a row with its stamp (stamps grow over all queues) and returns its number.
    pub(crate) fn push(&mut self, stamp: u64, row: T) -> u64 {
        self.rows.push_back((stamp, row));
        self.base + self.rows.len() as u64 - 1
    }

    pub(crate) fn get(&self, number: u64) -> Option<&T> {
        self.entry(number).map(|(_, row)| row)
    }

    fn entry(&self, number: u64) -> Option<&(u64, T)> {
        match number.checked_sub(self.base) {
            Some(at) => self.rows.get(usize::try_from(at).ok()?),
            None => self.kept.get(&number),
        }
    }

    pub(crate) fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        match number.checked_sub(self.base) {
            Some(at) => self.rows.get_mut(usize::try_from(at).ok()?),
            None => self.kept.get_mut(&number),
        }
        .map(|(_, row)| row)
    }

    /// Returns the stamp of the oldest row of the queue.
    pub(crate) fn oldest(&self) -> Option<u64> {
        self.rows.front().map(|(stamp, _)| *stamp)
    }

    /// Takes the oldest row out of the queue.
    pub(crate) fn pop(&mut self) -> Option<(u64, u64, T)> {
        let (stamp, row) = self.rows.pop_front()?;
        self.base += 1;
        if self.rows.len() * 4 < self.rows.capacity() && self.rows.capacity() > 1024 {
            self.rows.shrink_to(self.rows.len() * 2);
        }
        Some((self.base - 1, stamp, row))
    }

    /// Puts a row that was taken out beside the queue, where it stays until it is released.
    pub(crate) fn keep(&mut self, number: u64, stamp: u64, row: T) {
        self.kept.insert(number, (stamp, row));
    }

    /// Takes a row out that was kept.
    pub(crate) fn release(&mut self, number: u64) -> Option<T> {
        self.kept.remove(&number).map(|(_, row)| row)
    }

    /// Returns whether a row is kept beside the queue.
    pub(crate) fn is_kept(&self, number: u64) -> bool {
        number < self.base && self.kept.contains_key(&number)
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len() + self.kept.len()
    }

    /// Returns all rows with their numbers, newest first.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = (u64, u64, &T)> {
        let numbered = self.rows.iter().enumerate().rev();
        let rows = numbered.map(|(at, (stamp, row))| (self.base + at as u64, *stamp, row));
        rows.chain(self.kept.iter().rev().map(|(number, (stamp, row))| (*number, *stamp, row)))
    }

    /// Returns all rows, oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.kept.values().chain(self.rows.iter()).map(|(_, row)| row)
    }
}

#[cfg(test)]
mod tests {
    use super::Fifo;

    #[test]
    fn numbers_stay_when_older_rows_go() {
        let mut fifo = Fifo::default();
        let numbers: Vec<u64> = (0..3).map(|stamp| fifo.push(stamp, stamp * 10)).collect();
        let (number, stamp, row) = fifo.pop().expect("a row");
        assert_eq!((number, row), (numbers[0], 0));
        assert_eq!(fifo.get(numbers[0]), None);
        assert_eq!(fifo.get(numbers[2]), Some(&20));
        fifo.keep(number, stamp, row);
        assert_eq!(fifo.get(numbers[0]), Some(&0));
        assert_eq!(fifo.newest_first().map(|(number, ..)| number).collect::<Vec<_>>(), [2, 1, 0]);
        assert_eq!(fifo.release(numbers[0]), Some(0));
        assert_eq!(fifo.get(99), None);
        assert_eq!(fifo.len(), 2);
    }
}
