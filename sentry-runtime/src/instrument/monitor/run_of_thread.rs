//! The run of a monitor that a thread began as a lazy root: written by the thread without a lock or a count, and read by
//! whoever ends the program.
//!
//! Most jobs are such roots, and many are short. A shared list of runs would cost them a lock and a count of references,
//! twice. So each thread has a place for one run, see [`ShownRun`].

use std::cell::RefCell;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::shown_run::ShownRun;
use crate::base::fork::{self, PerProcess};
use crate::client::Client;
use crate::intake::check_in::MonitorRun;
use crate::trace::ids::LocalId;
use crate::trace::monitor_site::MonitorSite;
use crate::trace::record::{OpenRoot, RootValues};

/// The place for the open run of one thread.
#[derive(Debug, Default)]
pub(super) struct Place {
    shown: ShownRun,
    /// The client and the monitor of the run, which are usually those of the previous run. They change only while no run
    /// is open.
    job: Mutex<(Weak<Client>, Option<&'static MonitorSite>)>,
    /// The last run whose end was sent because the program was about to end.
    failed: AtomicU64,
}

/// The place of the current thread.
struct Own {
    place: Arc<Place>,
    /// The process in which the run began: a forked child does not report the runs of its parent.
    generation: u32,
    /// The client and the monitor that the place holds.
    client: *const Client,
    site: &'static MonitorSite,
    /// Whether the first check-in of the run is a record of the thread. Its last one may be a record too, or a message,
    /// which is read after the records.
    recorded: bool,
}

thread_local! {
    static OWN: OfThread = const { OfThread(RefCell::new(None)) };
}

struct OfThread(RefCell<Option<Own>>);

/// The places of the threads of this process, and those of threads that have ended with an open run.
static PLACES: PerProcess<Mutex<Vec<Arc<Place>>>> = PerProcess::new();

fn places() -> MutexGuard<'static, Vec<Arc<Place>>> {
    PLACES.get_or_make(|_| Mutex::default()).lock().unwrap_or_else(PoisonError::into_inner)
}

/// A run that has left its place.
pub(super) struct Left {
    pub(super) site: &'static MonitorSite,
    pub(super) recorded: bool,
}

impl Place {
    fn is_free(&self) -> bool {
        self.shown.key() == 0
    }

    /// Makes the place free.
    pub(super) fn end(&self) {
        self.shown.end();
    }

    /// Returns the open run, and whether its end was sent already.
    pub(super) fn run(&self) -> Option<(MonitorRun, bool)> {
        let job = || {
            let job = self.job.lock().unwrap_or_else(PoisonError::into_inner);
            let job = (job.0.upgrade(), job.1);
            #[cfg(test)]
            tests::between_the_looks();
            job
        };
        let (values, (client, site)) = self.shown.read(job)?;
        let failed = self.failed.load(Ordering::Relaxed) == values.key;
        let root = OpenRoot { values, client: client? };
        Some((MonitorRun::Lazy { root, site: site? }, failed))
    }

    /// Returns the open run, unless this was called for it before.
    fn fail(&self) -> Option<MonitorRun> {
        let (run, failed) = self.run()?;
        self.failed.store(run.key(), Ordering::Relaxed);
        (!failed).then_some(run)
    }
}

impl Own {
    /// Returns a new place for this thread.
    #[cold]
    #[inline(never)]
    fn new(client: &Arc<Client>, site: &'static MonitorSite) -> Self {
        let place = Arc::<Place>::default();
        places().push(Arc::clone(&place));
        let mut own =
            Self { place, generation: fork::generation(), client: ptr::null(), site, recorded: false };
        own.hold(client, site);
        own
    }

    /// Keeps the client and the monitor of the next run.
    #[cold]
    #[inline(never)]
    fn hold(&mut self, client: &Arc<Client>, site: &'static MonitorSite) {
        let job = (Arc::downgrade(client), Some(site));
        *self.place.job.lock().unwrap_or_else(PoisonError::into_inner) = job;
        (self.client, self.site) = (Arc::as_ptr(client), site);
    }

