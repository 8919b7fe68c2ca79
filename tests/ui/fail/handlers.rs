//! Errors of `#[api_handler]` and `#[data_fetcher]`, and of tags in these and other attributes.

#[sentry::api_handler]
fn no_route() {}

#[sentry::api_handler("users")]
fn no_slash() {}

#[sentry::api_handler("GET /users")]
fn method_in_the_route() {}

#[sentry::api_handler("/users?page=1")]
fn query_in_the_route() {}

#[sentry::api_handler(route = "/two words")]
fn space_in_the_route() {}

#[sentry::api_handler("/", route = "/")]
fn route_twice() {}

#[sentry::api_handler("/", method = "GET /")]
fn no_method() {}

#[sentry::api_handler("/", form_data = 1)]
fn unknown_argument() {}

#[sentry::api_handler("/a")]
#[sentry::api_handler("/b")]
fn two_routes() {}

#[sentry::data_fetcher]
fn no_kind() {}

#[sentry::data_fetcher("/about")]
fn route_alone() {}

#[sentry::data_fetcher(get_static_props)]
fn kind_alone() {}

#[sentry::data_fetcher(get_static_props, "about")]
fn bad_route() {}

#[sentry::data_fetcher(get_static_props "/about")]
fn no_comma() {}

#[sentry::server_action(tags("two words" = 1))]
fn bad_key() {}

#[sentry::api_handler("/", tags(plan = ""))]
fn empty_value() {}

#[sentry::monitor("a", tags(plan = "one\ntwo"))]
fn two_lines() {}

#[sentry::monitor("a", tags(plan = 1, "plan" = 2))]
fn tag_twice() {}

#[sentry::server_action(tags(customer))]
fn no_such_argument(order: u8) {}

#[sentry::server_action(tags = 1)]
fn no_list() {}

#[sentry::server_action(tags("plan"))]
fn no_value() {}

fn main() {
    no_route();
    bad_route();
}
