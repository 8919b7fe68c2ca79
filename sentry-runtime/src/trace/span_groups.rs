//! Span groups: what belongs together although it is in different traces, such as a conversation or a user's session.
//!
//! A group is an attribute, `sentry.span_group.<concept>_id`, on every span that belongs to it. Groups of a request
//! travel in its `baggage`, beside the dynamic sampling context.
//!
//! [Spec](https://develop.sentry.dev/sdk/telemetry/spans/span-groups/)

use std::sync::Arc;

use percent_encoding::percent_decode_str;

use crate::scope::Scopes;

/// The beginning of the attributes and of the entries in `baggage`.
pub(crate) const PREFIX: &str = "sentry.span_group.";
/// The maximum number of groups that a request may bring or take along.
const MAX_GROUPS: usize = 16;
/// The maximum length of a name and of an id, in bytes.
const MAX_TEXT: usize = 200;

/// Groups, by their names and ids.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct SpanGroups(Vec<(String, String)>);

impl SpanGroups {
    /// Adds an entry of a `baggage` header, if it is a group. What is too long or has no id is left out.
    pub(crate) fn read(&mut self, key: &str, value: &str) {
        if let Ok(value) = percent_decode_str(value).decode_utf8() {
            self.set(key, &value);
        }
    }

    /// Sets a group, unless it is none, or there are too many.
    pub(crate) fn set(&mut self, key: &str, value: &str) {
        let concept = key.strip_prefix(PREFIX).unwrap_or_default();
        let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if concept.is_empty() || key.len() > MAX_TEXT || !concept.bytes().all(is_name) {
            return;
        }
        if value.is_empty() || value.len() > MAX_TEXT {
            return;
        }
        let has_room = self.0.len() < MAX_GROUPS;
        match self.0.iter_mut().find(|(known, _)| known == key) {
            Some((_, slot)) => value.clone_into(slot),
            None if has_room => self.0.push((key.to_owned(), value.to_owned())),
            None => {}
        }
    }

    /// Returns the groups of an incoming request together with those that are attributes of the scopes, if there are any.
    /// Those of the scopes come first, so that a caller cannot take their room.
    pub(crate) fn of(incoming: Option<&Arc<Self>>, scopes: &Scopes) -> Option<Arc<Self>> {
        let mut groups = Self::default();
        let scopes = [&scopes.global, &scopes.isolation, &scopes.current];
        for (key, value) in scopes.into_iter().flat_map(|scope| &scope.rest.attributes) {
            if let Some(value) = value.as_str().filter(|_| key.starts_with(PREFIX)) {
                groups.set(key, value);
            }
        }
        if groups.is_empty() {
            return incoming.cloned();
        }
        for (key, value) in incoming.into_iter().flat_map(|incoming| incoming.iter()) {
            if !groups.iter().any(|(known, _)| known == key) {
                groups.set(key, value);
            }
        }
        Some(Arc::new(groups))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the groups for several owners, if there are any.
    pub(crate) fn into_shared(self) -> Option<Arc<Self>> {
        (!self.is_empty()).then(|| Arc::new(self))
    }

    /// Returns names and ids.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (&**key, &**value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::baggage;

    #[test]
    fn groups_are_read_and_written_and_the_rest_of_a_header_is_not() {
        let mut groups = SpanGroups::default();
        let mut read = |header| baggage::parse(header, &mut Default::default(), &mut groups);
        read("a=1, sentry.span_group.session_id = s%201 ;p, sentry-release=2");
        read(
            "sentry.span_group.conversation_id=c,sentry.span_group.=x,sentry.span_group.empty_id=,sentry.span_group.No=1",
        );
        let all: Vec<_> = groups.iter().collect();
        let expected = [("sentry.span_group.session_id", "s 1"), ("sentry.span_group.conversation_id", "c")];
        assert_eq!(all, expected);
        let mut baggage = String::from("sentry-release=2");
        baggage::append_groups(&mut baggage, &groups);
        assert_eq!(
            baggage,
            "sentry-release=2,sentry.span_group.session_id=s%201,sentry.span_group.conversation_id=c"
        );
    }

    #[test]
    fn their_number_and_their_length_are_limited() {
        let mut groups = SpanGroups::default();
        groups.set("sentry.span_group.long_id", &"x".repeat(MAX_TEXT + 1));
        assert!(groups.is_empty());
        for number in 0..MAX_GROUPS + 1 {
            groups.set(&format!("{PREFIX}g{number}_id"), "1");
        }
        groups.set("sentry.span_group.g0_id", "2");
        assert_eq!((groups.iter().count(), groups.iter().next().unwrap().1), (MAX_GROUPS, "2"));
    }

    #[test]
    fn a_caller_cannot_take_the_room_of_the_scopes() {
        let mut incoming = SpanGroups::default();
        (0..MAX_GROUPS).for_each(|number| incoming.set(&format!("{PREFIX}g{number}_id"), "theirs"));
        let incoming = Arc::new(incoming);
        let mut scope = crate::scope::Scope::default();
        scope.set_attribute("sentry.span_group.order_id", "1002");
        scope.set_attribute("sentry.span_group.g1_id", "ours");
        let scope = Arc::new(scope);
        let (global, isolation) = (Arc::default(), Arc::default());
        let groups = SpanGroups::of(Some(&incoming), &Scopes { global, isolation, current: scope }).unwrap();
        let of = |key: &str| groups.iter().find(|(known, _)| *known == key).map(|(_, id)| id);
        assert_eq!(of("sentry.span_group.order_id"), Some("1002"));
        assert_eq!(of("sentry.span_group.g1_id"), Some("ours"));
        assert_eq!((of("sentry.span_group.g0_id"), groups.iter().count()), (Some("theirs"), MAX_GROUPS));
        let none = Scopes { global: Arc::default(), isolation: Arc::default(), current: Arc::default() };
        assert!(Arc::ptr_eq(&SpanGroups::of(Some(&incoming), &none).unwrap(), &incoming));
        assert_eq!(SpanGroups::of(None, &none), None);
    }
}
