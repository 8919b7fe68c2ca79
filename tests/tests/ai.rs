//! Tests of AI spans: names and attributes of agents, models and tools, conversations, recorded messages.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

use std::time::Duration;

use sentry::ai::{self, Message};
use sentry_tests::support::{self, SeenSpan, block_on, names, observe, only, options, yield_once};
use serde_json::{Value, json};

/// Returns the attributes of a span that start with `gen_ai.`.
fn ai_data(span: &SeenSpan) -> Value {
    let data = span.data.as_object().into_iter().flatten();
    data.filter(|(key, _)| key.starts_with("gen_ai."))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

#[test]
fn helpers_set_the_names_and_attributes_of_the_spec() {
    let seen = observe(options(), || {
        sentry::start_span(ai::agent("Weather Agent").model("gpt-4o").pipeline("weather"), |_| {
            let call = ai::chat("openai", "o3-mini").temperature(0.1).max_tokens(500).top_k(35).seed("12345");
            sentry::start_span(call, |span| {
                ai::record(span)
                    .response_model("o3-mini-2025-01-31")
                    .response_id("chatcmpl-1")
                    .finish_reason("stop")
                    .streaming(Some(Duration::from_millis(500)))
                    .tokens(60, 130)
                    .cached_tokens(50)
                    .cache_write_tokens(20)
                    .reasoning_tokens(30);
            });
            sentry::start_span(ai::tool("forecast").description("asks the sky").kind("function"), |_| ());
        });
    });
    let agent = seen.span("invoke_agent Weather Agent");
    assert!(agent.is_root);
    assert_eq!(agent.op, "gen_ai.invoke_agent");
    assert_eq!(
        ai_data(&agent),
        json!({
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": "Weather Agent",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.pipeline.name": "weather",
        })
    );
    let chat = seen.span("chat o3-mini");
    assert_eq!((&*chat.op, chat.parent.as_deref()), ("gen_ai.chat", Some(&*agent.id)));
    assert_eq!(
        ai_data(&chat),
        json!({
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "o3-mini",
            "gen_ai.request.temperature": 0.1,
            "gen_ai.request.max_tokens": 500,
            "gen_ai.request.top_k": 35,
            "gen_ai.request.seed": "12345",
            "gen_ai.response.model": "o3-mini-2025-01-31",
            "gen_ai.response.id": "chatcmpl-1",
            "gen_ai.response.finish_reasons": "stop",
            "gen_ai.response.streaming": true,
            "gen_ai.response.time_to_first_chunk": 0.5,
            "gen_ai.usage.input_tokens": 60,
            "gen_ai.usage.output_tokens": 130,
            "gen_ai.usage.total_tokens": 190,
            "gen_ai.usage.cache_read.input_tokens": 50,
            "gen_ai.usage.cache_creation.input_tokens": 20,
            "gen_ai.usage.reasoning.output_tokens": 30,
            "gen_ai.agent.name": "Weather Agent",
            "gen_ai.pipeline.name": "weather",
        })
    );
    let tool = seen.span("execute_tool forecast");
    assert_eq!(tool.op, "gen_ai.execute_tool");
    assert_eq!(tool.data["gen_ai.tool.type"], "function");
    assert_eq!(tool.data["gen_ai.agent.name"], "Weather Agent", "the one that runs it");
}

#[test]
fn the_other_calls_of_a_model_differ_in_their_operation() {
    let seen = observe(options(), || {
        sentry::start_span("request", |_| {
            sentry::start_span(ai::embeddings("openai", "ada"), |_| ());
            sentry::start_span(ai::generate_content("google", "gemini"), |_| ());
            sentry::start_span(ai::text_completion("meta", "llama"), |_| ());
            sentry::start_span(ai::decide("openai", "o3"), |_| ());
            sentry::start_span(ai::extract("openai", "o3"), |_| ());
        });
    });
    let ops: Vec<_> = seen.spans().iter().skip(1).map(|span| (span.name.clone(), span.op.clone())).collect();
    let expected = [
        ("embeddings ada", "gen_ai.embeddings"),
        ("generate_content gemini", "gen_ai.generate_content"),
        ("text_completion llama", "gen_ai.text_completion"),
        ("decide o3", "gen_ai.decide"),
        ("extract o3", "gen_ai.extract"),
    ];
    assert_eq!(ops, expected.map(|(name, op)| (name.to_owned(), op.to_owned())));
}

// ---- annotated functions

#[sentry::span(
    op = "gen_ai.chat",
    attributes("gen_ai.provider.name" = "openai", "gen_ai.request.model" = model)
)]
fn ask(model: &str) -> u32 {
    ai::record_active().response_model("gpt-4o-2024-08-06").tokens(6, 13);
    step();
    7
}