    fn is_of(&self, client: &Arc<Client>, site: &'static MonitorSite) -> bool {
        ptr::eq(self.client, Arc::as_ptr(client)) && ptr::eq(self.site, site)
    }

    fn is_current(&self) -> bool {
        self.generation == fork::generation()
    }

    fn has(&self, key: LocalId) -> bool {
        self.is_current() && self.place.shown.key() == key
    }
}

impl Drop for OfThread {
    /// A run whose guard was forgotten, or is in another thread-local, stays open when its thread ends.
    fn drop(&mut self) {
        if let Some(own) = self.0.take()
            && own.is_current()
            && own.place.is_free()
        {
            places().retain(|known| !Arc::ptr_eq(known, &own.place));
        }
    }
}

/// Puts a run that begins as a lazy root into the place of its thread. Returns `false` if the place is taken, or the
/// thread is ending.
#[inline]
pub(super) fn begin(root: RootValues, client: &Arc<Client>, site: &'static MonitorSite) -> bool {
    let begin = |own: &OfThread| {
        let Ok(mut own) = own.0.try_borrow_mut() else { return false };
        let own = match &mut *own {
            Some(own) if own.is_current() => {
                if !own.place.is_free() {
                    return false;
                }
                if !own.is_of(client, site) {
                    own.hold(client, site);
                }
                own
            }
            own => own.insert(Own::new(client, site)),
        };
        own.recorded = true;
        own.place.shown.begin(root);
        true
    };
    OWN.try_with(begin).unwrap_or_default()
}

/// Notes that the first check-in of the run is a message.
#[cold]
pub(super) fn set_unrecorded() {
    with_own(|own| own.recorded = false);
}

/// Takes a run out of the place of this thread.
#[inline]
pub(super) fn end(key: LocalId) -> Option<Left> {
    with_own(|own| {
        own.has(key).then(|| {
            own.place.end();
            Left { site: own.site, recorded: own.recorded }
        })
    })
    .flatten()
}

/// Takes a run out of the place of this thread if its first check-in is a record. Returns its monitor.
#[inline]
pub(super) fn end_recorded(key: LocalId) -> Option<&'static MonitorSite> {
    with_own(|own| {
        (own.recorded && own.has(key)).then(|| {
            own.place.end();
            own.site
        })
    })
    .flatten()
}

/// Returns the place of a run, of any thread.
pub(super) fn find(key: LocalId) -> Option<Arc<Place>> {
    places().iter().find(|place| place.shown.key() == key).map(Arc::clone)
}

/// Ends the runs of all threads as failed. Returns those for which this was not done before.
pub(super) fn fail_all() -> Vec<MonitorRun> {
    // Not under the lock: the last handle of a client may be dropped.
    let places = places().clone();
    places.iter().filter_map(|place| place.fail()).collect()
}

