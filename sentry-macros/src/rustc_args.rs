//! The arguments of the compiler that runs the macros: the edition and the dependencies of the user's crate.

use std::sync::OnceLock;

/// Returns whether the crate is compiled for edition 2015, which is also the default of the compiler.
pub(crate) fn is_edition_2015() -> bool {
    names_edition_2015(std::env::args())
}

/// Returns the same for the arguments `args`. An argument file (`@path`) is not read; its edition counts as a later one.
fn names_edition_2015(args: impl Iterator<Item = String>) -> bool {
    let mut edition = args.skip_while(|arg| !arg.starts_with("--edition") && !arg.starts_with('@'));
    match edition.next() {
        None => true,
        Some(flag) if flag == "--edition" => edition.next().is_some_and(|edition| edition == "2015"),
        Some(flag) => flag == "--edition=2015",
    }
}

/// Returns the name under which the crate depends on `sentry-runtime`, if that is not `sentry`.
///
/// In edition 2015 a path begins in the user's crate, where the dependency may have any name.
pub(crate) fn renamed_dependency() -> Option<&'static str> {
    static NAME: OnceLock<Option<String>> = OnceLock::new();
    NAME.get_or_init(|| renamed_in(std::env::args()).filter(|_| !is_edition_2015())).as_deref()
}

/// Finds the only dependency whose file is that of a library `sentry`, if no dependency is named `sentry`.
fn renamed_in(args: impl Iterator<Item = String>) -> Option<String> {
    let mut is_next = false;
    let mut found: Option<String> = None;
    for arg in args {
        let value = match arg.strip_prefix("--extern=") {
            Some(value) => value,
            None if std::mem::replace(&mut is_next, arg == "--extern") => &arg,
            None => continue,
        };
        // `[options:]name[=path]`
        let (name, path) = value.split_once('=').unwrap_or((value, ""));
        let name = name.rsplit(':').next().unwrap_or(name);
        if name == "sentry" {
            return None;
        }
        let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
        if file.starts_with("libsentry-") || file.starts_with("libsentry.") {
            if found.as_ref().is_some_and(|other| other != name) {
                return None;
            }
            found = Some(name.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{names_edition_2015, renamed_in};

    fn renamed(args: &str) -> Option<String> {
        renamed_in(args.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn the_edition_is_that_of_the_command_line() {
        for (args, expected) in [
            ("rustc --crate-name case", true),
            ("rustc --edition 2015 --crate-name case", true),
            ("rustc --edition=2015", true),
            ("rustc --edition 2021 --cfg 2015", false),
            ("rustc --crate-name case --edition=2024", false),
            ("rustc --edition", false),
            ("rustc @arguments", false),
        ] {
            assert_eq!(names_edition_2015(args.split_whitespace().map(str::to_owned)), expected, "{args}");
        }
    }

    #[test]
    fn a_renamed_dependency_is_found_by_its_file() {
        let telemetry = Some("telemetry".to_owned());
        assert_eq!(
            renamed("--extern telemetry=/deps/libsentry-1f.rmeta --extern libc=/liblibc-2.rmeta"),
            telemetry
        );
        assert_eq!(renamed(r"--extern=priv:telemetry=C:\deps\libsentry-1f.rlib"), telemetry);
        assert_eq!(
            renamed("--extern telemetry=libsentry-1.rmeta --extern telemetry=libsentry-1.rlib"),
            telemetry
        );
        assert_eq!(renamed("--extern telemetry=libsentry-1.rmeta --extern sentry=libsentry-2.rmeta"), None);
        assert_eq!(renamed("--extern sentry"), None);
        assert_eq!(renamed("-C telemetry=libsentry-1.rmeta"), None, "another option");
        assert_eq!(renamed("--extern a=libsentry-1.rmeta --extern b=libsentry-2.rmeta"), None);
        assert_eq!(renamed("--extern sentry_core=libsentry_core-1.rmeta"), None);
        assert_eq!(renamed("--crate-name case -L dependency=/deps"), None);
    }
}
