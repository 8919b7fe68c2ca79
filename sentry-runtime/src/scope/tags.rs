//! The tags of a scope: a list sorted by key. Keys are kept in place, and so is a single tag, the usual number in a scope
//! of its own.

use std::fmt;
use std::slice;

use crate::protocol::Map;
use crate::protocol::limits::MAX_TAG_KEY;

/// Tags, each key once.
#[derive(Clone, Default)]
pub(crate) enum Tags {
    #[default]
    None,
    One(Tag),
    /// Sorted by key.
    Many(Vec<Tag>),
}

#[derive(Clone)]
pub(crate) struct Tag {
    key: Key,
    value: String,
}

/// A key of at most 32 characters.
#[derive(Clone, Copy)]
struct Key {
    length: u8,
    bytes: [u8; MAX_TAG_KEY],
}

impl Key {
    /// Keeps a key that was checked: it is short and of ASCII characters.
    fn new(key: &str) -> Self {
        let key = &key.as_bytes()[..key.len().min(MAX_TAG_KEY)];
        let mut bytes = [0; MAX_TAG_KEY];
        bytes[..key.len()].copy_from_slice(key);
        Self { length: key.len() as u8, bytes }
    }

    fn as_str(&self) -> &str {
        str::from_utf8(&self.bytes[..usize::from(self.length)]).unwrap_or_default()
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

impl Tags {
    fn as_slice(&self) -> &[Tag] {
        match self {
            Self::None => &[],
            Self::One(tag) => slice::from_ref(tag),
            Self::Many(tags) => tags,
        }
    }

    fn position(&self, key: &str) -> Result<usize, usize> {
        self.as_slice().binary_search_by(|tag| tag.key.as_bytes().cmp(key.as_bytes()))
    }

    #[cfg(test)]
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.position(key).ok().map(|at| &*self.as_slice()[at].value)
    }

    pub(crate) fn len(&self) -> usize {
        self.as_slice().len()
    }

    /// Sets a tag with a valid key, or returns `false` if it would be a new one beyond `most`.
    #[must_use]
    pub(super) fn set(&mut self, key: &str, value: String, most: usize) -> bool {
        let count = self.len();
        let at = match (self.position(key), &mut *self) {
            (Ok(at), Self::Many(tags)) => {
                tags[at].value = value;
                return true;
            }
            (Ok(_), Self::One(tag)) => {
                tag.value = value;
                return true;
            }
            (Ok(at) | Err(at), _) => at,
        };
        if count >= most {
            return false;
        }
        let new = Tag { key: Key::new(key), value };
        match self {
            Self::None => *self = Self::One(new),
            Self::Many(tags) => tags.insert(at, new),
            Self::One(_) => {
                let mut tags = Vec::with_capacity(4);
                if let Self::One(first) = std::mem::take(self) {
                    tags.push(first);
                }
                tags.insert(at, new);
                *self = Self::Many(tags);
            }
        }
        true
    }

    pub(super) fn remove(&mut self, key: &str) {
        match (self.position(key), &mut *self) {
            (Ok(at), Self::Many(tags)) => _ = tags.remove(at),
            (Ok(_), Self::One(_)) => self.clear(),
            _ => {}
        }
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::None;
    }

    /// Sets the tags of a more specific scope.
    pub(super) fn extend(&mut self, over: &Self) {
        if self.len() == 0 {
            self.clone_from(over);
            return;
        }
        for (key, value) in over.iter() {
            _ = self.set(key, value.to_owned(), usize::MAX);
        }
    }

    /// Returns keys and values, sorted by key.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.as_slice().iter().map(|tag| (tag.key.as_str(), &*tag.value))
    }

    pub(super) fn to_map(&self) -> Map<String, String> {
        self.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    pub(super) fn of_map(map: Map<String, String>) -> Self {
        Self::Many(map.into_iter().map(|(key, value)| Tag { key: Key::new(&key), value }).collect())
    }
}

impl fmt::Debug for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_those_of_a_map() {
        let (mut tags, mut map) = (Tags::default(), Map::new());
        let fits = "k".repeat(MAX_TAG_KEY);
        for number in 0_u32..200 {
            let key = format!("key.{}", number.wrapping_mul(2_654_435_761) % 37);
            let key = if number % 7 == 6 { fits.clone() } else { key };
            // Nearly all are removed now and then, so that there are one and none again.
            if number % 5 == 4 || number % 50 > 30 {
                tags.remove(&key);
                map.remove(&key);
            } else {
                assert!(tags.set(&key, number.to_string(), 100), "{key}");
                map.insert(key.clone(), number.to_string());
            }
            assert_eq!(tags.get(&key), map.get(&key).map(String::as_str));
            assert_eq!(tags.to_map(), map);
        }
        assert_eq!(format!("{tags:?}"), format!("{map:?}"));
        assert!(!tags.set("new", String::new(), map.len()), "there is no room");
        let first = map.keys().next().unwrap();
        assert!(tags.set(first, "again".into(), map.len()), "but for a known key");
    }
}
