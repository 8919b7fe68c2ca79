//! The names of attributes by the category of data that they hold.
//!
//! [Conventions](https://getsentry.github.io/sentry-conventions/attributes/)

/// The kind of data that an attribute holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Category<'a> {
    UserInfo,
    RequestHeader(&'a str),
    ResponseHeader(&'a str),
    RequestBody,
    Url,
    /// A query string or a fragment, with or without its mark.
    Query,
    /// The text of an error, in which there may be URLs.
    ErrorText,
    GraphQlDocument,
    GraphQlVariables,
    GenAiInput,
    GenAiOutput,
    McpInput,
    McpOutput,
    DatabaseQueryData,
    Queue,
}

/// Returns the category of an attribute.
pub(super) fn category(key: &str) -> Option<Category<'_>> {
    let Some((namespace, name)) = key.split_once('.') else {
        return match key {
            "url" | "uri" => Some(Category::Url),
            "error" | "err" => Some(Category::ErrorText),
            _ => None,
        };
    };
    match namespace {
        "client" => matches!(name, "address" | "port").then_some(Category::UserInfo),
        // The peer of a server is the client; the direction is unknown.
        "network" => (name == "peer.address").then_some(Category::UserInfo),
        "net" => matches!(name, "peer.ip" | "sock.peer.addr").then_some(Category::UserInfo),
        "http" => http(name),
        "error" => matches!(name, "message" | "cause_chain").then_some(Category::ErrorText),
        "exception" => matches!(name, "message" | "stacktrace").then_some(Category::ErrorText),
        "url" => match name {
            "full" | "original" => Some(Category::Url),
            "query" | "fragment" => Some(Category::Query),
            _ => None,
        },
        "user_agent" => (name == "original").then_some(Category::RequestHeader("user-agent")),
        "graphql" => match name {
            "document" | "source" => Some(Category::GraphQlDocument),
            _ if is_below(name, "variables") => Some(Category::GraphQlVariables),
            _ => None,
        },
        "gen_ai" => gen_ai(name),
        "ai" => ai(name),
        "mcp" => mcp(name),
        "db" => {
            let lists = ["query.parameter", "params", "sql.bindings", "redis.parameters"];
            lists.iter().any(|list| is_below(name, list)).then_some(Category::DatabaseQueryData)
        }
        "messaging" => matches!(name, "message.body" | "kafka.message.key").then_some(Category::Queue),
        _ => None,
    }
}

fn http(name: &str) -> Option<Category<'_>> {
    if let Some(header) = name.strip_prefix("request.header.") {
        return Some(Category::RequestHeader(header));
    }
    if let Some(header) = name.strip_prefix("response.header.") {
        return Some(Category::ResponseHeader(header));
    }
    match name {
        "url" | "target" => Some(Category::Url),
        "query" | "fragment" => Some(Category::Query),
        "client_ip" => Some(Category::UserInfo),
        "user_agent" => Some(Category::RequestHeader("user-agent")),
        "request.body.data" => Some(Category::RequestBody),
        _ => None,
    }
}

fn gen_ai(name: &str) -> Option<Category<'_>> {
    match name {
        "input.messages"
        | "system_instructions"
        | "system.message"
        | "user.message"
        | "tool.definitions"
        | "tool.call.arguments"
        | "tool.input"
        | "request.messages"
        | "request.available_tools"
        | "embeddings.input"
        | "memory.query.text" => Some(Category::GenAiInput),
        "output.messages"
        | "tool.call.result"
        | "tool.output"
        | "tool.message"
        | "assistant.message"
        | "choice"
        | "response.text"
        | "response.tool_calls"
        | "memory.records" => Some(Category::GenAiOutput),
        "prompt.name" => None,
        _ if is_below(name, "prompt") => Some(Category::GenAiInput),
        _ if is_below(name, "completion") => Some(Category::GenAiOutput),
        _ => None,
    }
}

/// The older names of [`gen_ai`].
fn ai(name: &str) -> Option<Category<'_>> {
    match name {
        "input_messages" | "preamble" | "texts" | "documents" | "tools" | "toolCall.args" => {
            Some(Category::GenAiInput)
        }
        "responses" | "response.text" | "response.toolCalls" | "response.object" | "tool_calls"
        | "function_call" | "toolCall.result" | "citations" | "search_queries" | "search_results" => {
            Some(Category::GenAiOutput)
        }
        _ if is_below(name, "prompt") => Some(Category::GenAiInput),
        _ => None,
    }
}

