//! Source context: the lines around a frame's line, if the source exists at run time, as on the developer's machine.
//!
//! The debug information names the files. File contents are cached, within limits.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

/// The maximum length of a line, in characters.
const MAX_LINE: usize = 200;
/// The maximum size of a file, in bytes; larger files are not read.
const MAX_FILE: u64 = 1024 * 1024;
/// The maximum number of files in the cache. A full cache is emptied.
const MAX_FILES: usize = 32;
/// The maximum number of files, readable or not, that are remembered.
const MAX_KNOWN: usize = 1024;

/// A line with the lines around it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SourceLines {
    pub(crate) before: Vec<String>,
    pub(crate) line: String,
    pub(crate) after: Vec<String>,
}

/// The files read so far.
#[derive(Debug, Default)]
pub(crate) struct SourceCache {
    /// `None` for a file that cannot be used.
    files: HashMap<String, Option<Arc<str>>>,
    readable: usize,
    built: Option<SystemTime>,
}

impl SourceCache {
    /// Returns line `line` (from 1) of a file with a number of lines before and after it; `None` if the file does not exist, is not a
    /// regular text file, is too large, has no such line, or was changed after the program was built.
    pub(crate) fn around(&mut self, path: &str, line: u32, lines_around: usize) -> Option<SourceLines> {
        // A relative path would be resolved against the program's working directory.
        if !Path::new(path).is_absolute() {
            return None;
        }
        let text = self.text(path)?;
        let index = usize::try_from(line).ok()?.checked_sub(1)?;
        let start = index.saturating_sub(lines_around);
        let mut lines = text.lines().skip(start).map(cut);
        let before: Vec<String> = lines.by_ref().take(index - start).collect();
        Some(SourceLines { before, line: lines.next()?, after: lines.take(lines_around).collect() })
    }

    fn text(&mut self, path: &str) -> Option<Arc<str>> {
        if let Some(known) = self.files.get(path) {
            return known.clone();
        }
        if self.readable >= MAX_FILES || self.files.len() >= MAX_KNOWN {
            self.files.clear();
            self.readable = 0;
        }
        let built = *self.built.get_or_insert_with(built);
        let text = read(Path::new(path), built);
        self.readable += usize::from(text.is_some());
        self.files.insert(path.to_owned(), text.clone());
        text
    }
}

/// Returns the time at which the running program was written to disk; the far future if it is unknown.
fn built() -> SystemTime {
    let modified = || fs::metadata(std::env::current_exe().ok()?).ok()?.modified().ok();
    // A clock can represent a century from now; with this value no file counts as changed.
    modified().unwrap_or_else(|| SystemTime::now() + std::time::Duration::from_secs(100 * 365 * 86_400))
}

fn read(path: &Path, built: SystemTime) -> Option<Arc<str>> {
    // Checked before opening: opening a pipe would wait for its other end.
    let meta = fs::metadata(path).ok().filter(|meta| meta.is_file() && meta.len() <= MAX_FILE)?;
    // An edited file has other lines than the program; wrong lines are worse than none.
    if meta.modified().is_ok_and(|changed| changed > built) {
        return None;
    }
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(MAX_FILE).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into())
}

fn cut(line: &str) -> String {
    match line.char_indices().nth(MAX_LINE) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file, older than any program, that is deleted when the value is dropped.
    struct Sample(std::path::PathBuf);

    impl Sample {
        fn new(name: &str, text: &[u8]) -> Self {
            let path = std::env::temp_dir().join(format!("sentry-source-{}-{name}.rs", std::process::id()));
            fs::write(&path, text).unwrap();
            File::options().write(true).open(&path).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
            Self(path)
        }

        fn around(&self, line: u32) -> Option<SourceLines> {
            SourceCache::default().around(self.0.to_str().unwrap(), line, 5)
        }
    }

    impl Drop for Sample {
        fn drop(&mut self) {
            let _ = fs::remove_file(&self.0);
        }
    }

    #[test]
    fn five_lines_on_either_side_where_there_are_five() {
        let text: String = (1..=20).map(|n| format!("line {n}\n")).collect();
        let sample = Sample::new("lines", text.as_bytes());
        let middle = sample.around(10).unwrap();
        assert_eq!((middle.before.len(), middle.line.as_str(), middle.after.len()), (5, "line 10", 5));
        assert_eq!((middle.before[0].as_str(), middle.after[4].as_str()), ("line 5", "line 15"));
        let first = sample.around(1).unwrap();
        assert_eq!((first.before.len(), first.line.as_str(), first.after.len()), (0, "line 1", 5));
        let last = sample.around(20).unwrap();
        assert_eq!((last.before.len(), last.line.as_str(), last.after.len()), (5, "line 20", 0));
        assert_eq!((sample.around(0), sample.around(21)), (None, None));
    }

    #[test]
    fn long_lines_are_cut_between_characters() {
        let line = Sample::new("long", "ü".repeat(5_000).as_bytes()).around(1).unwrap().line;
        assert_eq!(line.chars().count(), MAX_LINE + 1);
    }

    #[test]
    fn what_cannot_be_used_is_left_alone() {
        let large = Sample::new("large", &vec![b'\n'; 1024 * 1024 + 1]);
        assert_eq!(large.around(1), None);
        let edited = Sample::new("edited", b"new");
        let later = SystemTime::now() + std::time::Duration::from_secs(60);
        File::options().write(true).open(&edited.0).unwrap().set_modified(later).unwrap();
        assert_eq!(edited.around(1), None);
        assert_eq!(SourceCache::default().around("src/lib.rs", 1, 5), None);
        assert_eq!(SourceCache::default().around("/nowhere/at/all.rs", 1, 5), None);
        assert_eq!(SourceCache::default().around("/dev/zero", 1, 5), None);
    }

    #[test]
    fn the_cache_is_bounded() {
        let samples: Vec<_> = (0..MAX_FILES + 3).map(|n| Sample::new(&format!("many-{n}"), b"x")).collect();
        let mut cache = SourceCache::default();
        for sample in &samples {
            assert!(cache.around(sample.0.to_str().unwrap(), 1, 5).is_some());
            assert!(cache.files.len() <= MAX_FILES);
        }
        for n in 0..2 * MAX_KNOWN {
            assert!(cache.around(&format!("/nowhere/{n}.rs"), 1, 5).is_none());
            assert!(cache.files.len() <= MAX_KNOWN);
        }
    }
}
