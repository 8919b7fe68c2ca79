//! The page: one HTML document, which the build has joined from the files in `page/`.

use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::IntoResponse;

const PAGE: &str = include_str!(concat!(env!("OUT_DIR"), "/page.html"));

/// Answers with the page. Only its own script and style may run, which every answer marks anew.
pub(super) async fn page() -> impl IntoResponse {
    let nonce = uuid::Uuid::new_v4().simple().to_string();
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; \
         img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    html(StatusCode::OK, &policy, PAGE.replace("{{nonce}}", &nonce))
}

/// Returns the answer to a browser without the token.
pub(super) fn sign_in() -> impl IntoResponse {
    let policy = "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    html(StatusCode::UNAUTHORIZED, policy, SIGN_IN.to_owned())
}

fn html(status: StatusCode, policy: &str, body: String) -> impl IntoResponse + use<> {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("text/html; charset=utf-8"));
    if let Ok(policy) = HeaderValue::from_str(policy) {
        headers.insert("content-security-policy", policy);
    }
    (status, headers, body)
}

const SIGN_IN: &str = r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>Dashboard</title></head>
<body><h1>Open the URL that the program printed</h1>
<p>It contains a token, which this browser does not have yet.</p>
<form action="/" method="get"><label>Token: <input name="token" autocomplete="off" required></label>
<button>Open</button></form></body></html>
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_one_document_of_at_most_120_kib() {
        assert!(PAGE.len() <= 120 << 10, "{} bytes", PAGE.len());
        assert!(!PAGE.contains("<!--style-->") && !PAGE.contains("<!--script-->"), "the marks are replaced");
        for forbidden in ["src=\"http", "href=\"http", "@import", "url(http", "{{nonce}}\" src"] {
            assert!(!PAGE.contains(forbidden), "the page must not ask for anything: {forbidden}");
        }
    }
}
