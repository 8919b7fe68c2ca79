//! The merge of concurrent changes of a scope: those made on a copy, and those made to the scope in the meantime.

use std::sync::Arc;

use super::Scope;
use super::data::has_room;
use super::request::ScopeRequest;
use super::request_events::SharedEvents;
use super::rest::{Rest, RestData};
use super::tags::Tags;
use crate::protocol::Map;
use crate::protocol::limits::{MAX_ATTRIBUTES, MAX_BREADTH};

impl Scope {
    /// Returns `newer`, the scope after other code changed `base`, with this copy's changes since `base` applied.
    ///
    /// If both set the same value, the copy's value wins. A value that the copy removed and other code set anew is
    /// kept.
    pub(crate) fn rebased(&self, base: &Self, newer: &Self) -> Self {
        let (copy, old, new) = (&*self.rest, &*base.rest, &*newer.rest);
        let mut attributes = new.attributes.clone();
        rebase_map(&mut attributes, &old.attributes, &copy.attributes, |map, key| {
            has_room(map, key, "attribute", MAX_ATTRIBUTES)
        });
        let rest = RestData {
            level: rebased(&old.level, &copy.level, &new.level, |one, other| one == other),
            fingerprint: rebased_arc(&old.fingerprint, &copy.fingerprint, &new.fingerprint),
            transaction: rebased_arc(&old.transaction, &copy.transaction, &new.transaction),
            user: rebased_arc(&old.user, &copy.user, &new.user),
            extra: rebased_map(
                &base.extra_with_form(),
                &self.extra_with_form(),
                &newer.extra_with_form(),
                "extra",
            ),
            contexts: rebased_map(&old.contexts, &copy.contexts, &new.contexts, "context"),
            attributes,
            flags: copy.flags.rebased(&old.flags, &new.flags),
            attachments: rebased_list(&old.attachments, &copy.attachments, &new.attachments, Arc::ptr_eq),
            processors: rebased_list(&old.processors, &copy.processors, &new.processors, |one, other| {
                one.is(other)
            }),
            conversation_id: rebased_arc(&old.conversation_id, &copy.conversation_id, &new.conversation_id),
        };
        let tags = rebased_map(&base.tags.to_map(), &self.tags.to_map(), &newer.tags.to_map(), "tag");
        Self {
            tags: Tags::of_map(tags),
            request: rebased(&base.request, &self.request, &newer.request, ScopeRequest::is),
            breadcrumbs: self.breadcrumbs.rebased(&base.breadcrumbs, &newer.breadcrumbs),
            rest: Rest::new(rest),
            form: None,
            session: rebased_arc(&base.session, &self.session, &newer.session),
            request_events: rebased(
                &base.request_events,
                &self.request_events,
                &newer.request_events,
                SharedEvents::is,
            ),
            waiting: Default::default(),
        }
    }
}

fn rebased<T: Clone>(
    base: &Option<T>,
    own: &Option<T>,
    newer: &Option<T>,
    is: impl Fn(&T, &T) -> bool,
) -> Option<T> {
    let same = |one: &Option<T>, other: &Option<T>| match (one, other) {
        (Some(one), Some(other)) => is(one, other),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    let takes_newer = same(base, own) || (own.is_none() && !same(base, newer));
    if takes_newer { newer } else { own }.clone()
}

fn rebased_arc<T: ?Sized>(
    base: &Option<Arc<T>>,
    own: &Option<Arc<T>>,
    newer: &Option<Arc<T>>,
) -> Option<Arc<T>> {
    rebased(base, own, newer, Arc::ptr_eq)
}

fn rebased_map<V: Clone + PartialEq>(
    base: &Map<String, V>,
    own: &Map<String, V>,
    newer: &Map<String, V>,
    kind: &str,
) -> Map<String, V> {
    let mut map = newer.clone();
    rebase_map(&mut map, base, own, |map, key| has_room(map, key, kind, MAX_BREADTH));
    map
}

fn rebase_map<K: Ord + Clone, V: Clone + PartialEq>(
    map: &mut Map<K, V>,
    base: &Map<K, V>,
    own: &Map<K, V>,
    has_room: impl Fn(&Map<K, V>, &K) -> bool,
) {
    map.retain(|key, value| own.contains_key(key) || base.get(key) != Some(value));
    for (key, value) in own {
        if base.get(key) != Some(value) && has_room(map, key) {
            map.insert(key.clone(), value.clone());
        }
    }
}

/// Returns the list without the items that the copy removed, and with those that it added at the end.
fn rebased_list<T: Clone>(base: &[T], own: &[T], newer: &[T], is: impl Fn(&T, &T) -> bool) -> Vec<T> {
    let has = |list: &[T], item: &T| list.iter().any(|one| is(one, item));
    let kept = newer.iter().filter(|item| has(own, item) || !has(base, item));
    let added = own.iter().filter(|item| !has(base, item));
    kept.chain(added).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Attachment, Breadcrumb};
    use crate::scope::ScopeCell;

    fn crumb(text: &str) -> Breadcrumb {
        Breadcrumb { message: Some(text.to_owned()), ..Breadcrumb::default() }
    }

    #[test]
    fn lists_keep_what_both_sides_add_and_lose_what_one_removes() {
        let cell = ScopeCell::default();
        let file = |name: &str| Attachment { filename: name.to_owned(), ..Attachment::default() };
        let setup = |scope: &mut Scope| {
            scope.add_attachment(file("old"));
            scope.add_event_processor(Some);
            scope.set_attribute("old", 1);
            (0..3).for_each(|number| scope.breadcrumbs.push(crumb(&number.to_string()), 4));
        };
        cell.update(setup);
        cell.configure(|own| {
            own.clear_attachments();
            own.add_attachment(file("own"));
            own.remove_attribute("old");
            own.add_event_processor(Some);
            own.breadcrumbs.push(crumb("own"), 4);
            cell.update(|newer| {
                newer.add_attachment(file("newer"));
                newer.add_event_processor(Some);
                newer.set_attribute("newer", 1);
                newer.breadcrumbs.push(crumb("newer"), 4);
            });
        });
        let scope = cell.snapshot();
        let files: Vec<_> = scope.rest.attachments.iter().map(|file| &*file.filename).collect();
        assert_eq!(files, ["newer", "own"]);
        assert_eq!(scope.rest.processors.len(), 3);
        assert_eq!(scope.rest.attributes.keys().collect::<Vec<_>>(), ["newer"]);
        let crumbs: Vec<_> = scope.breadcrumbs.iter().filter_map(|crumb| crumb.message.as_deref()).collect();
        assert_eq!(crumbs, ["1", "2", "own", "newer"]);
    }

    #[test]
    fn the_bounds_of_a_scope_hold_for_both_sides_together() {
        let cell = ScopeCell::default();
        let fill = |scope: &mut Scope, by: &str| {
            (0..600).for_each(|number| scope.set_extra(&format!("{by}.{number}"), 1.into()));
            (0..80).for_each(|number| scope.add_feature_flag(&format!("{by}.{number}"), true));
        };
        cell.configure(|own| {
            fill(own, "own");
            cell.update(|newer| fill(newer, "newer"));
        });
        let scope = cell.snapshot();
        assert_eq!(scope.rest.extra.len(), crate::protocol::limits::MAX_BREADTH);
        let flags = serde_json::to_value(scope.rest.flags.context().unwrap()).unwrap();
        assert_eq!(flags["values"].as_array().unwrap().len(), 100);
    }
}
