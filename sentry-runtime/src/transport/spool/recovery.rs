//! Recovery of left-overs: files that are on disk and not in memory are found, and handed out one by one.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::claim::Claim;
use super::file::{self, FileName};
use super::index::{SpoolEntry, Ticket};
use super::pace::Hurry;
use super::{FOLDER, Spool, SpoolState};
use crate::base::diagnostics;
use crate::base::order::{of_time, sort_by_number};
use crate::protocol::{DataCategory, DiscardReason, Envelope};

/// The maximum number of unreadable files that are kept for diagnosis.
const MOST_BAD: usize = 10;
const BAD: &str = ".bad";
/// The age at which files of a project that no process sends to any more are deleted: no server accepts them by
/// then.
const FORGOTTEN: Duration = Duration::from_secs(30 * 24 * 3600);

impl Spool {
    /// Returns the time until [`next`](Self::next) should be called.
    pub(in crate::transport) fn wait(&self) -> Option<Duration> {
        let state = self.state();
        state.pace.wait(state.index.has_left_overs())
    }

    /// Returns the next left-over, if one is due (in a hurry each is) and not rate limited. The copy stays on disk until it is removed or
    /// put off.
    pub(in crate::transport) fn next(
        &self,
        hurry: Hurry,
        unwanted: impl Fn(DataCategory) -> bool,
    ) -> Option<(Ticket, Envelope)> {
        if self.state().pace.scan() {
            self.adopt();
        }
        self.expire();
        loop {
            let (ticket, entry) = {
                let mut state = self.state();
                if !state.pace.may_send(hurry) {
                    return None;
                }
                let Some(next) = state.index.next(&unwanted) else {
                    state.pace.limited();
                    return None;
                };
                next
            };
            if let Some(envelope) = self.load(ticket, &entry) {
                return Some((ticket, envelope));
            }
        }
    }

    fn load(&self, ticket: Ticket, entry: &SpoolEntry) -> Option<Envelope> {
        let path = entry.path();
        let problem = match fs::read(&path) {
            Ok(bytes) => match file::decode(&bytes) {
                Ok(envelope) => {
                    if entry.inherited {
                        envelope.items().iter().for_each(|item| self.ledger.accepted_item(item));
                        self.state().index.inherit(ticket);
                    }
                    return Some(envelope);
                }
                Err(problem) => {
                    self.set_aside(&path);
                    problem
                }
            },
            Err(error) => error.to_string(),
        };
        let first = {
            let mut state = self.state();
            state.index.remove(ticket);
            !std::mem::replace(&mut state.told_of_damage, true)
        };
        if first {
            diagnostics::error(format_args!(
                "the spool file {} is damaged and is not sent ({problem}): check the disk; more damaged files are \
                 only counted",
                path.display()
            ));
        }
        self.ledger.lost(DiscardReason::InternalSdkError, entry.name.category, 1);
        None
    }

    /// Notes that a left-over was accepted or refused: the next one may follow.
    pub(in crate::transport) fn sent(&self) {
        self.state().pace.sent();
    }

    /// Takes over the folders of other processes, and deletes empty ones.
    fn adopt(&self) {
        self.clear_away_forgotten();
        for claim in Claim::adopt(&self.root) {
            self.take_stock(&claim);
            self.state().adopted.push(claim);
        }
        self.keep_limits();
        let empty: Vec<Claim> = {
            let mut state = self.state();
            let SpoolState { adopted, index, .. } = &mut *state;
            let (used, empty) = adopted.drain(..).partition(|claim| index.uses(claim.dir()));
            *adopted = used;
            empty
        };
        empty.into_iter().for_each(Claim::discard);
    }

    /// Deletes old files of other projects in the directory, and folders that are empty then.
    fn clear_away_forgotten(&self) {
        let Some(folders) = self.root.parent().and_then(|dir| fs::read_dir(dir).ok()) else { return };
        let others = folders.flatten().map(|folder| folder.path()).filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            *path != self.root && name.strip_prefix(FOLDER).is_some_and(|rest| rest.len() == 16)
        });
        for claim in others.flat_map(|other| Claim::adopt(&other)) {
            for file in fs::read_dir(claim.dir()).into_iter().flatten().flatten() {
                let name = file.file_name().to_string_lossy().parse::<FileName>();
                if name.is_ok_and(|name| name.is_older_than(FORGOTTEN)) {
                    let _ = fs::remove_file(file.path());
                }
            }
            claim.discard();
        }
    }

    fn take_stock(&self, claim: &Claim) {
        let Ok(files) = fs::read_dir(claim.dir()) else { return };
        let dir: Arc<Path> = Arc::from(claim.dir());
        for found in files.flatten() {
            let path = found.path();
            let name = found.file_name();
            let name = name.to_string_lossy();
            let is_file = found.file_type().is_ok_and(|kind| kind.is_file());
            match name.parse::<FileName>() {
                Ok(name) if is_file => {
                    let bytes = found.metadata().map_or(0, |data| data.len());
                    let dir = Arc::clone(&dir);
                    let entry = SpoolEntry { name, dir, bytes, in_hand: false, inherited: true, failures: 0 };
                    self.state().index.insert(entry);
                }
                // Its process ended while it wrote, before the envelope counted as stored.
                _ if name.ends_with(file::UNFINISHED) => drop(fs::remove_file(path)),
                _ => self.set_aside(&path),
            }
        }
    }

    fn expire(&self) {
        loop {
            let expired = self.state().index.take_expired(self.limits.age);
            let Some(entry) = expired else { return };
            self.delete(&entry, DiscardReason::CacheOverflow);
        }
    }

    /// Moves an unreadable file to the project's folder.
    fn set_aside(&self, path: &Path) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let folder = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
        let _ = fs::rename(path, self.root.join(format!("{folder}-{name}{BAD}")));
        let Ok(files) = fs::read_dir(&self.root) else { return };
        let mut bad: Vec<(std::time::SystemTime, PathBuf)> = files
            .flatten()
            .map(|file| file.path())
            .filter(|path| path.to_string_lossy().ends_with(BAD))
            .filter_map(|path| Some((fs::metadata(&path).ok()?.modified().ok()?, path)))
            .collect();
        sort_by_number(&mut bad, |(modified, _)| of_time(*modified));
        let surplus = bad.len().saturating_sub(MOST_BAD);
        for (_, path) in bad.into_iter().take(surplus) {
            // A folder of another program is kept.
            let _ = fs::remove_file(path);
        }
    }
}
