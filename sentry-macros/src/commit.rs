//! The release of a package with the commit that it is built from: `name@version+commit`.
//!
//! The commit is read from the files of the Git repository around the package, without the program `git`, which refuses
//! repositories of other users and is missing in many build containers.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use quote::quote;

/// The number of characters of a commit in a release.
const SHOWN: usize = 12;

/// Returns the release as a literal. Changed files of the repository build the package again.
pub(crate) fn release() -> TokenStream {
    let variable = |name| env::var(name).unwrap_or_default();
    let directory = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    let found = Commit::around(&directory);
    let release = with_commit(
        &variable("CARGO_PKG_NAME"),
        &variable("CARGO_PKG_VERSION"),
        found.as_ref().map(|commit| commit.id.as_str()),
    );
    let files = found.iter().flat_map(|commit| &commit.files).filter_map(|file| file.to_str());
    quote!({
        #(const _: &[::core::primitive::u8] = ::core::include_bytes!(#files);)*
        #release
    })
}

fn with_commit(name: &str, version: &str, commit: Option<&str>) -> String {
    let Some(commit) = commit else { return format!("{name}@{version}") };
    // A version can have only one `+`.
    let joint = if version.contains('+') { '.' } else { '+' };
    format!("{name}@{version}{joint}{}", &commit[..SHOWN.min(commit.len())])
}

/// The commit of a working tree.
#[derive(Debug, PartialEq)]
struct Commit {
    id: String,
    /// The files that decided about it.
    files: Vec<PathBuf>,
}

impl Commit {
    /// Finds the commit of the repository that contains a directory.
    fn around(directory: &Path) -> Option<Self> {
        let git = directory.ancestors().map(|parent| parent.join(".git")).find(|git| git.exists())?;
        let git = if git.is_file() { linked(&git)? } else { git };
        let head = git.join("HEAD");
        let text = fs::read_to_string(&head).ok()?;
        // The reflog changes with every commit, even if the file of the branch is new.
        let mut files = vec![head];
        files.extend(Some(git.join("logs/HEAD")).filter(|log| log.is_file()));
        let Some(reference) = text.trim().strip_prefix("ref:").map(str::trim) else {
            return Some(Self { id: id(&text)?, files });
        };
        // A linked working tree keeps its branches in the main one.
        let common = fs::read_to_string(git.join("commondir")).ok().map(|path| git.join(path.trim()));
        for folder in [Some(&git), common.as_ref()].into_iter().flatten() {
            let file = folder.join(reference);
            if let Some(id) = fs::read_to_string(&file).ok().and_then(|text| id(&text)) {
                files.push(file);
                return Some(Self { id, files });
            }
            let file = folder.join("packed-refs");
            let packed = fs::read_to_string(&file).unwrap_or_default();
            let mut lines = packed.lines().filter_map(|line| line.split_once(' '));
            if let Some(id) = lines.find(|(_, name)| *name == reference).and_then(|(commit, _)| id(commit)) {
                files.push(file);
                return Some(Self { id, files });
            }
        }
        None
    }
}

/// Returns the directory that the file `.git` of a linked working tree or of a submodule names.
fn linked(file: &Path) -> Option<PathBuf> {
    let text = fs::read_to_string(file).ok()?;
    Some(file.parent()?.join(text.trim().strip_prefix("gitdir:")?.trim()))
}

/// Returns the id of a commit: SHA-1 or SHA-256.
fn id(text: &str) -> Option<String> {
    let text = text.trim();
    let is_id = matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef01234567";

    /// A directory that is removed in the end.
    struct Folder(PathBuf);

    impl Folder {
        fn with(name: &str, files: &[(&str, &str)]) -> Self {
            let folder = Self(env::temp_dir().join(format!("sentry-macros-{}-{name}", std::process::id())));
            for (path, text) in files {
                let path = folder.0.join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            folder
        }

        fn commit(&self, package: &str) -> Option<String> {
            let package = self.0.join(package);
            fs::create_dir_all(&package).unwrap();
            let commit = Commit::around(&package)?;
            assert!(commit.files.iter().all(|file| file.is_file()), "{:?}", commit.files);
            Some(commit.id)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_branch_is_looked_up() {
        let files = [(".git/HEAD", "ref: refs/heads/main\n"), (".git/refs/heads/main", ID)];
        assert_eq!(Folder::with("branch", &files).commit("crates/shop").as_deref(), Some(ID));
        let packed = format!("# pack-refs with: peeled\n{}\trefs/x\n{ID} refs/heads/main\n", "f".repeat(40));
        let files = [
            (".git/HEAD", "ref: refs/heads/main\n"),
            (".git/packed-refs", packed.as_str()),
            (".git/logs/HEAD", ""),
        ];
        let folder = Folder::with("packed", &files);
        assert_eq!(folder.commit(".").as_deref(), Some(ID));
        let read = Commit::around(&folder.0).unwrap().files;
        assert!(read.contains(&folder.0.join(".git/logs/HEAD")), "a commit changes the reflog: {read:?}");
    }

    #[test]
    fn a_detached_head_is_the_commit() {
        let id = format!("{ID}\n");
        assert_eq!(Folder::with("detached", &[(".git/HEAD", &id)]).commit(".").as_deref(), Some(ID));
    }

    #[test]
    fn a_linked_tree_has_its_branches_in_the_main_one() {
        let files = [
            ("tree/.git", "gitdir: ../main/.git/worktrees/tree\n"),
            ("main/.git/worktrees/tree/HEAD", "ref: refs/heads/side\n"),
            ("main/.git/worktrees/tree/commondir", "../..\n"),
            ("main/.git/refs/heads/side", ID),
        ];
        assert_eq!(Folder::with("linked", &files).commit("tree/shop").as_deref(), Some(ID));
    }

    #[test]
    fn what_is_no_commit_is_left_out() {
        for (name, files) in [
            ("unborn", [(".git/HEAD", "ref: refs/heads/main\n")]),
            ("broken", [(".git/HEAD", "nonsense")]),
            ("no-digits", [(".git/HEAD", "z123456789abcdef0123456789abcdef01234567")]),
            ("short", [(".git/HEAD", "0123456789ab")]),
            ("elsewhere", [(".git", "gitdir: nowhere")]),
        ] {
            assert_eq!(Folder::with(name, &files).commit("."), None, "{name}");
        }
    }

    #[test]
    fn the_commit_is_build_metadata_of_the_version() {
        assert_eq!(with_commit("shop", "1.4.2", Some(ID)), "shop@1.4.2+0123456789ab");
        assert_eq!(with_commit("shop", "1.4.2+linux", Some(ID)), "shop@1.4.2+linux.0123456789ab");
        assert_eq!(with_commit("shop", "1.4.2", None), "shop@1.4.2");
    }
}
