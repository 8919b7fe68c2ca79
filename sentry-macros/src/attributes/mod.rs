//! The attributes, one file each: the arguments, their checks, and the code that they ask for.
//!
//! Each attribute is also a plain function from tokens to tokens, so that tests can compare what it expands to.

mod api_handler;
mod data_fetcher;
mod handler;
mod main;
mod monitor;
mod schedule;
mod server_action;
mod span;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::expand::attribute::{instrument, read};
use crate::expand::container;
use crate::expand::fallback::expand_or_item;
use crate::parse::in_block::InBlock;

/// `#[span(args)] item`
pub(crate) fn span(args: TokenStream, item: TokenStream) -> TokenStream {
    container::instrument::<span::SpanArgs>(args, item)
}

/// `#[__sentry_in_block(args)] item`
pub(crate) fn in_block(args: TokenStream, item: TokenStream) -> TokenStream {
    container::in_block::<span::SpanArgs>(args, item)
}

/// `#[server_action(args)] item`
pub(crate) fn server_action(args: TokenStream, item: TokenStream) -> TokenStream {
    instrument::<server_action::ServerActionArgs>(args, item)
}

/// `#[api_handler(args)] item`
pub(crate) fn api_handler(args: TokenStream, item: TokenStream) -> TokenStream {
    instrument::<api_handler::ApiHandlerArgs>(args, item)
}

/// `#[data_fetcher(args)] item`
pub(crate) fn data_fetcher(args: TokenStream, item: TokenStream) -> TokenStream {
    instrument::<data_fetcher::DataFetcherArgs>(args, item)
}

/// `#[monitor(args)] item`
pub(crate) fn monitor(args: TokenStream, item: TokenStream) -> TokenStream {
    instrument::<monitor::MonitorArgs>(args, item)
}

/// `#[main(args)] item`
pub(crate) fn main(args: TokenStream, item: TokenStream) -> TokenStream {
    let (around, item) = InBlock::take(item);
    let args = around.map_or_else(|| args.clone(), |around| around.with_crate(args.clone()));
    expand_or_item(item, |item| {
        let (args, function) = read::<main::MainArgs>(args, item)?;
        Ok(main::expand(args, &function))
    })
}
