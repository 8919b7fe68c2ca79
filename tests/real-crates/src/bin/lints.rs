//! Compares the messages of the compiler and clippy about a crate before and after a change: `lints BEFORE AFTER`, two
//! logs of `--message-format=json`. Prints the numbers of new and missing messages, then each kind of them with a
//! place.
//!
//! A message is identified by its code, its file and its line: an attribute is on the line of its function.

use std::collections::BTreeMap;
use std::{env, fs, process};

use serde_json::Value;

/// The number of messages by code, file and line.
type Messages = BTreeMap<(String, String, u64), usize>;

fn main() {
    let logs: Vec<String> = env::args().skip(1).collect();
    let [before, after] = logs.as_slice() else {
        eprintln!("usage: lints BEFORE AFTER");
        process::exit(2);
    };
    let (before, after) = (messages(before), messages(after));
    let (new, gone) = (difference(&after, &before), difference(&before, &after));
    println!("{} before, {} new, {} gone", before.values().sum::<usize>(), total(&new), total(&gone));
    print("+", &new);
    print("-", &gone);
    process::exit(i32::from(!new.is_empty()));
}

fn messages(log: &str) -> Messages {
    let text = fs::read_to_string(log).unwrap_or_else(|error| {
        eprintln!("{log}: {error}");
        process::exit(2);
    });
    let mut messages = Messages::new();
    for line in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        let message = &line["message"];
        // Messages of macros have no code.
        let code =
            message["code"]["code"].as_str().or(message["level"].as_str().filter(|level| *level == "error"));
        let Some(code) = code else { continue };
        let spans = message["spans"].as_array().map_or(&[][..], Vec::as_slice);
        let Some(primary) = spans.iter().find(|span| span["is_primary"] == true) else { continue };
        let place = outermost(primary);
        let file = place["file_name"].as_str().unwrap_or_default().to_owned();
        let line = place["line_start"].as_u64().unwrap_or_default();
        *messages.entry((code.to_owned(), file, line)).or_default() += 1;
    }
    messages
}

/// Returns the place of the call whose macro made the code. The code that an attribute makes already has the right
/// place.
fn outermost(mut span: &Value) -> &Value {
    while let Some(call) = span["expansion"].get("span")
        && !span["expansion"]["macro_decl_name"].as_str().is_some_and(|name| name.starts_with("#["))
    {
        span = call;
    }
    span
}

/// Returns the messages that occur more often in `these` than in `those`.
fn difference(these: &Messages, those: &Messages) -> Messages {
    let more = |key, count: usize| count.saturating_sub(those.get(key).copied().unwrap_or_default());
    these
        .iter()
        .map(|(key, count)| (key.clone(), more(key, *count)))
        .filter(|(_, count)| *count > 0)
        .collect()
}

fn total(messages: &Messages) -> usize {
    messages.values().sum()
}

fn print(sign: &str, messages: &Messages) {
    let mut kinds: BTreeMap<&str, (usize, String)> = BTreeMap::new();
    for ((code, file, line), count) in messages {
        let kind = kinds.entry(code).or_insert_with(|| (0, format!("{file}:{line}")));
        kind.0 += count;
    }
    for (code, (count, place)) in kinds {
        println!("  {sign} {count} {code}, as in {place}");
    }
}
