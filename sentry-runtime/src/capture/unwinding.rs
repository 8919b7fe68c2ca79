//! Panics that no hook of ours saw: another hook was installed later, or the panic was raised by `resume_unwind`.
//!
//! Such a panic is noticed while it unwinds. Two kinds of functions notice it:
//!
//! - A *catcher* ([`catching`]) surrounds the code of a request, a job, a bound future or `main`. It catches the panic, reads the
//!   payload, captures it and lets it continue. The payload tells apart a panic that is new and one that a hook of ours saw,
//!   or another catcher captured, and that was resumed here (see `payloads.rs`).
//! - A *guard* ([`passes`], [`leaves`]) is dropped by the panic and knows no payload. Inside a catcher it only notes the
//!   place, which is nearer to the panic. Outside any, the guard of a root captures the panic.
//!
//! Nothing here runs unless a thread unwinds, except that a catcher remembers what was known before.

use std::any::{Any, TypeId};
use std::cell::{Cell, RefCell};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::{event, payloads};
use crate::base::{callback, diagnostics};
use crate::client::{self, CaptureMode};
use crate::context::active;
use crate::context::span_context::SpanContext;
use crate::intake::message::Capture;
use crate::stacktrace::RawStack;
use crate::trace::clock::{self, Ticks};

/// The number of places that are kept until their panics are captured.
const MAX_PLACES: usize = 8;
/// The text of a panic of which only the place is known.
const UNKNOWN: &str = "a panic whose message is unknown, because another panic hook was installed";

/// The text of a panic with another payload than a text.
const OTHER: &str = "a value that is not a string";

/// The key of a panic whose payload is unknown.
const UNKNOWN_PAYLOAD: u64 = 0;

/// The time at which a hook of ours last saw a panic in this process, zero if never.
static HOOKED_AT: AtomicU64 = AtomicU64::new(0);
/// The last panic of a thread that was seen by a hook or captured here.
#[derive(Clone, Copy)]
struct Known {
    at: Ticks,
    key: u64,
    /// The address of its text, see [`text_address`].
    text: usize,
    /// The number of such panics of this thread.
    number: u64,
}

/// A place on the way of a panic.
struct Place {
    at: Ticks,
    span_context: SpanContext,
    stack: RawStack,
}

/// What a thread knows of its panics: one thread-local without a destructor, because a catcher is entered with every request
/// and every poll, and most see no panic.
struct OfThread {
    known: Cell<Known>,
    /// The number of catchers that surround the running code.
    catchers: Cell<u32>,
    /// The number of known panics when the innermost catcher was entered.
    seen_before: Cell<u64>,
    /// Whether there are [`PLACES`].
    has_places: Cell<bool>,
    /// The number of times that a panic left code of ours.
    left: Cell<u64>,
}

thread_local! {
    static OF_THREAD: OfThread = const {
        OfThread {
            known: Cell::new(Known { at: 0, key: 0, text: 0, number: 0 }),
            catchers: Cell::new(0),
            seen_before: Cell::new(0),
            has_places: Cell::new(false),
            left: Cell::new(0),
        }
    };
    /// The places of panics that are not captured yet, nearest to the panic first.
    static PLACES: RefCell<Vec<Place>> = const { RefCell::new(Vec::new()) };
}

fn known() -> Known {
    OF_THREAD.with(|own| own.known.get())
}

/// Returns how often a panic has left code of ours on this thread. The hooks that are called for one panic see one number.
pub(crate) fn left() -> u64 {
    OF_THREAD.with(|own| own.left.get())
}

fn note_left() {
    OF_THREAD.with(|own| own.left.set(own.left.get() + 1));
}

/// Remembers that a hook of ours saw a panic.
pub(crate) fn seen_by_hook(payload: &(dyn Any + Send)) {
    let (at, key, text) = (clock::now(), key_of(payload), text_address(payload));
    HOOKED_AT.fetch_max(at, Ordering::Relaxed);
    know(at, key, text);
    payloads::note_raised(key, text);
}

/// Runs code whose panic is captured on its way if no hook of ours saw it. Also called by the expansions of `#[main]`,
/// handlers and monitors.
#[inline]
pub fn catching<R, F: FnOnce() -> R>(run: F) -> R {
    catching_since(begin(), run)
}

/// Returns a time for [`catching_since`]: now.
#[inline]
pub(crate) fn begin() -> Ticks {
    payloads::captured_at()
}

