//! Tests of the spool on a real disk.

use std::path::PathBuf;

use super::*;
use crate::protocol::{DataCategory, EnvelopeItem, ItemType, random};

/// A folder that is deleted at the end of the test.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sentry-spool-{name}-{:x}", random::random_u64()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn spool(folder: &Folder, limits: SpoolLimits) -> (Arc<Spool>, Arc<Ledger>) {
    let ledger = Arc::new(Ledger::default());
    let dsn: Dsn = "http://key@localhost/1".parse().unwrap();
    (Spool::new(folder.path(), &dsn, limits, &ledger), ledger)
}

fn envelope(ty: ItemType, category: DataCategory, text: &str) -> Envelope {
    let mut envelope = Envelope::new();
    envelope.add_item(EnvelopeItem::json(ty, text.as_bytes().to_vec(), category));
    envelope
}

fn error(text: &str) -> Envelope {
    envelope(ItemType::Event, DataCategory::Error, text)
}

fn text(envelope: &Envelope) -> String {
    String::from_utf8_lossy(envelope.items()[0].payload()).into_owned()
}

/// Returns the next left-over envelope, even if it is not due yet.
fn next(spool: &Spool) -> Option<(Ticket, Envelope)> {
    spool.sent();
    std::thread::sleep(Duration::from_millis(105));
    spool.next(Hurry::No, |_| false)
}

fn files(folder: &Folder, ending: &str) -> Vec<PathBuf> {
    fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            if entry.path().is_dir() { walk(&entry.path(), found) } else { found.push(entry.path()) }
        }
    }
    let mut found = Vec::new();
    walk(folder.path(), &mut found);
    found.retain(|path| path.to_string_lossy().ends_with(ending));
    found.sort_unstable();
    found
}

#[test]
fn what_a_process_left_is_found_by_the_next() {
    let folder = Folder::new("left");
    {
        let (spool, _) = spool(&folder, SpoolLimits::default());
        let taken = spool.store(&error("taken")).unwrap();
        spool.store(&error("left")).unwrap();
        assert_eq!(spool.depth().0, 2);
        spool.remove(taken);
        assert!(spool.next(Hurry::No, |_| false).is_none(), "an envelope in memory is not a left-over");
    }
    let (spool, ledger) = spool(&folder, SpoolLimits::default());
    assert_eq!(spool.depth().0, 0, "the disk is not read at the start");
    let (ticket, envelope) = spool.next(Hurry::No, |_| false).unwrap();
    assert_eq!(text(&envelope), "left");
    assert_eq!(ledger.all_accepted(), [(DataCategory::Error, 1)]);
    spool.remove(ticket);
    assert!(next(&spool).is_none());
    assert_eq!(files(&folder, ".envelope"), [""; 0].map(PathBuf::from));
    drop(spool);
    assert_eq!(files(&folder, ""), [""; 0].map(PathBuf::from), "not even a lock is left");
}

#[cfg(unix)]
#[test]
fn only_the_user_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new("mode");
    let (spool, _) = spool(&folder, SpoolLimits::default());
    spool.store(&error("secret")).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let file = files(&folder, ".envelope").remove(0);
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(file.parent().unwrap()), 0o700);
    assert_eq!(mode(file.parent().unwrap().parent().unwrap()), 0o700);
}

#[test]
fn a_full_spool_gives_up_the_oldest_of_the_least_important_and_counts_it() {
    let folder = Folder::new("full");
    let limits = SpoolLimits { envelopes: 2, ..SpoolLimits::default() };
    let (spool, ledger) = spool(&folder, limits);
    let log = envelope(ItemType::Log, DataCategory::LogItem, "log");
    let first = spool.store(&log).unwrap();
    assert!(spool.put_off(first, false));
    let in_hand = spool.store(&error("1")).unwrap();
    let second = spool.store(&error("2")).unwrap();
    let lost: Vec<_> =
        ledger.all_lost().iter().map(|lost| (lost.reason, lost.category, lost.quantity)).collect();
    assert_eq!(lost, [(DiscardReason::CacheOverflow, DataCategory::LogItem, 1)]);
    assert!(spool.store(&log).is_none(), "the new envelope is the least important");
    spool.store(&error("3")).unwrap();
    assert!(!spool.put_off(in_hand, true), "the file was displaced; the thread with the envelope counts it");
    assert!(spool.put_off(second, true));
    assert_eq!(ledger.all_lost().len(), 1);
    assert_eq!(spool.depth().0, 2);
}

#[test]
fn one_that_is_too_large_drives_nobody_out() {
    let folder = Folder::new("large");
    let (spool, _) = spool(&folder, SpoolLimits { bytes: 1_000, ..SpoolLimits::default() });
    spool.store(&error("small")).unwrap();
    assert!(spool.store(&error(&"large ".repeat(300))).is_none());
    assert_eq!(spool.depth().0, 1);
}

