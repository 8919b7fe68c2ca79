//! Attributes that other libraries record, by the category of data that they hold.
//!
//! Spans and records of other libraries arrive through `tracing`, `log` and OpenTelemetry. Nobody can tell whether the
//! program or a library wrote an attribute. The conventions reserve these names for instrumentation, so that the option
//! `data_collection` decides about them as it does about what this toolkit collects automatically, and about `uri`, the
//! name that `tower-http` gives the URL of a request. All other attributes are recorded unchanged.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/client/data-collection/),
//! [conventions](https://getsentry.github.io/sentry-conventions/attributes/)

use std::borrow::Cow;

use crate::context::active;
use crate::integrations::cookies::{kept_cookies, kept_set_cookie};
use crate::integrations::url::{is_header_with_url, kept_query, kept_url};
use crate::options::{CollectBehavior, Collected, FILTERED, HttpBodyType, shows_header};
use crate::protocol::AttributeValue;
use crate::scrub::without_query_values;

/// The kind of data that an attribute holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Category<'a> {
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

/// Returns what is collected of an attribute; `None` if nothing is. Without a client nothing is recorded, but a program
/// may still convert an entry: the text of an error stays, because it is what such an entry says.
pub(super) fn admitted(key: &str, value: AttributeValue) -> Option<AttributeValue> {
    match category(key) {
        None => Some(value),
        Some(category) => {
            let Some(client) = active::with(|context| context.client()) else {
                return (category == Category::ErrorText).then_some(value);
            };
            kept(category, value, client.options().collected())
        }
    }
}

/// Returns what is collected of the text of an error: URLs in it have their query as its category says.
#[cfg(feature = "_entries")]
pub(super) fn of_error(text: &str) -> Cow<'_, str> {
    match active::with(|context| context.client()) {
        Some(client) if text.contains("://") => without_values(text, client.options().collected()),
        _ => Cow::Borrowed(text),
    }
}

fn without_values<'a>(text: &'a str, collected: Collected<'_>) -> Cow<'a, str> {
    let query = collected.url_query_params();
    if query.shows_all() {
        return Cow::Borrowed(text);
    }
    without_query_values(text, |name| query.shows(name))
}

fn kept(category: Category<'_>, value: AttributeValue, collected: Collected<'_>) -> Option<AttributeValue> {
    let if_on = |is_on: bool, value| is_on.then_some(value);
    match category {
        Category::UserInfo => if_on(collected.user_info(), value),
        // The direction of the request is unknown.
        Category::RequestBody => if_on(
            collected.body(HttpBodyType::IncomingRequest) && collected.body(HttpBodyType::OutgoingRequest),
            value,
        ),
        Category::GraphQlDocument => if_on(collected.graphql_document(), value),
        Category::GraphQlVariables => if_on(collected.graphql_variables(), value),
        Category::GenAiInput => if_on(collected.gen_ai_inputs(), value),
        Category::GenAiOutput => if_on(collected.gen_ai_outputs(), value),
        Category::McpInput => if_on(collected.mcp_inputs(), value),
        Category::McpOutput => if_on(collected.mcp_outputs(), value),
        Category::DatabaseQueryData => if_on(collected.database_query_data(), value),
        Category::Queue => if_on(collected.queues(), value),
        Category::Url => {
            Some(rewritten(value, |url| kept_url(url, collected.url_query_params()).into_owned()))
        }
        Category::ErrorText => Some(rewritten(value, |text| without_values(text, collected).into_owned())),
        Category::Query => {
            let query = collected.url_query_params();
            let kept =
                |text: &str| kept_query(text.trim_start_matches(['?', '#']), query).unwrap_or_default();
            (!query.is_off()).then(|| rewritten(value, kept))
        }
        Category::RequestHeader(name) => {
            let name = header_name(name);
            match cookie(&name, "cookie") {
                Some(cookie) => kept_of_cookies(cookie, value, collected, kept_cookies),
                None => {
                    let behavior = collected.request_headers();
                    header(behavior, shows_header(behavior, &name), &name, value, collected)
                }
            }
        }
        Category::ResponseHeader(name) => {
            let name = header_name(name);
            let kept = |text: &str, cookies: &CollectBehavior| kept_set_cookie(text, cookies).into_owned();
            match cookie(&name, "set-cookie") {
                Some(cookie) => kept_of_cookies(cookie, value, collected, kept),
                None => {
                    let behavior = collected.response_headers();
                    header(behavior, behavior.shows(&name), &name, value, collected)
                }
            }
        }
    }
}