fn mcp(name: &str) -> Option<Category<'_>> {
    let is_result = is_below(name, "tool.result") || is_below(name, "prompt.result");
    let last = name.rsplit('.').next();
    if matches!(name, "logging.message" | "resource.uri") || is_below(name, "request.argument") {
        Some(Category::McpInput)
    } else if is_result && matches!(last, Some("content" | "message_content" | "description")) {
        Some(Category::McpOutput)
    } else {
        None
    }
}

/// Returns whether a name is this one or one of its parts.
fn is_below(name: &str, of: &str) -> bool {
    name.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_are_told_from_facts_about_them() {
        use Category::{
            DatabaseQueryData, GenAiInput, GenAiOutput, McpInput, McpOutput, Query, Queue, UserInfo,
        };
        for (key, expected) in [
            ("gen_ai.input.messages", Some(GenAiInput)),
            ("gen_ai.prompt.0.content", Some(GenAiInput)),
            ("gen_ai.prompt.name", None),
            ("gen_ai.usage.input_tokens", None),
            ("gen_ai.completion.0.content", Some(GenAiOutput)),
            ("gen_ai.response.model", None),
            ("ai.prompt.messages", Some(GenAiInput)),
            ("ai.prompt_tokens.used", None),
            ("ai.toolCall.result", Some(GenAiOutput)),
            ("mcp.request.argument.city", Some(McpInput)),
            ("mcp.request.id", None),
            ("mcp.tool.result.content", Some(McpOutput)),
            ("mcp.tool.result.0.content", Some(McpOutput)),
            ("mcp.tool.result.content_count", None),
            ("mcp.prompt.result.message_content", Some(McpOutput)),
            ("db.query.parameter.0", Some(DatabaseQueryData)),
            ("db.query.text", None),
            ("messaging.message.body", Some(Queue)),
            ("messaging.message.body.size", None),
            ("graphql.variables.id", Some(Category::GraphQlVariables)),
            ("graphql.operation.name", None),
            ("client.address", Some(UserInfo)),
            ("user.id", None),
            ("http.request.header.x-id", Some(Category::RequestHeader("x-id"))),
            ("http.response.header.x-id", Some(Category::ResponseHeader("x-id"))),
            ("http.request.method", None),
            ("url.full", Some(Category::Url)),
            ("url", Some(Category::Url)),
            ("uri", Some(Category::Url)),
            ("error", Some(Category::ErrorText)),
            ("error.type", None),
            ("exception.message", Some(Category::ErrorText)),
            ("url.path", None),
            ("url.fragment", Some(Query)),
            ("http.fragment", Some(Query)),
            ("network.peer.address", Some(UserInfo)),
            ("network.peer.port", None),
            ("net.sock.peer.addr", Some(UserInfo)),
            ("gen_ai.choice", Some(GenAiOutput)),
            ("mcp.resource.uri", Some(McpInput)),
            ("mcp.prompt.result.description", Some(McpOutput)),
            ("err", Some(Category::ErrorText)),
            ("error.message", Some(Category::ErrorText)),
            ("error.cause_chain", Some(Category::ErrorText)),
            ("exception.stacktrace", Some(Category::ErrorText)),
            ("user_agent.original", Some(Category::RequestHeader("user-agent"))),
            ("user_agent.name", None),
            ("http.user_agent", Some(Category::RequestHeader("user-agent"))),
            ("http.url", Some(Category::Url)),
            ("http.target", Some(Category::Url)),
            ("http.client_ip", Some(UserInfo)),
            ("http.request.body.data", Some(Category::RequestBody)),
            ("http.request.body.size", None),
            ("graphql.document", Some(Category::GraphQlDocument)),
            ("graphql.source", Some(Category::GraphQlDocument)),
            ("ai.input_messages", Some(GenAiInput)),
            ("ai.toolCall.args", Some(GenAiInput)),
            ("order.id", None),
            ("message", None),
            ("", None),
        ] {
            assert_eq!(category(key), expected, "{key}");
        }
    }
}
