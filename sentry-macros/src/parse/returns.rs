//! The return type of a function, as it is written.
//!
//! A macro sees names, not types. The names must answer two questions: may the value hold an error, and is it a future?

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::{GenericArgument, PathArguments, ReturnType, Type, TypePath};

use crate::tokens::{contains_word, is_punct};

/// The return type of a function.
#[derive(Clone, Copy)]
pub(crate) enum Returns<'a> {
    /// `()`, or no type at all.
    Unit,
    /// `!`
    Never,
    /// A type.
    Type(&'a Type),
}

impl<'a> Returns<'a> {
    /// Reads the output of a signature.
    pub(crate) fn of(output: &'a ReturnType) -> Self {
        match output {
            ReturnType::Default => Self::Unit,
            ReturnType::Type(_, ty) => Self::of_type(ty),
        }
    }

    /// Reads a type.
    pub(crate) fn of_type(ty: &'a Type) -> Self {
        match ungrouped(ty) {
            Type::Never(_) => Self::Never,
            Type::Tuple(tuple) if tuple.elems.is_empty() => Self::Unit,
            _ => Self::Type(ty),
        }
    }

    /// Returns whether the name of the type contains `Result`: `Result`, `io::Result`, `PlaceResult`.
    pub(crate) fn names_result(self) -> bool {
        let Self::Type(ty) = self else { return false };
        match ungrouped(ty) {
            // A type of an older edition, in tokens: its name is the last word before its arguments.
            Type::Verbatim(tokens) => {
                let name = tokens.clone().into_iter().take_while(|token| !is_punct(token, '<'));
                name.last().is_some_and(|name| name.to_string().contains("Result"))
            }
            _ => last_segment(ty).is_some_and(|segment| segment.ident.to_string().contains("Result")),
        }
    }

    /// Returns whether the value may be a result under another name: any type that is not known to be something else.
    pub(crate) fn may_fail(self) -> bool {
        const NEVER_FAIL: &[&str] = &[
            "String", "Vec", "Option", "Self", "bool", "char", "str", "f32", "f64", "i8", "i16", "i32",
            "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize",
        ];
        let Self::Type(ty) = self else { return false };
        match ungrouped(ty) {
            Type::Path(TypePath { qself: None, path, .. }) => match path.get_ident() {
                Some(name) => !NEVER_FAIL.iter().any(|known| name == known),
                None => path.segments.last().is_none_or(|last| last.ident != "Vec" && last.ident != "Option"),
            },
            Type::Path(_) | Type::Macro(_) | Type::ImplTrait(_) | Type::Verbatim(_) => true,
            _ => false,
        }
    }

    /// Returns whether the value may be a response with a method of the user's for its status: a type that is not known to
    /// be something else, or a result of one.
    pub(crate) fn may_be_response(self) -> bool {
        let Self::Type(ty) = self else { return false };
        let value =
            last_segment(ty).filter(|_| self.names_result()).and_then(|result| type_arguments(result).next());
        match value {
            Some(value) => Self::of_type(value).may_be_response(),
            None => self.may_fail(),
        }
    }

