//! The HTTP status of axum's own responses, for handlers that return one as an `Err`.

use std::fmt::{self, Write};

use axum::response::{ErrorResponse, Redirect};

use crate::instrument::handler::ResponseStatus;

impl ResponseStatus for Redirect {
    fn response_status(&self) -> Option<u16> {
        Some(self.status_code().as_u16())
    }
}

/// The type shows the response in it by its `Debug` output alone, as long as it is not consumed.
impl ResponseStatus for ErrorResponse {
    fn response_status(&self) -> Option<u16> {
        let mut beginning = Beginning(String::new());
        // The writer stops by an error when it has enough.
        let _ = write!(beginning, "{self:?}");
        let (_, status) = beginning.0.split_once("status: ")?;
        status.get(..3)?.parse().ok()
    }
}

/// The beginning of a text.
struct Beginning(String);

impl Write for Beginning {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        const LONGEST: usize = 128;
        self.0.push_str(text);
        if self.0.len() < LONGEST { Ok(()) } else { Err(fmt::Error) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;

    #[test]
    fn the_status_in_an_error_response_is_read() {
        for status in [StatusCode::NOT_FOUND, StatusCode::SERVICE_UNAVAILABLE] {
            let response = ErrorResponse::from((status, "no lamps"));
            assert_eq!(response.response_status(), Some(status.as_u16()));
        }
    }
}
