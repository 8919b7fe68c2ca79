//! State that all requests share: the store, the keep file, and the counts.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

use super::access::Access;
use crate::envelope;
use crate::history::Log;
use crate::model::Received;
use crate::query::{Facts, Store};

/// The maximum size in bytes of submitted envelopes that wait.
const MAX_WAITING: usize = 16 << 20;

/// The state that the requests share.
pub(crate) struct Shared {
    store: Mutex<Store>,
    log: Option<Mutex<Log>>,
    pub(crate) access: Access,
    pub(crate) counts: Counts,
    /// Identifies this start of the dashboard.
    pub(crate) instance: String,
    seq: watch::Sender<u64>,
    /// The number of the last change of each list.
    changed: Mutex<BTreeMap<&'static str, u64>>,
    waiting_bytes: AtomicUsize,
}

/// The reason why an envelope was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It is not an envelope.
    NotAnEnvelope,
    /// Reading it failed by a mistake in this crate.
    Internal,
}

impl Shared {
    pub(crate) fn new(store: Store, log: Option<Log>, access: Access, facts: Facts) -> Self {
        let (seq, _) = watch::channel(store.seq());
        Self {
            store: Mutex::new(store),
            log: log.map(Mutex::new),
            access,
            counts: Counts(Mutex::new(facts)),
            instance: uuid::Uuid::new_v4().to_string(),
            seq,
            changed: Mutex::default(),
            waiting_bytes: AtomicUsize::new(0),
        }
    }

    /// Returns the store. Whoever has it must not wait for anything else.
    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        lock(&self.store)
    }

    /// Takes an envelope: into the file, into the store. Returns the id of its event, if it has one.
    pub(crate) fn take(&self, bytes: &[u8], project: Option<&str>) -> Result<Option<String>, Refused> {
        let read = envelope::parse(bytes);
        if read.header.is_empty() && read.items.is_empty() && read.damage > 0 {
            self.counts.rejected("not_an_envelope");
            return Err(Refused::NotAnEnvelope);
        }
        let event_id = read.header.get("event_id").and_then(serde_json::Value::as_str).map(str::to_owned);
        if let Some(log) = &self.log {
            lock(log).append(&read.to_bytes());
        }
        drop(read);
        self.counts.taken(bytes.len());
        let received = Received { at: now(), project: project.map(str::to_owned), file: None };
        self.show(bytes, received)?;
        Ok(event_id)
    }

    /// Adds an envelope to the store, and wakes everybody who waits for a change.
    pub(crate) fn show(&self, bytes: &[u8], received: Received) -> Result<(), Refused> {
        let (seq, ingested) = {
            let mut store = self.store();
            let Ok(ingested) = catch_unwind(AssertUnwindSafe(|| store.ingest(bytes, received))) else {
                drop(store);
                self.counts.rejected("internal");
                return Err(Refused::Internal);
            };
            (store.seq(), ingested)
        };
        self.announce(seq, &ingested.changed);
        Ok(())
    }

    /// Wakes everybody who waits for a change.
    pub(crate) fn announce(&self, seq: u64, changed: &[&'static str]) {
        {
            let mut known = lock(&self.changed);
            for list in changed {
                let last = known.entry(list).or_default();
                *last = (*last).max(seq);
            }
        }
        self.seq.send_modify(|last| *last = (*last).max(seq));
    }

    /// Returns the lists that changed after a number of a change.
    pub(crate) fn changed_since(&self, seq: u64) -> Vec<&'static str> {
        lock(&self.changed).iter().filter(|(_, last)| **last > seq).map(|(list, _)| *list).collect()
    }

    /// Returns a receiver of the number of the last change.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.seq.subscribe()
    }

    /// Takes room for a submitted envelope; returns `false` if there is none.
    pub(crate) fn reserve(&self, bytes: usize) -> bool {
        let room = |waiting: usize| waiting.checked_add(bytes).filter(|sum| *sum <= MAX_WAITING);
        self.waiting_bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, room).is_ok()
    }

    /// Returns the room of a submitted envelope.
    pub(crate) fn release(&self, bytes: usize) {
        self.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// The counts of the server.
pub(crate) struct Counts(Mutex<Facts>);

impl Counts {
    /// Returns the counts and settings, for the answers of the API.
    pub(crate) fn facts(&self) -> Facts {
        lock(&self.0).clone()
    }

    pub(crate) fn request(&self) {
        lock(&self.0).requests += 1;
    }

    pub(crate) fn dropped(&self) {
        lock(&self.0).dropped += 1;
    }

    /// Counts an envelope or a request that was not taken.
    pub(crate) fn rejected(&self, reason: &'static str) {
        let mut facts = lock(&self.0);
        match facts.rejected.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, count)) => *count += 1,
            None => facts.rejected.push((reason, 1)),
        }
    }

    fn taken(&self, bytes: usize) {
        let mut facts = lock(&self.0);
        facts.envelopes += 1;
        facts.bytes += bytes as u64;
    }
}

/// Returns the time in seconds since 1970.
pub(crate) fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// Locks a mutex. A thread that panicked with it costs its own step only.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
