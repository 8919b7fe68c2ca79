//! The stack and the registers of the crashing thread, read by the reporter while that thread waits.

use std::time::Instant;

use super::state::State;
use crate::client::Client;
use crate::protocol::Event;

/// Adds the stack to the event of a crash. Frames that have no name by `limit` keep their addresses.
#[cfg(walks_crashed_threads)]
pub(super) fn add(
    state: &State,
    client: &std::sync::Arc<Client>,
    event: &mut Event<'static>,
    limit: Instant,
) {
    use std::ptr::NonNull;

    use super::registers;
    use super::state::Step;
    use crate::pipeline;
    use crate::stacktrace::stopped_thread::Memory;

    let Some(context) = NonNull::new(state.registers.load(std::sync::atomic::Ordering::Acquire)) else {
        return;
    };
    let Some(memory) = Memory::open() else { return };
    #[expect(unsafe_code, reason = "the registers belong to the crashing thread")]
    // SAFETY: the crashing thread has stored the address, and waits in its handler, which keeps the registers.
    let context = unsafe { context.as_ref() };
    let registers = registers::of(context);
    let stack = registers.clone().walk(&memory);
    let Some((mut stacktrace, images)) = pipeline::crash_stack(client, &stack, &|| Instant::now() > limit)
    else {
        return;
    };
    stacktrace.registers = registers::shown(&registers, &memory);
    if let Some(exception) = event.exception.values.first_mut() {
        exception.stacktrace = Some(stacktrace);
    }
    // A minidump has its own list.
    if !state.is_done(Step::DUMPED) {
        event.debug_meta = std::borrow::Cow::Owned(images);
    }
}

#[cfg(not(walks_crashed_threads))]
pub(super) fn add(_: &State, _: &std::sync::Arc<Client>, _: &mut Event<'static>, _: Instant) {}
