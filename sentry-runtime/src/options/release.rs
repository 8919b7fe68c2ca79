//! What the option `release` can be given.

use std::borrow::Cow;

/// What names a release: a text, or what [`release_name!`](crate::release_name) answers with.
///
/// ```
/// use sentry::ClientOptions;
///
/// let texts = ClientOptions::new().release("shop@1.4.2");
/// let names = ClientOptions::new().release(sentry::release_name!());
/// # assert!(texts.release.is_some() && names.release.is_some());
/// ```
pub trait IntoRelease {
    /// The release; `None` leaves it to the environment.
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
