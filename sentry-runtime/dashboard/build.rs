//! Joins the files of the page to one HTML document.
//!
//! `page/index.html` contains the mark `<!--packed-->`. It is replaced by the style `page/style.css` and the script
//! `page/js/*.js`, in the order of the names, with a NUL character between them, compressed by gzip and written in base
//! 64: whoever gets the document gets a third of the bytes, and the files stay readable. Nothing is downloaded, and no
//! other tool is needed.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use flate2::{Compression, GzBuilder};

const MARK: &str = "<!--packed-->";

fn main() -> io::Result<()> {
    let folder = |name| env::var_os(name).map(PathBuf::from).ok_or(io::ErrorKind::NotFound);
    let page = folder("CARGO_MANIFEST_DIR")?.join("page");
    println!("cargo::rerun-if-changed={}", page.display());
    let html = fs::read_to_string(page.join("index.html"))?;
    if html.matches(MARK).count() != 1 {
        return Err(io::Error::other(format!("page/index.html must contain {MARK} once")));
    }
    let text = format!("{}\0{}", fs::read_to_string(page.join("style.css"))?, script(&page.join("js"))?);
    // Without a time, so that the same files make the same document.
    let mut gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    gzip.write_all(text.as_bytes())?;
    fs::write(folder("OUT_DIR")?.join("page.html"), html.replace(MARK, &base64(&gzip.finish()?)))
}

/// Returns the text of the scripts in a folder.
fn script(folder: &Path) -> io::Result<String> {
    let mut files = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    files.retain(|file| file.extension().is_some_and(|ending| ending == "js"));
    files.sort();
    let texts = files.iter().map(fs::read_to_string).collect::<io::Result<Vec<_>>>()?;
    Ok(texts.join("\n"))
}

/// Writes bytes in base 64: <https://datatracker.ietf.org/doc/html/rfc4648#section-4>.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let number =
            group.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte)) << (8 * (3 - group.len()));
        for digit in 0..4 {
            text.push(if digit <= group.len() {
                DIGITS[number >> (18 - 6 * digit) & 63].into()
            } else {
                '='
            });
        }
    }
    text
}
