//! The spool: a copy on disk of every envelope that is not sent yet.
//!
//! An envelope is written to disk before it is handed to the transport's thread ([`Spool::store`]); the file is deleted
//! when the server has accepted the envelope or refused it for good ([`Spool::remove`]). An envelope that could not be
//! sent, or was displaced from the queue in memory, stays on disk as a left-over ([`Spool::put_off`]) and is sent
//! later ([`Spool::next`]), like the files that other processes left behind: slowly while the program runs, and without
//! pauses while it waits in a flush, since many programs end after one. The pipeline thread and the transport's thread
//! write files, never a caller.
//!
//! ```text
//! <spool_dir>/sentry-<project>/<process>-<random>/<time>-<number>-<level>-<category>.envelope
//!                             /<process>-<random>.lock     locked while the process lives, see claim
//!                             /….bad                       damaged files, ten at most
//! ```
//!
//! If the disk is full or the directory is not writable, envelopes are kept in memory only; this is reported once.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/transport/offline-caching/)

mod claim;
mod file;
mod index;
pub(crate) mod inflight;
mod pace;
mod recovery;
#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use self::claim::Claim;
use self::file::FileName;
pub(super) use self::index::Ticket;
use self::index::{Index, SpoolEntry};
pub(super) use self::pace::Hurry;
use self::pace::Pace;
use super::ledger::Ledger;
use crate::base::diagnostics;
use crate::base::lock::lock;
use crate::protocol::{DiscardReason, Dsn, Envelope};
use crate::transport::config::SpoolLimits;

/// The prefix of a project's folder.
const FOLDER: &str = "sentry-";
/// The time after a failed write during which no write is attempted.
const PEACE: Duration = Duration::from_secs(10);

/// The spool of one client.
#[derive(Debug)]
pub(crate) struct Spool {
    root: PathBuf,
    limits: SpoolLimits,
    ledger: Arc<Ledger>,
    state: Mutex<SpoolState>,
}

#[derive(Debug)]
struct SpoolState {
    /// The process of this state: after a fork the child's copy is invalid.
    process: u32,
    index: Index,
    /// The folder to which this process writes.
    own: Option<Claim>,
    /// The folders that other processes left behind.
    adopted: Vec<Claim>,
    written: u32,
    peace_until: Option<Instant>,
    complained: bool,
    /// Whether the user was told that a file is damaged.
    told_of_damage: bool,
    pace: Pace,
}

impl SpoolState {
    fn new() -> Self {
        Self {
            process: std::process::id(),
            index: Index::default(),
            own: None,
            adopted: Vec::new(),
            written: 0,
            peace_until: None,
            complained: false,
            told_of_damage: false,
            pace: Pace::new(),
        }
    }
}

impl Spool {
    /// Creates a spool in this directory for the project of this DSN: its envelopes are never sent to another project,
    /// while the key may change. Does not touch the disk yet.
    pub(crate) fn new(dir: &Path, dsn: &Dsn, limits: SpoolLimits, ledger: &Arc<Ledger>) -> Arc<Self> {
        // The program may change its working directory.
        let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
        Arc::new(Self {
            root: dir.join(format!("{FOLDER}{:016x}", fingerprint(&dsn.envelope_api_url()))),
            limits,
            ledger: Arc::clone(ledger),
            state: Mutex::new(SpoolState::new()),
        })
    }

