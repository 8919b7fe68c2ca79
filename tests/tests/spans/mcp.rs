//! Tests of spans of servers for the Model Context Protocol.

use sentry::SpanOptions;
use sentry::mcp::{self, Transport};
use sentry_tests::support::{observe, options};
use serde_json::json;

#[test]
fn messages_have_the_names_and_attributes_of_the_specification() {
    let spans: [SpanOptions; 6] = [
        mcp::tool("get_weather")
            .request_id("42")
            .transport(Transport::Stdio)
            .argument("city", "Seattle")
            .into(),
        mcp::prompt("analyze-code").transport(Transport::Http).into(),
        mcp::resource("file:///lamps").transport(Transport::Sse).into(),
        mcp::request("initialize").transport(Transport::Other("own".into(), "udp".into())).into(),
        mcp::notification("notifications/cancelled").into(),
        mcp::notification_to_client("notifications/progress").into(),
    ];
    let seen = observe(options(), || {
        sentry::start_span("session", |_| {
            for span in spans {
                sentry::start_span(span, |_| ());
            }
        });
    });
    let expected = [
        (
            "tools/call get_weather",
            "mcp.server",
            json!({
                "mcp.method.name": "tools/call", "mcp.tool.name": "get_weather", "gen_ai.tool.name": "get_weather",
                "mcp.request.id": "42", "jsonrpc.request.id": "42", "mcp.request.argument.city": "Seattle",
                "mcp.transport": "stdio", "network.transport": "pipe",
            }),
        ),
        (
            "prompts/get analyze-code",
            "mcp.server",
            json!({
                "mcp.method.name": "prompts/get", "mcp.prompt.name": "analyze-code", "mcp.transport": "http", "network.transport": "tcp",
            }),
        ),
        (
            "resources/read file:///lamps",
            "mcp.server",
            json!({"mcp.method.name": "resources/read", "mcp.resource.uri": "file:///lamps", "mcp.transport": "sse"}),
        ),
        ("initialize", "mcp.server", json!({"mcp.transport": "own", "network.transport": "udp"})),
        (
            "notifications/cancelled",
            "mcp.notification.client_to_server",
            json!({"mcp.method.name": "notifications/cancelled"}),
        ),
        (
            "notifications/progress",
            "mcp.notification.server_to_client",
            json!({"mcp.method.name": "notifications/progress"}),
        ),
    ];
    for (name, op, attributes) in expected {
        let span = seen.span(name);
        assert_eq!(span.op, op, "{name}");
        for (key, value) in attributes.as_object().unwrap() {
            assert_eq!(&span.data[key], value, "{key} of {name}");
        }
    }
}

#[test]
fn a_tool_that_answers_with_an_error_has_failed() {
    let seen = observe(options(), || {
        for (tool, is_error) in [("good", false), ("bad", true)] {
            sentry::start_span(mcp::tool(tool), |span| mcp::tool_result(span, is_error));
        }
    });
    let transactions = seen.transactions();
    let trace = |index: usize| &transactions[index]["contexts"]["trace"];
    assert_eq!(
        (&trace(0)["status"], &trace(0)["data"]["mcp.tool.result.is_error"]),
        (&json!("ok"), &json!(false))
    );
    assert_eq!(trace(1)["status"], "internal_error");
    assert_eq!(trace(1)["data"]["error.type"], "tool_error");
    assert_eq!(transactions[1]["transaction_info"]["source"], "route");
}