    /// Returns the error type of a result, if it is written.
    pub(crate) fn error(self) -> Option<&'a Type> {
        let Self::Type(ty) = self else { return None };
        type_arguments(last_segment(ty)?).nth(1)
    }

    /// Returns whether the type has a lifetime argument, as an alias of a result may have.
    pub(crate) fn takes_lifetime(self) -> bool {
        let Self::Type(ty) = self else { return false };
        let arguments = match last_segment(ty).map(|segment| &segment.arguments) {
            Some(PathArguments::AngleBracketed(arguments)) => Some(&arguments.args),
            _ => None,
        };
        arguments.into_iter().flatten().any(
            |argument| matches!(argument, GenericArgument::Lifetime(lifetime) if lifetime.ident != "static"),
        )
    }

    /// Returns whether the type contains `impl Fn(…)`, `impl FnMut(…)` or `impl FnOnce(…)`. The compiler infers the
    /// argument types of a returned closure from it, and could not do so through the wrapper's closure. A result is
    /// inspected nevertheless, for its error.
    pub(crate) fn is_closure(self) -> bool {
        matches!(self, Self::Type(ty) if !self.names_result() && may_hold_impl(ty) && holds_closure(ty.to_token_stream()))
    }

    /// Returns whether the type contains `impl Trait`, so that only the body determines what it is.
    pub(crate) fn is_opaque(self) -> bool {
        matches!(self, Self::Type(ty) if may_hold_impl(ty) && contains_word(ty.to_token_stream(), "impl"))
    }

    /// Returns whether the type has the name of an alias for a boxed future. A crate's own alias of that name may have
    /// another output than its argument, such as a result of it.
    pub(crate) fn is_boxed_alias(self) -> bool {
        matches!(self, Self::Type(ty) if last_segment(ty).is_some_and(names_boxed_alias))
    }

    /// Returns whether the type is a tuple other than `()`.
    pub(crate) fn is_tuple(self) -> bool {
        matches!(self, Self::Type(ty) if matches!(ungrouped(ty), Type::Tuple(_)))
    }

    /// Returns the type as it can be written inside of the function: each `impl Trait` becomes `_`.
    pub(crate) fn nameable(self, span: proc_macro2::Span) -> TokenStream {
        match self {
            Self::Unit => quote_spanned!(span=> ()),
            Self::Never => quote_spanned!(span=> !),
            Self::Type(ty) if may_hold_impl(ty) => without_impl(ty.to_token_stream()),
            Self::Type(ty) => ty.to_token_stream(),
        }
    }
}

/// Returns whether a type contains an `impl …` with a bound like `Fn(…)`: a word in front of parentheses.
fn holds_closure(ty: TokenStream) -> bool {
    let mut bounds = None;
    let mut depth = 0_u32;
    let mut before = None;
    for token in ty {
        let found = match &token {
            TokenTree::Ident(word) if word == "impl" => {
                bounds = Some(depth);
                false
            }
            TokenTree::Punct(mark) => {
                match mark.as_char() {
                    '<' => depth += 1,
                    '>' if !before.as_ref().is_some_and(|before| is_punct(before, '-')) => {
                        depth = depth.saturating_sub(1)
                    }
                    _ => {}
                }
                let ends =
                    bounds.is_some_and(|start| depth < start || (depth == start && mark.as_char() == ','));
                bounds = bounds.filter(|_| !ends);
                false
            }
            TokenTree::Group(group) => {
                let is_called = matches!(&before, Some(TokenTree::Ident(word)) if word != "impl");
                (bounds == Some(depth) && is_called) || holds_closure(group.stream())
            }
            _ => false,
        };
        if found {
            return true;
        }
        before = Some(token);
    }
    false
}

/// Returns whether a type may contain `impl Trait`. Most types cannot, and their parts are at hand; their tokens would have to
/// be made.
fn may_hold_impl(ty: &Type) -> bool {
    match ty {
        Type::Path(TypePath { qself: None, path, .. }) => {
            path.segments.iter().any(|segment| match &segment.arguments {
                PathArguments::None => false,
                PathArguments::AngleBracketed(arguments) => {
                    arguments.args.iter().any(|argument| match argument {
                        GenericArgument::Type(ty) => may_hold_impl(ty),
                        GenericArgument::Lifetime(_) => false,
                        _ => true,
                    })
                }
                _ => true,
            })
        }
        Type::Reference(reference) => may_hold_impl(&reference.elem),
        Type::Slice(slice) => may_hold_impl(&slice.elem),
        Type::Tuple(tuple) => tuple.elems.iter().any(may_hold_impl),
        _ => true,
    }
}

pub(super) fn ungrouped(mut ty: &Type) -> &Type {
    loop {
        ty = match ty {
            Type::Group(group) => &group.elem,
            Type::Paren(paren) => &paren.elem,
            _ => return ty,
        };
    }
}