    /// Returns the state, replaced if it belongs to the parent of a fork.
    fn state(&self) -> std::sync::MutexGuard<'_, SpoolState> {
        let mut state = lock(&self.state);
        if state.process != std::process::id() {
            // Closes the child's copies of the locks; the parent keeps its own.
            *state = SpoolState::new();
        }
        state
    }

    /// Writes an envelope to disk. Returns `None` if that was not possible, or if every file there is more important:
    /// then the envelope is only in memory.
    pub(super) fn store(&self, envelope: &Envelope) -> Option<Ticket> {
        // An envelope that exceeds the limit on its own must not displace all others.
        let bytes = file::encode(envelope).filter(|bytes| bytes.len() as u64 <= self.limits.bytes)?;
        let (dir, number) = self.place()?;
        let name = FileName::new(envelope, number);
        if let Err(error) = file::write(&dir, &name, &bytes) {
            self.complain(&dir, &error);
            return None;
        }
        let bytes = bytes.len() as u64;
        let entry = SpoolEntry { name, dir, bytes, in_hand: true, inherited: false, failures: 0 };
        let ticket = self.state().index.insert(entry);
        self.keep_limits();
        self.state().index.contains(ticket).then_some(ticket)
    }

    /// Returns the folder of the next file, and its number.
    fn place(&self) -> Option<(Arc<Path>, u32)> {
        let mut state = self.state();
        if state.peace_until.is_some_and(|until| Instant::now() < until) {
            return None;
        }
        if state.own.is_none() {
            drop(state);
            let made = Claim::create(&self.root);
            state = self.state();
            match made {
                Ok(claim) if state.own.is_none() => state.own = Some(claim),
                Ok(second) => second.discard(),
                Err(error) => {
                    drop(state);
                    self.complain(&self.root, &error);
                    return None;
                }
            }
        }
        state.written = state.written.wrapping_add(1);
        Some((Arc::from(state.own.as_ref()?.dir()), state.written))
    }

    /// Reports once that the disk cannot be used.
    fn complain(&self, at: &Path, error: &io::Error) {
        let mut state = self.state();
        if error.kind() == io::ErrorKind::NotFound {
            // The folder was deleted: the next envelope creates a new one.
            state.own = None;
        } else {
            state.peace_until = Some(Instant::now() + PEACE);
        }
        if !std::mem::replace(&mut state.complained, true) {
            drop(state);
            diagnostics::error(format_args!(
                "the spool at {} is not writable ({error}): envelopes are kept in memory only",
                at.display()
            ));
        }
    }

    /// Deletes files that exceed the limits, and counts those that are not in memory.
    fn keep_limits(&self) {
        loop {
            let surplus = self.state().index.take_surplus(&self.limits);
            let Some((_, entry)) = surplus else { return };
            self.delete(&entry, DiscardReason::CacheOverflow);
        }
    }

    /// Deletes a file whose entry was removed. If the envelope is not in memory, its loss is counted.
    fn delete(&self, entry: &SpoolEntry, reason: DiscardReason) {
        let path = entry.path();
        if !entry.in_hand {
            match fs::read(&path).ok().and_then(|bytes| file::decode(&bytes).ok()) {
                Some(envelope) => {
                    for item in envelope.items() {
                        if entry.inherited {
                            self.ledger.accepted_item(item);
                        }
                        self.ledger.lost_item(reason, item);
                    }
                }
                None => self.ledger.lost(reason, entry.name.category, 1),
            }
        }
        let _ = fs::remove_file(path);
    }

    /// Deletes the copy of an envelope that the server has accepted, or never will.
    pub(super) fn remove(&self, ticket: Ticket) {
        let entry = self.state().index.remove(ticket);
        if let Some(entry) = entry {
            // If the deletion fails, the envelope is sent again after the next start, with the same ids.
            let _ = fs::remove_file(entry.path());
        }
    }

    /// Leaves an envelope to its copy on disk. Returns whether the copy still exists. Does no I/O.
    pub(super) fn put_off(&self, ticket: Ticket, failed: bool) -> bool {
        let mut state = self.state();
        if failed {
            state.pace.failed();
        }
        state.index.put_off(ticket, failed)
    }

    /// Notes that the server was reached, so that left-overs may be sent soon.
    pub(super) fn reached(&self) {
        self.state().pace.reached();
    }

    /// Returns the number of files and their size in bytes.
    pub(super) fn depth(&self) -> (usize, u64) {
        self.state().index.depth()
    }

    /// Releases the folders of this process: their files are left to the next process. Nothing is stored or sent after
    /// that.
    pub(super) fn discard(&self) {
        let (own, adopted) = {
            let mut state = self.state();
            state.pace.stop();
            (state.own.take(), std::mem::take(&mut state.adopted))
        };
        own.into_iter().chain(adopted).for_each(Claim::discard);
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        self.discard();
    }
}

/// Returns a short name for an address (FNV-1a), which is the same in every version.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
