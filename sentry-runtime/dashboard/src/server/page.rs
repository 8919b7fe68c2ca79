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
    fn the_page_is_one_document_of_at_most_120_kib_that_asks_for_nothing() {
        assert!(PAGE.len() <= 120 << 10, "{} bytes", PAGE.len());
        assert!(!PAGE.contains("<!--packed-->"), "the mark is replaced");
        let text = PAGE.to_owned() + &unpacked();
        for forbidden in
            ["src=\"http", "src='http", "href=\"http", "@import", "url(http", "url(//", "importScripts"]
        {
            assert!(!text.contains(forbidden), "{forbidden}");
        }
    }

    #[test]
    fn the_page_contains_every_file_in_the_order_of_the_names() {
        let text = unpacked();
        let (style, script) = text.split_once('\0').unwrap();
        let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("page");
        assert_eq!(style, std::fs::read_to_string(page.join("style.css")).unwrap());
        let mut files: Vec<_> =
            std::fs::read_dir(page.join("js")).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let places: Vec<_> =
            files.iter().map(|file| script.find(&std::fs::read_to_string(file).unwrap()).unwrap()).collect();
        assert!(places.is_sorted(), "{places:?}");
    }

    /// Returns what the document's own script makes of the packed text.
    fn unpacked() -> String {
        let packed = PAGE.split_once("id=\"packed\">").unwrap().1.split_once('<').unwrap().0;
        let digit = |byte: u8| match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            _ => 63,
        };
        let digits: Vec<u8> = packed.trim_end_matches('=').bytes().map(digit).collect();
        let bytes: Vec<u8> = digits
            .chunks(4)
            .flat_map(|four| {
                let number = four.iter().fold(0_u32, |sum, digit| sum << 6 | u32::from(*digit))
                    << (6 * (4 - four.len()));
                number.to_be_bytes()[1..four.len()].to_vec()
            })
            .collect();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&*bytes), &mut text).unwrap();
        text
    }
}
