//! Tests that rustdoc shows an annotated function as it was written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::compile::{deps, folder, library};

const TEXT: &str = "
use std::{future::Future, pin::Pin};

/// A function.
@ pub async fn later(_: u8, (a, b): (u8, &str), mut c: u8) -> Result<u8, std::num::ParseIntError> {
    c += b.parse::<u8>()?;
    Ok(a + c)
}
@ pub fn sync(_: u8, [a, b]: [u8; 2]) -> Result<u8, ()> { Ok(a + b) }
@ pub fn opaque<'a>(a: &'a str) -> impl Future<Output = usize> + 'a { async move { a.len() } }
@ pub fn boxed(a: u8) -> Pin<Box<dyn Future<Output = u8>>> { Box::pin(async move { a }) }
pub struct Cart;
impl Cart {
    /// A method.
    @ pub async fn total(&self, (): ()) -> u8 { 1 }
    pub const fn constant() -> u8 { 1 }
}
pub trait Shop {
    @ fn open(self, _: u8) -> Result<(), ()> where Self: Sized { Ok(()) }
}
impl Shop for Cart {
    @ fn open(mut self, _: u8) -> Result<(), ()> { self = Cart; drop(self); Ok(()) }
}
";

/// Returns the pages that rustdoc makes from a text, without the pages of the sources.
fn pages(name: &str, text: &str) -> BTreeMap<PathBuf, String> {
    let folder = folder(name);
    let source = folder.join("case.rs");
    // An earlier run may have left pages.
    let _ = std::fs::remove_dir_all(folder.join("doc"));
    // Both versions load the runtime, because its blanket implementations are shown for every type.
    std::fs::write(&source, format!("{text}\nmod loads_the_runtime {{ extern crate sentry as _; }}\n"))
        .unwrap();
    let output = Command::new("rustdoc")
        .arg(&source)
        .args(["--edition=2024", "--crate-name=case"])
        .arg("--out-dir")
        .arg(folder.join("doc"))
        .arg(format!("-Ldependency={}", deps().display()))
        .arg(format!("--extern=sentry={}", library(&deps()).display()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut pages = BTreeMap::new();
    collect(&folder.join("doc/case"), Path::new(""), &mut pages);
    pages
}

fn collect(folder: &Path, name: &Path, pages: &mut BTreeMap<PathBuf, String>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let name = name.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), &name, pages);
        } else {
            pages.insert(name, std::fs::read_to_string(entry.path()).unwrap());
        }
    }
}

#[test]
fn rustdoc_shows_the_functions_as_they_are_written() {
    const ATTRIBUTES: [&str; 6] = [
        "#[sentry::span]",
        "#[sentry::span(attributes(n = 1 + 1), ret)]",
        "#[sentry::monitor(\"job\", tags(n = 1))]",
        "#[sentry::server_action(record_response)]",
        "#[sentry::api_handler(\"/\")]",
        "#[sentry::span] #[sentry::data_fetcher(app)]",
    ];
    // The functions appear alone, each with another attribute, and again in a block.
    let parts = TEXT.split_inclusive('@').zip(ATTRIBUTES.iter().cycle());
    let annotated: String = parts.map(|(part, attribute)| part.replace('@', attribute)).collect();
    let text = TEXT.replace('@', "");
    let plain = pages("plain docs", &format!("{text}\npub mod inner {{{text}}}"));
    let later = &plain[Path::new("fn.later.html")];
    assert!(later.contains("async fn"), "{later}");
    let annotated = pages(
        "annotated docs",
        &format!("{annotated}\n#[sentry::span(op = \"db\")] pub mod inner {{{text}}}"),
    );
    assert_eq!(plain.keys().collect::<Vec<_>>(), annotated.keys().collect::<Vec<_>>());
    for (page, text) in &plain {
        let differs = text.lines().zip(annotated[page].lines()).find(|(plain, annotated)| plain != annotated);
        assert_eq!(differs, None, "{}", page.display());
    }
}
