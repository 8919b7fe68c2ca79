//! Every argument of `#[server_action]`.

use std::collections::HashMap;

#[sentry::server_action]
fn plain() {}

#[sentry::server_action(name = "orders.submit", headers = headers, form_data = form, record_response, flush)]
async fn submit(headers: HashMap<String, String>, form: Vec<(String, String)>) -> Result<usize, std::io::Error> {
    Ok(headers.len() + form.len())
}

#[sentry::server_action(headers = request.headers(), crate = ::sentry)]
async fn route(mut request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, Box<dyn std::error::Error>> {
    request.body_mut().push(1);
    Ok(http::Response::new(request.into_body()))
}

#[sentry::server_action(headers = headers)]
fn typed(headers: Vec<(http::HeaderName, http::HeaderValue)>) -> usize {
    headers.len()
}

#[sentry::server_action(headers = headers)]
async fn borrowed(headers: &[(http::HeaderName, http::HeaderValue)]) -> usize {
    headers.len()
}

fn main() {
    let _ = typed(Vec::new());
    drop(borrowed(&[]));
    sentry::continue_trace(&sentry::HeaderPairs(&vec![(http::header::AGE, http::HeaderValue::from_static("1"))]), || ());
    plain();
    drop(submit(HashMap::new(), Vec::new()));
    drop(route(http::Request::new(Vec::new())));
}
