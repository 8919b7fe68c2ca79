//! Claims: folders of the spool that each belong to one process, which alone writes to the folder and sends its files.
//!
//! Beside the folder is a file that the owner keeps locked. The operating system releases the lock when the process
//! ends, however it ends: a folder whose lock is free was left behind, and the process that locks it becomes its
//! owner. The lock is created before the folder and deleted after it, and no name is used twice, so no process can lock
//! a folder that is in use.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::file;
use crate::protocol::random;

const LOCK: &str = ".lock";

/// A folder that this process owns.
#[derive(Debug)]
pub(super) struct Claim {
    dir: PathBuf,
    lock_path: PathBuf,
    /// The lock file, locked as long as it is open.
    _lock: File,
}

impl Claim {
    /// Creates a folder for this process.
    pub(super) fn create(root: &Path) -> io::Result<Self> {
        make_dir(root)?;
        let name = format!("{}-{:016x}", std::process::id(), random::random_u64());
        let lock_path = root.join(format!("{name}{LOCK}"));
        let lock = file::create(&lock_path)?;
        if let Err(error) = lock.try_lock() {
            let _ = fs::remove_file(&lock_path);
            return Err(error.into());
        }
        let claim = Self { dir: root.join(name), lock_path, _lock: lock };
        if let Err(error) = make_dir(&claim.dir) {
            let _ = fs::remove_file(&claim.lock_path);
            return Err(error);
        }
        Ok(claim)
    }

    /// Takes over the folders that other processes left behind.
    pub(super) fn adopt(root: &Path) -> Vec<Self> {
        let Ok(entries) = fs::read_dir(root) else { return Vec::new() };
        entries.flatten().filter_map(|entry| Self::take_over(root, entry.file_name().to_str()?)).collect()
    }

    fn take_over(root: &Path, name: &str) -> Option<Self> {
        let (process, random) = name.split_once('-')?;
        let hex = random.len() == 16 && random.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !hex || process.is_empty() || !process.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let dir = root.join(name);
        if !dir.is_dir() {
            return None;
        }
        let lock_path = root.join(format!("{name}{LOCK}"));
        let lock = OpenOptions::new().write(true).create(true).truncate(false).open(&lock_path).ok()?;
        lock.try_lock().ok()?;
        let claim = Self { dir, lock_path, _lock: lock };
        // Its owner may have deleted it just before.
        if claim.dir.is_dir() {
            Some(claim)
        } else {
            let _ = fs::remove_file(&claim.lock_path);
            None
        }
    }

    /// Returns the folder.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Deletes the folder if it is empty, and releases it either way.
    pub(super) fn discard(self) {
        if fs::remove_dir(&self.dir).is_ok() {
            let _ = fs::remove_file(&self.lock_path);
        }
    }
}

/// Creates a folder that only this user may enter, and its missing parents.
fn make_dir(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use super::super::tests::Folder;
    use super::*;

    #[test]
    fn a_folder_in_use_is_nobody_elses() {
        let root = Folder::new("claim");
        let claim = Claim::create(root.path()).unwrap();
        assert!(Claim::adopt(root.path()).is_empty());
        fs::write(claim.dir().join("x"), "x").unwrap();
        let dir = claim.dir().to_owned();
        claim.discard();
        assert!(dir.is_dir(), "it is not empty");
        let adopted = Claim::adopt(root.path());
        assert_eq!(adopted.len(), 1);
        assert!(Claim::adopt(root.path()).is_empty(), "now it has an owner");
        fs::remove_file(dir.join("x")).unwrap();
        adopted.into_iter().for_each(Claim::discard);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0, "nothing is left");
    }

    #[test]
    fn what_is_not_ours_is_left_alone() {
        let root = Folder::new("claim-foreign");
        for name in ["photos", "1-2", "a-0123456789abcdef", "-0123456789abcdef"] {
            fs::create_dir_all(root.path().join(name)).unwrap();
        }
        fs::write(root.path().join("12-0123456789abcdef"), "a file").unwrap();
        assert!(Claim::adopt(root.path()).is_empty());
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 5, "no lock was left either");
    }
}
