//! Findings: what a rule notices in a trace, and the place in the code that it concerns.

use crate::model::rows::Span;
use crate::model::text::Text;
use crate::model::value::{Value, first_text, get};

/// The kind of a finding, and of the hint that it becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    NPlusOne,
    Sequential,
    SlowerThanUsual,
    Cancelled,
    SwallowedError,
    OpenSpan,
}

impl Kind {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::NPlusOne => "n_plus_one",
            Self::Sequential => "sequential",
            Self::SlowerThanUsual => "slower_than_usual",
            Self::Cancelled => "cancelled",
            Self::SwallowedError => "swallowed_error",
            Self::OpenSpan => "open_span",
        }
    }
}

/// A place in the code.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Code {
    pub(crate) file: Option<Text>,
    pub(crate) line: Option<u32>,
    pub(crate) function: Option<Text>,
}

impl Code {
    pub(crate) fn is_empty(&self) -> bool {
        self.file.is_none() && self.function.is_none()
    }
}

/// Returns the place in the code that a span tells.
pub(crate) fn code_of(span: &Span) -> Code {
    code_in(&span.attributes)
}

/// Returns the place in the code that attributes tell.
pub(crate) fn code_in(attributes: &[(Text, Value)]) -> Code {
    let line = ["code.line.number", "code.lineno"].iter().find_map(|key| get(attributes, key)?.as_f64());
    Code {
        file: first_text(attributes, &["code.file.path", "code.filepath"]).cloned(),
        line: line.filter(|line| (0.0..1e9).contains(line)).map(|line| line as u32),
        function: first_text(attributes, &["code.function.name", "code.function"]).cloned(),
    }
}

/// The finding of a rule in a trace.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) kind: Kind,
    /// The part that is the same in other traces.
    pub(crate) about: String,
    pub(crate) title: String,
    pub(crate) detail: String,
    pub(crate) severity: &'static str,
    pub(crate) service: Text,
    pub(crate) span: u64,
    pub(crate) code: Code,
}
