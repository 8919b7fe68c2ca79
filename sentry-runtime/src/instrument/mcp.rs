//! Spans of servers of the Model Context Protocol, in the form that Sentry's MCP pages expect.
//!
//! The functions create the options of a span, with names and attributes of the specification. A program starts the span
//! around the work for one message:
//!
//! ```
//! use sentry::mcp::{self, Transport};
//!
//! let options = mcp::tool("get_weather").request_id("42").transport(Transport::Stdio);
//! let text = sentry::start_span(options, |span| {
//!     let (text, is_error) = ("sunny", false);
//!     mcp::tool_result(span, is_error);
//!     text
//! });
//! # assert_eq!(text, "sunny");
//! ```
//!
//! `examples/mcp` does this for all requests of a server with the crate `rmcp`.
//!
//! Names of tools and prompts, and request ids, are recorded under the names of the specification and under the newer
//! ones of Sentry's conventions (`gen_ai.tool.name`, `gen_ai.prompt.name`, `jsonrpc.request.id`), as the JavaScript SDK
//! does. Arguments and results are not recorded unless you add them. The id of a session is not recorded: over HTTP, who
//! has it can take part in the session, so `mcp.session.id` is a name whose value is filtered.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/traces/modules/mcp-server/)

use std::borrow::Cow;

use super::options::SpanOptions;
use super::span::Span;
use crate::protocol::{AttributeValue, SpanStatus};

type Text = Cow<'static, str>;

/// The options of the span of an MCP message. Converts into [`SpanOptions`].
#[derive(Debug, Clone)]
#[must_use]
pub struct McpSpan(SpanOptions);

/// The way in which messages are exchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Transport {
    /// Standard input and output: `stdio`, over a pipe.
    Stdio,
    /// HTTP: `http`, over TCP.
    Http,
    /// Server-sent events: `sse`, over TCP.
    Sse,
    /// Any other: its name, and the network's, such as `tcp`.
    Other(Text, Text),
}

impl Transport {
    fn names(self) -> (Text, Text) {
        match self {
            Self::Stdio => ("stdio".into(), "pipe".into()),
            Self::Http => ("http".into(), "tcp".into()),
            Self::Sse => ("sse".into(), "tcp".into()),
            Self::Other(name, network) => (name, network),
        }
    }
}

/// Returns options for a call of a tool, `tools/call <name>`.
pub fn tool(name: impl Into<Text>) -> McpSpan {
    let name = name.into();
    request_of("tools/call", &name)
        .attribute("gen_ai.operation.name", AttributeValue::from_static("execute_tool"))
        .attribute("gen_ai.tool.name", name.clone())
        .attribute("mcp.tool.name", name)
}

/// Returns options for a request of a prompt, `prompts/get <name>`.
pub fn prompt(name: impl Into<Text>) -> McpSpan {
    let name = name.into();
    request_of("prompts/get", &name)
        .attribute("gen_ai.prompt.name", name.clone())
        .attribute("mcp.prompt.name", name)
}

/// Returns options for the reading of a resource, `resources/read <uri>`. Use the template of the URI if it contains what
/// must not be recorded.
pub fn resource(uri: impl Into<Text>) -> McpSpan {
    let uri = uri.into();
    request_of("resources/read", &uri).attribute("mcp.resource.uri", uri)
}

/// Returns options for any other request, such as `initialize` or `tools/list`.
pub fn request(method: impl Into<Text>) -> McpSpan {
    let method = method.into();
    message(method.clone(), method, "mcp.server", "auto.function.mcp_server")
}

/// Returns options for a notification by the client, such as `notifications/cancelled`.
pub fn notification(method: impl Into<Text>) -> McpSpan {
    let method = method.into();
    message(method.clone(), method, "mcp.notification.client_to_server", "auto.mcp.notification")
}

/// Returns options for a notification by the server, such as `notifications/progress`.
pub fn notification_to_client(method: impl Into<Text>) -> McpSpan {
    let method = method.into();
    message(method.clone(), method, "mcp.notification.server_to_client", "auto.mcp.notification")
}

fn request_of(method: &'static str, target: &str) -> McpSpan {
    let name = format!("{method} {target}");
    message(name.into(), method.into(), "mcp.server", "auto.function.mcp_server")
}

fn message(name: Text, method: Text, op: &'static str, origin: &'static str) -> McpSpan {
    let options = SpanOptions::new(name).op(op).origin(origin).source("route");
    McpSpan(options.attribute("mcp.method.name", method))
}

impl McpSpan {
    /// Sets the id of the request (`mcp.request.id`).
    pub fn request_id(self, id: impl Into<Text>) -> Self {
        let id = id.into();
        self.attribute("jsonrpc.request.id", id.clone()).attribute("mcp.request.id", id)
    }

    /// Sets the transport (`mcp.transport`, `network.transport`). The specification requires it.
    pub fn transport(self, transport: Transport) -> Self {
        let (name, network) = transport.names();
        self.attribute("mcp.transport", name).attribute("network.transport", network)
    }

    /// Adds an argument of the request (`mcp.request.argument.<name>`). It is what a user wrote, or a model.
    pub fn argument(self, name: &str, value: impl Into<AttributeValue>) -> Self {
        self.attribute(format!("mcp.request.argument.{name}"), value)
    }

    /// Adds any other attribute.
    pub fn attribute(mut self, key: impl Into<Text>, value: impl Into<AttributeValue>) -> Self {
        self.0 = self.0.attribute(key, value);
        self
    }
}

impl From<McpSpan> for SpanOptions {
    fn from(span: McpSpan) -> Self {
        span.0
    }
}

/// Records whether the result of a tool is an error (`mcp.tool.result.is_error`), which the protocol returns as an
/// ordinary answer. Then the span has the status `internal_error`.
pub fn tool_result(span: &Span, is_error: bool) {
    span.set_attribute("mcp.tool.result.is_error", is_error);
    if is_error {
        span.set_attribute("error.type", AttributeValue::from_static("tool_error"));
        span.set_status(SpanStatus::InternalError);
    }
}