/// Like [`catching`], for a part of work that began at a time, such as one poll of a future.
#[inline]
pub(crate) fn catching_since<R, F: FnOnce() -> R>(since: Ticks, run: F) -> R {
    let catcher = Catcher::enter();
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(value) => {
            catcher.leave();
            value
        }
        Err(payload) => {
            catcher.caught(since, &*payload);
            resume_unwind(payload)
        }
    }
}

/// A catcher around running code.
struct Catcher {
    /// The number of panics that were known before.
    known_before: u64,
    hooked_before: Ticks,
    outer_seen_before: u64,
    /// The places that were noted before; almost never any.
    outer: Option<Box<[Place]>>,
}

impl Catcher {
    fn enter() -> Self {
        OF_THREAD.with(|own| {
            own.catchers.set(own.catchers.get() + 1);
            let known_before = own.known.get().number;
            Self {
                known_before,
                hooked_before: HOOKED_AT.load(Ordering::Relaxed),
                outer_seen_before: own.seen_before.replace(known_before),
                outer: if own.has_places.get() { outer_places() } else { None },
            }
        })
    }

    /// Leaves code that has not panicked.
    fn leave(self) {
        let notes_places = OF_THREAD.with(|own| {
            own.catchers.set(own.catchers.get().saturating_sub(1));
            own.seen_before.set(self.outer_seen_before);
            own.has_places.get()
        });
        if notes_places || self.outer.is_some() {
            self.leave_places();
        }
    }

    /// Captures a panic that the code itself caught, without its payload, and restores the places that were noted before.
    #[cold]
    fn leave_places(self) {
        let own = take_places();
        let outer = self.outer.map(Vec::from).unwrap_or_default();
        put_places(outer);
        if !own.is_empty() && HOOKED_AT.load(Ordering::Relaxed) == self.hooked_before {
            capture_caught(own);
        }
    }

    /// Restores what was noted before, and returns the place that was noted inside.
    fn end(&mut self) -> Option<Place> {
        OF_THREAD.with(|own| {
            own.catchers.set(own.catchers.get().saturating_sub(1));
            own.seen_before.set(self.outer_seen_before);
        });
        let own = take_places();
        put_places(self.outer.take().map(Vec::from).unwrap_or_default());
        own.into_iter().next()
    }

    /// Captures a panic of work that began at `since`, unless it is known.
    #[cold]
    fn caught(mut self, since: Ticks, payload: &(dyn Any + Send)) {
        note_left();
        let place = self.end();
        let (key, text) = (key_of(payload), text_address(payload));
        let known = known();
        let is_of_this_thread = known.number != self.known_before && (known.key, known.text) == (key, text);
        let is_seen =
            payloads::was_seen(key, text, payload) || payloads::was_captured_since(since, key, payload);
        if is_of_this_thread || !is_wanted() {
            return;
        }
        know(clock::now(), key, text);
        if is_seen {
            return;
        }
        payloads::note_captured(key, payload);
        callback::contain(|| capture(Some(message(payload)), place));
    }
}

/// Notes the place of a panic that drops the guard of a span, which began at `since`.
///
/// The place is that of a function further in, if one has noted it. A destructor that the panic runs may call an annotated
/// function before; its place is then taken for the nearest one.
#[cold]
pub(crate) fn passes(since: Ticks) {
    note_left();
    if is_known(since) || !is_wanted() {
        return;
    }
    let mut places = take_places();
    if places.len() < MAX_PLACES && places.iter().all(|place| place.at < since) {
        places.extend(callback::contain(here));
    }
    put_places(places);
}

/// Captures a panic that drops the guard of a root, which began at `since` and not while the thread panicked already. Inside
/// a catcher only its place is noted.
#[cold]
pub(crate) fn leaves(since: Ticks) {
    passes(since);
    let (earlier, own): (Vec<_>, Vec<_>) = take_places().into_iter().partition(|place| place.at < since);
    capture_caught(earlier);
    if OF_THREAD.with(|own| own.catchers.get()) > 0 || is_known(since) || !is_wanted() {
        put_places(own);
        return;
    }
    know(clock::now(), UNKNOWN_PAYLOAD, 0);
    callback::contain(|| capture(None, own.into_iter().next()));
}

/// Captures a panic that was caught by code between the places of a list and their catcher.
fn capture_caught(places: Vec<Place>) {
    let place = places.into_iter().next().filter(|place| place.at > known().at && is_wanted());
    if place.is_some() {
        callback::contain(|| capture(None, place));
    }
}

