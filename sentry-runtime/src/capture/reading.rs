//! Reading of the caller's errors with the group readers of the active client.

use std::error::Error;

use crate::context::active;
use crate::error::chain::{self, Chain};
use crate::error::group::{ErrorGroup, GroupReader};

fn with_readers<R>(read: impl FnOnce(&[GroupReader]) -> R) -> R {
    let client = active::client();
    read(client.as_ref().map_or(&[], |client| &client.options().error_groups))
}

/// See [`chain::read`].
pub(crate) fn read<E: Error + ?Sized>(error: &E) -> Chain {
    with_readers(|groups| chain::read(error, groups))
}

/// See [`chain::read_named`].
pub(crate) fn read_named(error: &dyn Error, static_name: &'static str) -> Chain {
    with_readers(|groups| chain::read_named(error, static_name, groups))
}

/// See [`chain::read_dynamic`].
pub(crate) fn read_dynamic(error: &(dyn Error + 'static), static_name: &'static str) -> Chain {
    with_readers(|groups| chain::read_dynamic(error, static_name, groups))
}

/// See [`chain::read_group`].
pub(crate) fn read_group<E: ErrorGroup + ?Sized>(group: &E, static_name: &'static str) -> Chain {
    with_readers(|groups| chain::read_group(group, static_name, groups))
}
