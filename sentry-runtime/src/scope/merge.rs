//! The merge of scopes, and the application of their data to events and transactions.

use std::borrow::Cow;

use super::Scope;
use super::tags::Tags;
use crate::protocol::{Breadcrumb, Context, Event, Map, Transaction, Value};

impl Scope {
    /// Merges a more specific scope over this one.
    pub(crate) fn merge(&mut self, over: &Self) {
        fn replace<T: Clone>(slot: &mut Option<T>, over: &Option<T>) {
            if over.is_some() {
                slot.clone_from(over);
            }
        }
        self.tags.extend(&over.tags);
        self.breadcrumbs.merge(&over.breadcrumbs);
        replace(&mut self.request, &over.request);
        if over.rest.is_none() && over.form.is_none() {
            return;
        }
        self.unfold_form();
        let rest = &mut *self.rest;
        replace(&mut rest.level, &over.rest.level);
        replace(&mut rest.fingerprint, &over.rest.fingerprint);
        replace(&mut rest.transaction, &over.rest.transaction);
        replace(&mut rest.user, &over.rest.user);
        replace(&mut rest.conversation_id, &over.rest.conversation_id);
        rest.extra.extend(over.extra_with_form().into_owned());
        rest.contexts.extend(over.rest.contexts.clone());
        rest.attributes.extend(over.rest.attributes.clone());
        rest.flags.extend(&over.rest.flags);
        rest.attachments.extend(over.rest.attachments.iter().cloned());
        rest.processors.extend(over.rest.processors.iter().cloned());
    }

    /// Adds the scope's data that the event does not set itself. The scope's level overrides the event's; the last
    /// `max` breadcrumbs are kept.
    pub(crate) fn apply_to_event(&self, event: &mut Event<'static>, max: usize) {
        if let Some(level) = self.rest.level {
            event.level = level;
        }
        if let Some(fingerprint) = &self.rest.fingerprint
            && is_default(&event.fingerprint)
        {
            event.fingerprint = Cow::Owned(fingerprint.to_vec());
        }
        if event.transaction.is_none() {
            event.transaction = self.rest.transaction.as_deref().map(str::to_owned);
        }
        fill(&mut event.user, self.rest.user.as_deref());
        fill(&mut event.request, self.request.as_deref());
        fill_tags(&mut event.tags, &self.tags);
        fill_map(&mut event.extra, &self.rest.extra);
        fill_map(&mut event.contexts, &self.rest.contexts);
        if let Some(flags) = self.rest.flags.context() {
            event.contexts.entry("flags".to_owned()).or_insert(flags);
        }
        let mut breadcrumbs: Vec<_> = self.breadcrumbs.iter().map(Breadcrumb::clone).collect();
        breadcrumbs.append(&mut event.breadcrumbs.values);
        breadcrumbs.drain(..breadcrumbs.len().saturating_sub(max));
        event.breadcrumbs = breadcrumbs.into();
    }

    /// Adds the scope's data that the transaction does not set itself. Attributes are added to its root span.
    pub(crate) fn apply_to_transaction(&self, transaction: &mut Transaction<'static>) {
        if let Some(name) = &self.rest.transaction {
            transaction.name = Some(name.to_string());
        }
        fill(&mut transaction.user, self.rest.user.as_deref());
        fill(&mut transaction.request, self.request.as_deref());
        fill_tags(&mut transaction.tags, &self.tags);
        fill_map(&mut transaction.extra, &self.rest.extra);
        fill_map(&mut transaction.contexts, &self.rest.contexts);
        if let Some(Context::Trace(trace)) = transaction.contexts.get_mut("trace") {
            for (key, value) in &self.rest.attributes {
                if !trace.data.contains_key(&**key) {
                    let value = serde_json::to_value(value).unwrap_or(Value::Null);
                    trace.data.insert(key.clone().into_owned(), value);
                }
            }
        }
    }

    /// Returns whether there is a processor for transactions with all their spans.
    pub(crate) fn shows_transactions(&self) -> bool {
        self.rest.processors.iter().any(|processor| processor.of_transactions().is_some())
    }

