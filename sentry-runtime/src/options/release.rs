//! The values that the option `release` accepts.

use std::borrow::Cow;

/// A value for the option `release`: a string, or the result of [`release_name!`](crate::release_name).
///
/// ```
/// use sentry::ClientOptions;
///
/// let texts = ClientOptions::new().release("shop@1.4.2");
/// let names = ClientOptions::new().release(sentry::release_name!());
/// # assert!(texts.release.is_some() && names.release.is_some());
/// ```
pub trait IntoRelease {
    /// Returns the release; `None` leaves it to `SENTRY_RELEASE`.
    fn into_release(self) -> Option<Cow<'static, str>>;
}

macro_rules! into_release {
    ($($ty:ty),*) => {$(
        impl IntoRelease for $ty {
            fn into_release(self) -> Option<Cow<'static, str>> {
                Some(self.into())
            }
        }

        impl IntoRelease for Option<$ty> {
            fn into_release(self) -> Option<Cow<'static, str>> {
                self.map(Into::into)
            }
        }
    )*};
}

into_release!(&'static str, String, Cow<'static, str>);
