//! The additional data of a scope that comes from a form: kept as the form until its fields are needed as entries.

use std::borrow::Cow;
use std::sync::Arc;

use super::Scope;
use super::form::{FormData, MAX_FIELDS, PREFIX};
use crate::protocol::limits::MAX_BREADTH;
use crate::protocol::{Map, Value};

impl Scope {
    /// Keeps the fields of a form as additional data. They become entries of it when the scope is merged, or before
    /// other additional data is set or removed.
    pub(crate) fn set_form(&mut self, form: Arc<FormData>) {
        self.unfold_form();
        self.form = Some(form);
    }

    /// Sets the fields of the form as entries of the additional data.
    pub(super) fn unfold_form(&mut self) {
        if let Some(form) = self.form.take() {
            form.grouped().into_iter().for_each(|(key, value)| self.insert_extra(key, value));
        }
    }

    /// Does the same before another entry is set or removed, if the order of the two matters.
    pub(super) fn unfold_form_before(&mut self, key: &str) {
        if self.form.is_some()
            && (key.starts_with(PREFIX) || self.rest.extra.len() + MAX_FIELDS >= MAX_BREADTH)
        {
            self.unfold_form();
        }
    }

    /// Returns the additional data with the fields of the form.
    pub(super) fn extra_with_form(&self) -> Cow<'_, Map<String, Value>> {
        if self.form.is_none() {
            return Cow::Borrowed(&self.rest.extra);
        }
        let mut whole = Self { rest: self.rest.clone(), form: self.form.clone(), ..Self::default() };
        whole.unfold_form();
        Cow::Owned(std::mem::take(&mut whole.rest.extra))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_that_fills_the_additional_data_leaves_no_room_for_what_follows() {
        let mut scope = Scope::default();
        (MAX_FIELDS..MAX_BREADTH).for_each(|at| scope.set_extra(&at.to_string(), 0.into()));
        let fields = (0..MAX_FIELDS).map(|at| (at.to_string(), "x"));
        scope.set_form(Arc::new(FormData::from_pairs(fields)));
        scope.set_extra("late", 0.into());
        scope.unfold_form();
        assert_eq!(scope.rest.extra.len(), MAX_BREADTH);
        assert!(!scope.rest.extra.contains_key("late"));
    }
}
