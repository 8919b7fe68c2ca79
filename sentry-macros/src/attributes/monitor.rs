//! `#[monitor]`: a cron job that sends check-ins.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use sentry_rules::monitor;
use syn::LitStr;

use crate::attributes::schedule::Schedule;
use crate::check::vars::Var;
use crate::check::{self, values};
use crate::errors::Errors;
use crate::expand::attribute::{Attribute, Instrument};
use crate::expand::callsite::Callsite;
use crate::expand::instrumentation::{Inspect, Instrumentation};
use crate::hygiene::{generated_at, generated_at_start};
use crate::parse::args::Arguments;
use crate::parse::crate_path::CratePath;
use crate::parse::entries::Recorded;
use crate::parse::function::Function;

const KNOWN: &[&str] = &[
    "slug",
    "schedule",
    "every",
    "timezone",
    "checkin_margin",
    "max_runtime",
    "failure_issue_threshold",
    "recovery_threshold",
    "isolate_trace",
    "tags",
    "vars",
    "crate",
];

/// The arguments of `#[monitor]`.
pub(super) struct MonitorArgs {
    crate_path: CratePath,
    slug: Option<LitStr>,
    schedule: Option<Schedule>,
    timezone: Option<LitStr>,
    /// The numbers that are given, each with its builder method.
    numbers: Vec<(&'static str, u64)>,
    isolate_trace: bool,
    tags: Vec<Recorded>,
    vars: Vec<Var>,
}

impl Attribute for MonitorArgs {
    const NAME: &'static str = "monitor";
    const REPEATED: Option<&'static str> = Some("give each job a function of its own");

    fn read(args: TokenStream, function: &Function) -> (Self, Errors) {
        let mut list = Arguments::read(Self::NAME, args, KNOWN, Some("slug"));
        let slug_missing = list.span_of("slug").is_none();
        let slug = list.leading().or_else(|| list.string("slug"));
        match &slug {
            Some(slug) => {
                let checked = values::monitor_slug(slug);
                list.errors.handle(checked);
            }
            None if slug_missing && list.errors.is_empty() => list.errors.add(
                Span::call_site(),
                "`#[monitor]` needs the slug of a monitor: `#[monitor(\"nightly-report\")]`",
            ),
            None => {}
        }
        let schedule = Schedule::take(&mut list);
        let (timezone_at, configured) = (list.span_of("timezone"), schedule.is_some());
        let timezone = list.string("timezone");
        if let Some(timezone) = &timezone {
            let checked = values::time_zone(timezone);
            list.errors.handle(checked);
        }
        let mut numbers = Vec::new();
        let mut first_number = None;
        let ranges: [(&'static str, values::Number, values::Range); 4] = [
            ("checkin_margin", values::minutes, monitor::checkin_margin),
            ("max_runtime", values::minutes, monitor::max_runtime),
            ("failure_issue_threshold", values::count, monitor::failure_issue_threshold),
            ("recovery_threshold", values::count, monitor::recovery_threshold),
        ];
        for (name, read, range) in ranges {
            first_number = first_number.or_else(|| list.span_of(name).map(|place| (name, place)));
            if let Some(raw) = list.value(name) {
                let number = read(name, &raw.expr, range);
                numbers.extend(list.errors.handle(number).map(|number| (name, number)));
            }
        }
        let needs_schedule = first_number.or(timezone_at.map(|place| ("timezone", place)));
        if let (false, true, Some((name, place))) = (configured, list.errors.is_empty(), needs_schedule) {
            list.errors.add(
                place,
                format!(
                    "`{name}` is part of the monitor's configuration, which Sentry accepts only with a schedule; \
                     add `schedule = \"0 3 * * *\"` or `every = \"10 minutes\"`"
                ),
            );
        }
        let this = Self {
            crate_path: list.crate_path(),
            slug,
            schedule,
            timezone,
            numbers,
            isolate_trace: list.flag("isolate_trace"),
            tags: check::entries::tags(&mut list, function),
            vars: check::vars::take(&mut list, Some(function)),
        };
        (this, list.finish())
    }
}

impl Instrument for MonitorArgs {
    fn instrumentation(self, function: &Function) -> Instrumentation {
        let span = generated_at(function.sig.ident.span());
        let private = self.crate_path.private(span);
        let callsite = Callsite::new(private.clone(), span)
            .with("op", Some(&quote_spanned!(span=> "function.monitor")))
            .with("origin", Some(&quote_spanned!(span=> "auto.function.monitor")))
            .flag("monitor", true);
        let site = callsite.reference();
        let slug = &self.slug;
        let schedule = self.schedule.map(|schedule| schedule.call(span));
        let timezone = self.timezone.map(|timezone| quote_spanned!(span=> .timezone(#timezone)));
        let numbers = self.numbers.into_iter().map(|(name, number)| {
            let method = Ident::new(name, span);
            quote_spanned!(span=> .#method(#number))
        });
        let isolate_trace = self.isolate_trace.then(|| quote_spanned!(span=> .isolate_trace()));
        let monitor = quote_spanned! {span=>
            const { &#private::MonitorSite::new(#site, #slug) #schedule #timezone #(#numbers)* #isolate_trace }
        };
        let mut mentioned: TokenStream = self.tags.iter().map(|tag| tag.value.clone()).collect();
        mentioned.extend(check::vars::mentioned(&self.vars));
        let tags = self.tags.into_iter().map(|Recorded { key, value }| {
            let at = generated_at_start(&value, span);
            quote_spanned!(at=> .tag(#key, &(#value)))
        });
        let create = quote_spanned!(span=> #private::monitor(#monitor) #(#tags)*);
        Instrumentation {
            items: callsite.item(),
            mentioned,
            vars: self.vars,
            ..Instrumentation::held("Monitor", private, create, Inspect::PossibleError)
        }
    }
}
