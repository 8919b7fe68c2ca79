//! Every argument of `#[api_handler]` and `#[data_fetcher]`, on every kind of function.

use std::collections::HashMap;

use http::{Method, Request, Response, StatusCode};

#[sentry::api_handler("/")]
fn plain() {}

#[sentry::api_handler(
    "/orders/{id}",
    method = request.method(),
    name = "orders",
    headers = request,
    tags(id, "order.kind" = "web", plan = format!("{id}")),
    flush,
    crate = ::sentry
)]
async fn everything(request: Request<Vec<u8>>, id: u64) -> Result<Response<Vec<u8>>, Box<dyn std::error::Error>> {
    let _ = id;
    Ok(Response::new(request.into_body()))
}

const ROUTE: &str = "/constant";

#[sentry::api_handler(route = ROUTE, method = Method::GET)]
fn opaque() -> impl std::fmt::Display {
    7
}

#[sentry::api_handler("/pairs", headers = pairs)]
fn tuple(pairs: &[(&str, &str)]) -> (StatusCode, usize) {
    (StatusCode::OK, pairs.len())
}

#[sentry::api_handler("/generic")]
fn generic<T: Clone>(value: &T) -> T {
    value.clone()
}

#[sentry::api_handler("/lookup", headers = |name: &str| map.get(name).map(String::as_str))]
async fn lookup(map: HashMap<String, String>) -> usize {
    map.len()
}

/// A method `status` with more arguments than `self` does not return the status of the response.
struct Builder;

impl Builder {
    #[allow(dead_code)]
    fn status(&mut self, _code: u16) {}
}

#[sentry::api_handler("/builder")]
fn builder() -> Builder {
    Builder
}

struct Api;

impl Api {
    #[sentry::api_handler("/method")]
    async fn method(&self) -> StatusCode {
        StatusCode::OK
    }

    #[sentry::data_fetcher(get_initial_props, "/{page}", headers = headers, tags(page), name = "page", flush)]
    fn page(&self, headers: &HashMap<String, String>, page: &str) -> Option<usize> {
        Some(headers.len() + page.len())
    }
}

#[sentry::data_fetcher(app)]
fn app() {}

#[sentry::data_fetcher(menu, route = ROUTE)]
async fn menu() -> Result<(), String> {
    Ok(())
}

fn main() {
    plain();
    drop(everything(Request::new(Vec::new()), 7));
    println!("{}", opaque());
    tuple(&[]);
    generic(&7);
    drop(lookup(HashMap::new()));
    builder();
    drop(Api.method());
    Api.page(&HashMap::new(), "x");
    app();
    drop(menu());
}
