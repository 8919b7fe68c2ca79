//! The memory of what the filter has found before.
//!
//! A program sends the same texts again and again: the names of its attributes and spans, its files, its users. The
//! answers of the filter depend on the text and on nothing else, so a short text is judged once and recognised later.
//! A text is recognised only by all of its bytes. Texts with secrets are not kept, nor is what they were replaced with.

use std::sync::Mutex;

use super::names::Verdict;

/// The number of texts. Each has one place, in which it replaces another text.
const PLACES: usize = 256;
/// The maximum length of a text, in bytes.
const LONGEST: usize = 62;

/// A text and what was found.
#[derive(Debug, Clone, Copy)]
struct Known {
    /// The length of the text; zero if the place is empty.
    len: u8,
    found: Found,
    text: [u8; LONGEST],
}

/// What is known of a text. The two kinds do not share entries: `password` is a harmless text and a sensitive name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    HarmlessText,
    Name(Verdict),
}

impl Found {
    fn is_of_name(self) -> bool {
        matches!(self, Self::Name(_))
    }
}

/// The memory of one filter. Empty until the first text is kept; 16 KiB from then on.
///
/// Its lock is never waited for: while another thread looks something up, texts are filtered as if they were new.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<Vec<Known>>);

impl Memory {
    /// Returns the verdict on a name, from the memory or else from `judge`.
    pub(super) fn verdict(&self, name: &str, judge: impl FnOnce(&str) -> Verdict) -> Verdict {
        if let Some(Found::Name(verdict)) = self.recall(name, true) {
            return verdict;
        }
        let verdict = judge(name);
        self.keep(name, Found::Name(verdict));
        verdict
    }

    /// Returns whether the text is known to be harmless.
    pub(super) fn is_harmless(&self, text: &str) -> bool {
        self.recall(text, false).is_some()
    }

    /// Keeps a text that was found harmless.
    pub(super) fn keep_harmless(&self, text: &str) {
        self.keep(text, Found::HarmlessText);
    }

    fn recall(&self, text: &str, as_name: bool) -> Option<Found> {
        let place = place(text, as_name)?;
        let known = self.0.try_lock().ok()?;
        let known = known.get(place)?;
        let same = usize::from(known.len) == text.len()
            && known.found.is_of_name() == as_name
            && known.text[..text.len()] == *text.as_bytes();
        same.then_some(known.found)
    }

    fn keep(&self, text: &str, found: Found) {
        let (Some(place), Ok(len)) = (place(text, found.is_of_name()), u8::try_from(text.len())) else {
            return;
        };
        let Ok(mut known) = self.0.try_lock() else { return };
        if known.is_empty() {
            known.resize(PLACES, Known { len: 0, found: Found::HarmlessText, text: [0; LONGEST] });
        }
        let slot = &mut known[place];
        (slot.len, slot.found) = (len, found);
        slot.text[..text.len()].copy_from_slice(text.as_bytes());
    }
}