/// Returns the name of a header as HTTP writes it: older conventions wrote `_` for `-`.
fn header_name(name: &str) -> String {
    name.replace('_', "-").to_ascii_lowercase()
}

/// Returns the name of a cookie in the name of an attribute, `cookie.theme`; an empty one for the header of all cookies.
fn cookie<'a>(name: &'a str, header: &str) -> Option<&'a str> {
    let rest = name.strip_prefix(header)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('.') }
}

/// Returns what is collected of one cookie, or of a header of cookies.
fn kept_of_cookies(
    name: &str,
    value: AttributeValue,
    collected: Collected<'_>,
    kept: impl Fn(&str, &CollectBehavior) -> String,
) -> Option<AttributeValue> {
    match collected.cookies() {
        CollectBehavior::Off => None,
        cookies if name.is_empty() => Some(rewritten(value, |text| kept(text, cookies))),
        cookies if cookies.shows(name) => Some(value),
        _ => Some(AttributeValue::from_static(FILTERED)),
    }
}

fn header(
    behavior: &CollectBehavior,
    is_shown: bool,
    name: &str,
    value: AttributeValue,
    collected: Collected<'_>,
) -> Option<AttributeValue> {
    match behavior {
        CollectBehavior::Off => None,
        _ if is_shown && is_header_with_url(name) => {
            Some(rewritten(value, |url| kept_url(url, collected.url_query_params()).into_owned()))
        }
        _ if is_shown => Some(value),
        _ => Some(AttributeValue::from_static(FILTERED)),
    }
}

/// Rewrites a text, or the texts of a list.
fn rewritten(value: AttributeValue, rewrite: impl Fn(&str) -> String) -> AttributeValue {
    match value {
        AttributeValue::Array(values) => {
            let texts = values.iter().filter_map(|value| value.as_str().map(&rewrite));
            AttributeValue::from(texts.collect::<Vec<_>>())
        }
        value => match value.as_str() {
            Some(text) => rewrite(text).into(),
            None => value,
        },
    }
}

/// Returns the category of an attribute.
fn category(key: &str) -> Option<Category<'_>> {
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
    use crate::options::{ClientOptions, DataCollection};

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

    fn kept_by(collection: DataCollection, category: Category<'_>, value: &str) -> Option<String> {
        let options = ClientOptions::new().data_collection(collection);
        let kept = kept(category, AttributeValue::from(value.to_owned()), options.collected());
        kept.map(|value| value.as_str().unwrap().to_owned())
    }

    #[test]
    fn a_body_of_unknown_direction_is_collected_if_both_directions_are() {
        let bodies = |kinds: &[HttpBodyType]| DataCollection::none().http_bodies(kinds.iter().copied());
        let kept = |kinds: &[HttpBodyType]| kept_by(bodies(kinds), Category::RequestBody, "body");
        assert_eq!(
            kept(&[HttpBodyType::IncomingRequest, HttpBodyType::OutgoingRequest]).as_deref(),
            Some("body")
        );
        assert_eq!(kept(&[HttpBodyType::IncomingRequest]), None);
        assert_eq!(kept(&[HttpBodyType::OutgoingRequest]), None);
    }

    #[test]
    fn a_header_that_is_not_shown_is_filtered_even_if_it_holds_a_url() {
        let url = "https://shop.example/lamps?name=Ada";
        let behavior = |behavior| DataCollection::none().http_headers(behavior).url_query_params(true);
        let kept = |collection, name| kept_by(collection, Category::RequestHeader(name), url);
        let denied = || behavior(CollectBehavior::deny(["referer"]));
        assert_eq!(kept(denied(), "referer").as_deref(), Some(FILTERED));
        assert_eq!(kept(denied(), "x-note").as_deref(), Some(url));
        assert_eq!(kept(behavior(CollectBehavior::Off), "referer"), None);
    }

    #[test]
    fn the_query_is_filtered_in_headers_that_hold_a_url_and_in_no_others() {
        let url = "https://shop.example/lamps?name=Ada";
        let shown =
            || DataCollection::none().http_headers(true).url_query_params(CollectBehavior::deny(["name"]));
        let referer = kept_by(shown(), Category::RequestHeader("referer"), url).unwrap();
        assert!(
            referer.starts_with("https://shop.example/lamps?name=") && !referer.contains("Ada"),
            "{referer}"
        );
        assert_eq!(kept_by(shown(), Category::RequestHeader("x-note"), url).as_deref(), Some(url));
    }
}
