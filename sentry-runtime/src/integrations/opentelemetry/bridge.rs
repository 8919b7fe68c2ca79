//! The context bridge: an observer of OpenTelemetry's contexts that activates the corresponding span of this crate.
//!
//! Every new context of OpenTelemetry gets a view, which holds the toolkit's span for the OpenTelemetry span in it.
//! Entering the context makes that span active on the thread; leaving it restores the previous one. OpenTelemetry
//! reports entering and leaving, but not which context was left; the views identify it. A context that is left out
//! of order is removed together with the next one below it.
//!
//! The observer is called while OpenTelemetry borrows its stack: code here must neither request the current context nor
//! run user code.

use std::any::Any;
use std::cell::RefCell;
use std::sync::{Arc, Once};

use opentelemetry::Context as OtelContext;
use opentelemetry::context::{ContextObserver, GlobalContextObserver, ObserverContextView};
use opentelemetry::trace::TraceContextExt as _;

use super::parent;
use super::{ids, open};
use crate::context::activation::Activation;
use crate::context::active;
use crate::context::thread_context::Context;
use crate::trace::ids::Lineage;
use crate::trace::propagation::Propagation;

/// The meaning of an OpenTelemetry context for the toolkit.
enum View {
    /// A span that is recorded.
    Span(Arc<Context>, Lineage),
    /// A trace from another process, or a span that another processor records.
    Trace(Arc<Propagation>),
    Nothing,
}

impl ObserverContextView for View {
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A context of OpenTelemetry that was entered on this thread.
struct OtelEntry {
    view: *const (),
    shown: Option<Activation>,
}

thread_local!(static ENTERED: RefCell<Vec<OtelEntry>> = const { RefCell::new(Vec::new()) });

#[derive(Debug)]
struct Bridge;

/// Installs the observer, once per process, because OpenTelemetry accepts only one.
pub(super) fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| GlobalContextObserver::set(Arc::new(Bridge)));
}

/// Returns the identity of the context's view.
fn identity(context: &OtelContext) -> *const () {
    context.observer_view().as_ref().map_or(std::ptr::null(), |view| Arc::as_ptr(view).cast())
}

impl ContextObserver for Bridge {
    fn make_view(&self, context: &OtelContext) -> Option<Arc<dyn ObserverContextView>> {
        let span = context.span();
        let span = span.span_context();
        let view = match open::position(span.span_id()).filter(|_| span.is_valid()) {
            Some((context, id)) => View::Span(context, id),
            None => parent::incoming(context).map_or(View::Nothing, View::Trace),
        };
        Some(Arc::new(view))
    }

    fn on_context_enter(&self, from: &OtelContext, to: &OtelContext) {
        let unchanged = parent::same_span(from.span().span_context(), to.span().span_context());
        let shown = if unchanged { None } else { show(to) };
        let entry = OtelEntry { view: identity(to), shown };
        let _ = ENTERED.try_with(|entered| entered.borrow_mut().push(entry));
    }

    fn on_context_exit(&self, _from: &OtelContext, to: &OtelContext) {
        let view = identity(to);
        let next = |is_first: bool| {
            ENTERED.try_with(|entered| {
                let mut entered = entered.borrow_mut();
                let is_there = entered.last().is_some_and(|entry| entry.view == view);
                if is_there && !is_first { None } else { entered.pop() }
            })
        };
        let mut is_first = true;
        while let Ok(Some(entry)) = next(is_first) {
            is_first = false;
            if let Some(shown) = entry.shown {
                shown.take_back();
            }
        }
    }
}

/// Activates the span or trace of a context.
fn show(context: &OtelContext) -> Option<Activation> {
    let here = active::context();
    // A context without a view is empty.
    let view = context.observer_view().as_ref().and_then(|view| view.as_any().downcast_ref());
    match view.unwrap_or(&View::Nothing) {
        View::Span(context, span) => {
            if active::position() == (context.key(), span.span) {
                return None;
            }
            // On another thread, the context's scopes are taken along; in the same transaction, the current ones are
            // newer.
            let base = if here.key() == context.key() { &here } else { context };
            Some(Activation::put(Arc::new(base.with_segment(context.segment().cloned())), *span))
        }
        View::Trace(propagation) => {
            let is_here = |trace| ids::to_otel_trace(trace) == ids::to_otel_trace(propagation.trace_id);
            if propagation.parent == Some(propagation.span_id)
                && here.segment().is_some_and(|segment| is_here(segment.trace_id()))
            {
                return None;
            }
            Some(Activation::put(Arc::new(here.in_new_trace((**propagation).clone())), Lineage::NONE))
        }
        View::Nothing => Some(Activation::put(Arc::new(here.with_segment(None)), Lineage::NONE)),
    }
}
