//! The plan of an expansion: what an attribute adds to its function, independent of the function's shape.
//!
//! The files of `attributes/` make an [`Instrumentation`], `expand/function.rs` puts it around the body. At run
//! time a *guard* does the work: a value of the runtime that holds the span, the handler or the check-in while the
//! function runs.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use crate::check::vars::Var;
use crate::parse::entries::Recorded;
use crate::tokens::Fragment;

/// The cases in which the value that a function returns is inspected.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inspect {
    /// If the name of its type contains `Result`.
    NamedResult,
    /// Unless its type is known to hold no error.
    PossibleError,
    /// Unless its type is known to hold no error and no HTTP status.
    PossibleResponse,
    /// Always, because the value is recorded.
    Always,
}

/// The code that an attribute puts around a function.
pub(crate) struct Instrumentation {
    /// `::sentry::__private`
    pub(crate) private: Fragment,
    /// Items that the expressions below name. They go into a block that the user's body cannot see into.
    pub(crate) items: TokenStream,
    /// Whether the items hold warnings.
    pub(crate) warns: bool,
    /// The type of the guard of a sync function. Generated code calls methods through the type, because a method found
    /// by name might be that of a trait of the user's.
    pub(crate) sync_guard: &'static str,
    /// The type of the guard of a future.
    pub(crate) future_guard: &'static str,
    /// The expressions that make the guard.
    pub(crate) start: Start,
    /// Whether the callsite has arguments about the start of the span.
    pub(crate) is_special: bool,
    /// The user's expressions over the arguments, which count as uses of them.
    pub(crate) mentioned: TokenStream,
    /// The values recorded at the start.
    pub(crate) recorded: Vec<Recorded>,
    /// The values that are shown if the function fails.
    pub(crate) vars: Vec<Var>,
    pub(crate) inspect: Inspect,
    /// The argument that asks for events of returned errors. The compiler warns there if such an error has no text.
    pub(crate) captures: Option<Span>,
    /// Whether a `#[track_caller]` function keeps its caller's location instead of having its value inspected: the
    /// closure that makes a value inspectable hides the caller.
    pub(crate) keeps_caller: bool,
    /// The statements about the value beyond the report of its error.
    pub(crate) on_value: Option<OnValue>,
    /// The judgement of a web handler about an error; `None` for other functions.
    pub(crate) judgement: Option<Judgement>,
}

/// The parts of the expressions that make a guard.
pub(crate) enum Start {
    /// The callsite of a span, and its parent if the attribute names one.
    Span { site: TokenStream, parent: Option<TokenStream> },
    /// An expression that makes the guard of a future. A sync function holds this guard.
    Held(TokenStream),
}

/// The ways in which a web handler finds out whether an error is a failure.
#[derive(Default)]
pub(crate) struct Judgement {
    /// The function of the user's that returns whether an error is to be ignored.
    pub(crate) ignore: Option<TokenStream>,
}

impl Instrumentation {
    /// Returns the plan of an attribute whose guard, of the type `guard`, is made by `create` and held around the body.
    pub(crate) fn held(
        guard: &'static str,
        private: Fragment,
        create: TokenStream,
        inspect: Inspect,
    ) -> Self {
        Self {
            items: TokenStream::new(),
            warns: false,
            sync_guard: guard,
            future_guard: guard,
            start: Start::Held(create),
            is_special: false,
            mentioned: TokenStream::new(),
            recorded: Vec::new(),
            vars: Vec::new(),
            inspect,
            captures: None,
            keeps_caller: false,
            on_value: None,
            judgement: None,
            private,
        }
    }

    /// Returns the function that starts the guard of a sync function where it lies, so that a started guard is never
    /// moved, and its callsite. `None` if [`Instrumentation::enter`] starts the guard.
    pub(crate) fn begin(&self, inspects: bool, span: Span) -> Option<(Ident, &TokenStream)> {
        let Start::Span { site, parent: None } = &self.start else { return None };
        let begin = match (self.is_special, inspects) {
            (true, _) => "begin_special",
            (false, true) => "begin_fallible",
            (false, false) => "begin",
        };
        Some((Ident::new(begin, span), site))
    }

    /// Returns the expression that makes and starts the guard of a sync function.
    pub(crate) fn enter(&self, span: Span) -> TokenStream {
        let private = &self.private;
        match &self.start {
            Start::Span { site, parent: None } => quote_spanned!(span=> #private::enter(#site)),
            Start::Span { site, parent: Some(parent) } => {
                quote_spanned!(span=> #private::enter_under(#site, #parent))
            }
            Start::Held(create) => quote_spanned!(span=> #private::hold(#create)),
        }
    }

    /// Returns the expression that makes the guard of a future.
    pub(crate) fn create(&self, span: Span) -> TokenStream {
        let private = &self.private;
        match &self.start {
            Start::Span { site, parent: None } => quote_spanned!(span=> #private::span(#site)),
            Start::Span { site, parent: Some(parent) } => {
                quote_spanned!(span=> #private::span_under(#site, #parent))
            }
            Start::Held(create) => create.clone(),
        }
    }

    /// Returns whether a sync function catches panics on their way, to capture those that no panic hook saw. Spans do not:
    /// the handler, the job or the `main` around them does.
    pub(crate) fn catches(&self) -> bool {
        self.sync_guard != "SpanGuard"
    }
}

/// Generates statements that use the returned value.
pub(crate) type OnValue = fn(&ValueTokens<'_>) -> TokenStream;

/// The parts of the statements about a returned value.
pub(crate) struct ValueTokens<'a> {
    /// `::sentry::__private`
    pub(crate) private: &'a Fragment,
    /// The path of the guard's type.
    pub(crate) guard_type: &'a Fragment,
    /// A mutable reference to the guard.
    pub(crate) guard: &'a TokenStream,
    /// A reference to the value.
    pub(crate) value: &'a TokenStream,
    /// The span of the statements.
    pub(crate) span: Span,
}
