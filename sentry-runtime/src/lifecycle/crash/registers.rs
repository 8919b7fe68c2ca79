//! The registers of a crashed thread: by their numbers in the tables for unwinding, and as an event shows them.

use crash_context::CrashContext;

use crate::protocol::{Map, RegVal};
use crate::stacktrace::stopped_thread::{Memory, REGISTERS, Registers, STACK_POINTER};

/// The values below this are shown: they are numbers, or addresses of fields behind a null pointer.
const SMALL: u64 = 4096;

/// The names of the registers, in the order of the tables for unwinding.
#[cfg(target_arch = "x86_64")]
const NAMES: [&str; REGISTERS - 1] = [
    "rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
    "r15",
];
#[cfg(target_arch = "aarch64")]
const NAMES: [&str; REGISTERS] = [
    "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15",
    "x16", "x17", "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "fp", "lr",
    "sp",
];
const OF_INSTRUCTION: &str = if cfg!(target_arch = "x86_64") { "rip" } else { "pc" };

/// Returns the registers at the crash.
#[cfg(target_arch = "x86_64")]
pub(super) fn of(context: &CrashContext) -> Registers {
    /// The places of the registers above in what the kernel saves.
    const PLACES: [i32; REGISTERS - 1] = [
        libc::REG_RAX,
        libc::REG_RDX,
        libc::REG_RCX,
        libc::REG_RBX,
        libc::REG_RSI,
        libc::REG_RDI,
        libc::REG_RBP,
        libc::REG_RSP,
        libc::REG_R8,
        libc::REG_R9,
        libc::REG_R10,
        libc::REG_R11,
        libc::REG_R12,
        libc::REG_R13,
        libc::REG_R14,
        libc::REG_R15,
    ];
    let saved = &context.context.uc_mcontext.gregs;
    let at = |place: i32| {
        let value = usize::try_from(place).ok().and_then(|place| saved.get(place));
        value.map(|value| value.cast_unsigned())
    };
    let mut values = [None; REGISTERS];
    for (value, place) in values.iter_mut().zip(PLACES) {
        *value = at(place);
    }
    Registers { instruction: at(libc::REG_RIP).unwrap_or_default(), values }
}

/// Returns the registers at the crash.
#[cfg(target_arch = "aarch64")]
pub(super) fn of(context: &CrashContext) -> Registers {
    let saved = &context.context.uc_mcontext;
    let mut values = [None; REGISTERS];
    for (value, register) in values.iter_mut().zip(saved.regs) {
        *value = Some(register);
    }
    values[STACK_POINTER] = Some(saved.sp);
    Registers { instruction: saved.pc, values }
}

/// Returns the stack pointer at the crash.
pub(super) fn stack_pointer(context: &CrashContext) -> Option<u64> {
    of(context).values[STACK_POINTER]
}

/// Returns the registers that an event shows: small numbers and addresses. Other values may be pieces of texts.
pub(super) fn shown(registers: &Registers, memory: &Memory) -> Map<String, RegVal> {
    debug_assert_eq!(NAMES[STACK_POINTER].trim_start_matches('r'), "sp", "the order of the names");
    let named = NAMES.iter().zip(registers.values).filter_map(|(name, value)| Some((*name, value?)));
    let all = named.chain([(OF_INSTRUCTION, registers.instruction)]);
    let shown = all
        .filter(|(name, value)| *name == OF_INSTRUCTION || *value < SMALL || memory.word(*value).is_some());
    shown.map(|(name, value)| (name.to_owned(), RegVal(value))).collect()
}

#[cfg(test)]
#[expect(unsafe_code, reason = "the registers of a signal handler are imitated")]
mod tests {
    use super::*;
    use crate::stacktrace::RawStack;
    use crate::stacktrace::stopped_thread::RETURN_ADDRESS;

    /// Returns the stack by the registers, and the stack by the unwinder of the standard library.
    #[inline(never)]
    fn both() -> (RawStack, RawStack) {
        // SAFETY: zeros are valid for the plain data, and the call only writes to it.
        let context = unsafe {
            let mut context: CrashContext = std::mem::zeroed();
            assert_eq!(crash_context::crash_context_getcontext(&raw mut context.context), 0);
            context
        };
        let memory = Memory::open().unwrap();
        std::hint::black_box((of(&context).walk(&memory), RawStack::capture()))
    }

    #[inline(never)]
    fn deep(depth: usize) -> (RawStack, RawStack) {
        std::hint::black_box(if depth == 0 { both() } else { deep(depth - 1) })
    }

    #[test]
    fn the_registers_lead_to_the_frames_that_the_unwinder_finds() {
        let (walked, captured) = deep(5);
        let (walked, captured) = (walked.addresses(), captured.addresses());
        // Those of `both` and what it calls differ. The last ones are the beginning of the thread in the C library.
        let callers = &walked[1..];
        assert!(callers.len() > 10, "{callers:x?}");
        let at = captured.iter().position(|address| *address == callers[0]).expect("the caller of both");
        let captured: Vec<_> = captured[at..].iter().copied().filter(|address| *address != 0).collect();
        assert_eq!(callers, captured);
    }

    #[test]
    fn a_thread_that_called_nothing_has_a_caller() {
        let memory = Memory::open().unwrap();
        let (walked, _) = both();
        let word = walked.addresses()[1] as u64;
        let mut stack = [word, 0];
        let mut values = [None; REGISTERS];
        values[STACK_POINTER] = Some(stack.as_mut_ptr().addr() as u64);
        if cfg!(target_arch = "aarch64") {
            values[RETURN_ADDRESS] = Some(word);
        }
        let lost = Registers { instruction: 0, values };
        assert_eq!(lost.walk(&memory).addresses()[..2], [1, walked.addresses()[1]]);
    }

    #[test]
    fn registers_with_texts_are_not_shown() {
        let memory = Memory::open().unwrap();
        let place = 7_u64;
        let mut values = [None; REGISTERS];
        values[0] = Some(u64::from_ne_bytes(*b"hunter2!"));
        values[1] = Some(std::ptr::from_ref(&place).addr() as u64);
        values[2] = Some(16);
        let shown = shown(&Registers { instruction: u64::MAX, values }, &memory);
        let names: Vec<&str> = shown.keys().map(String::as_str).collect();
        let expected = if cfg!(target_arch = "x86_64") { ["rcx", "rdx", "rip"] } else { ["pc", "x1", "x2"] };
        assert_eq!(names, expected);
    }
}