fn with_own<R>(look: impl FnOnce(&mut Own) -> R) -> Option<R> {
    OWN.try_with(|own| own.0.try_borrow_mut().ok()?.as_mut().map(look)).ok().flatten()
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    thread_local! {
        static BETWEEN_THE_LOOKS: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
    }

    /// Runs what a test wants to happen between the two looks of a reader.
    pub(super) fn between_the_looks() {
        if let Some(happens) = BETWEEN_THE_LOOKS.take() {
            happens();
        }
    }

    use crate::options::ClientOptions;
    use crate::trace::callsite::{Callsite, CallsiteOptions};
    use crate::transport::TestTransport;

    static CALLSITE: Callsite = Callsite {
        path: || "shop::count::here",
        module: "shop",
        location: "src/count.rs:7",
        options: &CallsiteOptions::new().name("count"),
    };
    static SITE: MonitorSite = MonitorSite::new(&CALLSITE, "count");
    static OTHER: MonitorSite = MonitorSite::new(&CALLSITE, "other");

    fn client() -> Arc<Client> {
        let options = ClientOptions::new().dsn("https://key@example.com/1").transport(TestTransport::new());
        Client::new(options).unwrap()
    }

    /// All values follow from the number, so that a mixture of two runs is noticed.
    fn values(key: LocalId) -> RootValues {
        RootValues { key, start: key * 2, salt: key * 3, rate: 1.0, sampled: true }
    }

    #[test]
    fn a_place_shows_its_run_while_it_is_open_and_fails_it_once() {
        let (client, key) = (client(), 1 << 40);
        assert!(begin(values(key), &client, &SITE));
        assert!(!begin(values(key + 1), &client, &SITE), "the place is taken");
        let place = find(key).unwrap();
        let (run, failed) = place.run().unwrap();
        assert_eq!((run.key(), run.started(), failed), (key, key * 2, false));
        assert!(place.fail().is_some());
        assert!(place.fail().is_none(), "its end was sent already");
        assert!(place.run().unwrap().1);
        assert!(end(key + 1).is_none());
        assert!(ptr::eq(end(key).unwrap().site, &SITE));
        assert!(place.run().is_none() && end(key).is_none());
        assert!(begin(values(key + 1), &client, &OTHER));
        let MonitorRun::Lazy { site, .. } = place.run().unwrap().0 else { panic!("it is lazy") };
        assert!(ptr::eq(site, &OTHER) && ptr::eq(end(key + 1).unwrap().site, &OTHER));
    }

    #[test]
    fn a_run_that_outlives_its_thread_stays_open() {
        let (client, key) = (client(), 2 << 40);
        let (kept, other) = (Arc::clone(&client), Arc::clone(&client));
        thread::spawn(move || assert!(begin(values(key), &kept, &SITE))).join().unwrap();
        let ends = move || {
            assert!(begin(values(key + 1), &other, &SITE));
            let place = find(key + 1).unwrap();
            end(key + 1);
            place
        };
        let ended = thread::spawn(ends).join().unwrap();
        let place = find(key).unwrap();
        assert_eq!(place.run().unwrap().0.key(), key);
        assert!(!places().iter().any(|known| Arc::ptr_eq(known, &ended)), "nothing is open there");
        place.end();
        assert!(find(key).is_none());
    }

    #[test]
    fn a_run_that_ends_while_it_is_read_is_not_shown() {
        let (client, key) = (client(), 4 << 40);
        assert!(begin(values(key), &client, &SITE));
        let place = find(key).unwrap();
        let same_client = Arc::clone(&client);
        let next = move || {
            end(key);
            assert!(begin(values(key + 1), &same_client, &SITE));
        };
        BETWEEN_THE_LOOKS.set(Some(Box::new(next)));
        assert!(place.run().is_none());
        assert_eq!(place.run().unwrap().0.key(), key + 1);
        end(key + 1);
    }

    #[test]
    fn a_reader_never_mixes_two_runs() {
        let (client, first) = (client(), 3 << 40);
        let runs = if cfg!(miri) { 20 } else { 20_000 };
        assert!(begin(values(first), &client, &SITE));
        let place = find(first).unwrap();
        let read = || {
            let mut last = first;
            while last < first + runs {
                if let Some((run, _)) = place.run() {
                    let MonitorRun::Lazy { root, .. } = run else { panic!("it is lazy") };
                    let RootValues { key, start, salt, .. } = root.values;
                    assert_eq!((start, salt), (key * 2, key * 3));
                    assert!(key >= last);
                    last = key;
                }
            }
        };
        thread::scope(|threads| {
            threads.spawn(read);
            for key in first + 1..=first + runs {
                end(key - 1);
                assert!(begin(values(key), &client, if key % 7 == 0 { &OTHER } else { &SITE }));
            }
        });
        end(first + runs);
    }
}