#[sentry::span]
fn step() {}

#[sentry::span(op = "gen_ai.execute_tool", attributes("gen_ai.tool.name" = "forecast"))]
async fn forecast() {
    yield_once().await;
}

#[sentry::span("my name", op = "gen_ai.chat", attributes("gen_ai.request.model" = "x", "gen_ai.operation.name" = "mine"))]
async fn named() {
    yield_once().await;
}

#[sentry::span(op = "gen_ai.invoke_agent", attributes("gen_ai.agent.name" = "Weather Agent"))]
async fn agent() {
    between().await;
    named().await;
}

#[sentry::span]
async fn between() {
    ask("gpt-4o");
    forecast().await;
}

#[test]
fn an_annotated_call_gets_operation_name_and_agent_by_itself() {
    let seen = observe(options(), || block_on(agent()));
    let spans = seen.spans();
    let mut all = names(&spans);
    all.sort_unstable();
    assert_eq!(all, ["agent", "between", "chat gpt-4o", "execute_tool forecast", "my name", "step"]);
    let chat = seen.span("chat gpt-4o");
    assert_eq!(chat.data["gen_ai.operation.name"], "chat");
    assert_eq!(chat.data["gen_ai.response.model"], "gpt-4o-2024-08-06");
    assert_eq!(chat.data["gen_ai.usage.total_tokens"], 19);
    assert_eq!(chat.parent, Some(seen.span("between").id), "AI attributes do not change the tree");
    assert_eq!(seen.span("step").parent.as_deref(), Some(&*chat.id));
    for name in ["chat gpt-4o", "execute_tool forecast", "my name"] {
        assert_eq!(seen.span(name).data["gen_ai.agent.name"], "Weather Agent", "{name}");
    }
    assert_eq!(seen.span("my name").data["gen_ai.operation.name"], "mine", "what the user says counts");
    assert_eq!(seen.span("between").data.get("gen_ai.agent.name"), None);
}

#[test]
fn a_model_call_alone_is_a_transaction() {
    let seen = observe(options(), || ask("gpt-4o"));
    assert_eq!(seen.transaction()["transaction"], "ask", "by which events know it as well");
    assert_eq!(seen.span("ask").data["gen_ai.operation.name"], "chat");
}

// ---- conversations

fn conversations(spans: &[SeenSpan]) -> Vec<(String, Value)> {
    spans
        .iter()
        .map(|span| (span.name.clone(), span.data.get("gen_ai.conversation.id").cloned().unwrap_or_default()))
        .collect()
}

#[test]
fn a_span_belongs_to_the_conversation_of_its_start() {
    let call = |model: &'static str| sentry::start_span(ai::chat("openai", model), |_| ());
    let seen = observe(options(), || {
        sentry::with_isolation_scope(|| {
            sentry::start_span("request", |_| {
                call("before");
                sentry::set_conversation_id("conv_1");
                call("first");
                ask("sync");
                block_on(forecast());
                sentry::with_isolation_scope(|| {
                    sentry::set_conversation_id(Some("conv_2"));
                    call("inner");
                });
                let own = ai::chat("openai", "own").attribute("gen_ai.conversation.id", "mine");
                sentry::start_span(own, |_| ());
                call("again");
                sentry::set_conversation_id(None);
                call("after");
            });
        });
    });
    let name = |name: &str, id: Value| (name.to_owned(), id);
    assert_eq!(
        conversations(&seen.spans()),
        [
            name("request", Value::Null),
            name("chat before", Value::Null),
            name("chat first", json!("conv_1")),
            name("chat sync", json!("conv_1")),
            name("step", Value::Null),
            name("execute_tool forecast", json!("conv_1")),
            name("chat inner", json!("conv_2")),
            name("chat own", json!("mine")),
            name("chat again", json!("conv_1")),
            name("chat after", Value::Null),
        ]
    );
}

