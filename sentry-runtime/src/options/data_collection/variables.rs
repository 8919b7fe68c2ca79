//! Categories that environment variables set.
//!
//! A variable only counts where the program did not set the category. `SENTRY_DATA_COLLECTION` sets all categories at
//! once, if the program sets none.

use std::cell::RefCell;

use sentry_rules::nearest;

use super::{CollectBehavior, DataCollection, HttpBodyType};
use crate::options::boolean::{BOOLEAN, yes_or_no};
use crate::options::{ClientOptions, OptionsError};

type Variable<'a> = &'a dyn Fn(&'static str) -> Option<String>;

const BEHAVIOR: &str = "a boolean, `harmless`, `deny:` or `allow:` with terms, such as `allow:page,sort`";
const BODIES: &str = "a boolean or some of `incoming_request`, `outgoing_request`, `incoming_response`, `outgoing_response`, \
    separated by commas";
const LINES: &str = "a number from 0 to 100";

/// Completes the selection from the environment.
pub(crate) fn complete(options: &mut ClientOptions, variable: Variable<'_>) -> Result<(), OptionsError> {
    let all = read(variable, "SENTRY_DATA_COLLECTION", BOOLEAN, yes_or_no)?;
    let parts = parts(variable)?;
    options.data_collection = match options.data_collection.take() {
        Some(program) => Some(filled(program, parts)),
        None if all.is_none() && parts == DataCollection::new() => None,
        None => Some(filled(
            parts,
            match all {
                Some(true) => DataCollection::new(),
                Some(false) => DataCollection::none(),
                None if options.send_default_pii => DataCollection::new(),
                None => DataCollection::without_pii(),
            },
        )),
    };
    Ok(())
}

/// Returns a note on each variable with the prefix of these that is not one of them: a category that was meant to be
/// closed may be open.
pub(crate) fn unknown(names: impl Iterator<Item = String>) -> Vec<String> {
    const ALL: &str = "SENTRY_DATA_COLLECTION";
    let known = RefCell::new(Vec::new());
    let _none_is_set = parts(&|name| {
        known.borrow_mut().push(name);
        None
    });
    let known = known.into_inner();
    let is_unknown =
        |name: &String| name.starts_with(ALL) && *name != ALL && !known.iter().any(|known| known == name);
    let category = |name: &'static str| name.strip_prefix(ALL).unwrap_or(name);
    let note = |name: String| {
        let meant = nearest(name.strip_prefix(ALL).unwrap_or(&name), known.iter().copied().map(category));
        let hint = match meant {
            Some(category) => format!("did you mean `{ALL}{category}`?"),
            None => "the guide `options` lists the variables".to_owned(),
        };
        format!("the variable `{}` is unknown and has no effect; {hint}", name.escape_debug())
    };
    names.filter(is_unknown).map(note).collect()
}

/// Reads a variable.
fn read<T>(
    variable: Variable<'_>,
    name: &'static str,
    rule: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, OptionsError> {
    let Some(value) = variable(name) else { return Ok(None) };
    match parse(value.trim()) {
        Some(parsed) => Ok(Some(parsed)),
        None => Err(OptionsError::Value { option: name, value: value.escape_debug().to_string(), rule }),
    }
}

/// Reads the variables of single categories.
fn parts(variable: Variable<'_>) -> Result<DataCollection, OptionsError> {
    let boolean = |name| read(variable, name, BOOLEAN, yes_or_no);
    let behavior = |name| read(variable, name, BEHAVIOR, behavior);
    let headers = behavior("SENTRY_DATA_COLLECTION_HTTP_HEADERS")?;
    let mut parts = DataCollection {
        user_info: boolean("SENTRY_DATA_COLLECTION_USER_INFO")?,
        cookies: behavior("SENTRY_DATA_COLLECTION_COOKIES")?,
        http_bodies: read(variable, "SENTRY_DATA_COLLECTION_HTTP_BODIES", BODIES, bodies)?,
        url_query_params: behavior("SENTRY_DATA_COLLECTION_URL_QUERY_PARAMS")?,
        database_query_data: boolean("SENTRY_DATA_COLLECTION_DATABASE_QUERY_DATA")?,
        queues: boolean("SENTRY_DATA_COLLECTION_QUEUES")?,
        stack_frame_variables: behavior("SENTRY_DATA_COLLECTION_STACK_FRAME_VARIABLES")?,
        frame_context_lines: read(variable, "SENTRY_DATA_COLLECTION_FRAME_CONTEXT_LINES", LINES, |value| {
            value.parse().ok().filter(|lines| *lines <= 100)
        })?,
        ..DataCollection::new()
    };
    parts.http_headers.request = behavior("SENTRY_DATA_COLLECTION_HTTP_HEADERS_REQUEST")?.or(headers.clone());
    parts.http_headers.response = behavior("SENTRY_DATA_COLLECTION_HTTP_HEADERS_RESPONSE")?.or(headers);
    let graphql = boolean("SENTRY_DATA_COLLECTION_GRAPHQL")?;
    parts.graphql.document = boolean("SENTRY_DATA_COLLECTION_GRAPHQL_DOCUMENT")?.or(graphql);
    parts.graphql.variables = boolean("SENTRY_DATA_COLLECTION_GRAPHQL_VARIABLES")?.or(graphql);
    let gen_ai = boolean("SENTRY_DATA_COLLECTION_GEN_AI")?;
    parts.gen_ai.inputs = boolean("SENTRY_DATA_COLLECTION_GEN_AI_INPUTS")?.or(gen_ai);
    parts.gen_ai.outputs = boolean("SENTRY_DATA_COLLECTION_GEN_AI_OUTPUTS")?.or(gen_ai);
    let mcp = boolean("SENTRY_DATA_COLLECTION_MCP")?;
    parts.mcp.inputs = boolean("SENTRY_DATA_COLLECTION_MCP_INPUTS")?.or(mcp);
    parts.mcp.outputs = boolean("SENTRY_DATA_COLLECTION_MCP_OUTPUTS")?.or(mcp);
    Ok(parts)
}

fn behavior(value: &str) -> Option<CollectBehavior> {
    if let Some(collect) = yes_or_no(value) {
        return Some(collect.into());
    }
    if value.eq_ignore_ascii_case("harmless") {
        return Some(CollectBehavior::Harmless);
    }
    let (mode, terms) = value.split_once(':')?;
    let terms: Vec<_> = terms.split(',').map(|term| term.trim().to_owned()).collect();
    if terms.iter().any(String::is_empty) {
        return None;
    }
    match mode.trim().to_ascii_lowercase().as_str() {
        "deny" => Some(CollectBehavior::deny(terms)),
        "allow" => Some(CollectBehavior::allow(terms)),
        _ => None,
    }
}

fn bodies(value: &str) -> Option<Vec<HttpBodyType>> {
    match yes_or_no(value) {
        Some(true) => return Some(HttpBodyType::ALL.to_vec()),
        Some(false) => return Some(Vec::new()),
        None => {}
    }
    let kind = |name: &str| match name.trim().to_ascii_lowercase().as_str() {
        "incoming_request" => Some(HttpBodyType::IncomingRequest),
        "outgoing_request" => Some(HttpBodyType::OutgoingRequest),
        "incoming_response" => Some(HttpBodyType::IncomingResponse),
        "outgoing_response" => Some(HttpBodyType::OutgoingResponse),
        _ => None,
    };
    value.split(',').map(kind).collect()
}

/// Completes a selection where it says nothing.
fn filled(first: DataCollection, second: DataCollection) -> DataCollection {
    let mut all = first;
    macro_rules! fill {
        ($($($field:ident).+),* $(,)?) => {$(
            all.$($field).+ = all.$($field).+.or(second.$($field).+);
        )*};
    }
    fill! {
        user_info, cookies, http_headers.request, http_headers.response, http_bodies, url_query_params,
        graphql.document, graphql.variables, gen_ai.inputs, gen_ai.outputs, mcp.inputs, mcp.outputs,
        database_query_data, queues, stack_frame_variables, frame_context_lines,
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(options: ClientOptions, variables: &[(&str, &str)]) -> Result<DataCollection, String> {
        let mut options = options;
        let variable = |name: &'static str| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        complete(&mut options, &variable)
            .map(|()| options.collected_data())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_variable_changes_its_category_only() {
        let before = with(ClientOptions::new(), &[]).unwrap();
        let mut after = with(ClientOptions::new(), &[("SENTRY_DATA_COLLECTION_QUEUES", "on")]).unwrap();
        assert_eq!(after.queues.replace(false), Some(true));
        assert_eq!(after, before, "other categories stay as without personal data");
        let open =
            with(ClientOptions::new().send_default_pii(true), &[("SENTRY_DATA_COLLECTION_COOKIES", "off")]);
        assert_eq!(open.unwrap(), DataCollection { cookies: Some(false.into()), ..all() });
    }

    #[test]
    fn each_category_has_a_variable() {
        use crate::options::{GenAiCollection, GraphQlCollection, HttpHeadersCollection, McpCollection};
        let none = || DataCollection::none();
        let on = CollectBehavior::default;
        for (category, value, expected) in [
            ("USER_INFO", "on", none().user_info(true)),
            ("COOKIES", "on", none().cookies(true)),
            ("HTTP_HEADERS", "on", none().http_headers(true)),
            (
                "HTTP_HEADERS_REQUEST",
                "on",
                none().http_headers(HttpHeadersCollection::from(false).request(on())),
            ),
            (
                "HTTP_HEADERS_RESPONSE",
                "on",
                none().http_headers(HttpHeadersCollection::from(false).response(on())),
            ),
            ("HTTP_BODIES", "on", none().http_bodies(HttpBodyType::ALL)),
            ("URL_QUERY_PARAMS", "on", none().url_query_params(true)),
            ("GRAPHQL", "on", none().graphql(true)),
            ("GRAPHQL_DOCUMENT", "on", none().graphql(GraphQlCollection::from(false).document(true))),
            ("GRAPHQL_VARIABLES", "on", none().graphql(GraphQlCollection::from(false).variables(true))),
            ("GEN_AI", "on", none().gen_ai(true)),
            ("GEN_AI_INPUTS", "on", none().gen_ai(GenAiCollection::from(false).inputs(true))),
            ("GEN_AI_OUTPUTS", "on", none().gen_ai(GenAiCollection::from(false).outputs(true))),
            ("MCP", "on", none().mcp(true)),
            ("MCP_INPUTS", "on", none().mcp(McpCollection::from(false).inputs(true))),
            ("MCP_OUTPUTS", "on", none().mcp(McpCollection::from(false).outputs(true))),
            ("DATABASE_QUERY_DATA", "on", none().database_query_data(true)),
            ("QUEUES", "on", none().queues(true)),
            ("STACK_FRAME_VARIABLES", "on", none().stack_frame_variables(true)),
            ("FRAME_CONTEXT_LINES", "100", none().frame_context_lines(100)),
        ] {
            let variables =
                [("SENTRY_DATA_COLLECTION", "off"), (&format!("SENTRY_DATA_COLLECTION_{category}"), value)];
            assert_eq!(with(ClientOptions::new(), &variables), Ok(expected), "{category}");
        }
    }

    #[test]
    fn without_a_variable_the_option_stays_as_it_is() {
        for option in [None, Some(DataCollection::none().queues(true))] {
            let mut options = ClientOptions { data_collection: option.clone(), ..ClientOptions::new() };
            complete(&mut options, &|_| None).unwrap();
            assert_eq!(options.data_collection, option);
        }
    }

    fn all() -> DataCollection {
        ClientOptions::new().send_default_pii(true).collected_data()
    }

    #[test]
    fn the_program_counts_first() {
        let program = || ClientOptions::new().data_collection(DataCollection::new().user_info(false));
        let variables = [
            ("SENTRY_DATA_COLLECTION", "on"),
            ("SENTRY_DATA_COLLECTION_USER_INFO", "on"),
            ("SENTRY_DATA_COLLECTION_GEN_AI", "off"),
            ("SENTRY_DATA_COLLECTION_GEN_AI_INPUTS", "on"),
        ];
        let collected = with(program(), &variables).unwrap();
        assert_eq!(collected.user_info, Some(false));
        assert_eq!((collected.gen_ai.inputs, collected.gen_ai.outputs), (Some(true), Some(false)));
        assert_eq!(with(program(), &[("SENTRY_DATA_COLLECTION", "off")]).unwrap().queues, Some(true));
    }

    #[test]
    fn variables_that_are_none_are_noticed() {
        let names = ["SENTRY_DATA_COLLECTION", "SENTRY_DATA_COLLECTION_MCP", "SENTRY_DSN", "HOME"];
        assert!(unknown(names.into_iter().map(str::to_owned)).is_empty());
        let notes = unknown(
            ["SENTRY_DATA_COLLECTION_COOKIE", "SENTRY_DATA_COLLECTION_WEATHER"]
                .into_iter()
                .map(str::to_owned),
        );
        let expected = [
            "the variable `SENTRY_DATA_COLLECTION_COOKIE` is unknown and has no effect; did you mean \
             `SENTRY_DATA_COLLECTION_COOKIES`?",
            "the variable `SENTRY_DATA_COLLECTION_WEATHER` is unknown and has no effect; the guide `options` lists the \
             variables",
        ];
        assert_eq!(notes, expected);
    }

    #[test]
    fn one_variable_sets_all_categories() {
        let set = |value| with(ClientOptions::new(), &[("SENTRY_DATA_COLLECTION", value)]);
        assert_eq!(set("on").unwrap(), all());
        assert_eq!(set("off").unwrap(), DataCollection::none());
        assert!(set("perhaps").unwrap_err().starts_with("SENTRY_DATA_COLLECTION is `perhaps`"));
    }

    #[test]
    fn every_form_of_a_value_is_read() {
        let cookies = |value| {
            with(ClientOptions::new(), &[("SENTRY_DATA_COLLECTION_COOKIES", value)])
                .map(|collected| collected.cookies.unwrap())
        };
        assert_eq!(cookies("on"), Ok(CollectBehavior::default()));
        assert_eq!(cookies("0"), Ok(CollectBehavior::Off));
        assert_eq!(cookies("Harmless"), Ok(CollectBehavior::Harmless));
        assert_eq!(cookies("deny: theme , -ip"), Ok(CollectBehavior::deny(["theme", "-ip"])));
        assert_eq!(cookies("ALLOW:theme"), Ok(CollectBehavior::allow(["theme"])));
        for bad in ["theme", "allow", "deny:", "deny:a,,b", "maybe:a"] {
            assert!(cookies(bad).unwrap_err().starts_with("SENTRY_DATA_COLLECTION_COOKIES is"), "{bad}");
        }
        let bodies = |value| {
            with(ClientOptions::new(), &[("SENTRY_DATA_COLLECTION_HTTP_BODIES", value)])
                .map(|collected| collected.http_bodies.unwrap())
        };
        assert_eq!(bodies("yes"), Ok(HttpBodyType::ALL.to_vec()));
        assert_eq!(bodies("no"), Ok(Vec::new()));
        assert_eq!(
            bodies("incoming_request, Outgoing_Response"),
            Ok(vec![HttpBodyType::IncomingRequest, HttpBodyType::OutgoingResponse])
        );
        assert_eq!(
            bodies("incoming_response,outgoing_request"),
            Ok(vec![HttpBodyType::OutgoingRequest, HttpBodyType::IncomingResponse])
        );
        assert!(bodies("incoming_request,body").is_err());
        let lines = |value| {
            with(ClientOptions::new(), &[("SENTRY_DATA_COLLECTION_FRAME_CONTEXT_LINES", value)])
                .map(|collected| collected.frame_context_lines)
        };
        assert_eq!(lines("0"), Ok(Some(0)));
        assert!(lines("101").is_err() && lines("-1").is_err());
    }

    #[test]
    fn headers_are_set_for_both_directions_or_one() {
        let variables = [
            ("SENTRY_DATA_COLLECTION_HTTP_HEADERS", "deny:via"),
            ("SENTRY_DATA_COLLECTION_HTTP_HEADERS_RESPONSE", "off"),
        ];
        let headers = with(ClientOptions::new(), &variables).unwrap().http_headers;
        assert_eq!(headers.request, Some(CollectBehavior::deny(["via"])));
        assert_eq!(headers.response, Some(CollectBehavior::Off));
    }
}
