//! The HTTP status of actix-web's own types, for handlers that return one as an `Err`.

use actix_web::{Error, HttpResponse};

use crate::instrument::handler::ResponseStatus;

impl ResponseStatus for Error {
    fn response_status(&self) -> Option<u16> {
        Some(self.as_response_error().status_code().as_u16())
    }
}

impl<B> ResponseStatus for HttpResponse<B> {
    fn response_status(&self) -> Option<u16> {
        Some(self.status().as_u16())
    }
}

impl ResponseStatus for actix_web::http::StatusCode {
    fn response_status(&self) -> Option<u16> {
        Some(self.as_u16())
    }
}
