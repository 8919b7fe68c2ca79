//! `#[span]`: a span around a function, or around every function of a block.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::LitStr;

use crate::check::vars::Var;
use crate::check::{self, values};
use crate::errors::{Errors, Warning};
use crate::expand::attribute::{Attribute, Instrument};
use crate::expand::callsite::Callsite;
use crate::expand::container::BlockAttribute;
use crate::expand::instrumentation::{Inspect, Instrumentation, OnValue, Start, ValueTokens};
use crate::expand::warnings;
use crate::hygiene::generated_at;
use crate::parse::args::Arguments;
use crate::parse::crate_path::CratePath;
use crate::parse::entries::Recorded;
use crate::parse::function::Function;
use crate::parse::value;

const KNOWN: &[&str] = &[
    "name",
    "op",
    "attributes",
    "err",
    "ret",
    "args",
    "vars",
    "only_if_parent",
    "force_transaction",
    "parent",
    "new_trace",
    "level",
    "warn_after",
    "skip",
    "crate",
];

const LEVELS: &[&str] = &["fatal", "error", "warning", "info", "debug"];

/// The arguments of `#[span]`.
pub(super) struct SpanArgs {
    crate_path: CratePath,
    name: Option<TokenStream>,
    op: Option<TokenStream>,
    recorded: Vec<Recorded>,
    vars: Vec<Var>,
    err: bool,
    /// The argument `err`, on the function or on the block around it.
    err_at: Option<Span>,
    ret: bool,
    only_if_parent: bool,
    force_transaction: bool,
    parent: Option<TokenStream>,
    new_trace: bool,
    level: Option<LitStr>,
    /// The time after which an open span is reported, in milliseconds.
    warn_after: Option<u32>,
    warnings: Vec<Warning>,
}

impl Attribute for SpanArgs {
    const NAME: &'static str = "span";
    const REPEATED: Option<&'static str> = None;

    fn read(args: TokenStream, function: &Function) -> (Self, Errors) {
        Self::take(Self::list(args), function)
    }
}

impl BlockAttribute for SpanArgs {
    const REPLACES: &'static [(&'static str, &'static [&'static str])] = &[
        ("new_trace", &["parent", "only_if_parent"]),
        ("parent", &["new_trace"]),
        ("only_if_parent", &["new_trace"]),
    ];

    fn list(args: TokenStream) -> Arguments {
        let mut list = Arguments::read(Self::NAME, args, KNOWN, Some("name"));
        if let (Some(place), true, true) =
            (list.span_of("skip"), list.has_others("skip"), list.errors.is_empty())
        {
            list.errors.add(place, "`skip` leaves the function out; remove the other arguments");
        }
        list
    }

    fn defaults(args: TokenStream) -> (Arguments, Errors) {
        let list = Self::list(args);
        let (this, mut errors) = Self::take_for(list.clone(), None);
        this.warnings.into_iter().for_each(|Warning { place, message }| errors.warn(place, message));
        let named = list.span_of("name").or(list.leading_span());
        if let Some(place) = named {
            errors.add(
                place,
                "one name would apply to every function in this block; name the functions one by one",
            );
        }
        if let Some(place) = list.span_of("args") {
            errors.add(place, "`args` names arguments of one function; put it on that function");
        }
        (list, errors)
    }

    fn take(list: Arguments, function: &Function) -> (Self, Errors) {
        Self::take_for(list, Some(function))
    }
}