    /// Returns whether there is a processor for events, which also receives transactions.
    pub(crate) fn shows_events(&self) -> bool {
        self.rest.processors.iter().any(|processor| processor.of_transactions().is_none())
    }
}

/// Returns whether an event has the server's default grouping.
fn is_default(fingerprint: &[Cow<'_, str>]) -> bool {
    match fingerprint {
        [] => true,
        [only] => matches!(&**only, "{{ default }}" | "{{default}}"),
        _ => false,
    }
}

fn fill<T: Clone>(slot: &mut Option<T>, value: Option<&T>) {
    if slot.is_none() {
        *slot = value.cloned();
    }
}

fn fill_tags(map: &mut Map<String, String>, from: &Tags) {
    for (key, value) in from.iter() {
        if !map.contains_key(key) {
            map.insert(key.to_owned(), value.to_owned());
        }
    }
}

fn fill_map<V: Clone>(map: &mut Map<String, V>, from: &Map<String, V>) {
    for (key, value) in from {
        if !map.contains_key(key) {
            map.insert(key.clone(), value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::scope::Scopes;

    fn crumb(text: &str) -> Breadcrumb {
        Breadcrumb { message: Some(text.to_owned()), ..Breadcrumb::default() }
    }

    fn texts(event: &Event<'_>) -> Vec<String> {
        event.breadcrumbs.iter().filter_map(|crumb| crumb.message.clone()).collect()
    }

    #[test]
    fn the_more_special_scope_wins_and_lists_add_up() {
        let (mut global, mut isolation, mut current) = (Scope::default(), Scope::default(), Scope::default());
        for (scope, number) in [(&mut global, 1), (&mut isolation, 2), (&mut current, 3)] {
            scope.set_tag("who", number);
            scope.set_tag(&format!("only.{number}"), number);
            scope.set_attribute("who", number);
            scope.add_feature_flag("who", number);
        }
        current.breadcrumbs.push(crumb("first"), 10);
        global.breadcrumbs.push(crumb("second"), 10);
        isolation.breadcrumbs.push(crumb("third"), 10);
        let scopes =
            Scopes { global: Arc::new(global), isolation: Arc::new(isolation), current: Arc::new(current) };
        let merged = scopes.merged();
        assert_eq!(merged.tags.get("who"), Some("3"));
        assert_eq!(merged.tags.len(), 4);
        assert_eq!(merged.rest.attributes["who"], 3.into());
        let mut event = Event::default();
        merged.apply_to_event(&mut event, 2);
        assert_eq!(texts(&event), ["second", "third"], "in the order of their coming, the last of them");
        assert_eq!(
            serde_json::to_value(&event.contexts["flags"]).unwrap(),
            serde_json::json!({"values": [{"flag": "who", "result": 3}]})
        );
    }

    #[test]
    fn an_event_keeps_what_it_says_itself() {
        let mut scope = Scope::default();
        scope.set_tag("a", "scope");
        scope.set_tag("b", "scope");
        scope.set_transaction(Some("scope"));
        scope.set_fingerprint(Some(&["scope"]));
        let mut event = Event {
            transaction: Some("event".into()),
            fingerprint: Cow::Owned(vec!["default-ish".into()]),
            ..Event::default()
        };
        event.tags.insert("a".into(), "event".into());
        event.breadcrumbs = vec![crumb("its own")].into();
        scope.breadcrumbs.push(crumb("before"), 10);
        scope.apply_to_event(&mut event, 100);
        assert_eq!(event.tags, Map::from([("a".into(), "event".into()), ("b".into(), "scope".into())]));
        assert_eq!(event.transaction.as_deref(), Some("event"));
        assert_eq!(*event.fingerprint, ["default-ish"]);
        assert_eq!(texts(&event), ["before", "its own"]);
    }

    #[test]
    fn clearing_keeps_the_processors() {
        let mut scope = Scope::default();
        scope.set_tag("a", 1);
        scope.set_attribute("a", 1);
        scope.add_event_processor(Some);
        scope.clear();
        assert!(scope.tags.len() == 0 && scope.rest.attributes.is_empty());
        assert!(scope.shows_events() && !scope.shows_transactions());
    }
}
