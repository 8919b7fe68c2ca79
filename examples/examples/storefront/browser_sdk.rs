//! Sentry's browser SDK, served with the pages if the environment provides it.
//!
//! It finds the trace in the meta tags of the page, records the loading of the page as a transaction in that trace, and
//! adds the trace headers to each request of the page.

use std::io;

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

/// A script that contains and starts the SDK.
pub struct BrowserSdk {
    script: String,
    dsn: String,
}

impl BrowserSdk {
    /// The path from which the pages load the script.
    pub const PATH: &str = "/browser-sdk.js";

    /// Reads the script from the file `BROWSER_SDK`. The script finds its DSN, `BROWSER_SDK_DSN`, in the page.
    pub fn from_environment() -> io::Result<Option<Self>> {
        let Some(file) = std::env::var_os("BROWSER_SDK") else { return Ok(None) };
        let dsn = std::env::var("BROWSER_SDK_DSN").unwrap_or_default();
        Ok(Some(Self { script: std::fs::read_to_string(file)?, dsn }))
    }

    /// Returns the HTML element that loads the script.
    pub fn tag(&self) -> String {
        format!(r#"<script src="{}" data-dsn="{}"></script>"#, Self::PATH, self.dsn)
    }

    /// Returns the script as a response.
    pub fn response(&self) -> Response {
        ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], self.script.clone()).into_response()
    }
}
