//! Places in the source code.

use serde_json::{Value, json};

use super::Store;
use crate::analysis::finding::Code;

/// Writes a place in the code; null if there is none.
pub(crate) fn code(store: &Store, service: &str, code: &Code) -> Value {
    if code.is_empty() {
        return Value::Null;
    }
    let absolute = code.file.as_deref().and_then(|file| store.index.programs.absolute(service, file));
    json!({
        "file": code.file.as_deref(),
        "abs_file": absolute,
        "line": code.line,
        "function": code.function.as_deref(),
    })
}
