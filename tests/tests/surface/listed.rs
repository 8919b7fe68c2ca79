//! Tests that the table in the crate's documentation names every function.

use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn every_function_of_the_public_face_is_in_the_table() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sentry-runtime/src");
    let table = std::fs::read_to_string(source.join("surface.md")).unwrap();
    let mut functions = BTreeSet::new();
    for file in std::fs::read_dir(source.join("api")).unwrap() {
        // The folder `official` contains the names of the official crate, which the migration guide explains.
        let Ok(text) = std::fs::read_to_string(file.unwrap().path()) else { continue };
        for line in text.lines() {
            let name = line.strip_prefix("pub fn ").or_else(|| line.strip_prefix("pub async fn "));
            functions.extend(name.and_then(|rest| rest.split(['(', '<']).next()).map(str::to_owned));
        }
    }
    assert!(functions.len() > 80, "{functions:?}");
    functions.retain(|name| !table.contains(&format!("`{name}`")));
    assert!(functions.is_empty(), "the table of the documentation lacks {functions:?}");
}

/// Compiles code and returns its text.
macro_rules! compiled {
    ($($code:tt)*) => {{
        let _ = || { $($code)*; };
        stringify!($($code)*)
    }};
}

#[test]
fn calls_that_the_readme_writes_out_compile() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let order = 1002;
    let bare = |text: &str| text.split_whitespace().collect::<String>();
    for call in [
        compiled!(sentry::logger_info!(amount = 7, "paid {}", order)),
        compiled!(sentry::metrics::count("paid", 1).capture()),
    ] {
        assert!(bare(&readme).contains(&bare(call)), "the README does not contain {call}");
    }
}
