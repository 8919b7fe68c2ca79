//! Tests of the layers: a room (module) imports only the rooms below it, and no files import each other in a circle.
//!
//! The test reads the paths that begin with `crate::`, `super::` or `self::` in every source file. Unit tests and
//! comments do not count. `ARCHITECTURE.md` describes each room.

#![allow(clippy::unwrap_used, reason = "the helpers of a test fail with it")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The rooms of the runtime, from the bottom to the top. Names on one line are one room.
const RUNTIME: &[&[&str]] = &[
    &["base"],
    &["protocol"],
    &["scrub"],
    &["stacktrace"],
    &["transport"],
    &["error"],
    &["client", "options"],
    &["scope"],
    &["trace"],
    &["context"],
    &["intake"],
    &["capture"],
    &["instrument"],
    &["pipeline"],
    &["lifecycle"],
    &["api"],
    &["integrations"],
    &["test", "private", "fuzz", "lib"],
];

/// The rooms of the dashboard, from the bottom to the top.
const DASHBOARD: &[&[&str]] = &[
    &["diagnostics", "options"],
    &["envelope"],
    &["history"],
    &["model"],
    &["analysis"],
    &["query"],
    &["mcp"],
    &["server"],
    &["lib", "main"],
];

/// The stages of the macros, from the bottom to the top.
const MACROS: &[&[&str]] = &[
    &["commit", "errors", "hygiene", "rustc_args", "tokens"],
    &["parse"],
    &["check"],
    &["expand"],
    &["attributes"],
    &["lib"],
];

type Path_ = Vec<String>;

/// A source file: its module path, and its text without comments, strings and unit tests.
struct Source {
    file: PathBuf,
    module: Path_,
    code: String,
}

/// A path in a file, as an absolute path from the crate's root.
struct Import {
    line: usize,
    path: Path_,
}

struct House {
    sources: Vec<Source>,
    modules: BTreeSet<Path_>,
    /// Names that a module re-exports from one of its submodules.
    reexports: BTreeMap<Path_, Path_>,
    /// Macros are at the crate's root, independently of the module that defines them.
    macros: BTreeSet<String>,
}

impl House {
    fn read(root: &Path) -> Self {
        let mut files = Vec::new();
        collect(root, &mut files);
        let sources: Vec<Source> = files.into_iter().filter_map(|file| source(root, file)).collect();
        let modules = sources.iter().map(|source| source.module.clone()).collect();
        let mut house = Self { sources, modules, reexports: BTreeMap::new(), macros: BTreeSet::new() };
        for source in &house.sources {
            for (at, _) in source.code.match_indices("macro_rules! ") {
                house.macros.insert(identifier(&source.code[at + "macro_rules! ".len()..]).to_owned());
            }
        }
        let mut reexports = BTreeMap::new();
        for source in &house.sources {
            for (is_public, _, tree) in uses(&source.code) {
                if is_public {
                    for (path, name) in leaves(&tree) {
                        if let Some(path) = house.absolute(source, &path) {
                            let mut known = source.module.clone();
                            known.push(name);
                            reexports.insert(known, path);
                        }
                    }
                }
            }
        }
        house.reexports = reexports;
        house
    }

    /// Returns the path from the crate's root, or `None` if the path leads out of the crate.
    fn absolute(&self, source: &Source, path: &[String]) -> Option<Path_> {
        let (first, rest) = path.split_first()?;
        let mut from = source.module.clone();
        match &**first {
            "crate" => return Some(rest.to_vec()),
            "self" => from.extend_from_slice(rest),
            "super" => {
                let up = path.iter().take_while(|part| *part == "super").count();
                from.truncate(from.len().saturating_sub(up));
                from.extend_from_slice(&path[up..]);
            }
            name => {
                from.push(name.to_owned());
                if !self.modules.contains(&from) {
                    return None;
                }
                from.extend_from_slice(rest);
            }
        }
        Some(from)
    }

    /// Returns the module that defines the last part of a path, following re-exports.
    fn home(&self, path: &[String]) -> Path_ {
        let mut path = path.to_vec();
        for _ in 0..8 {
            let known = (1..=path.len()).rev().find(|&length| {
                self.reexports.contains_key(&path[..length]) && !self.modules.contains(&path[..length])
            });
            let Some(length) = known else { break };
            let mut next = self.reexports[&path[..length]].clone();
            next.extend_from_slice(&path[length..]);
            path = next;
        }
        while !path.is_empty() && !self.modules.contains(&path) {
            path.pop();
        }
        path
    }

