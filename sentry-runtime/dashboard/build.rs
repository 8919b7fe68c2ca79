//! Joins the files of the page to one HTML document.
//!
//! `page/index.html` contains two marks: `<!--style-->` is replaced by `page/*.css`, and `<!--script-->` by
//! `page/js/*.js`, each in the order of the names. Nothing is downloaded, and no tool is needed.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// The server replaces this by the nonce of the response's `Content-Security-Policy`.
const NONCE: &str = "{{nonce}}";

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or(io::ErrorKind::NotFound)?);
    let page = root.join("page");
    println!("cargo::rerun-if-changed={}", page.display());
    let html = fs::read_to_string(page.join("index.html"))?;
    let style = joined(&page, "css")?;
    let script = joined(&page.join("js"), "js")?;
    for (text, end) in [(&style, "</style"), (&script, "</script")] {
        if text.to_ascii_lowercase().contains(end) {
            return Err(io::Error::other(format!("the files of the page must not contain `{end}`")));
        }
    }
    let html = html
        .replace("<!--style-->", &format!("<style nonce=\"{NONCE}\">\n{style}</style>"))
        .replace("<!--script-->", &format!("<script nonce=\"{NONCE}\">\n{script}</script>"));
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    fs::write(out.join("page.html"), html)
}

/// Returns the text of the files with this ending. A folder that does not exist has none.
fn joined(folder: &Path, ending: &str) -> io::Result<String> {
    let mut files = Vec::new();
    match fs::read_dir(folder) {
        Ok(entries) => {
            for entry in entries {
                files.push(entry?.path());
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    files.retain(|file| file.extension().is_some_and(|found| found == ending));
    files.sort();
    let mut text = String::new();
    for file in files {
        text.push_str(&fs::read_to_string(&file)?);
        text.push('\n');
    }
    Ok(text)
}
