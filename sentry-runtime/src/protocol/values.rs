//! The `{"values": […]}` wrapper of exceptions, threads and breadcrumbs.

use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Serialize};

/// A list that is written as `{"values": […]}`, because the server rejects plain lists.
///
/// It behaves like the `Vec` inside.
///
/// ```
/// use sentry::protocol::{Breadcrumb, Values};
///
/// let mut breadcrumbs: Values<Breadcrumb> = Values::new();
/// breadcrumbs.values.push(Breadcrumb::default());
/// assert_eq!(breadcrumbs.len(), 1);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Values<T> {
    /// The list, oldest first.
    pub values: Vec<T>,
}

impl<T> Values<T> {
    /// Returns an empty list.
    #[must_use]
    pub const fn new() -> Self {
        Self { values: Vec::new() }
    }

    /// Returns whether the list is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

// Not derived: the derive would require `T: Default`.
impl<T> Default for Values<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> From<Vec<T>> for Values<T> {
    fn from(values: Vec<T>) -> Self {
        Self { values }
    }
}

impl<T> AsRef<[T]> for Values<T> {
    fn as_ref(&self) -> &[T] {
        &self.values
    }
}

impl<T> AsMut<Vec<T>> for Values<T> {
    fn as_mut(&mut self) -> &mut Vec<T> {
        &mut self.values
    }
}

impl<T> Deref for Values<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.values
    }
}

impl<T> DerefMut for Values<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.values
    }
}

impl<T> FromIterator<T> for Values<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        items.into_iter().collect::<Vec<_>>().into()
    }
}

impl<T> Extend<T> for Values<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
        self.values.extend(items);
    }
}

impl<T> IntoIterator for Values<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.values.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Values<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.values.iter()
    }
}

impl<'a, T> IntoIterator for &'a mut Values<T> {
    type Item = &'a mut T;
    type IntoIter = std::slice::IterMut<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.values.iter_mut()
    }
}
