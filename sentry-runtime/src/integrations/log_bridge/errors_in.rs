//! Errors among the fields of log entries.

use std::any::type_name;
use std::error::Error;
use std::io;

use super::LogFields;
use crate::capture::reading;
use crate::error::chain::Chain;
use crate::integrations::foreign_attributes;

impl LogFields {
    /// Adds a field that is an error: its texts and, for the first error, its chain.
    pub(crate) fn add_error(&mut self, key: &'static str, error: &(dyn Error + 'static)) {
        let chain = read(error);
        self.add(key, texts(&chain));
        self.error.get_or_insert(chain);
    }
}

/// Returns the texts of an error and of its causes as one string.
pub(crate) fn error_text(error: &(dyn Error + 'static)) -> String {
    texts(&read(error))
}

/// Reads an error with its causes. One of its possible types has a `Debug` output that does not contain its name.
fn read(error: &(dyn Error + 'static)) -> Chain {
    let name = if error.is::<io::Error>() { type_name::<io::Error>() } else { type_name::<dyn Error>() };
    reading::read_dynamic(error, name)
}

/// Joins the texts of an error and of its causes, the outermost first.
fn texts(chain: &Chain) -> String {
    let texts: Vec<_> = chain.entries.iter().map(|entry| &*entry.value).collect();
    super::text(&foreign_attributes::of_error(&texts.join(": ")))
}