#[test]
fn a_root_that_is_an_ai_span_has_the_conversation_id() {
    let seen = observe(options(), || {
        sentry::with_isolation_scope(|| {
            sentry::set_conversation_id("conv_1");
            sentry::start_span(ai::agent("A"), |_| ());
            block_on(forecast());
        });
    });
    let roots: Vec<_> =
        seen.transactions().iter().map(|it| it["contexts"]["trace"]["data"].clone()).collect();
    assert_eq!(roots.len(), 2);
    assert!(roots.iter().all(|data| data["gen_ai.conversation.id"] == "conv_1"), "{roots:#?}");
}

// ---- contents of messages

fn say(with_contents: bool) {
    sentry::start_span(ai::chat("openai", "gpt-4o"), |span| {
        let record = ai::record(span);
        if with_contents {
            record.with_contents();
        }
        record
            .input_messages(&[
                Message::system("be brief"),
                Message::user("old question"),
                Message::assistant("old answer"),
                Message::user("new question"),
            ])
            .output_messages(&[Message::assistant("new answer")])
            .tool_definitions(&json!([{"name": "forecast"}]))
            .tool_arguments(&json!({"max": 10}))
            .tool_result("7")
            .tokens(1, 2);
    });
}

#[test]
fn messages_are_sent_only_with_send_default_pii_or_on_request() {
    let seen = observe(options(), || say(false));
    let data = &seen.span("chat gpt-4o").data;
    assert_eq!(data["gen_ai.usage.total_tokens"], 3);
    for item in seen.items() {
        let text = String::from_utf8_lossy(&item.bytes);
        assert!(!text.contains("question") && !text.contains("brief"), "{text}");
    }
    for seen in [observe(options().send_default_pii(true), || say(false)), observe(options(), || say(true))] {
        let data = &seen.span("chat gpt-4o").data;
        let parsed = |key: &str| serde_json::from_str::<Value>(data[key].as_str().unwrap()).unwrap();
        let message =
            |role: &str, text: &str| json!({"role": role, "parts": [{"type": "text", "content": text}]});
        assert_eq!(
            parsed("gen_ai.input.messages"),
            json!([message("assistant", "old answer"), message("user", "new question")])
        );
        assert_eq!(parsed("gen_ai.output.messages"), json!([message("assistant", "new answer")]));
        assert_eq!(parsed("gen_ai.tool.definitions"), json!([{"name": "forecast"}]));
        assert_eq!(parsed("gen_ai.tool.call.arguments"), json!({"max": 10}));
        assert_eq!(data["gen_ai.tool.call.result"], "7");
        assert_eq!(data["gen_ai.system_instructions"], "be brief");
    }
}

#[test]
fn without_a_client_nothing_is_done() {
    support::without_client(|| {
        sentry::set_conversation_id("conv_1");
        assert_eq!(ask("gpt-4o"), 7);
        say(true);
    });
    let seen = observe(options(), || ask("gpt-4o"));
    assert_eq!(only(conversations(&seen.spans()[..1])).1, Value::Null);
}

// ---- items of an envelope

/// Returns the names of the spans inside of the only transaction, and the AI spans that are sent beside it.
fn beside(seen: &support::Seen<()>) -> (Vec<String>, Vec<Value>) {
    let envelope =
        seen.envelopes().into_iter().find(|envelope| envelope.items[0].ty() == "transaction").unwrap();
    let inside = envelope.items[0].payload["spans"].as_array().unwrap();
    let inside = inside.iter().map(|span| span["description"].as_str().unwrap().to_owned()).collect();
    let items = envelope.items.iter().filter(|item| item.ty() == "span");
    let beside = items.flat_map(|item| {
        assert_eq!(item.header["content_type"], "application/vnd.sentry.items.span.v2+json");
        assert_eq!(item.header["item_count"], item.payload["items"].as_array().unwrap().len());
        item.payload["items"].as_array().unwrap().clone()
    });
    (inside, beside.collect())
}