    fn imports(&self, source: &Source) -> Vec<Import> {
        let mut found = Vec::new();
        let mut rest = source.code.clone();
        for (_, at, tree) in uses(&source.code) {
            let line = line_of(&source.code, at);
            for (path, _) in leaves(&tree) {
                found.extend(self.absolute(source, &path).map(|path| Import { line, path }));
            }
            // The rest are the paths in the code itself.
            let end = at + source.code[at..].find(';').unwrap_or(0);
            rest.replace_range(at..end, &" ".repeat(end - at));
        }
        for start in ["crate::", "super::", "self::"] {
            for (at, _) in rest.match_indices(start) {
                let before = rest[..at].chars().next_back();
                if before.is_some_and(|c| c == '$' || c == ':' || c == '_' || c.is_alphanumeric())
                    || rest[..at].ends_with("pub(in ")
                {
                    continue;
                }
                let path: Path_ = rest[at..]
                    .split(|c: char| c != ':' && c != '_' && !c.is_alphanumeric())
                    .next()
                    .into_iter()
                    .flat_map(|text| text.split("::"))
                    .filter(|part| !part.is_empty())
                    .map(str::to_owned)
                    .collect();
                let line = line_of(&rest, at);
                found.extend(self.absolute(source, &path).map(|path| Import { line, path }));
            }
        }
        found
    }

    /// Returns the imports of a room above, one per line.
    fn arrows_up(&self, rooms: &[&[&str]]) -> String {
        let rank = |name: &str| rooms.iter().position(|room| room.contains(&name));
        let mut report = String::new();
        for source in &self.sources {
            let own = source.module.first().map_or("lib", |room| &**room);
            let here = rank(own).unwrap_or_else(|| panic!("`{own}` is not in the list of rooms"));
            for Import { line, path } in self.imports(source) {
                let Some(first) = path.first() else { continue };
                if self.macros.contains(first) && !self.modules.contains(&path[..1]) {
                    continue;
                }
                let home = self.home(&path);
                let theirs = home.first().map_or("lib", |room| &**room);
                let there = rank(theirs).unwrap_or_else(|| panic!("`{theirs}` is not in the list of rooms"));
                if there > here {
                    let _ = writeln!(
                        report,
                        "{}:{line}: `{own}` imports `{}` of `{theirs}`, which lies above it",
                        source.file.display(),
                        path.join("::"),
                    );
                }
            }
        }
        report
    }

    /// Returns the circles of files. A file may use its own submodules, and they may use it.
    fn circles(&self) -> String {
        let index: BTreeMap<&Path_, usize> =
            self.sources.iter().enumerate().map(|(at, source)| (&source.module, at)).collect();
        let arrows: Vec<BTreeSet<usize>> = self
            .sources
            .iter()
            .map(|source| {
                let homes = self.imports(source).into_iter().map(|import| self.home(&import.path));
                homes
                    .filter(|home| *home != source.module && !source.module.starts_with(home))
                    .filter_map(|home| index.get(&home).copied())
                    .collect()
            })
            .collect();
        let reach: Vec<BTreeSet<usize>> = (0..arrows.len())
            .map(|from| {
                let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
                while let Some(at) = open.pop() {
                    open.extend(arrows[at].iter().copied().filter(|&next| seen.insert(next)));
                }
                seen
            })
            .collect();
        let mut circles = BTreeSet::new();
        for from in 0..arrows.len() {
            let circle: Vec<usize> =
                reach[from].iter().copied().filter(|&to| reach[to].contains(&from)).collect();
            if circle.len() > 1 {
                circles.insert(circle);
            }
        }
        let name = |&at: &usize| self.sources[at].module.join("::");
        circles
            .iter()
            .map(|circle| {
                format!(
                    "a circle of {}: {}\n",
                    circle.len(),
                    circle.iter().map(name).collect::<Vec<_>>().join(", ")
                )
            })
            .collect()
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Reads a file, unless it contains only unit tests.
fn source(root: &Path, file: PathBuf) -> Option<Source> {
    let relative = file.strip_prefix(root).unwrap().with_extension("");
    let mut module: Path_ = relative.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    if module.iter().any(|part| part == "tests") {
        return None;
    }
    if module.last().is_some_and(|last| last == "mod") || module == ["lib"] {
        module.pop();
    }
    let mut code = without_comments(&std::fs::read_to_string(&file).unwrap());
    // Unit tests are at the end of a file.
    if let Some(at) = code.find("#[cfg(test)]\nmod tests") {
        code.truncate(at);
    }
    for gated in ["#[cfg(any(test, fuzzing))]\npub(crate) mod fuzz {", "#[cfg(test)]\nmod "] {
        if let Some(at) = code.find(gated) {
            let end = code[at..].find("\n}\n").map_or(code.len(), |end| at + end);
            code.replace_range(at..end, &"\n".repeat(code[at..end].matches('\n').count()));
        }
    }
    Some(Source { file, module, code })
}

/// Removes comments and the contents of strings; line breaks stay.
fn without_comments(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(raw) = rest.strip_prefix("r#\"") {
            raw.find("\"#").map_or(rest.len(), |end| end + 5)
        } else if c == '"' {
            let mut escaped = false;
            let end = rest[1..].find(|c| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            });
            end.map_or(rest.len(), |end| end + 2)
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\") {
            rest[2..].find('\'').map_or(rest.len(), |end| end + 3)
        } else {
            code.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        };
        code.extend(rest[..length].chars().filter(|c| *c == '\n'));
        rest = &rest[length..];
    }
    code
}

