//! The polls of annotated futures: counted for the attributes of spans, and watched while they run.
//!
//! A poll that does not return keeps its thread from everything else that the thread has to run. The pipeline finds
//! such a poll among those that have begun and not ended, and reports it while it hangs.

use std::collections::HashMap;
use std::thread::{Thread, ThreadId};
use std::time::Duration;

use super::warnings::Subject;
use crate::capture::event;
use crate::intake::message::Capture;
use crate::protocol::nesting::Shallow;
use crate::protocol::{AttributeValue, Event, Exception, Frame, Level, Mechanism, Stacktrace, map_of};
use crate::trace::clock::{self, Anchor, Ticks};
use crate::trace::ids::{IdMap, LocalId};
use crate::trace::record::WatchedPoll;

/// The time between two checks of running polls, while there are any.
const LOOK: Duration = Duration::from_millis(100);
/// The maximum number of polls of one thread that are remembered, one inside the other.
const MAX_DEPTH: usize = 256;

/// The polls of one span so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PollStats {
    count: u64,
    busy: Ticks,
    longest: Ticks,
}

impl PollStats {
    fn add(&mut self, ticks: Ticks) {
        self.count += 1;
        self.busy = self.busy.saturating_add(ticks);
        self.longest = self.longest.max(ticks);
    }

    /// Returns the attributes of a span that was open for this time.
    fn attributes(self, open: Duration, anchor: &Anchor) -> [(&'static str, AttributeValue); 4] {
        let milliseconds = |time: Duration| AttributeValue::from((time.as_secs_f64() * 1e6).round() / 1e3);
        let busy = anchor.duration(self.busy);
        [
            ("poll.count", AttributeValue::from(self.count)),
            ("poll.busy", milliseconds(busy)),
            ("poll.idle", milliseconds(open.saturating_sub(busy))),
            ("poll.max", milliseconds(anchor.duration(self.longest))),
        ]
    }
}

/// The polls of all spans of one segment.
#[derive(Debug, Default)]
pub(crate) struct SegmentPolls(IdMap<PollStats>);

impl SegmentPolls {
    /// The maximum number of spans with polls in one segment.
    const MAX_SPANS: usize = 4096;

