//! The values of arguments in the frames of their functions.

use serde_json::Value;

use crate::options::{CollectBehavior, FILTERED};
use crate::protocol::limits::truncate;
use crate::protocol::{Frame, Map, Stacktrace, map_of};
use crate::scrub::Scrubber;
use crate::stacktrace::locals::{Locals, VarsSite, words};

/// The maximum length of a value, in characters.
const MAX_VALUE: usize = 64;

/// Puts the values into the frames of their functions. Returns those of functions that are not in the stack, under the
/// names of the functions.
pub(super) fn place(
    all: &[Locals],
    stacktrace: Option<&mut Stacktrace>,
    shown: &CollectBehavior,
    scrubber: &Scrubber,
) -> Map<String, Value> {
    let mut unplaced = Map::new();
    // From the innermost frame, which is the last; a function that calls itself has several.
    let mut frames: Vec<&mut Frame> = stacktrace.into_iter().flat_map(|stack| &mut stack.frames).collect();
    for Locals { site, values } in all {
        let values = values.iter().map(|(name, text)| {
            if !shown.shows(name) {
                return ((*name).to_owned(), Value::from(FILTERED));
            }
            // Secrets are found before the text is cut.
            let mut text = scrubber.scrub_text(text).into_owned();
            truncate(&mut text, MAX_VALUE);
            ((*name).to_owned(), Value::from(text))
        });
        match frames.iter().rposition(|frame| is_of(frame, site)) {
            Some(at) => {
                frames[at].vars.extend(values);
                frames.truncate(at);
            }
            None => {
                let function = site.path().last().copied().unwrap_or("function").to_owned();
                let values: serde_json::Map<String, Value> = map_of(values);
                unplaced.entry(function).or_insert_with(|| Value::Object(values));
            }
        }
    }
    unplaced
}

/// Returns whether a frame is that of a function: the name is the same, and the file if it is known, or else the crate.
fn is_of(frame: &Frame, site: &VarsSite) -> bool {
    let path = site.path();
    // The symbol of a generic function may end with its type arguments; the readable name has none.
    let texts = [frame.function.as_deref(), frame.symbol.as_deref()];
    let is_named = |text: &str| words(text).last().is_some_and(|name| Some(name) == path.last());
    if !texts.into_iter().flatten().any(is_named) {
        return false;
    }
    let (Some((file, line)), Some(own_file)) = (site.place(), &frame.abs_path) else {
        let of = frame.symbol.as_deref().or(frame.module.as_deref()).unwrap_or_default();
        return words(of).first() == path.first();
    };
    own_file.replace('\\', "/").ends_with(&file.replace('\\', "/"))
        && frame.lineno.is_none_or(|own| own >= line.into())
}
