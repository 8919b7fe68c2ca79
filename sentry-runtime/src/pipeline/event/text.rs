//! The text of an event, which has two fields: `logentry`, the only one that receivers know, and `message`, which
//! programs written for the official crate read and change. Callbacks see the text in both fields, and may change
//! either.

use crate::protocol::{Event, LogEntry};

/// The text of an event before a callback saw it.
pub(crate) struct Text(Option<String>);

impl Text {
    /// Copies the text to both fields, and remembers it.
    pub(crate) fn shown(event: &mut Event<'_>) -> Self {
        match (&mut event.message, &event.logentry) {
            (message, Some(entry)) if message.as_ref() != Some(&entry.message) => {
                *message = Some(entry.message.clone());
            }
            (Some(message), None) => event.logentry = entry(message),
            _ => {}
        }
        Self(event.message.clone())
    }

    /// Copies the text that the callback left to both fields. If the callback changed both, `logentry` wins.
    ///
    /// Parameters are dropped with the text they belong to: they may hold data that the callback meant to remove.
    pub(crate) fn reconcile(self, event: &mut Event<'_>) {
        let of_entry = event.logentry.as_ref().map(|entry| &entry.message);
        if of_entry == event.message.as_ref() {
            return;
        }
        let (entry_changed, message_changed) = (of_entry != self.0.as_ref(), event.message != self.0);
        let message_counts = message_changed && (!entry_changed || of_entry.is_none());
        if message_counts {
            event.logentry = event.message.as_deref().and_then(entry);
        } else {
            event.message = of_entry.cloned();
        }
    }
}

fn entry(message: &str) -> Option<LogEntry> {
    (!message.is_empty()).then(|| LogEntry { message: message.to_owned(), params: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(message: Option<&str>, logentry: Option<&str>) -> Event<'static> {
        let entry = |text: &str| LogEntry { message: text.to_owned(), params: vec![1.into()] };
        Event { message: message.map(str::to_owned), logentry: logentry.map(entry), ..Event::default() }
    }

    fn texts(event: &Event<'_>) -> (Option<String>, Option<String>) {
        (event.message.clone(), event.logentry.as_ref().map(|entry| entry.message.clone()))
    }

    #[test]
    fn callbacks_see_the_text_in_both_fields() {
        for (message, logentry, text) in [
            (Some("a"), None, Some("a")),
            (None, Some("a"), Some("a")),
            (Some("b"), Some("a"), Some("a")),
            (None, None, None),
        ] {
            let mut event = event(message, logentry);
            Text::shown(&mut event);
            assert_eq!(texts(&event), (text.map(str::to_owned), text.map(str::to_owned)));
        }
    }

    #[test]
    fn the_field_that_was_changed_counts() {
        for (message, logentry, text) in [
            (Some("new"), Some("old"), Some("new")),
            (Some("old"), Some("new"), Some("new")),
            (None, Some("old"), None),
            (Some("old"), None, None),
            (Some("one"), Some("other"), Some("other")),
            (Some("new"), None, Some("new")),
            (None, Some("new"), Some("new")),
            (None, None, None),
        ] {
            let mut shown = event(None, Some("old"));
            let before = Text::shown(&mut shown);
            let mut event = event(message, logentry);
            before.reconcile(&mut event);
            assert_eq!(
                texts(&event),
                (text.map(str::to_owned), text.map(str::to_owned)),
                "{message:?} {logentry:?}"
            );
        }
    }

    #[test]
    fn parameters_stay_with_their_text() {
        let mut event = event(None, Some("old"));
        let before = Text::shown(&mut event);
        event.tags.insert("seen".into(), "yes".into());
        before.reconcile(&mut event);
        assert_eq!(event.logentry.as_ref().unwrap().params.len(), 1);
        let before = Text::shown(&mut event);
        event.message = Some("new".into());
        before.reconcile(&mut event);
        assert_eq!(event.logentry.unwrap().params.len(), 0);
    }
}
