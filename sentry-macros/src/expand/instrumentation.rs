//! What an attribute does around a function, for [`crate::expand::wrap`] to put it there.

use proc_macro2::{Span, TokenStream};

use crate::parse::entries::Recorded;

/// When the value that a function returns has to be seen.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// When its type is called a result.
    Results,
    /// When its type is not known to hold no error.
    MayFail,
    /// When its type is not known to hold no error and no HTTP status.
    MayAnswer,
    /// Always, because it is recorded.
    Always,
}

/// What an attribute does around a function.
pub(crate) struct Work {
    /// `::sentry::__private`
    pub(crate) private: TokenStream,
    /// The items that the expressions name. They stand in a block of their own, where the user's body does not see them.
    pub(crate) items: TokenStream,
    /// The types whose methods the work has, of a sync function and of a future. Calls name the type, because a
    /// method found by name might be that of a trait of the user.
    pub(crate) types: [&'static str; 2],
    /// The expression that starts the work now, or that makes what [`Work::begin`] starts.
    pub(crate) enter: TokenStream,
    /// The function that starts the work in its place, so that it need not be moved there.
    pub(crate) begin: Option<&'static str>,
    /// The expression that makes the work for a future.
    pub(crate) create: TokenStream,
    /// The user's expressions over the arguments, which count as uses of them.
    pub(crate) mentioned: TokenStream,
    /// The values recorded at the start.
    pub(crate) recorded: Vec<Recorded>,
    pub(crate) look: Look,
    /// Whether the function keeps its place in a chain of `#[track_caller]` rather than have its value seen.
    pub(crate) keeps_caller: bool,
    /// What is done with the value beside asking for its error; `__sentry_work` is the work.
    pub(crate) on_value: Option<OnValue>,
}

/// Statements about the value; takes the private path, the path of the work's type, a mutable reference to the work, a reference to
/// the value, and a span.
pub(crate) type OnValue = fn(&TokenStream, &TokenStream, &TokenStream, &TokenStream, Span) -> TokenStream;
