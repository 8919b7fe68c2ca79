//! The start of a span that is started by a function call: its parent, its segment, and whether it is recorded.

use std::sync::Arc;

use super::gen_ai;
use super::ignore;
use super::open::{OpenSpan, Unended};
use super::options::{Parent, SpanOptions};
use super::root::{self, RootKind};
use super::span::Span;
use crate::client::{self, forgotten};
use crate::context::active;
use crate::context::ids;
use crate::context::thread_context::{Context, Mode};
use crate::trace::clock;
use crate::trace::clock::Start;
use crate::trace::decision::Decision;
use crate::trace::ids::{Lineage, LocalId};
use crate::trace::propagation::Propagation;
use crate::trace::sampling::Hints;
use crate::trace::segment::RootName;

impl Span {
    /// Starts a span without making it active.
    pub(crate) fn start(options: SpanOptions) -> Self {
        if client::capture_mode() != client::CaptureMode::Tracing {
            forgotten::check();
            return Self::default();
        }
        let (base, active) = match &options.parent {
            Parent::Active => (active::context(), active::lineage()),
            Parent::None => (Arc::new(active::context().with_segment(None)), Lineage::NONE),
            Parent::Trace(trace) => {
                (Arc::new(active::context().in_new_trace(Propagation::clone(trace))), Lineage::NONE)
            }
            Parent::Given(span) => match span.position() {
                Some(position) => position,
                None => (active::context(), active::lineage()),
            },
        };
        Self::start_in(base, active, options)
    }

    /// Starts a span in a context, as a child of the span that is active in it.
    pub(crate) fn start_in(base: Arc<Context>, active: Lineage, options: SpanOptions) -> Self {
        Self::start_as(ids::next(), base, active, options, None)
    }

    /// Like [`Self::start_in`], with a given local id and possibly a sampling decision that was made before.
    pub(crate) fn start_as(
        id: LocalId,
        base: Arc<Context>,
        active: Lineage,
        options: SpanOptions,
        judged: Option<Decision>,
    ) -> Self {
        let start = match options.start_time {
            Some(wall) => Start::Wall(wall),
            None => Start::Ticks(clock::now()),
        };
        let parent = active.span;
        let mode = base.mode();
        let is_root = mode == Mode::Root || options.force_transaction;
        let context = if is_root {
            if mode == Mode::Root && options.only_if_parent {
                return Self::default();
            }
            let root_name = RootName::Given {
                name: options.name.clone(),
                op: options.op.clone(),
                origin: options.origin.clone(),
                source: options.source,
            };
            let kind = RootKind { under: (parent != 0).then_some(parent), ..RootKind::default() };
            let hints = Hints {
                attributes: &options.attributes,
                custom: &options.sampling_values,
                sampled: options.sampled,
                judged,
            };
            match root::start_with(&base, kind, root_name, Some(start), id, &hints) {
                Some((context, _)) => context,
                None => return Self::default(),
            }
        } else if mode == Mode::Unsampled
            || ignore::ignores(&base, &options.name, &options.op, &options.attributes)
        {
            return Self { position: Some((base, active)), open: None, stands_in: true };
        } else {
            base
        };
        let SpanOptions { name, op, origin, attributes, links, .. } = options;
        if crate::trace::gen_ai::is_gen_ai(&op) {
            gen_ai::begin(&context, id, &op);
        }
        let unended = Unended::new(parent, name, op, origin, start);
        let open = OpenSpan::new(Arc::clone(&context), id, unended);
        let span = Self {
            position: Some((context, Lineage { span: id, parent })),
            open: Some(Arc::new(open)),
            stands_in: false,
        };
        span.set_attributes(attributes);
        span.add_links(links);
        span
    }
}
