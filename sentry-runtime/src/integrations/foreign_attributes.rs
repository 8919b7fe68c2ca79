//! Attributes that other libraries record, by the category of data that they hold.
//!
//! Spans and records of other libraries arrive through `tracing`, `log` and OpenTelemetry. Nobody can tell whether the
//! program or a library wrote an attribute. The conventions reserve these names for instrumentation, so that the option
//! `data_collection` decides about them as it does about what this toolkit collects automatically, and about `uri`, the
//! name that `tower-http` gives the URL of a request. All other attributes are recorded unchanged.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/client/data-collection/),
//! [conventions](https://getsentry.github.io/sentry-conventions/attributes/)

mod category;

use std::borrow::Cow;

use category::{Category, category};

use crate::context::active;
use crate::integrations::cookies::{kept_cookies, kept_set_cookie};
use crate::integrations::url::{is_header_with_url, kept_query, kept_url};
use crate::options::{CollectBehavior, Collected, FILTERED, HttpBodyType, shows_header};
use crate::protocol::AttributeValue;
use crate::scrub::without_query_values;

/// Returns what is collected of an attribute; `None` if nothing is. Without a client nothing is recorded, but a program
/// may still convert an entry: the text of an error stays, because it is what such an entry says.
pub(super) fn admitted(key: &str, value: AttributeValue) -> Option<AttributeValue> {
    match category(key) {
        None => Some(value),
        Some(category) => {
            let Some(client) = active::client() else {
                return (category == Category::ErrorText).then_some(value);
            };
            kept(category, value, client.options().collected())
        }
    }
}

/// Returns what is collected of the text of an error: URLs in it have their query as its category says.
#[cfg(feature = "_entries")]
pub(super) fn of_error(text: &str) -> Cow<'_, str> {
    match active::client() {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{ClientOptions, DataCollection};

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