    pub(crate) fn add(&mut self, span: LocalId, ticks: Ticks) {
        if self.0.len() < Self::MAX_SPANS || self.0.contains_key(&span) {
            self.0.entry(span).or_default().add(ticks);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes the attributes of a span that was open for this time.
    pub(crate) fn take(
        &mut self,
        span: LocalId,
        open: Duration,
        anchor: &Anchor,
    ) -> impl Iterator<Item = (&'static str, AttributeValue)> + use<> {
        let stats = if self.0.is_empty() { None } else { self.0.remove(&span) };
        stats.map(|stats| stats.attributes(open, anchor)).into_iter().flatten()
    }
}

/// A poll that has begun and not ended.
struct OpenPoll {
    span: LocalId,
    at: Ticks,
    watched: Option<Box<WatchedPoll>>,
    warned: bool,
    captured: bool,
}

/// The polls that run now, by thread, the outermost first.
#[derive(Default)]
pub(super) struct RunningPolls {
    threads: HashMap<ThreadId, (Thread, Vec<OpenPoll>)>,
    /// Whether any of them is watched.
    watched: bool,
}

impl RunningPolls {
    pub(super) fn begin(&mut self, thread: &Thread, span: LocalId, at: Ticks) {
        self.push(thread, OpenPoll { span, at, watched: None, warned: false, captured: false });
    }

    pub(super) fn begin_watched(&mut self, thread: &Thread, poll: Box<WatchedPoll>) {
        self.watched = true;
        let (span, at) = (poll.span, poll.at);
        self.push(thread, OpenPoll { span, at, watched: Some(poll), warned: false, captured: false });
    }

    fn push(&mut self, thread: &Thread, poll: OpenPoll) {
        let (_, open) = self.threads.entry(thread.id()).or_insert_with(|| (thread.clone(), Vec::new()));
        if open.len() < MAX_DEPTH {
            open.push(poll);
        }
    }

    /// Ends the innermost poll of a span on a thread, and returns its length.
    pub(super) fn end(&mut self, thread: &Thread, span: LocalId, at: Ticks) -> Option<Ticks> {
        let (_, open) = self.threads.get_mut(&thread.id())?;
        // Polls inside it have ended as well; the record of an end may have found no room.
        let index = open.iter().rposition(|poll| poll.span == span)?;
        let began = open.get(index)?.at;
        open.truncate(index);
        Some(at.saturating_sub(began))
    }

    /// Forgets a thread that has ended.
    pub(super) fn forget(&mut self, thread: &Thread) {
        self.threads.remove(&thread.id());
    }

    /// Returns how long the pipeline may sleep. Without a running poll it also looks for new ones in time.
    pub(super) fn rest(&self) -> Option<Duration> {
        crate::context::polls::are_watched().then_some(LOOK)
    }

    /// Reports the polls that have been running for too long.
    pub(super) fn report(&mut self) {
        if !self.watched {
            return;
        }
        self.watched = false;
        let (now, anchor) = (clock::now(), Anchor::take());
        for (thread, open) in self.threads.values_mut() {
            self.watched |= open.iter().any(|poll| poll.watched.is_some());
            let names: Vec<_> = open.iter().map(name_and_location).collect();
            // The innermost poll that takes too long is the one that blocks; those around it only wait for it.
            let blocking = open.iter_mut().enumerate().rev().find_map(|(at, poll)| {
                let length = anchor.duration(now.saturating_sub(poll.at));
                let limit = poll.watched.as_ref()?.segment.client.options().blocked_poll_limit()?;
                (length >= limit).then_some((at, poll, length))
            });
            if let Some((at, poll, length)) = blocking {
                poll.report(thread, length, names.get(..=at).unwrap_or_default());
            }
        }
    }
}

/// The name and the source location of an annotated function.
type Place = (String, Option<(&'static str, u32)>);

fn name_and_location(poll: &OpenPoll) -> Place {
    match &poll.watched {
        Some(watched) => match watched.site {
            Some(site) => (site.display_name().to_owned(), site.location()),
            None => (watched.segment.name().0.into_owned(), watched.segment.root.location()),
        },
        None => (String::new(), None),
    }
}

impl OpenPoll {
    fn report(&mut self, thread: &Thread, length: Duration, places: &[Place]) {
        let Some(watched) = &self.watched else { return };
        let options = watched.segment.client.options();
        let warn = !self.warned && options.blocked_poll_warning.is_some_and(|limit| length >= limit);
        let capture = !self.captured && options.blocked_poll_event.is_some_and(|limit| length >= limit);
        if !warn && !capture {
            return;
        }
        let name = places.last().map_or("", |(name, _)| name);
        let thread = thread.name().unwrap_or("<unnamed>");
        let text = format!("blocked for {:.1} s in `{name}`, thread `{thread}`", length.as_secs_f64());
        let WatchedPoll { segment, isolation, current, .. } = &**watched;
        let subject = Subject { segment, isolation, current, span: self.span };
        let _inside = subject.enter();
        if warn {
            self.warned = true;
            subject.warn("blocked", &text, &[("thread.name", thread), ("code.function.name", name)]);
        }
        if capture {
            self.captured = true;
            event::submit(Capture::event(Shallow::of(blocked(thread, &text, places))));
        }
    }
}

/// Returns the event of a blocked thread; its stack are the annotated functions that are being polled.
fn blocked(thread: &str, text: &str, places: &[Place]) -> Event<'static> {
    let frames = places.iter().filter(|(name, _)| !name.is_empty()).map(|(name, location)| Frame {
        function: Some(name.clone()),
        filename: location.map(|(file, _)| file.to_owned()),
        lineno: location.map(|(_, line)| line.into()),
        in_app: Some(true),
        ..Frame::default()
    });
    let mechanism =
        Mechanism { ty: "auto.blocked_poll".to_owned(), handled: Some(true), ..Mechanism::default() };
    let exception = Exception {
        ty: "BlockedPoll".to_owned(),
        value: Some(text.to_owned()),
        mechanism: Some(mechanism),
        stacktrace: Some(Stacktrace { frames: frames.collect(), ..Stacktrace::default() }),
        ..Exception::default()
    };
    Event {
        level: Level::Warning,
        exception: vec![exception].into(),
        tags: map_of([("thread.name".to_owned(), thread.to_owned())]),
        // The time in the text is another one in each event.
        fingerprint: vec![
            "blocked_poll".into(),
            places.last().map(|(name, _)| name.clone()).unwrap_or_default().into(),
        ]
        .into(),
        ..Event::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_milliseconds_with_three_digits() {
        let stats = PollStats { count: 2, ..PollStats::default() };
        let attributes = stats.attributes(Duration::from_nanos(1_234_567), &Anchor::take());
        let expected: [(_, AttributeValue); 4] = [
            ("poll.count", 2_u64.into()),
            ("poll.busy", 0.0.into()),
            ("poll.idle", 1.235.into()),
            ("poll.max", 0.0.into()),
        ];
        assert_eq!(attributes, expected);
    }

    #[test]
    fn the_event_of_a_blocked_thread_has_the_polled_functions_as_its_stack() {
        let places =
            [("outer".to_owned(), Some(("src/a.rs", 3))), (String::new(), None), ("waits".to_owned(), None)];
        let event = serde_json::to_value(blocked("worker-7", "blocked for 1.0 s", &places)).unwrap();
        assert_eq!((&event["level"], &event["tags"]["thread.name"]), (&"warning".into(), &"worker-7".into()));
        assert_eq!(event["fingerprint"], serde_json::json!(["blocked_poll", "waits"]), "without the time");
        let exception = &event["exception"]["values"][0];
        assert_eq!(
            (&exception["type"], &exception["value"]),
            (&"BlockedPoll".into(), &"blocked for 1.0 s".into())
        );
        assert_eq!(
            exception["mechanism"],
            serde_json::json!({ "type": "auto.blocked_poll", "handled": true })
        );
        let frames = serde_json::json!([
            { "function": "outer", "filename": "src/a.rs", "lineno": 3, "in_app": true },
            { "function": "waits", "in_app": true },
        ]);
        assert_eq!(exception["stacktrace"]["frames"], frames);
    }
}