/// Returns the `use` declarations: whether each is public, its position, and its tree.
fn uses(code: &str) -> Vec<(bool, usize, String)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("use ") {
        let before = code[..at].rsplit('\n').next().unwrap_or_default().trim();
        if before.is_empty() || (before.starts_with("pub") && !before.contains(' ')) {
            let end = code[at..].find(';').map_or(code.len(), |end| at + end);
            found.push((before.starts_with("pub"), at, code[at + 4..end].replace('\n', " ")));
        }
    }
    found
}

/// Returns the paths of a `use` tree, each with the name that it gets.
fn leaves(tree: &str) -> Vec<(Path_, String)> {
    let tree = tree.trim();
    if let Some((prefix, group)) = tree.split_once('{') {
        let group = &group[..group.rfind('}').unwrap_or(group.len())];
        let prefix: Path_ = parts(prefix);
        return split_group(group)
            .iter()
            .flat_map(|part| leaves(part))
            .map(|(path, name)| (prefix.iter().cloned().chain(path).collect(), name))
            .map(|(mut path, name): (Path_, String)| {
                let name = if name == "self" { prefix.last().cloned().unwrap_or_default() } else { name };
                if path.last().is_some_and(|last| last == "self" || last == "*") {
                    path.pop();
                }
                (path, name)
            })
            .collect();
    }
    let (path, name) = tree.split_once(" as ").unwrap_or((tree, ""));
    let mut path = parts(path);
    let last = path.last().cloned().unwrap_or_default();
    if last == "*" && path.len() > 1 {
        path.pop();
    }
    vec![(path, if name.is_empty() { last } else { name.trim().to_owned() })]
}

fn parts(path: &str) -> Path_ {
    path.split("::").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn split_group(group: &str) -> Vec<String> {
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().unwrap().push(c);
    }
    parts.retain(|part| !part.trim().is_empty());
    parts
}

fn identifier(text: &str) -> &str {
    &text[..text.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(text.len())]
}

fn line_of(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}

fn root(of: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(of).join("src")
}

#[test]
fn rooms_of_the_runtime_import_only_what_lies_below() {
    let house = House::read(&root("sentry-runtime"));
    assert!(house.sources.len() > 200, "{} files were read", house.sources.len());
    let report = house.arrows_up(RUNTIME);
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn stages_of_the_macros_import_only_what_lies_below() {
    let house = House::read(&root("sentry-macros"));
    assert!(house.sources.len() > 30, "{} files were read", house.sources.len());
    let report = house.arrows_up(MACROS);
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn rooms_of_the_dashboard_import_only_what_lies_below() {
    let house = House::read(&root("sentry-runtime/dashboard"));
    assert!(house.sources.len() > 20, "{} files were read", house.sources.len());
    let report = house.arrows_up(DASHBOARD);
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn files_form_no_circles() {
    for of in ["sentry-runtime", "sentry-runtime/dashboard", "sentry-macros"] {
        let report = House::read(&root(of)).circles();
        assert!(report.is_empty(), "\n{of}: {report}");
    }
}

#[test]
fn a_planted_arrow_and_planted_circles_are_found() {
    let folder = std::env::temp_dir().join(format!("layers-{}", std::process::id()));
    let write = |file: &str, text: &str| {
        let file = folder.join(file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    };
    write("lib.rs", "mod base;\nmod api;\npub use api::open;\n");
    write("base/mod.rs", "mod a;\nmod b;\nmod c;\nmod d;\nmod e;\n");
    write("base/a.rs", "use super::b::{self, B};\n// use crate::api::no;\n\nfn f() { crate::open() }\n");
    write("base/b.rs", "use super::c::C;\n");
    write("base/c.rs", "use crate::base::a;\n#[cfg(test)]\nmod tests {\n    use crate::api;\n}\n");
    write("base/d.rs", "use super::e::E;\n");
    write("base/e.rs", "use super::d::D;\n");
    write("api.rs", "use crate::base::a;\npub fn open() {}\n");
    let house = House::read(&folder);
    let arrows = house.arrows_up(&[&["base"], &["api"], &["lib"]]);
    let circles = house.circles();
    std::fs::remove_dir_all(&folder).unwrap();
    let found: Vec<&str> = arrows.lines().collect();
    assert_eq!(found.len(), 1, "{arrows}");
    assert!(found[0].ends_with("a.rs:4: `base` imports `open` of `api`, which lies above it"), "{arrows}");
    let expected = "a circle of 4: base::a, base::b, base::c, api\na circle of 2: base::d, base::e\n";
    assert_eq!(circles, expected);
}
