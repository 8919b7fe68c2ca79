//! Tests of the local view of a program: its output with `SENTRY_LOCAL`, and the file of raw envelopes.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

use std::path::PathBuf;

use sentry_tests::support::programs::run;
#[cfg(unix)]
use sentry_tests::support::terminal::run_in_terminal;
use sentry_tests::{Envelope, FakeSentry};

const STOREFRONT: &str = env!("CARGO_BIN_EXE_storefront");

/// Returns the only line that contains all of the texts.
#[track_caller]
fn line<'a>(output: &'a str, texts: &[&str]) -> &'a str {
    let mut lines = output.lines().filter(|line| texts.iter().all(|text| line.contains(text)));
    let first = lines.next().unwrap_or_else(|| panic!("no line with {texts:?} in\n{output}"));
    assert_eq!(lines.next(), None, "one line with {texts:?} in\n{output}");
    first
}

fn indent(line: &str) -> usize {
    line.chars().take_while(|c| !c.is_alphanumeric()).count()
}

#[test]
fn a_program_prints_its_traces_errors_and_check_ins() {
    let ended = run(STOREFRONT, &[], &[("SENTRY_LOCAL", "1")]);
    assert_eq!((ended.code, &*ended.stdout), (Some(0), ""));
    let shown = &*ended.stderr;
    let root = line(shown, &["serverAction/checkout", "internal_error", "function.server"]);
    let query = line(shown, &["load_cart", "db.query"]);
    let charge = line(shown, &["charge", "internal_error", " function "]);
    assert_eq!(indent(query), indent(charge), "siblings\n{shown}");
    assert!(indent(query) > indent(root), "below their parent\n{shown}");
    line(shown, &["CardDeclined: card declined", "unhandled", "event "]);
    line(shown, &["trace", "3 spans"]);
    assert!(shown.contains("programs/storefront.rs:"), "the place in the source\n{shown}");
    line(shown, &["stock-count", " ok ", "every day"]);
    assert!(!shown.contains("in_progress"), "the run is one line\n{shown}");
    assert!(!shown.contains('\u{1b}'), "no colour outside of a terminal\n{shown}");
}

#[test]
fn the_local_view_prints_nothing_unless_switched_on() {
    for environment in [&[][..], &[("SENTRY_LOCAL", "0")], &[("SENTRY_LOCAL", "")]] {
        let ended = run(STOREFRONT, &[], environment);
        assert_eq!((ended.code, &*ended.stdout, &*ended.stderr), (Some(0), "", ""));
    }
    let server = FakeSentry::start();
    let ended = run(STOREFRONT, &[], &[("SENTRY_DSN", &server.dsn())]);
    assert_eq!((ended.code, &*ended.stderr), (Some(0), ""));
    assert_eq!((server.events().len(), server.check_ins().len()), (1, 2));
}

#[test]
fn failures_alone_can_be_shown() {
    let ended = run(STOREFRONT, &[], &[("SENTRY_LOCAL", "failures")]);
    line(&ended.stderr, &["CardDeclined: card declined", "unhandled", "event "]);
    line(&ended.stderr, &["serverAction/checkout", "internal_error"]);
    assert!(!ended.stderr.contains("stock-count"), "{}", ended.stderr);
}

/// The view asks the terminal for its width: shells set `COLUMNS`, but do not export it.
#[cfg(unix)]
#[test]
fn the_view_is_as_wide_as_the_terminal() {
    for columns in [60, 80, 132] {
        let shown = run_in_terminal(STOREFRONT, columns, &[("SENTRY_LOCAL", "1"), ("NO_COLOR", "1")]);
        let header = line(&shown, &["── trace", "3 spans"]);
        assert_eq!(header.chars().count(), usize::from(columns), "{shown}");
    }
    let environment = [("SENTRY_LOCAL", "1"), ("NO_COLOR", "1"), ("COLUMNS", "100")];
    let shown = run_in_terminal(STOREFRONT, 60, &environment);
    assert_eq!(line(&shown, &["── trace", "3 spans"]).chars().count(), 100, "COLUMNS decides");
}

#[cfg(unix)]
#[test]
fn a_terminal_gets_colour_and_the_log_of_a_ci_system_does_not() {
    let has_colour = |environment: &[(&str, &str)]| {
        let local = [("SENTRY_LOCAL", "1")];
        run_in_terminal(STOREFRONT, 100, &[&local, environment].concat()).contains('\u{1b}')
    };
    assert!(has_colour(&[]));
    assert!(!has_colour(&[("CI", "true")]));
    assert!(has_colour(&[("CI", "true"), ("FORCE_COLOR", "1")]));
    assert!(!has_colour(&[("NO_COLOR", "1")]));
    assert!(!has_colour(&[("TERM", "dumb")]));
}

#[test]
fn the_local_view_prints_beside_sending_to_a_server() {
    let server = FakeSentry::start();
    let ended = run(STOREFRONT, &[], &[("SENTRY_LOCAL", "1"), ("SENTRY_DSN", &server.dsn())]);
    server.assert_valid();
    assert_eq!((server.events().len(), server.check_ins().len()), (1, 2));
    line(&ended.stderr, &["serverAction/checkout"]);
}

/// A file that is removed on drop.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sentry-tests-{}-{name}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        Self(path)
    }

    fn envelopes(&self) -> Vec<Envelope> {
        // An envelope begins with a line that is neither a header of an item nor a payload.
        let bytes = std::fs::read(&self.0).unwrap();
        let mut violations = Vec::new();
        let mut envelopes = Vec::new();
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let end = next_envelope(rest);
            envelopes.push(Envelope::parse(&rest[..end], &mut violations).unwrap());
            rest = &rest[end..];
        }
        assert_eq!(violations, [""; 0]);
        envelopes
    }
}

/// Returns the end of the first envelope, which it finds by the lengths of the items.
fn next_envelope(bytes: &[u8]) -> usize {
    let line_end = |from: usize| bytes[from..].iter().position(|&byte| byte == b'\n').map(|at| from + at + 1);
    let mut at = line_end(0).unwrap();
    while at < bytes.len() {
        let end = line_end(at).unwrap();
        let header: serde_json::Value = serde_json::from_slice(&bytes[at..end]).unwrap();
        let Some(length) = header["length"].as_u64().filter(|_| header["type"].is_string()) else { break };
        at = end + usize::try_from(length).unwrap() + 1;
    }
    at.min(bytes.len())
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn a_path_takes_the_raw_envelopes() {
    let file = Scratch::new("raw");
    let path = file.0.to_str().unwrap();
    let ended = run(STOREFRONT, &[], &[("SENTRY_LOCAL", path)]);
    assert_eq!(ended.code, Some(0));
    line(&ended.stderr, &["serverAction/checkout"]);
    let of = |ty: &str| file.envelopes().iter().map(|envelope| envelope.items_of(ty).count()).sum::<usize>();
    assert_eq!((of("event"), of("transaction"), of("check_in")), (1, 2, 2));
    run(STOREFRONT, &[], &[("SENTRY_LOCAL", path)]);
    assert_eq!((of("event"), of("transaction"), of("check_in")), (2, 4, 4), "appended");
}

#[test]
fn a_file_that_cannot_be_opened_is_reported_and_the_program_goes_on() {
    let ended = run(STOREFRONT, &[], &[("SENTRY_LOCAL", "/nowhere/at/all")]);
    assert_eq!(ended.code, Some(0));
    let note = line(&ended.stderr, &["[sentry] error:"]);
    assert!(note.contains("/nowhere/at/all") && note.contains("cannot open the file"), "{note}");
    line(&ended.stderr, &["serverAction/checkout"]);
}
