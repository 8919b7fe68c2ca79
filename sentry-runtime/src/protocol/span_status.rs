//! The status of spans.
//!
//! [Spec, attribute `status`](https://develop.sentry.dev/sdk/data-model/event-payloads/span/).

use std::fmt;
use std::str::FromStr;

use super::wire::serde_as_str;

/// The status of a span, by gRPC's codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SpanStatus {
    /// Success.
    Ok,
    /// The deadline passed before the work was done.
    DeadlineExceeded,
    /// The caller is not authenticated.
    Unauthenticated,
    /// The caller is not permitted to do this.
    PermissionDenied,
    /// The requested object does not exist.
    NotFound,
    /// A quota is exhausted.
    ResourceExhausted,
    /// An argument is invalid.
    InvalidArgument,
    /// The operation is not implemented.
    Unimplemented,
    /// The service is temporarily unavailable.
    Unavailable,
    /// An internal error.
    InternalError,
    /// An unknown outcome. Sentry does not count it as a failure, so spans are sent with
    /// [`InternalError`](Self::InternalError) instead, the word for an error without a better one.
    UnknownError,
    /// Cancelled, typically by the caller: the future was dropped.
    Cancelled,
    /// The object to create already exists.
    AlreadyExists,
    /// The system is not in the state that the operation requires.
    FailedPrecondition,
    /// Aborted because of a concurrent operation.
    Aborted,
    /// Past the end of the valid range.
    OutOfRange,
    /// Data is lost or corrupted.
    DataLoss,
}

impl SpanStatus {
    const ALL: [Self; 17] = [
        Self::Ok,
        Self::DeadlineExceeded,
        Self::Unauthenticated,
        Self::PermissionDenied,
        Self::NotFound,
        Self::ResourceExhausted,
        Self::InvalidArgument,
        Self::Unimplemented,
        Self::Unavailable,
        Self::InternalError,
        Self::UnknownError,
        Self::Cancelled,
        Self::AlreadyExists,
        Self::FailedPrecondition,
        Self::Aborted,
        Self::OutOfRange,
        Self::DataLoss,
    ];

    /// Returns the status as it is sent: what has no better word is an internal error.
    pub(crate) const fn sent(self) -> Self {
        match self {
            Self::UnknownError => Self::InternalError,
            other => other,
        }
    }

    /// Returns the name in the protocol.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::DeadlineExceeded => "deadline_exceeded",
            Self::Unauthenticated => "unauthenticated",
            Self::PermissionDenied => "permission_denied",
            Self::NotFound => "not_found",
            Self::ResourceExhausted => "resource_exhausted",
            Self::InvalidArgument => "invalid_argument",
            Self::Unimplemented => "unimplemented",
            Self::Unavailable => "unavailable",
            Self::InternalError => "internal_error",
            Self::UnknownError => "unknown_error",
            Self::Cancelled => "cancelled",
            Self::AlreadyExists => "already_exists",
            Self::FailedPrecondition => "failed_precondition",
            Self::Aborted => "aborted",
            Self::OutOfRange => "out_of_range",
            Self::DataLoss => "data_loss",
        }
    }

    /// Returns the status of a span that sent or received this HTTP status code.
    ///
    /// ```
    /// use sentry::protocol::SpanStatus;
    ///
    /// assert_eq!(SpanStatus::from_http_status(302), SpanStatus::Ok);
    /// assert_eq!(SpanStatus::from_http_status(404), SpanStatus::NotFound);
    /// assert_eq!(SpanStatus::from_http_status(502), SpanStatus::InternalError);
    /// ```
    #[must_use]
    pub const fn from_http_status(code: u16) -> Self {
        match code {
            100..=399 => Self::Ok,
            401 => Self::Unauthenticated,
            403 => Self::PermissionDenied,
            404 => Self::NotFound,
            409 => Self::AlreadyExists,
            412 | 413 => Self::FailedPrecondition,
            429 => Self::ResourceExhausted,
            499 => Self::Cancelled,
            400..=498 => Self::InvalidArgument,
            501 => Self::Unimplemented,
            503 => Self::Unavailable,
            504 => Self::DeadlineExceeded,
            500..=599 => Self::InternalError,
            _ => Self::InternalError,
        }
    }

    /// Returns the status of a call that ended with this gRPC code; `None` for an unknown code.
    ///
    /// ```
    /// use sentry::SpanStatus;
    ///
    /// assert_eq!(SpanStatus::from_grpc_status(5), Some(SpanStatus::NotFound));
    /// assert_eq!(SpanStatus::from_grpc_status(99), None);
    /// ```
    #[must_use]
    pub const fn from_grpc_status(code: u16) -> Option<Self> {
        Some(match code {
            0 => Self::Ok,
            1 => Self::Cancelled,
            // `UNKNOWN` is an error, but Sentry does not count `unknown_error` as a failure.
            2 => Self::InternalError,
            3 => Self::InvalidArgument,
            4 => Self::DeadlineExceeded,
            5 => Self::NotFound,
            6 => Self::AlreadyExists,
            7 => Self::PermissionDenied,
            8 => Self::ResourceExhausted,
            9 => Self::FailedPrecondition,
            10 => Self::Aborted,
            11 => Self::OutOfRange,
            12 => Self::Unimplemented,
            13 => Self::InternalError,
            14 => Self::Unavailable,
            15 => Self::DataLoss,
            16 => Self::Unauthenticated,
            _ => return None,
        })
    }
}

impl fmt::Display for SpanStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The error of an unknown span status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseStatusError(String);

impl fmt::Display for ParseStatusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a span status: use one of", self.0)?;
        for (index, status) in SpanStatus::ALL.iter().enumerate() {
            write!(f, "{} {status}", if index == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl std::error::Error for ParseStatusError {}

impl FromStr for SpanStatus {
    type Err = ParseStatusError;

    fn from_str(text: &str) -> Result<Self, ParseStatusError> {
        match text {
            // Other names that the server accepts.
            "unknown" => Ok(Self::UnknownError),
            "internal" => Ok(Self::InternalError),
            _ => Self::ALL
                .into_iter()
                .find(|status| status.as_str() == text)
                .ok_or_else(|| ParseStatusError(text.chars().take(64).collect())),
        }
    }
}

serde_as_str!(SpanStatus);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_reads_what_it_writes() {
        for status in SpanStatus::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
        }
        assert!(
            "fine"
                .parse::<SpanStatus>()
                .unwrap_err()
                .to_string()
                .contains("use one of ok, deadline_exceeded")
        );
    }

    #[test]
    fn http_status_codes_follow_the_table() {
        let table = [
            (200, "ok"),
            (304, "ok"),
            (400, "invalid_argument"),
            (401, "unauthenticated"),
            (403, "permission_denied"),
            (404, "not_found"),
            (409, "already_exists"),
            (422, "invalid_argument"),
            (429, "resource_exhausted"),
            (499, "cancelled"),
            (500, "internal_error"),
            (501, "unimplemented"),
            (503, "unavailable"),
            (504, "deadline_exceeded"),
            (599, "internal_error"),
            (0, "internal_error"),
            (700, "internal_error"),
        ];
        for (code, status) in table {
            assert_eq!(SpanStatus::from_http_status(code).as_str(), status, "{code}");
        }
    }
}