pub(super) fn last_segment(ty: &Type) -> Option<&syn::PathSegment> {
    match ungrouped(ty) {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

pub(super) fn names_boxed_alias(segment: &syn::PathSegment) -> bool {
    segment.ident == "BoxFuture" || segment.ident == "LocalBoxFuture"
}

/// Returns the type arguments of `Name<A, B>`.
pub(super) fn type_arguments(segment: &syn::PathSegment) -> impl Iterator<Item = &Type> {
    let arguments = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    };
    arguments.into_iter().flatten().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// Replaces every `impl A + B` in a type by `_`.
fn without_impl(ty: TokenStream) -> TokenStream {
    let mut output = TokenStream::new();
    let mut tokens = ty.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(word) if word == "impl" => {
                let span = word.span();
                output.extend(quote_spanned!(span=> _));
                let mut depth = 0_u32;
                let mut arrow = false;
                while let Some(next) = tokens.peek() {
                    let mut dash = false;
                    if let TokenTree::Punct(punct) = next {
                        match punct.as_char() {
                            ',' | ';' if depth == 0 => break,
                            '>' if arrow => {}
                            '>' if depth == 0 => break,
                            '<' => depth += 1,
                            '>' => depth -= 1,
                            '-' => dash = true,
                            _ => {}
                        }
                    }
                    arrow = dash;
                    tokens.next();
                }
            }
            TokenTree::Group(group) => {
                let mut rewritten = proc_macro2::Group::new(group.delimiter(), without_impl(group.stream()));
                rewritten.set_span(group.span());
                output.extend([TokenTree::Group(rewritten)]);
            }
            other => output.extend([other]),
        }
    }
    output
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::type_of as parse;

    #[test]
    fn results_by_name() {
        for ty in ["Result<(), E>", "io::Result<u8>", "anyhow::Result<()>", "PlaceResult", "(Result<A, B>)"] {
            assert!(Returns::of_type(&parse(ty)).names_result(), "{ty}");
        }
        for ty in [
            "()",
            "!",
            "Option<Result<A, B>>",
            "&Result<A, B>",
            "(Result<A, B>, C)",
            "impl Fn() -> Result<A, B>",
        ] {
            assert!(!Returns::of_type(&parse(ty)).names_result(), "{ty}");
        }
    }

    #[test]
    fn a_type_of_an_older_edition_is_read_by_its_name() {
        for (tokens, expected) in [
            ("Result<Box<Fn()>, E>", true),
            ("io::Result<Box<Fn()>>", true),
            ("Box<Fn() -> Result<A, B>>", false),
        ] {
            let ty = Type::Verbatim(tokens.parse().unwrap());
            assert_eq!(Returns::of_type(&ty).names_result(), expected, "{tokens}");
        }
    }

    #[test]
    fn groups_around_a_type_do_not_count() {
        let group = |text: &str| {
            let group = proc_macro2::Group::new(proc_macro2::Delimiter::None, text.parse().unwrap());
            syn::parse2::<Type>(TokenTree::from(group).into()).unwrap()
        };
        assert!(matches!(group("u8"), Type::Group(_)));
        assert!(Returns::of_type(&group("Result<A, B>")).names_result());
        assert!(matches!(Returns::of_type(&group("()")), Returns::Unit));
        assert!(matches!(Returns::of_type(&group("!")), Returns::Never));
        assert!(matches!(Returns::of_type(&parse("(())")), Returns::Unit));
    }

    #[test]
    fn tuples_aliases_and_responses() {
        for (ty, is_tuple, is_alias, is_response) in [
            ("()", false, false, false),
            ("(A,)", true, false, false),
            ("((A, B))", true, false, false),
            ("A", false, false, true),
            ("u8", false, false, false),
            ("BoxFuture<'a, A>", false, true, true),
            ("futures::LocalBoxFuture<'a, A>", false, true, true),
            ("Box<dyn Future<Output = A>>", false, false, true),
            ("Result<Response, E>", false, false, true),
            ("Result<u8, E>", false, false, false),
            ("Result<(), E>", false, false, false),
            ("io::Result<Html<String>>", false, false, true),
        ] {
            let parsed = parse(ty);
            let returns = Returns::of_type(&parsed);
            assert_eq!(returns.is_tuple(), is_tuple, "{ty}");
            assert_eq!(returns.is_boxed_alias(), is_alias, "{ty}");
            assert_eq!(returns.may_be_response(), is_response, "{ty}");
        }
    }

    #[test]
    fn types_that_may_fail() {
        for ty in [
            "Response",
            "impl IntoResponse",
            "T::Output",
            "<T as Trait>::Output",
            "Result<(), E>",
            "ExitCode",
        ] {
            assert!(Returns::of_type(&parse(ty)).may_fail(), "{ty}");
        }
        for ty in
            ["()", "!", "u32", "&T", "(A, B)", "[u8; 4]", "fn()", "Vec<T>", "Option<T>", "String", "Self"]
        {
            assert!(!Returns::of_type(&parse(ty)).may_fail(), "{ty}");
        }
    }

    #[test]
    fn closures() {
        for (ty, expected) in [
            ("impl Fn(&T) -> U + 'a", true),
            ("impl Send + for<'a> FnMut(&'a T)", true),
            ("impl Iterator<Item = fn(u8)>", false),
            ("Box<dyn Fn(u8)>", false),
            ("Result<impl Fn(u8), E>", false),
            ("(impl Fn(&str) -> usize, u8)", true),
            ("(u8, Option<impl Send + FnOnce()>)", true),
            ("[impl Fn(u8) -> Vec<u8>; 2]", true),
            ("(impl Send, Box<dyn Fn(u8)>)", false),
            ("(StatusCode, impl IntoResponse)", false),
            ("impl Iterator<Item = Box<dyn Fn(u8)>>", false),
            ("io::Result<(impl Fn(u8), u8)>", false),
            ("impl Tr<fn() -> fn(u8)>", false),
            ("(impl Send, fn(u8))", false),
            ("Pair<impl Send, fn(u8)>", false),
        ] {
            assert_eq!(Returns::of_type(&parse(ty)).is_closure(), expected, "{ty}");
        }
    }

    #[test]
    fn impl_becomes_inferred() {
        for (ty, expected) in [
            ("Result<impl Iterator<Item = (A, B)> + 'a, E>", "Result<_, E>"),
            ("Result<E, impl Fn(A) -> Vec<B>>", "Result<E, _>"),
            ("(impl A, Vec<impl B<C<D>>>)", "(_, Vec<_>)"),
            ("impl A", "_"),
            ("Result<impl A<B, C>, D>", "Result<_, D>"),
            ("Result<impl A<[B; 2]> + C, D>", "Result<_, D>"),
            ("Result<[impl A<B>; 2], C>", "Result<[_; 2], C>"),
            ("Vec<(A, impl B)>", "Vec<(A, _)>"),
            ("Result<Box<dyn A<Item = impl B>>, C>", "Result<Box<dyn A<Item = _>>, C>"),
            ("Pin<Box<A<Item = impl B>>>", "Pin<Box<A<Item = _>>>"),
            ("Option<&'a [impl B]>", "Option<&'a [_]>"),
            ("Result<A, B>", "Result<A, B>"),
            ("Result<(&'a [A], m::Map<'a, B>), C>", "Result<(&'a [A], m::Map<'a, B>), C>"),
        ] {
            let parsed = parse(ty);
            assert_eq!(Returns::of_type(&parsed).is_opaque(), ty.contains("impl"), "{ty}");
            let nameable = Returns::of_type(&parsed).nameable(proc_macro2::Span::call_site());
            // `>>` may be one token or two.
            let text = |tokens: TokenStream| tokens.to_string().replace(' ', "");
            assert_eq!(text(nameable), text(expected.parse().unwrap()));
        }
    }
}
