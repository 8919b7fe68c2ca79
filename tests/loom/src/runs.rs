//! Models of the place in which a thread shows its open run: a reader never mixes two runs.

use loom::sync::Arc;
use loom::thread;

use crate::model;
use crate::shown_run::ShownRun;
use crate::trace::record::RootValues;

/// Returns the values of a run. All of them follow from its number.
fn values(key: u64) -> RootValues {
    RootValues { key, start: 2 * key, salt: 3 * key, rate: key as f32, sampled: key % 2 == 1 }
}

/// Reads the place, and returns the number of the run; zero without one.
fn read(place: &ShownRun) -> u64 {
    let Some((RootValues { key, start, salt, rate, sampled }, ())) = place.read(|| ()) else { return 0 };
    let expected = values(key);
    assert_eq!((start, salt, rate), (expected.start, expected.salt, expected.rate));
    assert_eq!(sampled, expected.sampled);
    key
}

pub(crate) fn check() {
    model("a reader never mixes two runs of a thread", || {
        let place = Arc::new(ShownRun::default());
        place.begin(values(1));
        let shared = Arc::clone(&place);
        let reader = thread::spawn(move || read(&shared));
        place.end();
        place.begin(values(2));
        assert!(reader.join().unwrap() <= 2);
        assert_eq!(read(&place), 2);
    });

    model("nor if another thread ends the first", || {
        let place = Arc::new(ShownRun::default());
        place.begin(values(1));
        let (shared, ended) = (Arc::clone(&place), Arc::clone(&place));
        let reader = thread::spawn(move || read(&shared));
        let other = thread::spawn(move || ended.end());
        if place.key() == 0 {
            place.begin(values(2));
        }
        other.join().unwrap();
        assert!(reader.join().unwrap() <= 2);
    });
}
