//! The envelope log: a file to which every envelope is appended, and from which a later run reads them.
//!
//! It has the form that `SENTRY_LOCAL=path` writes. The envelopes are the database: every row is made from them again.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::diagnostics;
use crate::envelope::reader::Reader;

/// The size in bytes from which a log is continued in a new file.
const MAX_FILE: u64 = 512 << 20;

/// A file to which envelopes are appended.
#[derive(Debug)]
pub(crate) struct Log {
    path: PathBuf,
    file: File,
    bytes: u64,
    max_bytes: u64,
    /// Whether the last write failed, which was reported.
    failed: bool,
}

impl Log {
    /// Opens the file, or creates it so that only its owner can read it.
    ///
    /// # Errors
    ///
    /// The file cannot be opened for writing.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Self::with_limit(path, MAX_FILE)
    }

    fn with_limit(path: &Path, max_bytes: u64) -> io::Result<Self> {
        let mut file = private_file(path)?;
        let bytes = file.metadata()?.len();
        if bytes > 0 {
            // An earlier run may have been killed within an envelope.
            file.write_all(b"\n")?;
        }
        Ok(Self { path: path.to_owned(), file, bytes, max_bytes, failed: false })
    }

    /// Appends an envelope. A failure loses the copy in the file; the first of several is printed.
    pub(crate) fn append(&mut self, envelope: &[u8]) {
        match self.try_append(envelope) {
            Ok(()) => self.failed = false,
            Err(_) if self.failed => {}
            Err(error) => {
                self.failed = true;
                diagnostics::print(format_args!(
                    "an envelope was not written to {}: {error}",
                    self.path.display()
                ));
            }
        }
    }

    fn try_append(&mut self, envelope: &[u8]) -> io::Result<()> {
        if self.bytes > 0 && self.bytes + envelope.len() as u64 > self.max_bytes {
            fs::rename(&self.path, earlier(&self.path))?;
            self.file = private_file(&self.path)?;
            self.bytes = 0;
        }
        self.file.write_all(envelope)?;
        self.bytes += envelope.len() as u64;
        Ok(())
    }
}

/// Reads the envelopes in a file, oldest first, and hands each to `take`. If the file is larger than `budget` bytes,
/// only about its last `budget` bytes are read. Returns the time of the file's last change, in seconds since 1970.
///
/// # Errors
///
/// The file cannot be read.
pub(crate) fn read(path: &Path, budget: u64, mut take: impl FnMut(Vec<u8>, f64)) -> io::Result<()> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let changed = metadata.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
    let changed = changed.unwrap_or_default().as_secs_f64();
    let mut input = BufReader::with_capacity(64 << 10, file);
    input.seek(SeekFrom::Start(metadata.len().saturating_sub(budget)))?;
    let mut reader = Reader::new(input);
    while let Some(envelope) = reader.next_envelope()? {
        take(envelope, changed);
    }
    Ok(())
}

/// Returns the name under which a full log is kept until the next one is full.
fn earlier(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".old");
    name.into()
}

fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENVELOPE: &[u8] = b"{}\n{\"type\":\"log\",\"length\":2}\n[]\n";

    fn all(path: &Path, budget: u64) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        read(path, budget, |envelope, _| found.push(envelope)).unwrap();
        found
    }

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("sentry-dashboard-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn a_log_is_continued_after_half_an_envelope() {
        let folder = folder("continued");
        let path = folder.join("log");
        Log::open(&path).unwrap().append(ENVELOPE);
        private_file(&path).unwrap().write_all(&ENVELOPE[..20]).unwrap();
        let mut log = Log::open(&path).unwrap();
        log.append(ENVELOPE);
        log.append(ENVELOPE);
        let whole = all(&path, u64::MAX).iter().filter(|envelope| *envelope == ENVELOPE).count();
        assert_eq!(whole, 3);
        assert_eq!(all(&path, 80).iter().filter(|envelope| *envelope == ENVELOPE).count(), 2, "the newest");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_full_log_is_set_aside() {
        let folder = folder("full");
        let path = folder.join("log");
        let mut log = Log::with_limit(&path, 2 * ENVELOPE.len() as u64).unwrap();
        for _ in 0..5 {
            log.append(ENVELOPE);
        }
        assert_eq!((all(&earlier(&path), u64::MAX).len(), all(&path, u64::MAX).len()), (2, 1));
        fs::remove_dir_all(folder).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_log_is_readable_by_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = folder("private");
        let path = folder.join("log");
        Log::open(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o077, 0);
        fs::remove_dir_all(folder).unwrap();
    }
}
