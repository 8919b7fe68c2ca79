//! The attribute that `#[span]` on a block leaves on an item whose other attributes it does not know.
//!
//! A macro cannot look up names: `#[obs::trace]` may be any attribute, also one of this crate under another name. So the
//! block leaves such an item as it is, with an attribute of its own at the end:
//!
//! ```text
//! #[obs::trace("x")]
//! #[::sentry::__private::__sentry_in_block { ((op = "db")) (impl Store) () }]
//! fn save(&self) {…}
//! ```
//!
//! The compiler expands the other attributes first. One of this crate takes the last attribute away, with the arguments
//! of the blocks, and instruments the function itself. If none does, the last attribute instruments it.

use std::rc::Rc;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::Attribute;

use crate::parse::attributes::{arguments_of, joined, may_begin_with_attribute, split_attributes};
use crate::parse::enclosing::Enclosing;
use crate::parse::known_attributes::{IN_BLOCK, is_built_in, is_in_block};
use crate::tokens::{Fragment, is_punct};

/// The arguments that an item inherits from the blocks around it.
#[derive(Clone)]
pub(crate) struct InBlock {
    /// Whether another attribute has instrumented the item, or left it out.
    pub(crate) is_taken: bool,
    /// The arguments on the blocks, from the outermost to the innermost.
    pub(crate) lists: Vec<TokenStream>,
    /// The block around the item.
    pub(crate) enclosing: Option<Rc<Enclosing>>,
    /// The arguments on the item itself.
    pub(crate) own: TokenStream,
}

impl InBlock {
    /// Reads the arguments of the attribute.
    pub(crate) fn parse(args: TokenStream) -> Option<Self> {
        let mut tokens: Vec<TokenTree> = args.into_iter().collect();
        let is_taken = matches!(tokens.first(), Some(TokenTree::Ident(word)) if word == "taken");
        if is_taken {
            tokens.remove(0);
        }
        let mut groups = Vec::new();
        for token in tokens.drain(..3.min(tokens.len())) {
            let TokenTree::Group(group) = token else { return None };
            groups.push(group.stream());
        }
        let [lists, head, types]: [TokenStream; 3] = groups.try_into().ok()?;
        let lists = lists.into_iter().filter_map(|list| match list {
            TokenTree::Group(list) => Some(list.stream()),
            _ => None,
        });
        let head: Vec<TokenTree> = head.into_iter().collect();
        Some(Self {
            is_taken,
            lists: lists.collect(),
            enclosing: (!head.is_empty()).then(|| Rc::new(Enclosing::new(&head, types))),
            own: tokens.into_iter().collect(),
        })
    }

    /// Takes the attribute off an item. It stays, marked as taken, if there are attributes left that may be of this crate.
    pub(crate) fn take(item: TokenStream) -> (Option<Self>, TokenStream) {
        // Most items have no other attribute, and to split an item costs a seventh of an expansion.
        if !may_begin_with_attribute(&item) {
            return (None, item);
        }
        let (mut attrs, rest) = split_attributes(item.clone().into_iter().collect());
        let found = attrs.iter().enumerate().find_map(|(index, attr)| {
            let args = is_in_block(attr).then(|| arguments_of(attr))?;
            Some((index, Self::parse(args)?))
        });
        let Some((index, found)) = found else { return (None, item) };
        // An attribute with arguments of its own is a second one on the item.
        if found.own.is_empty() && !found.is_taken {
            let others = attrs.iter().enumerate().any(|(other, attr)| other != index && !is_built_in(attr));
            if others {
                let taken = Self { is_taken: true, ..found.clone() };
                attrs[index] = taken.with_path(attrs[index].path().to_token_stream());
            } else {
                attrs.remove(index);
            }
        }
        (Some(found), joined(&attrs, rest))
    }

    /// Returns the attribute, as code that finds the runtime under `private`.
    pub(crate) fn attribute(&self, private: &Fragment, span: Span) -> Attribute {
        let name = Ident::new(IN_BLOCK, span);
        self.with_path(quote_spanned!(span=> #private::#name))
    }

    fn with_path(&self, path: TokenStream) -> Attribute {
        let Self { is_taken, lists, enclosing, own } = self;
        let taken = is_taken.then(|| quote!(taken));
        let (head, types) = enclosing.as_ref().map(|block| block.parts()).unwrap_or_default();
        let args = quote!(#taken (#((#lists))*) (#head) (#types) #own);
        let mut args = Group::new(Delimiter::Parenthesis, args);
        args.set_span(Span::mixed_site());
        syn::parse_quote!(#[#path #args])
    }

    /// Returns the arguments on the blocks and then those of the item.
    pub(crate) fn all_args(&self, own: &TokenStream) -> TokenStream {
        let lists = &self.lists;
        quote!(#(#lists,)* #own)
    }

    /// Returns the arguments of an attribute with the path of the runtime, if a block around it names one and the
    /// attribute does not.
    pub(crate) fn with_crate(&self, args: TokenStream) -> TokenStream {
        let given = |args: &TokenStream| path_of_crate(args.clone());
        let Some(path) = self.lists.iter().rev().find_map(given) else { return args };
        if given(&args).is_some() {
            return args;
        }
        let comma = args.clone().into_iter().last().filter(|last| !is_punct(last, ',')).map(|_| quote!(,));
        quote!(#args #comma crate = #path)
    }
}

/// Returns the value of `crate = path` in a list of arguments.
fn path_of_crate(args: TokenStream) -> Option<TokenStream> {
    let tokens: Vec<TokenTree> = args.into_iter().collect();
    let name = tokens.windows(2).position(|pair| {
        matches!(&pair[0], TokenTree::Ident(word) if word == "crate") && is_punct(&pair[1], '=')
    })?;
    Some(tokens[name + 2..].iter().take_while(|token| !is_punct(token, ',')).cloned().collect())
}