fn conversation() {
    sentry::start_span("request", |_| {
        step();
        sentry::start_span(ai::agent("Weather Agent"), |_| {
            ask("o3");
            sentry::start_span("look outside", |_| ());
        });
        sentry::start_span(ai::tool("forecast"), |span| {
            span.set_status(sentry::protocol::SpanStatus::NotFound);
            span.set_tag("city", "Oslo");
        });
    });
}

#[test]
fn ai_spans_travel_beside_their_transaction() {
    let seen = observe(options(), conversation);
    let (inside, beside) = beside(&seen);
    assert_eq!(inside, ["step", "step", "look outside"]);
    let names: Vec<_> = beside.iter().map(|span| span["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["invoke_agent Weather Agent", "chat o3", "execute_tool forecast"]);
    let transaction = seen.transaction();
    let root = &transaction["contexts"]["trace"];
    let value = |span: &Value, name: &str| span["attributes"][name]["value"].clone();
    for span in &beside {
        assert_eq!((&span["trace_id"], &span["is_segment"]), (&root["trace_id"], &json!(false)));
        assert_eq!(value(span, "sentry.segment.id"), root["span_id"]);
        assert_eq!(value(span, "sentry.segment.name"), "request");
        assert_eq!(value(span, "sentry.release"), "shop@1.4.2");
        assert_eq!(value(span, "sentry.environment"), "testing");
        assert_eq!(value(span, "server.address"), "box-7");
    }
    assert_eq!(beside[0]["parent_span_id"], root["span_id"]);
    assert_eq!(beside[1]["parent_span_id"], beside[0]["span_id"]);
    assert_eq!(value(&beside[1], "gen_ai.usage.input_tokens"), 6);
    let (tool, message) = (&beside[2], value(&beside[2], "sentry.status.message"));
    assert_eq!(
        (&tool["status"], message, value(tool, "city")),
        (&json!("error"), json!("not_found"), json!("Oslo"))
    );
    assert_eq!(seen.stats.sent(sentry::protocol::DataCategory::Span), 7, "every span is counted once");
    assert_eq!(seen.stats.lost(), 0);
}

#[test]
fn callbacks_see_ai_spans_in_their_transaction_and_what_they_change_is_sent() {
    let user = || sentry::User { email: Some("ada@shop.example".into()), ..sentry::User::default() };
    let options = options()
        .before_send_span(|mut span| {
            span.data.insert("seen".into(), true.into());
            span
        })
        .before_send_transaction(|mut transaction| {
            assert_eq!(transaction.spans.len(), 6);
            transaction.user = None;
            transaction.spans.retain(|span| span.op.as_deref() != Some("gen_ai.execute_tool"));
            Some(transaction)
        });
    let seen = observe(options, || {
        sentry::with_isolation_scope(|| {
            sentry::set_user(Some(user()));
            conversation();
        });
    });
    let (_, beside) = beside(&seen);
    assert_eq!(beside.len(), 2, "{beside:#?}");
    for span in beside {
        assert_eq!(span["attributes"]["seen"]["value"], true);
        assert_eq!(span["attributes"].get("user.email"), None, "removed from the transaction");
    }
}

#[test]
fn a_root_stays_in_its_transaction_and_with_the_option_off_every_span_does() {
    let seen = observe(options(), || sentry::start_span(ai::agent("Weather Agent"), |_| step()));
    assert_eq!(beside(&seen), (vec!["step".to_owned()], Vec::new()));

    let seen = observe(options().stream_gen_ai_spans(false), conversation);
    let (inside, beside) = beside(&seen);
    assert_eq!((inside.len(), beside.len()), (6, 0));
}

#[test]
fn secrets_and_long_texts_of_ai_spans_are_filtered_and_cut() {
    let seen = observe(options().max_value_length(100), || {
        sentry::start_span("request", |_| {
            sentry::start_span(ai::chat("openai", "o3"), |span| {
                span.set_attribute("db.password", "hunter2");
                span.set_attribute("long", "x".repeat(5000));
            });
        });
    });
    let attributes = &beside(&seen).1[0]["attributes"];
    assert_eq!(attributes["db.password"]["value"], "[Filtered]");
    assert_eq!(attributes["long"]["value"].as_str().unwrap().len(), 100);
}
