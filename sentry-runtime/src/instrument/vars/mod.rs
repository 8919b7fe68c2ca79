//! The arguments of an annotated function, which are shown if the function fails.
//!
//! The expansion keeps references and copies of the values in front of the body. Nothing is formatted until the function
//! returns an error ([`Explained`]), or a panic unwinds through it ([`running`]). The formatted values travel with the
//! error to its event; the pipeline thread puts them into the frame of the function.

pub(crate) mod future;
pub(crate) mod running;

use std::fmt::{self, Write};

use super::autoref::{Fails, Shown};
use crate::base::callback;
use crate::client;
use crate::context::active;
use crate::error::failure::Failure;
use crate::options::ClientOptions;
use crate::stacktrace::locals::{Locals, MAX_VALUES};

pub use crate::stacktrace::locals::VarsSite;

/// The maximum length of a value until it is sent, in bytes: filters see more than is sent.
const MAX_HELD: usize = 512;

/// The kept values of a function's arguments, as nested pairs.
pub trait KeptVars {
    /// Passes each value to `visit`, in the order of their names.
    fn visit(&self, visit: &mut dyn FnMut(&dyn Shown));
}

impl KeptVars for () {
    #[inline]
    fn visit(&self, _visit: &mut dyn FnMut(&dyn Shown)) {}
}

impl<K: Shown, V: KeptVars> KeptVars for (K, V) {
    fn visit(&self, visit: &mut dyn FnMut(&dyn Shown)) {
        visit(&self.0);
        self.1.visit(visit);
    }
}

/// The kept values of a function and the function itself.
#[derive(Debug)]
pub struct Vars<V> {
    site: &'static VarsSite,
    kept: V,
}

/// Keeps the values of a function's arguments.
#[inline]
pub fn vars<V: KeptVars>(site: &'static VarsSite, kept: V) -> Vars<V> {
    Vars { site, kept }
}

/// Returns whether values that an expression makes are of use.
#[inline]
#[must_use]
pub fn keeps_vars() -> bool {
    !client::is_off()
}

/// A value that can be formatted if its function fails.
pub trait Explains {
    /// Writes the values down.
    #[doc(hidden)]
    fn write_down(&self, add: &mut dyn FnMut(&'static VarsSite, &'static str, &dyn Shown));
}

impl<V: KeptVars> Explains for Vars<V> {
    fn write_down(&self, add: &mut dyn FnMut(&'static VarsSite, &'static str, &dyn Shown)) {
        let mut names = self.site.names.iter().take(MAX_VALUES);
        self.kept.visit(&mut |value| {
            if let Some(name) = names.next() {
                add(self.site, name, value);
            }
        });
    }
}

/// Formats the values of a function that fails. `None` if there are none.
#[cold]
pub(crate) fn read(vars: &dyn Explains) -> Option<Locals> {
    let mut locals: Option<Locals> = None;
    vars.write_down(&mut |site, name, value| {
        let shown = callback::show(|| {
            let mut text = Bounded(String::new());
            // A value that is cut is an error of the writer.
            value.show(&mut text).map(|_cut| text.0)
        });
        let locals = locals.get_or_insert_with(|| Locals { site, values: Vec::new() });
        // A value that panics, or that was not kept, is left out.
        if let Some(Some(text)) = shown {
            locals.values.push((name, text));
        }
    });
    locals.filter(|locals| !locals.values.is_empty())
}

/// A text that refuses what exceeds its bound.
struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = MAX_HELD - self.0.len();
        if text.len() <= room {
            self.0.push_str(text);
            return Ok(());
        }
        let end = (0..=room).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        self.0.push_str(&text[..end]);
        Err(fmt::Error)
    }
}

/// Returns whether a client with these options shows arguments.
pub(crate) fn shows_vars(options: &ClientOptions) -> bool {
    !options.collected().stack_frame_variables().is_off()
}

/// Returns whether the client shows arguments.
fn is_wanted() -> bool {
    let client = active::client();
    client.is_some_and(|client| client.is_enabled() && shows_vars(client.options()))
}

/// Work of a function whose failure comes with the values of its arguments.
pub struct Explained<'a, W> {
    work: &'a mut W,
    vars: &'a dyn Explains,
}

impl<W> fmt::Debug for Explained<'_, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Explained").finish_non_exhaustive()
    }
}

/// Adds the values of a function's arguments to the failure that its work records.
#[inline]
pub fn explained<'a, W: Fails, V: KeptVars>(work: &'a mut W, vars: &'a Vars<V>) -> Explained<'a, W> {
    Explained { work, vars }
}

impl<W: Fails> Fails for Explained<'_, W> {
    fn fail(&mut self, failure: Failure<'_>) {
        let locals = if failure.is_failure() && is_wanted() { read(self.vars) } else { None };
        match &locals {
            Some(locals) => self.work.fail(failure.with_locals(locals)),
            None => self.work.fail(failure),
        }
    }

    fn fail_silently(&mut self) {
        self.work.fail_silently();
    }
}
