//! Expressions in an attribute that would leave its function.

#[sentry::span(attributes(n = text.parse::<u8>()?))]
fn question_mark(text: &str) -> Result<(), std::num::ParseIntError> {
    let _ = text;
    Ok(())
}

#[sentry::span(attributes(n = if text.is_empty() { return } else { 1 }))]
fn early_return(text: &str) {
    let _ = text;
}

#[sentry::span(attributes(n = std::future::ready(1).await))]
async fn awaits() {}

#[sentry::span(attributes(n = format!("{}", number?)))]
fn in_a_macro(number: Option<u8>) -> Option<u8> {
    number
}

#[sentry::span(parent = parent?)]
fn in_the_parent(parent: Option<sentry::Span>) -> Option<u8> {
    parent.map(|_| 1)
}

#[sentry::server_action(headers = headers?, form_data = match form { Some(form) => form, None => return None })]
fn in_a_request(headers: Option<http::HeaderMap>, form: Option<Vec<(String, String)>>) -> Option<u8> {
    headers.and(form).map(|_| 1)
}

#[sentry::api_handler("/", method = method?)]
fn in_the_method(method: Option<&str>) -> Option<u8> {
    method.map(|_| 1)
}

#[sentry::monitor("job", tags(customer = customer?))]
fn in_a_tag(customer: Option<u8>) -> Option<u8> {
    customer
}

fn main() {}
