//! The events of panics that still unwind: set aside until the values of the functions on the way are known.
//!
//! Everything else goes on meanwhile. A flush does not set events aside: it waits for their values.

use std::collections::VecDeque;
use std::time::Duration;

use crate::intake::message::Capture;

/// The maximum number of events that are set aside. Beyond it the oldest event is sent with the values so far.
const MAX_EVENTS: usize = 64;
/// The time between two checks of these events.
const LOOK: Duration = Duration::from_millis(10);

/// The events that are set aside, in the order of their arrival.
#[derive(Default)]
pub(super) struct UnwindingPanics(VecDeque<Box<Capture>>);

impl UnwindingPanics {
    /// Sets an event aside if its panic still unwinds. Returns the event that is processed now.
    pub(super) fn set_aside(&mut self, capture: Box<Capture>) -> Option<Box<Capture>> {
        if !capture.locals.are_awaited() {
            return Some(capture);
        }
        self.0.push_back(capture);
        let mut oldest = if self.0.len() > MAX_EVENTS { self.0.pop_front() } else { None };
        if let Some(capture) = &mut oldest {
            capture.locals.give_up();
        }
        oldest
    }

    /// Takes the next event whose values are known or were waited for long enough; with `all`, the next event.
    pub(super) fn next(&mut self, all: bool) -> Option<Box<Capture>> {
        let at = self.0.iter().position(|capture| all || !capture.locals.are_awaited())?;
        self.0.remove(at)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns how long the pipeline may sleep.
    pub(super) fn rest(&self) -> Option<Duration> {
        (!self.is_empty()).then_some(LOOK)
    }
}
