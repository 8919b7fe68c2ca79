//! The stages that every attribute goes through: read the item and the arguments, check both, expand.
//!
//! An attribute is a type that holds its arguments and implements [`Attribute`], and [`Instrument`] if it puts code
//! around its function's body. `expand/container.rs` adds attributes on blocks.

use proc_macro2::TokenStream;

use crate::check;
use crate::errors::Errors;
use crate::expand::fallback::expand_or_item;
use crate::expand::function;
use crate::expand::instrumentation::Instrumentation;
use crate::parse::function::Function;
use crate::parse::in_block::InBlock;
use crate::parse::target::Target;

/// An attribute on a function: its checked arguments.
pub(crate) trait Attribute: Sized {
    /// The name of the attribute.
    const NAME: &'static str;

    /// The advice for a function that carries the attribute twice; `None` if it may.
    const REPEATED: Option<&'static str> = Some("remove one");

    /// Reads and checks the arguments of the attribute on `function`.
    fn read(args: TokenStream, function: &Function) -> (Self, Errors);

    /// Checks what this attribute alone demands of its function.
    fn check(_function: &Function, _errors: &mut Errors) {}
}

/// An attribute that puts code around the body of its function.
pub(crate) trait Instrument: Attribute {
    /// Returns what to put around the body of `function`.
    fn instrumentation(self, function: &Function) -> Instrumentation;
}

/// Expands an attribute that instruments a function.
pub(crate) fn instrument<A: Instrument>(args: TokenStream, item: TokenStream) -> TokenStream {
    let (around, item) = InBlock::take(item);
    let args = around.map_or_else(|| args.clone(), |around| around.with_crate(args.clone()));
    expand_or_item(item, |item| {
        let (attribute, function) = read::<A>(args.clone(), item.clone())?;
        Ok(function::expand(&args, item, &function, &attribute.instrumentation(&function)))
    })
}

/// Reads and checks the arguments and the function of an attribute.
pub(crate) fn read<A: Attribute>(args: TokenStream, item: TokenStream) -> syn::Result<(A, Function)> {
    let function = Target::read(item)?.function(A::NAME)?;
    let attribute = check(A::read(args, &function), &function)?;
    Ok((attribute, function))
}

/// Checks the function of an attribute whose arguments have been read; returns the errors of both.
pub(super) fn check<A: Attribute>(
    (attribute, mut errors): (A, Errors),
    function: &Function,
) -> syn::Result<A> {
    check::function::can_be_wrapped(A::NAME, function, &mut errors);
    A::check(function, &mut errors);
    if let Some(advice) = A::REPEATED {
        let is_readable = |args| A::read(args, function).1.finish_with(()).is_ok();
        check::function::only_one(A::NAME, function, is_readable, advice, &mut errors);
    }
    errors.finish_with(attribute)
}