impl SpanArgs {
    /// Takes the arguments on `function`, or on a block, out of `list`.
    fn take_for(mut list: Arguments, function: Option<&Function>) -> (Self, Errors) {
        let level_at = list.span_of("level");
        let err_at = list.span_of("err");
        let own_err_at = list.own_span_of("err");
        let new_trace_at = list.span_of("new_trace");
        let leading = list.leading();
        if let Some(leading) = &leading {
            let checked = value::not_blank("name", leading);
            list.errors.handle(checked);
        }
        let mut recorded = Vec::new();
        if let Some(named) = list.list("args") {
            // On a block, `args` as a whole is an error.
            if let Some(function) = function {
                recorded = check::entries::args(named, function, &mut list.errors);
            }
        }
        // The block around a function warns of its own arguments.
        let warns = list.own_span_of("attributes").is_some();
        if let Some(tokens) = list.list("attributes") {
            for attribute in check::entries::attributes(tokens, function, warns, &mut list.errors) {
                if recorded.iter().any(|other: &Recorded| other.key.value() == attribute.key.value()) {
                    let message =
                        format!("`{}` is recorded by `args` already; keep one", attribute.key.value());
                    list.errors.add(attribute.key.span(), message);
                } else {
                    recorded.push(attribute);
                }
            }
        }
        if list.own_span_of("op").is_some() {
            list.look_at("op", check::conventions::operation);
        }
        let bindings = || function.map(Function::bindings).unwrap_or_default();
        let mut this = Self {
            crate_path: list.crate_path(),
            name: list.text("name", bindings).or_else(|| leading.map(ToTokens::into_token_stream)),
            op: list.text("op", bindings),
            recorded,
            vars: check::vars::take(&mut list, function),
            err_at,
            err: list.flag("err"),
            ret: list.flag("ret"),
            only_if_parent: list.flag("only_if_parent"),
            force_transaction: list.flag("force_transaction"),
            parent: values::parent(&mut list).map(|raw| raw.tokens),
            new_trace: list.flag("new_trace"),
            level: list.string("level"),
            warn_after: None,
            warnings: Vec::new(),
        };
        let warn_after = list.string("warn_after");
        list.flag("skip");
        let mut errors = list.finish();
        this.warn_after = warn_after.and_then(|text| errors.handle(values::milliseconds(&text)));
        this.err_at = this.err_at.filter(|_| this.err);
        if let (true, Some(place), Some(function)) = (this.err, own_err_at, function) {
            check::function::may_fail(place, function, &mut errors);
        }
        if let Some(level) = &this.level {
            errors.handle(values::one_of("level", level, LEVELS));
            if let (None, Some(place)) = (err_at, level_at) {
                errors.add(place, "a span has no level: `level` sets the level of the events that `err` captures; add `err`, or remove `level`");
            }
        }
        if let (true, Some(place)) = (this.parent.is_some() || this.only_if_parent, new_trace_at)
            && this.new_trace
        {
            errors.add(
                place,
                "`new_trace` starts without a parent; it cannot be combined with `parent` or `only_if_parent`",
            );
        }
        this.warnings = errors.take_warnings();
        (this, errors)
    }
}

impl Instrument for SpanArgs {
    fn instrumentation(self, function: &Function) -> Instrumentation {
        let span = generated_at(function.sig.ident.span());
        let private = self.crate_path.private(span);
        let mut mentioned: TokenStream =
            self.recorded.iter().map(|recorded| recorded.value.clone()).collect();
        mentioned.extend(self.parent.clone());
        mentioned.extend(check::vars::mentioned(&self.vars));
        // The level may come from the block around a function that captures nothing itself.
        let level = self.level.filter(|_| self.err).map(ToTokens::into_token_stream);
        let callsite = Callsite::new(private.clone(), span)
            .with("name", self.name.as_ref())
            .op(self.op.as_ref())
            .flag("capture_err", self.err)
            .with("level", level.as_ref())
            .flag("only_if_parent", self.only_if_parent)
            .flag("force_transaction", self.force_transaction)
            .flag("new_trace", self.new_trace)
            .number("warn_after", self.warn_after);
        let mut items = callsite.item();
        if !self.warnings.is_empty() {
            items.extend(warnings::statements(&self.warnings, span));
        }
        let inspect = match (self.ret, self.err) {
            (true, _) => Inspect::Always,
            (false, true) => Inspect::PossibleError,
            (false, false) => Inspect::NamedResult,
        };
        Instrumentation {
            items,
            warns: !self.warnings.is_empty(),
            sync_guard: "SpanGuard",
            future_guard: "AsyncSpan",
            start: Start::Span { site: callsite.reference(), parent: self.parent },
            is_special: callsite.is_special,
            mentioned,
            recorded: self.recorded,
            keeps_caller: !self.ret && !self.err && self.vars.is_empty(),
            vars: self.vars,
            inspect,
            captures: self.err_at,
            on_value: self.ret.then_some(record_return as OnValue),
            judgement: None,
            private,
        }
    }
}

/// Records the returned value, if the span records at all.
fn record_return(tokens: &ValueTokens<'_>) -> TokenStream {
    let ValueTokens { private, guard_type, guard, value, span } = tokens;
    quote_spanned! {*span=>
        if #guard_type::is_recording(#guard) {
            #guard_type::set(#guard, "return", #private::attribute!(#value));
        }
    }
}
