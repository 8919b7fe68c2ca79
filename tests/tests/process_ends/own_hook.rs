//! Tests of panics that our hook does not see, because the program installed a hook of its own later, or raised the
//! panic by `resume_unwind`. Attributes, handlers and `main` capture such a panic once while it unwinds.

use std::process::{Command, Stdio};

use sentry_tests::FakeSentry;
use serde_json::{Value, json};

struct Ended {
    events: Vec<Value>,
    said: String,
    code: Option<i32>,
    server: FakeSentry,
}

fn run(how: &str) -> Ended {
    let server = FakeSentry::start();
    let mut command = Command::new(env!("CARGO_BIN_EXE_own_hook"));
    command.arg(how).env_clear().env("SENTRY_DSN", server.dsn()).env("SENTRY_DEBUG", "1");
    let ended = command.stdin(Stdio::null()).output().unwrap();
    server.assert_valid();
    Ended {
        events: server.events(),
        said: String::from_utf8_lossy(&ended.stderr).into_owned(),
        code: ended.status.code(),
        server,
    }
}

impl Ended {
    fn texts(&self) -> Vec<&str> {
        let text = |event| -> &str {
            let event: &Value = event;
            let exception = &event["exception"]["values"][0];
            assert_eq!((&event["level"], &exception["type"]), (&json!("fatal"), &json!("panic")));
            let mechanism = &exception["mechanism"];
            assert_eq!((&mechanism["type"], &mechanism["handled"]), (&json!("panic"), &json!(false)));
            exception["value"].as_str().unwrap()
        };
        self.events.iter().map(text).collect()
    }

    /// Returns the program's functions on the stack of an event, innermost first.
    fn functions(&self, event: usize) -> Vec<String> {
        let exception = &self.events[event]["exception"]["values"][0];
        let frames = exception["stacktrace"]["frames"].as_array().cloned().unwrap_or_default();
        let own = frames.iter().rev().filter(|frame| frame["module"] == "own_hook");
        own.map(|frame| frame["function"].as_str().unwrap().to_owned()).collect()
    }

    /// Returns the name of the span of an event.
    fn span(&self, event: usize) -> String {
        let id = &self.events[event]["contexts"]["trace"]["span_id"];
        let transactions = self.server.transactions();
        let roots =
            transactions.iter().map(|root| (&root["contexts"]["trace"]["span_id"], &root["transaction"]));
        let children = transactions.iter().flat_map(|root| root["spans"].as_array().unwrap());
        let children = children.map(|span| (&span["span_id"], &span["description"]));
        let found = roots.chain(children).find(|(known, _)| *known == id);
        found.map(|(_, name)| name.as_str().unwrap().to_owned()).unwrap_or_default()
    }

    fn explanations(&self) -> usize {
        self.said.matches("captured a panic without the stack of its location").count()
    }
}

#[test]
fn main_captures_a_panic_that_no_hook_saw() {
    let ended = run("main");
    assert_eq!(ended.texts(), ["the lamp broke"]);
    assert_eq!((ended.code, ended.explanations()), (Some(101), 1), "{}", ended.said);
}

#[test]
fn the_stack_begins_at_the_annotated_function_that_the_panic_left_first() {
    let ended = run("inside main");
    assert_eq!(ended.texts(), ["the lamp broke"]);
    assert_eq!(ended.functions(0), ["inner", "main"]);
    assert_eq!(ended.span(0), "inner");
}

#[test]
fn spans_alone_capture_each_panic_once() {
    let ended = run("span");
    assert_eq!(ended.events.len(), 2, "{:?}", ended.texts());
    assert!(ended.texts()[0].contains("message is unknown"), "{:?}", ended.texts());
    assert_eq!((ended.span(0), ended.span(1)), ("inner".to_owned(), "inner".to_owned()));
    assert_eq!(ended.explanations(), 1);
    let ended = run("async");
    assert_eq!(ended.events.len(), 1, "{:?}", ended.texts());
    assert_eq!(ended.span(0), "inner");
}

#[test]
fn handlers_and_jobs_capture_the_message() {
    let ended = run("handlers");
    assert_eq!(ended.texts(), ["the lamp broke", "the shelf broke", "the door broke"]);
    let check_ins: Vec<_> =
        ended.server.check_ins().iter().map(|check_in| check_in["status"].clone()).collect();
    assert_eq!(check_ins, ["in_progress", "error"]);
    assert_eq!(ended.explanations(), 1);
    for (event, function) in ["action", "outer", "job"].into_iter().enumerate() {
        assert_eq!(ended.functions(event)[..2], ["inner", function]);
        assert_eq!(ended.span(event), "inner");
    }
}

#[test]
fn a_panic_that_a_handler_catches_is_captured_as_the_hook_would() {
    let ended = run("caught inside");
    assert_eq!(ended.events.len(), 1);
    assert_eq!(ended.span(0), "inner");
}

#[test]
fn a_resumed_panic_is_captured_unless_it_was_captured_before() {
    assert_eq!(run("resumed").texts(), ["out of lamps"]);
    assert_eq!(run("resumed from a thread").texts(), ["the lamp broke"]);
    assert_eq!(run("resumed from a task").texts(), ["the lamp broke"]);
    assert_eq!(run("resumed from an action in a task").texts(), ["the lamp broke"]);
    assert_eq!(run("resumed in a span").texts(), ["the lamp broke"]);
}

#[test]
fn a_panic_that_our_hook_saw_is_one_event_whatever_runs_while_it_unwinds() {
    let ended = run("seen");
    assert_eq!(ended.texts(), ["the lamp broke", "the shelf broke", "the door broke"]);
    assert_eq!(ended.explanations(), 0, "{}", ended.said);
    assert_eq!(run("tidied").texts(), ["the lamp broke"]);
}

#[test]
fn a_hook_of_the_programs_can_hand_panics_over() {
    let ended = run("own handler");
    assert_eq!(ended.texts(), ["the lamp broke"]);
    assert!(ended.functions(0)[0].contains("breaks"), "{:?}", ended.functions(0));
    assert_eq!(run("own handler and ours").texts(), ["the lamp broke", "the lamp broke"]);
    assert_eq!(
        run("own handler, then ours").texts(),
        ["the lamp broke", "the lamp broke", "the shelf broke", "the shelf broke"]
    );
    assert_eq!(run("registered again").texts(), ["the lamp broke", "the lamp broke"]);
}
