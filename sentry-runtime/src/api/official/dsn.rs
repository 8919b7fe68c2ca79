//! The conversion of values to a DSN.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};

use crate::protocol::{Dsn, ParseDsnError};

/// A value that is a DSN, or none: a string (none if it is empty), a DSN, an option of these, or `()`.
///
/// [`init`](crate::init) and [`ClientOptions`](crate::ClientOptions) take such values directly.
///
/// ```
/// use sentry::IntoDsn as _;
///
/// let dsn = std::env::var("SHOP_DSN").ok().into_dsn()?;
/// assert_eq!(dsn, None);
/// # Ok::<(), sentry::types::ParseDsnError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a DSN",
    note = "a DSN is a string, a `Dsn`, an option of these, or `()` for none"
)]
pub trait IntoDsn {
    /// Returns the DSN.
    ///
    /// # Errors
    /// A text that is not a DSN.
    fn into_dsn(self) -> Result<Option<Dsn>, ParseDsnError>;
}

impl<D: IntoDsn> IntoDsn for Option<D> {
    fn into_dsn(self) -> Result<Option<Dsn>, ParseDsnError> {
        self.map_or(Ok(None), IntoDsn::into_dsn)
    }
}

impl IntoDsn for () {
    fn into_dsn(self) -> Result<Option<Dsn>, ParseDsnError> {
        Ok(None)
    }
}

impl IntoDsn for Dsn {
    fn into_dsn(self) -> Result<Option<Dsn>, ParseDsnError> {
        Ok(Some(self))
    }
}

impl IntoDsn for &Dsn {
    fn into_dsn(self) -> Result<Option<Dsn>, ParseDsnError> {
        Ok(Some(self.clone()))
    }
}

impl IntoDsn for &str {
    fn into_dsn(self) -> Result<Option<Dsn>, ParseDsnError> {
        match self.trim() {
            "" => Ok(None),
            text => text.parse().map(Some),
        }
    }
}

macro_rules! texts {
    ($($ty:ty: |$text:ident| $as_str:expr;)*) => {$(
        impl IntoDsn for $ty {
            fn into_dsn(self) -> Result<Option<Dsn>, ParseDsnError> {
                let $text = self;
                $as_str.into_dsn()
            }
        }
    )*};
}

texts! {
    String: |text| text.as_str();
    &String: |text| text.as_str();
    Cow<'_, str>: |text| &*text;
    &OsStr: |text| &*text.to_string_lossy();
    OsString: |text| &*text.to_string_lossy();
}
