//! Tests of warnings about names that Sentry's conventions deprecate.

use crate::compile::{How, PLAIN, Said, compile};

/// Compiles a text and returns its messages: the line, the column, and the text after the colon.
fn said(text: &str, how: How) -> Vec<(u64, u64, String)> {
    let said = compile("conventions", text, how);
    let place = |said: &Said| {
        assert_eq!((&*said.level, &*said.code), ("warning", "deprecated"), "{said}");
        assert_eq!(said.places.len(), 1, "{said}");
        let message = said.message.split_once(": ").expect("the message names the item, then the reason").1;
        (said.places[0][0], said.places[0][1], message.to_owned())
    };
    let mut places: Vec<_> = said.iter().map(place).collect();
    places.sort();
    places
}

const TEXT: &str = r#"
#[sentry::span(attributes(http.status_code = 200, "http.method" = method))] pub fn a(method: &str) {}
#[sentry::span(attributes("http.response.status_code" = "200", url.full = 7, "process.pid" = -1))] pub async fn b() {}
#[sentry::span(attributes("koa.name" = "x"))] pub fn c() -> Result<(), String> { Ok(()) }
#[sentry::span(op = "db.qurey")] pub fn d() {}
#[sentry::span(op = "db.query", attributes(order.id = 7, url = "x", "server.port" = port, method))] pub fn e(port: u16, method: &str) {}
#[sentry::span(attributes(http.status_code = 200), op = "http.cleint")] #[allow(deprecated)] pub fn f() {}
pub struct Shop;
#[sentry::span(op = "db.qurey", attributes("http.method" = "GET"))] impl Shop { pub fn g() {} pub fn h() {} #[span(op = "db")] pub fn i() {} }
#[sentry::span(op = "db.qurey")] #[allow(deprecated)] impl Shop { pub fn j() {} pub fn k() {} }
#[sentry::span] pub mod m { #[span(op = "chache.get")] pub mod n { pub fn l() {} pub fn m() {} } #[span(op = "cache.gte")] pub fn o() {} }
"#;

#[test]
fn deprecated_names_and_wrong_types_are_warnings() {
    let text = TEXT.trim_start();
    for how in [PLAIN, How { clippy: true, ..PLAIN }, How { edition: "2021", ..PLAIN }] {
        let said = said(text, how);
        let said: Vec<(u64, u64, &str)> =
            said.iter().map(|(line, column, message)| (*line, *column, &**message)).collect();
        let renamed =
            "Sentry's conventions have renamed the attribute `http.method` to `http.request.method`";
        let query = "Sentry's conventions have no operation `db.qurey`; did you mean `db.query`?";
        let expected = [
            (
                1,
                27,
                "Sentry's conventions have renamed the attribute `http.status_code` to `http.response.status_code`",
            ),
            (1, 51, renamed),
            (
                2,
                57,
                "in Sentry's conventions, the value of the attribute `http.response.status_code` is an integer",
            ),
            (2, 75, "in Sentry's conventions, the value of the attribute `url.full` is a string"),
            (3, 27, "Sentry's conventions have deprecated the attribute `koa.name`"),
            (4, 21, query),
            (8, 21, query),
            (8, 44, renamed),
            (10, 41, "Sentry's conventions have no operation `chache.get`; did you mean `cache.get`?"),
            (10, 110, "Sentry's conventions have no operation `cache.gte`; did you mean `cache.get`?"),
        ];
        assert_eq!(said, expected);
    }
}
