//! Tests of the contents of calls to language models, and of the responses of server actions.

use sentry::ai::{self, Message};
use sentry::{ClientOptions, DataCollection, HttpBodyType};
use sentry_tests::support::{observe, options};
use serde_json::Value;

const INPUTS: [&str; 4] = [
    "gen_ai.input.messages",
    "gen_ai.system_instructions",
    "gen_ai.tool.definitions",
    "gen_ai.tool.call.arguments",
];
const OUTPUTS: [&str; 2] = ["gen_ai.output.messages", "gen_ai.tool.call.result"];

/// Returns whether the inputs and whether the outputs of a call were collected.
#[track_caller]
fn collected(options: ClientOptions, on_request: bool) -> (bool, bool) {
    let seen = observe(options, || {
        sentry::start_span(ai::chat("openai", "gpt-4o"), |span| {
            let record = ai::record(span);
            if on_request {
                record.with_contents();
            }
            record
                .input_messages(&[Message::user("Will it rain?")])
                .system_instructions("be brief")
                .tool_definitions(&["forecast"])
                .tool_arguments(&["Linz"])
                .output_messages(&[Message::assistant("It will.")])
                .tool_result("rain");
        });
    });
    let data = seen.span("chat gpt-4o").data;
    let all = |names: &[&str]| {
        let count = names.iter().filter(|name| data.get(**name).is_some()).count();
        assert!(count == 0 || count == names.len(), "{data:#}");
        count > 0
    };
    (all(&INPUTS), all(&OUTPUTS))
}

#[test]
fn inputs_and_outputs_of_models_are_decided_apart() {
    let with = |collection| options().data_collection(collection);
    for (options, expected) in [
        (options(), (false, false)),
        (options().send_default_pii(true), (true, true)),
        (with(DataCollection::new()), (true, true)),
        (with(DataCollection::new().gen_ai(false)).send_default_pii(true), (false, false)),
        (with(DataCollection::new().gen_ai_inputs(false)), (false, true)),
        (with(DataCollection::none().gen_ai_inputs(true)), (true, false)),
        (with(DataCollection::without_pii().gen_ai_outputs(true)), (false, true)),
    ] {
        assert_eq!(collected(options.clone(), false), expected);
        assert_eq!(
            collected(options, true),
            (true, true),
            "contents that the program asks for are collected"
        );
    }
}

#[sentry::server_action]
fn unasked() -> &'static str {
    "thank you"
}

#[sentry::server_action(record_response)]
fn asked() -> &'static str {
    "thank you"
}

#[sentry::server_action(record_response = false, form_data = [("city", "Linz")])]
fn refused() -> &'static str {
    "thank you"
}

#[test]
fn the_response_of_an_action_is_a_body_that_goes_out() {
    let result = |options: ClientOptions, action: fn() -> &'static str| -> Value {
        observe(options, action).transaction()["contexts"]["trace"]["data"]["server_action_result"].clone()
    };
    let bodies = |kinds: &[HttpBodyType]| {
        options().data_collection(DataCollection::none().http_bodies(kinds.iter().copied()))
    };
    let [out, others] = [[HttpBodyType::OutgoingResponse], [HttpBodyType::IncomingRequest]];
    for (options, is_collected) in [
        (options(), false),
        (options().send_default_pii(true), true),
        (options().data_collection(DataCollection::new()), true),
        (bodies(&out), true),
        (bodies(&others), false),
        (bodies(&[]).send_default_pii(true), false),
    ] {
        assert_eq!(result(options.clone(), unasked) == "thank you", is_collected);
        assert_eq!(result(options.clone(), asked), "thank you", "an attribute wins");
        assert_eq!(result(options, refused), Value::Null);
    }
}

#[test]
fn form_fields_that_an_attribute_names_are_sent_whatever_is_selected() {
    let seen = observe(options().data_collection(DataCollection::none()), refused);
    assert_eq!(seen.transaction()["contexts"]["trace"]["data"]["server_action_form_data.city"], "Linz");
}
