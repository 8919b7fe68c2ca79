//! Compiles a text plain and annotated, with the `rustc` or `clippy-driver` that built the tests.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

/// A message of the compiler.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Said {
    pub level: String,
    pub code: String,
    pub message: String,
    /// The first and the last line and column of each primary span. Secondary spans, which have labels, may differ.
    pub places: Vec<[u64; 4]>,
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: {} at {:?}", self.level, self.code, self.message.replace('\n', " / "), self.places)
    }
}

/// The settings for a compilation.
#[derive(Clone, Copy)]
pub struct How {
    pub edition: &'static str,
    pub clippy: bool,
    /// The attribute for the functions.
    pub attribute: &'static str,
    /// Whether code is generated, which some lints and errors of monomorphisation require.
    pub build: bool,
}

pub const PLAIN: How = How { edition: "2024", clippy: false, attribute: "#[sentry::span]", build: false };

/// Asserts that both versions cause the same messages, and returns them.
#[track_caller]
pub fn same(name: &str, text: &str, how: How) -> Vec<Said> {
    let (said, differences) = compare(name, text, how);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    said
}

/// Texts that differ because inspected values and `async` bodies are in a closure or a binding. All other texts are
/// equal.
const OTHER_WORDS: [(&str, &str); 5] = [
    ("in an async function that returns", "in an async block that returns"),
    ("in a function that returns", "in a closure that returns"),
    ("refutable pattern in function argument", "refutable pattern in local binding"),
    ("cannot assign to immutable argument", "cannot assign twice to immutable variable"),
    ("value passed to", "value assigned to"),
];

/// Returns the messages about the plain text, and the differences of those about the annotated text.
pub fn compare(name: &str, text: &str, how: How) -> (Vec<Said>, Vec<String>) {
    let plain = plain(name, text, how);
    let annotated = annotated(name, text, how);
    let in_other_words = |said: &Said| {
        let (plain, annotated) = OTHER_WORDS.iter().find(|(plain, _)| said.message.contains(plain))?;
        Some(Said { message: said.message.replace(plain, annotated), ..said.clone() })
    };
    let others: Vec<Said> = plain.iter().filter_map(in_other_words).collect();
    let missing = plain
        .iter()
        .filter(|said| !annotated.contains(said))
        .filter(|said| !in_other_words(said).is_some_and(|other| annotated.contains(&other)))
        .map(|said| format!("- {said}"));
    let new = annotated
        .iter()
        .filter(|said| !plain.contains(said) && !others.contains(said))
        .map(|said| format!("+ {said}"));
    let mut differences: Vec<String> = missing.chain(new).collect();
    if !differences.is_empty() {
        let shown = if text.len() > 400 { "(see the fixture)" } else { text };
        differences.insert(0, format!("\n{name}, plain (-) and annotated (+), of\n{shown}"));
    }
    (plain, differences)
}

/// Returns the messages about the plain text.
#[track_caller]
pub fn plain(name: &str, text: &str, how: How) -> Vec<Said> {
    compile(name, &text.replace('@', &" ".repeat(how.attribute.len())), how)
}

/// Returns the messages about the annotated text.
#[track_caller]
pub fn annotated(name: &str, text: &str, how: How) -> Vec<Said> {
    compile(name, &text.replace('@', how.attribute), how)
}

/// Compiles a text, and returns the messages of the compiler.
#[track_caller]
pub fn compile(name: &str, text: &str, how: How) -> Vec<Said> {
    let folder = folder(name);
    let source = folder.join("case.rs");
    // Both versions load the runtime, because the loaded crates decide whether messages say `String` or
    // `std::string::String`.
    std::fs::write(
        &source,
        format!(
            "{text}\nmod loads_the_runtime {{ #[allow(unused_extern_crates)] extern crate sentry as _; }}\n"
        ),
    )
    .unwrap();
    let output = run(&source, &folder, how);
    let text = String::from_utf8(output.stderr).unwrap();
    let mut said: Vec<Said> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("{name}: {text}")))
        .filter(|said| !said["spans"].as_array().is_none_or(Vec::is_empty))
        .map(|said| read(&said))
        .collect();
    said.sort();
    said
}

fn run(source: &Path, folder: &Path, how: How) -> Output {
    let deps = deps();
    let mut command = Command::new(if how.clippy { "clippy-driver" } else { "rustc" });
    if how.clippy {
        // The driver gets the variables that `cargo clippy` sets, and checks public functions like private ones.
        std::fs::write(folder.join("clippy.toml"), "avoid-breaking-exported-api = false\n").unwrap();
        command.env("CLIPPY_CONF_DIR", folder);
        command.env("CLIPPY_ARGS", "").env("CARGO_PKG_NAME", "case").env("CARGO_MANIFEST_DIR", folder);
    }
    command
        .arg(source)
        .args([
            "--edition",
            how.edition,
            "--crate-type",
            "lib",
            "--crate-name",
            "case",
            "--error-format=json",
        ])
        .arg(if how.build { "--emit=link" } else { "--emit=metadata" })
        .arg("--out-dir")
        .arg(folder)
        .arg("-L")
        .arg(format!("dependency={}", deps.display()))
        .arg("--extern")
        .arg(format!("sentry={}", library(&deps).display()))
        .env_remove("RUSTC_LOG")
        .output()
        .unwrap()
}

fn read(said: &Value) -> Said {
    let number = |span: &Value, key: &str| span[key].as_u64().unwrap_or_default();
    let mut places: Vec<[u64; 4]> = said["spans"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|span| span["is_primary"] == true)
        .map(|span| ["line_start", "column_start", "line_end", "column_end"].map(|key| number(span, key)))
        .collect();
    places.sort();
    Said {
        level: said["level"].as_str().unwrap_or_default().to_owned(),
        code: said["code"]["code"].as_str().unwrap_or_default().to_owned(),
        message: said["message"].as_str().unwrap_or_default().to_owned(),
        places,
    }
}

/// Creates a folder for one compilation.
pub fn folder(name: &str) -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name: String = name.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("attributes/{name}-{number}"));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Returns the folder of the libraries that this test was linked with.
pub fn deps() -> PathBuf {
    std::env::current_exe().unwrap().parent().unwrap().to_owned()
}

/// Returns the runtime's library: the newest, because cargo rebuilds it after every change.
pub fn library(deps: &Path) -> PathBuf {
    let mut found: Vec<_> = std::fs::read_dir(deps)
        .unwrap()
        .flatten()
        .filter(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            name.strip_prefix("libsentry-").is_some_and(|rest| rest.ends_with(".rlib"))
        })
        .map(|entry| (entry.metadata().unwrap().modified().unwrap(), entry.path()))
        .collect();
    found.sort();
    found.pop().expect("the runtime was built for this test").1
}
