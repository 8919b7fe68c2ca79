//! The schedule of a monitor: a crontab or an interval, checked by the rules that the runtime uses, too.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use crate::check::values;
use crate::parse::args::Arguments;

/// A valid schedule.
pub(super) enum Schedule {
    /// The five fields in canonical form.
    Crontab(String),
    /// A number of units.
    Interval(u64, &'static str),
}

impl Schedule {
    /// Takes `schedule` or `every` out of the arguments.
    pub(super) fn take(list: &mut Arguments) -> Option<Self> {
        let both = list.span_of("schedule").and(list.span_of("every"));
        let crontab = list.string("schedule");
        let every = list.string("every");
        if let Some(place) = both {
            list.errors.add(place, "a monitor has one schedule; keep either `schedule` or `every`");
            return None;
        }
        match (crontab, every) {
            (Some(text), _) => list.errors.handle(values::schedule(&text)).map(Self::Crontab),
            (None, Some(text)) => {
                let interval = list.errors.handle(values::every(&text));
                interval.map(|(number, unit)| Self::Interval(number, unit))
            }
            (None, None) => None,
        }
    }

    /// Returns the call on the monitor site's builder.
    pub(super) fn call(self, span: Span) -> TokenStream {
        match self {
            Self::Crontab(fields) => quote_spanned!(span=> .crontab(#fields)),
            Self::Interval(number, unit) => quote_spanned!(span=> .interval(#number, #unit)),
        }
    }
}
