//! What clippy is given where the attribute uses something of the user's: the function as it is, with that in front of
//! its body.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};

use crate::expand::instrumentation::Work;
use crate::expand::lints::is_known_shape;
use crate::expand::wrap::Wrap;
use crate::hygiene::{generated_at, own_name};
use crate::parse::function::{Function, Shape};
use crate::parse::returns::Returns;
use crate::tokens::{braced, contains_word};

/// The function as it is, with what the attribute uses of the user's in front of its body.
pub(super) fn as_written(function: &Function, work: &Work) -> TokenStream {
    let wrap = Wrap::new(function, work, 1);
    let Wrap { span, name, .. } = &wrap;
    let Work { items, create, .. } = work;
    let record = wrap.record(None);
    let look = wrap.look_at_none();
    let body = wrap.body();
    let end = if is_known_shape(function) { generated_at(function.end) } else { function.end };
    let contents = quote_spanned! {*span=>
        {
            let mut #name = { #items #create };
            #record
            #look
            let _ = &mut #name;
        }
        #body
    };
    wrap.written(None, None, braced(contents, end))
}

impl Wrap<'_> {
    /// Code that would look at a value and is never reached, for lints that ask what is used: a response may be asked
    /// for its `status()`. None where the type cannot be written.
    fn look_at_none(&self) -> Option<TokenStream> {
        let Self { function, work, span, name, .. } = self;
        let private = &work.private;
        let shape = function.shape();
        let returns = match &shape {
            Shape::Sync | Shape::Async => function.returns(),
            Shape::ImplFuture(output) | Shape::BoxedFuture(output) => Returns::of_type(output.as_ref()?),
        };
        let Returns::Type(ty) = returns else { return None };
        if work.on_value.is_none() || contains_word(ty.to_token_stream(), "impl") {
            return None;
        }
        let value = own_name("value", *span);
        let look =
            self.observe(returns, &quote_spanned!(*span=> &mut #name), &quote_spanned!(*span=> &#value));
        Some(quote_spanned! {*span=>
            if false {
                let #value = #private::output::<#ty>();
                #look
            }
        })
    }
}
