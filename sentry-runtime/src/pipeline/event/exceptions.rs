//! The exceptions of an event, from a chain of errors or a panic.
//!
//! [Spec](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/exception/)

use std::borrow::Cow;
use std::sync::Arc;

use crate::capture::event;
use crate::error::chain::{Chain, ChainEntry};
use crate::intake::message::CaptureMechanism;
use crate::protocol::{self, Exception, Stacktrace};

/// Returns the exceptions of a chain in wire order: causes and parts first, the error itself last, numbered from the
/// error. `of_user` is the mechanism that the user set.
pub(crate) fn of_chain(
    chain: &Chain,
    mechanism: CaptureMechanism,
    of_user: Option<&protocol::Mechanism>,
    mut stack: Option<Stacktrace>,
) -> Vec<Exception> {
    let mut root = of_user.cloned().unwrap_or_default();
    if root.ty.is_empty() {
        root.ty = mechanism.ty.to_owned();
    }
    let handled = *root.handled.get_or_insert(mechanism.handled);
    let several = chain.entries.len() > 1;
    let exception = |(number, entry): (usize, &Arc<ChainEntry>)| {
        let number = number as u64;
        let own = if number == 0 {
            std::mem::take(&mut root)
        } else {
            protocol::Mechanism {
                ty: "chained".to_owned(),
                handled: Some(handled),
                source: Some(entry.source.clone().into_owned()),
                parent_id: Some(entry.parent as u64),
                ..protocol::Mechanism::default()
            }
        };
        Exception {
            ty: entry.ty.clone().into_owned(),
            value: Some(entry.value.clone()),
            module: entry.module.clone().map(Cow::into_owned),
            stacktrace: if number == 0 { stack.take() } else { None },
            mechanism: Some(protocol::Mechanism {
                exception_id: several.then_some(number),
                is_exception_group: entry.is_group.then_some(true),
                ..own
            }),
            ..Exception::default()
        }
    };
    let mut exceptions: Vec<_> = chain.entries.iter().enumerate().map(exception).collect();
    exceptions.reverse();
    exceptions
}

/// Returns the exception of a panic.
pub(crate) fn of_panic(
    message: &str,
    location: Option<&(String, u32, u32)>,
    stacktrace: Option<Stacktrace>,
) -> Exception {
    let mut mechanism = protocol::Mechanism {
        ty: "panic".to_owned(),
        handled: Some(false),
        ..protocol::Mechanism::default()
    };
    if let Some((file, line, column)) = location {
        mechanism.data.insert("location".to_owned(), format!("{file}:{line}:{column}").into());
    }
    let ChainEntry { ty, value, .. } = event::panic_entry(message);
    Exception {
        ty: ty.into_owned(),
        value: Some(value),
        stacktrace,
        mechanism: Some(mechanism),
        ..Exception::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::chain;

    const GENERIC: CaptureMechanism = CaptureMechanism { ty: "generic", handled: true };

    #[test]
    fn what_the_user_says_of_the_mechanism_counts() {
        let chain = chain::read(&std::fmt::Error, &[]);
        let of_user = protocol::Mechanism { handled: Some(false), ..protocol::Mechanism::default() };
        let exceptions = of_chain(&chain, GENERIC, Some(&of_user), None);
        let mechanism = exceptions[0].mechanism.as_ref().unwrap();
        assert_eq!((&*mechanism.ty, mechanism.handled), ("generic", Some(false)));
        let of_user = protocol::Mechanism { ty: "till".to_owned(), ..protocol::Mechanism::default() };
        let exceptions = of_chain(&chain, GENERIC, Some(&of_user), None);
        let mechanism = exceptions[0].mechanism.as_ref().unwrap();
        assert_eq!((&*mechanism.ty, mechanism.handled), ("till", Some(true)));
    }
}