/// Returns whether the panic that this thread has just caught was captured. If only its place is known yet, it is captured
/// now, with the text that the code that caught it logged.
#[cfg(feature = "_entries")]
pub(crate) fn is_captured(text: Option<&str>) -> bool {
    let known = known();
    let keys = text
        .map(|text| [key(TypeId::of::<&'static str>(), Some(text)), key(TypeId::of::<String>(), Some(text))]);
    // A panic before the code around began is another one.
    let before = OF_THREAD.with(|own| if own.catchers.get() == 0 { 0 } else { own.seen_before.get() });
    let is_of_this_work = known.number != before;
    let is_known = match keys {
        Some(keys) => keys.contains(&known.key) || known.key == UNKNOWN_PAYLOAD,
        None => true,
    };
    if is_known && is_of_this_work {
        let key = keys.map_or(known.key, |[literal, _]| literal);
        OF_THREAD.with(|own| own.known.set(Known { key, ..known }));
        return true;
    }
    let place = take_places().into_iter().next().filter(|_| is_wanted());
    let is_noted = place.is_some();
    if is_noted {
        know(clock::now(), keys.map_or(UNKNOWN_PAYLOAD, |[literal, _]| literal), 0);
        callback::contain(|| capture(Some(text.map_or_else(|| OTHER.to_owned(), str::to_owned)), place));
    }
    is_noted
}

/// Returns whether a panic that was seen since this time may be the one that unwinds now.
fn is_known(since: Ticks) -> bool {
    known().at >= since || HOOKED_AT.load(Ordering::Relaxed) >= since
}

fn know(at: Ticks, key: u64, text: usize) {
    OF_THREAD.with(|own| own.known.set(Known { at, key, text, number: own.known.get().number + 1 }));
}

/// Returns whether panics are captured, and this one is not caught by ourselves.
fn is_wanted() -> bool {
    client::capture_mode() != CaptureMode::Off
        && !callback::is_quiet()
        && active::client().is_some_and(|client| client.options().capture_panics)
}

fn here() -> Place {
    Place { at: clock::now(), span_context: SpanContext::current(), stack: RawStack::capture() }
}

/// Takes the places that were noted before a catcher.
#[cold]
fn outer_places() -> Option<Box<[Place]>> {
    Some(take_places().into_boxed_slice()).filter(|places| !places.is_empty())
}

fn take_places() -> Vec<Place> {
    if !OF_THREAD.with(|own| own.has_places.replace(false)) {
        return Vec::new();
    }
    PLACES
        .try_with(|places| places.try_borrow_mut().map(|mut places| std::mem::take(&mut *places)))
        .ok()
        .and_then(Result::ok)
        .unwrap_or_default()
}

fn put_places(new: Vec<Place>) {
    let has_places = !new.is_empty();
    if OF_THREAD.with(|own| own.has_places.replace(has_places)) || has_places {
        let _ = PLACES.try_with(|places| places.try_borrow_mut().map(|mut places| *places = new));
    }
}

fn capture(text: Option<String>, place: Option<Place>) {
    static PRINTED: AtomicBool = AtomicBool::new(false);
    if diagnostics::is_debug() && !PRINTED.swap(true, Ordering::Relaxed) {
        diagnostics::debug(format_args!(
            "captured a panic without the stack of its location: the panic hook of sentry::init did not see it. Either \
             another hook replaced it (install that hook before sentry::init, or call \
             sentry::integrations::panic::panic_handler in it), or the panic was raised by resume_unwind"
        ));
    }
    let (span_context, stack) = match place {
        Some(place) => (place.span_context, Some(place.stack)),
        None => (SpanContext::current(), None),
    };
    let text = text.unwrap_or_else(|| UNKNOWN.to_owned());
    event::submit(Capture::unseen_panic(text, span_context, stack));
}

/// Returns what a payload is recognised by: its type and its text.
fn key_of(payload: &(dyn Any + Send)) -> u64 {
    key(payload.type_id(), text(payload))
}

fn key(ty: TypeId, text: Option<&str>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (ty, text).hash(&mut hasher);
    hasher.finish().max(UNKNOWN_PAYLOAD + 1)
}

/// Returns the address of a payload's text; zero if the payload is no text. A hook sees a payload before it is moved
/// into its box, but the text of a `String` stays where it is. So two payloads whose texts have different addresses are
/// different panics.
fn text_address(payload: &(dyn Any + Send)) -> usize {
    text(payload).map_or(0, |text| text.as_ptr().addr())
}

/// Returns the text of a panic's payload, if it is one.
pub(crate) fn text(payload: &(dyn Any + Send)) -> Option<&str> {
    payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}

/// Returns the message of a panic with this payload.
pub(crate) fn message(payload: &(dyn Any + Send)) -> String {
    text(payload).unwrap_or(OTHER).to_owned()
}
