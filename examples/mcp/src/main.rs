//! A server of the Model Context Protocol, with `rmcp`: a tool that tells the weather.
//!
//! `cargo run --manifest-path examples/mcp/Cargo.toml` runs the server and a client that calls the tool, prints what the
//! server recorded, and checks it.

use std::fmt;

use rmcp::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorData, ServerCapabilities,
    ServerConfig,
};
use rmcp::service::{RequestContext, RoleServer, ServiceExt as _};
use sentry::mcp::{self, Transport};
use sentry::protocol::ItemType;

#[derive(Debug)]
struct NoSuchCity(String);

impl fmt::Display for NoSuchCity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no weather in {}", self.0)
    }
}

impl std::error::Error for NoSuchCity {}

/// An error of a tool is an ordinary answer for the model. `err` captures it where it happens.
#[sentry::span(err)]
async fn weather(city: &str) -> Result<String, NoSuchCity> {
    match city {
        "Atlantis" => Err(NoSuchCity(city.to_owned())),
        city => Ok(format!("sunny in {city}")),
    }
}

struct Weather;

impl ServerHandler for Weather {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    /// Each request has a scope and a transaction of its own.
    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let span = mcp::tool(request.name).request_id(context.id.to_string()).transport(Transport::Stdio);
        let city = request.arguments.and_then(|arguments| Some(arguments.get("city")?.as_str()?.to_owned()));
        let answer = sentry::start_span_async(span, async move |span| {
            let result = match weather(&city.unwrap_or_default()).await {
                Ok(text) => CallToolResult::success(vec![ContentBlock::text(text)]),
                Err(error) => CallToolResult::error(vec![ContentBlock::text(error.to_string())]),
            };
            mcp::tool_result(&span, result.is_error == Some(true));
            result
        });
        Ok(sentry::with_isolation_scope_async(answer).await.into())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let recorded = sentry::TestTransport::new();
    let options =
        sentry::ClientOptions::new().traces_sample_rate(1.0).transport(recorded.clone()).local(true);
    let guard = sentry::init(options);

    // A real server would take `rmcp::transport::stdio()`.
    let (of_server, of_client) = tokio::io::duplex(4096);
    let server = tokio::spawn(async move {
        let running = Weather.serve(of_server).await.map_err(std::io::Error::other)?;
        running.waiting().await.map_err(std::io::Error::other)
    });
    let client = ().serve(of_client).await?;
    for city in ["Seattle", "Atlantis"] {
        let arguments = serde_json::json!({ "city": city }).as_object().cloned().unwrap_or_default();
        let answer =
            client.call_tool(CallToolRequestParams::new("get_weather").with_arguments(arguments)).await?;
        println!("{city}: {:?}", answer.is_error);
    }
    client.cancel().await?;
    server.await??;
    drop(guard);

    let transactions = recorded.payloads(ItemType::Transaction);
    for (transaction, is_error) in transactions.iter().zip([false, true]) {
        let data = &transaction["contexts"]["trace"]["data"];
        assert_eq!(transaction["transaction"], "tools/call get_weather");
        assert_eq!(data["mcp.tool.result.is_error"], is_error);
        println!("{data:#}");
    }
    assert_eq!(transactions.len(), 2);
    assert_eq!(recorded.payloads(ItemType::Event).len(), 1, "the error of the tool, once");
    Ok(())
}
