//! Sentry's SDK for browsers, served with the pages if the environment names one.
//!
//! It finds the trace in the meta tags of the page, makes a transaction of the page's loading below it, and sends the
//! trace along with each request of the page.

use std::io;

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

/// A script that contains and starts the SDK.
pub struct BrowserSdk {
    script: String,
    dsn: String,
}

impl BrowserSdk {
    /// Where the pages load it from.
    pub const PATH: &str = "/browser-sdk.js";

    /// The script in the file `BROWSER_SDK`; it finds its DSN, `BROWSER_SDK_DSN`, in the page.
    pub fn from_environment() -> io::Result<Option<Self>> {
        let Some(file) = std::env::var_os("BROWSER_SDK") else { return Ok(None) };
        let dsn = std::env::var("BROWSER_SDK_DSN").unwrap_or_default();
        Ok(Some(Self { script: std::fs::read_to_string(file)?, dsn }))
    }

    /// The element that loads it.
    pub fn tag(&self) -> String {
        format!(r#"<script src="{}" data-dsn="{}"></script>"#, Self::PATH, self.dsn)
    }

    /// The script itself.
    pub fn response(&self) -> Response {
        ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], self.script.clone()).into_response()
    }
}
