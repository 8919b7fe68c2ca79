//! From the tokens of an attribute and its item to the code they become.
//!
//! Each attribute is a plain function over tokens, so that a test can compare what it gives:
//! read the item, read the arguments into the attribute's model, check both, wrap the function.

pub(crate) mod callsite;
mod container;
mod fallback;
mod for_lints;
mod function;
mod futures;
pub(crate) mod instrumentation;
mod lints;
mod sync;
mod wrap;

use proc_macro2::TokenStream;

use crate::attributes::api_handler::ApiHandlerArgs;
use crate::attributes::data_fetcher::DataFetcherArgs;
use crate::attributes::main::{self as main_attr, MainArgs};
use crate::attributes::monitor::MonitorArgs;
use crate::attributes::server_action::ServerActionArgs;
use crate::attributes::span::SpanArgs;
use crate::check;
use crate::expand::fallback::expand_or_item;
use crate::parse::function::Function;
use crate::parse::target::Target;

/// `#[span(args)] item`
pub(crate) fn span(args: TokenStream, item: TokenStream) -> TokenStream {
    expand_or_item(item, |item| {
        let function = match Target::read(item.clone())? {
            Target::Container(_, keyword) => return container::expand(args, item, keyword),
            other => other.function("span")?,
        };
        let mut list = SpanArgs::list(args.clone());
        if list.flag("skip") {
            return list.errors.finish_with(item);
        }
        let (model, mut errors) = SpanArgs::of(list, Some(&function));
        check::function::can_be_wrapped("span", &function, &mut errors);
        let model = errors.finish_with(model)?;
        Ok(function::expand(&args, item, &function, &model.instrumentation(&function)))
    })
}

/// `#[server_action(args)] item`
pub(crate) fn server_action(args: TokenStream, item: TokenStream) -> TokenStream {
    expand_or_item(item, |item| {
        let function = read("server_action", item.clone())?;
        let (model, mut errors) = ServerActionArgs::read(args.clone(), &function);
        check::function::can_be_wrapped("server_action", &function, &mut errors);
        check::function::only_one("server_action", &function, "remove one", &mut errors);
        let model = errors.finish_with(model)?;
        Ok(function::expand(&args, item, &function, &model.instrumentation(&function)))
    })
}

/// `#[api_handler(args)] item`
pub(crate) fn api_handler(args: TokenStream, item: TokenStream) -> TokenStream {
    expand_or_item(item, |item| {
        let function = read("api_handler", item.clone())?;
        let (model, mut errors) = ApiHandlerArgs::read(args.clone(), &function);
        check::function::can_be_wrapped("api_handler", &function, &mut errors);
        check::function::only_one("api_handler", &function, "remove one", &mut errors);
        let model = errors.finish_with(model)?;
        Ok(function::expand(&args, item, &function, &model.instrumentation(&function)))
    })
}

/// `#[data_fetcher(args)] item`
pub(crate) fn data_fetcher(args: TokenStream, item: TokenStream) -> TokenStream {
    expand_or_item(item, |item| {
        let function = read("data_fetcher", item.clone())?;
        let (model, mut errors) = DataFetcherArgs::read(args.clone(), &function);
        check::function::can_be_wrapped("data_fetcher", &function, &mut errors);
        check::function::only_one("data_fetcher", &function, "remove one", &mut errors);
        let model = errors.finish_with(model)?;
        Ok(function::expand(&args, item, &function, &model.instrumentation(&function)))
    })
}

/// `#[monitor(args)] item`
pub(crate) fn monitor(args: TokenStream, item: TokenStream) -> TokenStream {
    expand_or_item(item, |item| {
        let function = read("monitor", item.clone())?;
        let (model, mut errors) = MonitorArgs::read(args.clone(), &function);
        check::function::can_be_wrapped("monitor", &function, &mut errors);
        let why = "give each job its own function, and let one call the other";
        check::function::only_one("monitor", &function, why, &mut errors);
        let model = errors.finish_with(model)?;
        Ok(function::expand(&args, item, &function, &model.instrumentation(&function)))
    })
}

/// `#[main(args)] item`
pub(crate) fn main(args: TokenStream, item: TokenStream) -> TokenStream {
    expand_or_item(item, |item| {
        let function = read("main", item)?;
        let (args, mut errors) = MainArgs::read(args);
        check::function::can_be_wrapped("main", &function, &mut errors);
        main_attr::check(&function, &mut errors);
        let args = errors.finish_with(args)?;
        Ok(main_attr::expand(args, &function))
    })
}

fn read(attribute: &str, item: TokenStream) -> syn::Result<Function> {
    Target::read(item)?.function(attribute)
}

#[cfg(test)]
mod tests;
