//! The token: random, and the same for every dashboard of a user, so that a page that is open stays valid when the
//! program behind it restarts.

use std::env;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Returns the token in the user's file, which is made first if it does not exist. If it cannot be made, the token is
/// another one at every start.
pub(super) fn of_user() -> String {
    folder().and_then(|folder| in_folder(&folder).ok()).unwrap_or_else(random)
}

/// Returns a token that nobody can guess: 122 random bits.
pub(super) fn random() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// Returns the folder for data that a program of the user keeps between two runs.
fn folder() -> Option<PathBuf> {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = if cfg!(windows) {
        absolute("LOCALAPPDATA")
    } else {
        // https://specifications.freedesktop.org/basedir-spec/latest/
        absolute("XDG_STATE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/state")))
    };
    base.map(|base| base.join("sentry-dashboard"))
}

fn in_folder(folder: &Path) -> io::Result<String> {
    let path = folder.join("token");
    if let Some(token) = read(&path)? {
        return Ok(token);
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    let token = random();
    // Written beside the file and then linked, so that of two programs that start at once both read one token.
    let draft = folder.join(format!("token.{}", uuid::Uuid::new_v4().simple()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&draft)?.write_all(token.as_bytes())?;
    let linked = fs::hard_link(&draft, &path);
    let removed = fs::remove_file(&draft);
    match linked {
        Ok(()) => removed.map(|()| token),
        Err(error) => read(&path)?.ok_or(error),
    }
}

/// Returns the token in a file, if the file exists and nobody else could have read it.
fn read(path: &Path) -> io::Result<Option<String>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    #[cfg(unix)]
    if std::os::unix::fs::MetadataExt::mode(&fs::metadata(path)?) & 0o077 != 0 {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "others can read the token"));
    }
    let token = text.trim();
    let valid = token.len() == 32 && token.bytes().all(|byte| byte.is_ascii_hexdigit());
    if valid { Ok(Some(token.to_owned())) } else { Err(io::ErrorKind::InvalidData.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_of_one_user_have_one_token() {
        let folder = env::temp_dir().join(format!("sentry-dashboard-token-{}", std::process::id()));
        let tokens = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| in_folder(&folder).unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        assert!(tokens.iter().all(|token| *token == tokens[0] && token.len() == 32), "{tokens:?}");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "no draft is left");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let path = folder.join("token");
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o077, 0);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            assert!(in_folder(&folder).is_err(), "others could have read it");
        }
        fs::remove_dir_all(folder).unwrap();
    }
}
