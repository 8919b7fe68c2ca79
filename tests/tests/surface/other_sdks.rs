//! Tests that the guide `other_sdks` names every option of Sentry's other SDKs, with its default, and no option that
//! this crate does not have.

use std::collections::BTreeSet;
use std::path::Path;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// Returns the cells of the rows of all tables: JavaScript, Python, Rust, this crate, remarks.
fn rows(page: &str) -> Vec<[String; 5]> {
    let cells = |line: &str| -> Option<[String; 5]> {
        let inner = line.strip_prefix('|')?.strip_suffix('|')?;
        inner.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>().try_into().ok()
    };
    let rows: Vec<_> = page.lines().filter_map(cells).collect();
    rows.into_iter().filter(|row| row[0] != "JavaScript" && !row[0].starts_with("---")).collect()
}

/// Returns the options that a cell names, with their defaults.
fn options(cell: &str) -> impl Iterator<Item = (&str, &str)> {
    cell.split(", `").filter_map(|part| part.trim_start_matches('`').split_once("`: "))
}

#[test]
fn every_option_of_other_sdks_is_in_the_guide_with_its_default() {
    let page = read("../sentry-runtime/docs/other-sdks.md");
    let rows = rows(&page);
    let column = |number: usize| -> BTreeSet<(&str, &str)> {
        rows.iter().flat_map(|row| options(&row[number])).collect()
    };
    let list = read("conventions/options.txt");
    for (number, sdk) in ["javascript", "python", "rust"].into_iter().enumerate() {
        let listed: BTreeSet<_> =
            list.lines().filter_map(|line| line.strip_prefix(sdk)?.trim_start().split_once(' ')).collect();
        assert!(listed.len() > 30, "{sdk}: {listed:?}");
        assert_eq!(column(number), listed, "{sdk}");
    }
}

#[test]
fn the_guide_names_options_that_exist_or_says_why_there_is_none() {
    let page = read("../sentry-runtime/docs/other-sdks.md");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sentry-runtime/src/options");
    let folders = [folder.join("data_collection"), folder.join("setters"), folder];
    let folders = folders.map(|folder| std::fs::read_dir(folder).unwrap());
    let files = folders.into_iter().flatten().map(|entry| entry.unwrap().path());
    let sources = files.filter(|path| path.is_file()).map(|path| std::fs::read_to_string(path).unwrap());
    let sources: String = sources.collect();
    for row in rows(&page) {
        let [.., ours, remark] = &row;
        assert!(!ours.is_empty() || !remark.is_empty(), "{row:?}");
        for (name, _) in options(ours) {
            let is_method = sources.lines().any(|line| {
                let line = line.trim_start().trim_start_matches("pub fn ");
                line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['(', '<']))
            });
            assert!(is_method, "neither ClientOptions nor DataCollection has a method `{name}`");
        }
    }
}
