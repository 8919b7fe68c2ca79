//! Spans that are open for longer than the program expects, reported while they are.

use std::time::Duration;

use super::warnings::Subject;
use crate::trace::clock::{self, Anchor};
use crate::trace::ids::{IdMap, LocalId};
use crate::trace::record::WatchedSpan;

/// The time between two checks of open spans, while there are any.
const LOOK: Duration = Duration::from_millis(100);
/// The maximum number of open spans that are watched.
const MAX_SPANS: usize = 4096;

/// The open spans that have a limit.
#[derive(Default)]
pub(super) struct OpenSpans(IdMap<Box<WatchedSpan>>);

impl OpenSpans {
    pub(super) fn open(&mut self, span: Box<WatchedSpan>) {
        if self.0.len() < MAX_SPANS {
            self.0.insert(span.span, span);
        }
    }

    /// Forgets a span that has ended. Inlined, as it is called for every span and there are mostly none.
    #[inline]
    pub(super) fn end(&mut self, span: LocalId) {
        if !self.0.is_empty() {
            self.0.remove(&span);
        }
    }

    /// Returns how long the pipeline may sleep.
    pub(super) fn rest(&self) -> Option<Duration> {
        (!self.0.is_empty()).then_some(LOOK)
    }

    /// Reports the spans that have been open for too long, once each.
    pub(super) fn report(&mut self) {
        if self.0.is_empty() {
            return;
        }
        let (now, anchor) = (clock::now(), Anchor::take());
        self.0.retain(|_, watched| {
            let open = anchor.duration(now.saturating_sub(watched.at));
            let is_overdue = open >= watched.limit;
            if is_overdue {
                warn(watched, open);
            }
            // A segment that nothing else refers to was leaked: its spans never end.
            !is_overdue && std::sync::Arc::strong_count(&watched.segment) > 1
        });
    }
}

fn warn(watched: &WatchedSpan, open: Duration) {
    let WatchedSpan { segment, isolation, current, span, site, .. } = watched;
    let name = match site {
        Some(site) => site.display_name().to_owned(),
        None => segment.name().0.into_owned(),
    };
    let text = format!("still open after {:.1} s: `{name}`", open.as_secs_f64());
    let subject = Subject { segment, isolation, current, span: *span };
    let _inside = subject.enter();
    subject.warn("overdue", &text, &[("code.function.name", &name)]);
}