/// Returns the place of a text; `None` for a text that is not kept.
fn place(text: &str, as_name: bool) -> Option<usize> {
    if text.is_empty() || text.len() > LONGEST {
        return None;
    }
    let mut hash = text.len() as u64 + if as_name { 64 } else { 0 };
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    for word in words.iter().chain(Some(&last).filter(|_| !rest.is_empty())) {
        hash = (hash.rotate_left(5) ^ u64::from_le_bytes(*word)).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
    // The high bits depend on all of the text.
    Some((hash >> 56) as usize % PLACES)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::collections::HashSet;

    use super::*;
    use crate::scrub::Scrubber;

    #[test]
    fn texts_are_recognised_by_all_of_their_bytes() {
        let memory = Memory::default();
        let long = "x".repeat(LONGEST);
        for text in ["a", "step", "src/step.rs", &long] {
            assert!(!memory.is_harmless(text));
            memory.keep_harmless(text);
            assert!(memory.is_harmless(text));
        }
        let place = super::place("step", false);
        let mut texts = (0..).map(|number| format!("s{number:03}"));
        let same_place = texts.find(|text| super::place(text, false) == place).unwrap();
        assert!(!memory.is_harmless(&same_place), "another text of the same length in the same place");
        memory.keep_harmless(&same_place);
        assert!(memory.is_harmless(&same_place) && !memory.is_harmless("step"));
    }

    #[test]
    fn texts_are_spread_over_the_places() {
        let texts = (0..PLACES).map(|number| format!("http.request.header.x-{number}"));
        for as_name in [false, true] {
            let places: HashSet<_> = texts.clone().map(|text| super::place(&text, as_name)).collect();
            assert!(places.len() > PLACES / 2, "{}", places.len());
        }
        let place = |text: &str| super::place(text, false);
        let apart = |(a, b): (String, String)| place(&a) != place(&b);
        let pairs = (0..PLACES).map(|number| (format!("a0{number:06}"), format!("a1{number:06}")));
        assert!(pairs.map(apart).filter(|apart| *apart).count() > PLACES / 2, "each bit counts");
        let pairs = (1..LONGEST).map(|len| ("a".repeat(len), "a".repeat(len) + "\0"));
        assert!(pairs.map(apart).filter(|apart| *apart).count() > LONGEST / 2, "the length counts");
    }

    #[test]
    fn what_is_known_of_a_text_says_nothing_about_the_name() {
        let mut texts = (0..).map(|number| format!("password{number}"));
        let text = texts.find(|text| super::place(text, false) == super::place(text, true)).unwrap();
        let memory = Memory::default();
        memory.keep_harmless(&text);
        assert_eq!(memory.verdict(&text, |_| Verdict::Sensitive), Verdict::Sensitive);
        assert!(!memory.is_harmless(&text), "the name has taken the place");
        assert_eq!(memory.verdict(&text, |_| unreachable!()), Verdict::Sensitive);
    }

    #[test]
    fn empty_and_long_texts_are_not_kept() {
        let memory = Memory::default();
        for text in ["", &"x".repeat(LONGEST + 1)] {
            memory.keep_harmless(text);
            assert!(!memory.is_harmless(text));
        }
    }

    #[test]
    fn a_harmless_text_may_be_a_sensitive_name() {
        let scrubber = Scrubber::new(&[]);
        for _ in 0..2 {
            assert!(matches!(scrubber.scrub_text("password"), Cow::Borrowed("password")));
            assert_eq!(scrubber.verdict("password"), Verdict::Sensitive);
            assert_eq!(scrubber.verdict("src/step.rs"), Verdict::Harmless);
        }
    }

    #[test]
    fn a_text_is_judged_the_same_each_time() {
        let scrubber = Scrubber::new(&["tenant".to_owned()]);
        let other = Scrubber::new(&[]);
        let texts = [
            "GET /orders",
            "GET /orders?tenant=ada",
            "password=hunter2",
            "password=",
            "src/step.rs",
            "https://me:pw@host/",
            "{\"token\":\"x\"}",
            "4111 1111 1111 1111",
            "step",
        ];
        let first: Vec<_> = texts.map(|text| scrubber.scrub_text(text).into_owned()).into();
        for _ in 0..3 {
            let again: Vec<_> = texts.map(|text| scrubber.scrub_text(text).into_owned()).into();
            assert_eq!(again, first);
        }
        assert_eq!(scrubber.scrub_text(texts[1]), "GET /orders?tenant=[Filtered]");
        assert_eq!(other.scrub_text(texts[1]), texts[1], "each filter has a memory of its own");
        assert_eq!(scrubber.scrub_text(texts[1]), "GET /orders?tenant=[Filtered]");
    }

    #[test]
    fn texts_are_filtered_while_another_thread_uses_the_memory() {
        let scrubber = Scrubber::new(&[]);
        let _held = scrubber.memory.0.lock().unwrap();
        assert_eq!(scrubber.scrub_text("password=hunter2"), "password=[Filtered]");
        assert_eq!(scrubber.scrub_text("step"), "step");
        assert_eq!(scrubber.verdict("password"), Verdict::Sensitive);
    }
}
