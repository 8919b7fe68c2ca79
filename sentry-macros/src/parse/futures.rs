//! Futures and streams as return types, recognised by their names.

use syn::{GenericArgument, PathArguments, Type, TypeParamBound};

use super::returns::{last_segment, names_boxed_alias, type_arguments, ungrouped};

/// Returns `Some` for `impl Future<Output = T>`, with the `T` if it is written.
///
/// A type with further traits does not count as a future, because the instrumented future would not implement them.
pub(crate) fn output_of_impl(ty: &Type) -> Option<Option<Type>> {
    match ungrouped(ty) {
        Type::ImplTrait(ty) => future_output(ty.bounds.iter()),
        _ => None,
    }
}

/// Returns `Some` for `Pin<Box<dyn Future<Output = T>>>`, `BoxFuture<'_, T>` and `LocalBoxFuture<'_, T>`, with the `T`.
/// The output of an alias with other arguments is unknown.
pub(crate) fn output_of_boxed(ty: &Type) -> Option<Option<Type>> {
    let segment = last_segment(ty)?;
    if names_boxed_alias(segment) {
        let mut types = type_arguments(segment);
        return Some(types.next().filter(|_| types.next().is_none()).cloned());
    }
    if segment.ident != "Pin" {
        return None;
    }
    let boxed = last_segment(type_arguments(segment).next()?)?;
    if boxed.ident != "Box" {
        return None;
    }
    match ungrouped(type_arguments(boxed).next()?) {
        Type::TraitObject(object) => future_output(object.bounds.iter()),
        _ => None,
    }
}

/// Returns whether a type is `impl Stream<Item = …>`, with no further traits that a stream with a span would not implement.
pub(crate) fn is_stream(ty: &Type) -> bool {
    let Type::ImplTrait(ty) = ungrouped(ty) else { return false };
    let mut is_stream = false;
    ty.bounds.iter().all(|bound| {
        let TypeParamBound::Trait(bound) = bound else { return true };
        let Some(segment) = bound.path.segments.last() else { return false };
        let item = || match &segment.arguments {
            PathArguments::AngleBracketed(arguments) => arguments
                .args
                .iter()
                .any(|argument| matches!(argument, GenericArgument::AssocType(item) if item.ident == "Item")),
            _ => false,
        };
        if segment.ident == "Stream" && item() {
            is_stream = true;
            return true;
        }
        ["Send", "Sync", "Unpin"].iter().any(|known| segment.ident == known)
    }) && is_stream
}

fn future_output<'a>(bounds: impl Iterator<Item = &'a TypeParamBound>) -> Option<Option<Type>> {
    let mut output = None;
    for bound in bounds {
        let TypeParamBound::Trait(bound) = bound else {
            continue;
        };
        let segment = bound.path.segments.last()?;
        if segment.ident == "Future" {
            let written = match &segment.arguments {
                PathArguments::AngleBracketed(arguments) => {
                    let written = arguments.args.iter().find_map(|argument| match argument {
                        GenericArgument::AssocType(assoc) if assoc.ident == "Output" => {
                            Some(assoc.ty.clone())
                        }
                        _ => None,
                    });
                    // Another trait of that name has other associated types, such as `Item` and `Error` in futures 0.1.
                    Some(written?)
                }
                _ => None,
            };
            output = Some(written);
        } else if !["Send", "Sync", "Unpin"].iter().any(|known| segment.ident == known) {
            return None;
        }
    }
    output
}

#[cfg(test)]
mod tests {
    use quote::ToTokens as _;

    use super::*;
    use crate::parse::type_of as parse;

    #[test]
    fn futures_by_name() {
        let output = |ty: &str| {
            let ty = parse(ty);
            output_of_impl(&ty)
                .or_else(|| output_of_boxed(&ty))
                .map(|output| output.map(|ty| ty.to_token_stream().to_string()))
        };
        assert_eq!(output("impl Future<Output = u8> + Send + 'a"), Some(Some("u8".into())));
        assert_eq!(output("impl ::core::future::Future"), Some(None));
        assert_eq!(
            output("Pin<Box<dyn Future<Output = Result<(), E>> + Send + 'a>>"),
            Some(Some("Result < () , E >".into()))
        );
        assert_eq!(output("BoxFuture<'a, u8>"), Some(Some("u8".into())));
        assert_eq!(output("impl Future<Output = u8> + Clone"), None);
        assert_eq!(output("Box<dyn Future<Output = u8>>"), None);
        assert_eq!(output("BoxFuture<u8>"), Some(Some("u8".into())));
        assert_eq!(output("BoxFuture<'a, u8, Error>"), Some(None));
        assert_eq!(output("BoxFuture"), Some(None));
        assert_eq!(output("impl Future<Item = u8, Error = E>"), None);
        assert_eq!(output("impl Iterator<Item = u8>"), None);
        assert_eq!(output("Pin<Box<T>>"), None);
    }
}