#[test]
fn what_is_too_old_or_unwanted_is_not_sent() {
    let folder = Folder::new("old");
    let limits = SpoolLimits { age: Duration::from_millis(50), ..SpoolLimits::default() };
    let (spool, ledger) = spool(&folder, limits);
    let ticket = spool.store(&error("1")).unwrap();
    spool.put_off(ticket, false);
    assert!(spool.next(Hurry::No, |category| category == DataCategory::Error).is_none());
    std::thread::sleep(Duration::from_millis(60));
    assert!(next(&spool).is_none());
    assert_eq!(ledger.all_lost_of(DiscardReason::CacheOverflow, DataCategory::Error), 1);
    assert_eq!(files(&folder, ".envelope").len(), 0);
}

#[test]
fn what_is_cut_or_foreign_is_set_aside() {
    let folder = Folder::new("bad");
    let home = {
        let (spool, _) = spool(&folder, SpoolLimits::default());
        spool.store(&error("cut")).unwrap();
        spool.store(&error("whole")).unwrap();
        let all = files(&folder, ".envelope");
        let bytes = fs::read(&all[0]).unwrap();
        fs::write(&all[0], &bytes[..bytes.len() - 3]).unwrap();
        all[0].parent().unwrap().to_owned()
    };
    fs::write(home.join("half.envelope.tmp"), "half").unwrap();
    fs::create_dir(home.join("a folder")).unwrap();
    for number in 0..15 {
        fs::write(home.join(format!("photo {number}.jpg")), "photo").unwrap();
    }
    let (spool, ledger) = spool(&folder, SpoolLimits::default());
    let (ticket, envelope) = spool.next(Hurry::No, |_| false).unwrap();
    assert_eq!(text(&envelope), "whole");
    spool.remove(ticket);
    assert_eq!(ledger.all_lost_of(DiscardReason::InternalSdkError, DataCategory::Error), 1);
    assert_eq!(files(&folder, ".tmp").len(), 0);
    let bad = files(&folder, ".bad").len();
    assert!((9..=10).contains(&bad), "{bad}");
    assert!(next(&spool).is_none());
    drop(spool);
    assert!(!home.exists(), "its folder is cleared away");
}

#[test]
fn a_directory_that_cannot_be_used_costs_nothing_but_the_spool() {
    let folder = Folder::new("unusable");
    let file = folder.path().join("file");
    fs::write(&file, "no directory").unwrap();
    let dsn: Dsn = "http://key@localhost/1".parse().unwrap();
    let spool = Spool::new(&file.join("spool"), &dsn, SpoolLimits::default(), &Arc::default());
    assert!(spool.store(&error("1")).is_none());
    assert!(spool.store(&error("2")).is_none());
    assert!(lock(&spool.state).complained);
    assert!(spool.next(Hurry::No, |_| false).is_none());
}

#[test]
fn a_folder_that_somebody_clears_away_is_made_anew() {
    let folder = Folder::new("cleared");
    let (spool, _) = spool(&folder, SpoolLimits::default());
    let ticket = spool.store(&error("1")).unwrap();
    fs::remove_dir_all(folder.path()).unwrap();
    spool.remove(ticket);
    assert!(spool.store(&error("2")).is_none());
    assert!(spool.store(&error("3")).is_some());
}

#[test]
fn what_no_project_wants_any_more_is_cleared_away() {
    let folder = Folder::new("forgotten");
    {
        let (spool, _) = spool(&folder, SpoolLimits::default());
        spool.store(&error("young")).unwrap();
        spool.store(&error("old")).unwrap();
    }
    let file = files(&folder, ".envelope").remove(1);
    fs::rename(&file, file.with_file_name("0000000000001-00000001-1-error.envelope")).unwrap();
    let dsn: Dsn = "http://key@localhost/2".parse().unwrap();
    let other = Spool::new(folder.path(), &dsn, SpoolLimits::default(), &Arc::default());
    assert!(other.next(Hurry::No, |_| false).is_none());
    assert_eq!(files(&folder, ".envelope").len(), 1, "the young one waits for its project");
}

#[test]
fn each_project_has_a_folder_of_its_own() {
    let folder = Folder::new("dsn");
    {
        let (spool, _) = spool(&folder, SpoolLimits::default());
        spool.store(&error("for 1")).unwrap();
    }
    let with =
        |dsn: &str| Spool::new(folder.path(), &dsn.parse().unwrap(), SpoolLimits::default(), &Arc::default());
    assert!(with("http://key@localhost/2").next(Hurry::No, |_| false).is_none());
    assert!(with("http://key@other/1").next(Hurry::No, |_| false).is_none());
    assert!(with("http://new-key@localhost/1").next(Hurry::No, |_| false).is_some());
}
