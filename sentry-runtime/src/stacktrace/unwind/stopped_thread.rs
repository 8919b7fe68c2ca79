//! The stack of a thread that has stopped, walked by another thread of the same process.
//!
//! The unwinder of the standard library walks the calling thread only, and must not run in a signal handler. This one begins
//! with the registers that a signal handler has saved. It follows the tables that compilers write for unwinding
//! (`.eh_frame`), and reads all memory through `/proc/self/mem`: an address that is not mapped is an error there and
//! no second crash.
//!
//! Spec: [`.eh_frame`](https://refspecs.linuxfoundation.org/LSB_5.0.0/LSB-Core-generic/LSB-Core-generic/ehframechpt.html),
//! the numbers of registers for [x86-64](https://gitlab.com/x86-psABIs/x86-64-ABI) and
//! [AArch64](https://github.com/ARM-software/abi-aa/blob/main/aadwarf64/aadwarf64.rst)

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use gimli::{
    CfaRule, Encoding, EndianSlice, Expression, NativeEndian, Operation, Register, RegisterRule,
    UnwindExpression,
};
use object::Endianness;
use object::elf::{FileHeader64, PT_GNU_EH_FRAME, PT_LOAD};
use object::read::elf::{FileHeader as _, ProgramHeader as _};

use crate::stacktrace::capture::{MAX_ADDRESSES, RawStack};
use crate::stacktrace::image::Image;
use crate::stacktrace::images::Images;
use crate::stacktrace::unwind::table::{self, Entries, Function, Row, Table};

/// The number of registers that the tables know.
pub(crate) const REGISTERS: usize = if cfg!(target_arch = "x86_64") { 17 } else { 32 };
/// The number of the stack pointer.
pub(crate) const STACK_POINTER: usize = if cfg!(target_arch = "x86_64") { 7 } else { 31 };
/// The number of the register in which a function finds its return address: a column of the tables on x86-64.
pub(crate) const RETURN_ADDRESS: usize = if cfg!(target_arch = "x86_64") { 16 } else { 30 };

/// The number of bytes read for a file's header and its table of segments.
const HEAD: usize = 16 * 1024;
/// Larger tables are not read, in bytes.
const MAX_TABLE: u64 = 256 * 1024 * 1024;

/// The registers of a thread, by their numbers in the tables; `None` if a value is not known.
#[derive(Debug, Clone)]
pub(crate) struct Registers {
    /// The address of the instruction.
    pub(crate) instruction: u64,
    pub(crate) values: [Option<u64>; REGISTERS],
}

impl Registers {
    /// Walks the stack outwards. Stops where no table says how it goes on.
    pub(crate) fn walk(mut self, memory: &Memory) -> RawStack {
        let mut tables = Tables::default();
        // The others are return addresses, which are looked up one byte before.
        let mut addresses = vec![self.instruction.saturating_add(1)];
        let mut lookup = self.instruction;
        while addresses.len() < MAX_ADDRESSES {
            let is_first = addresses.len() == 1;
            let known = tables.caller_of(&self, lookup, memory);
            // A call of an address that is no code: the return address was stored, and nothing else happened.
            let before_frame = || if is_first { self.caller_before_frame(memory) } else { None };
            let Some(Caller { registers: caller, is_interrupted }) = known.or_else(before_frame) else {
                break;
            };
            // A handler of signals may have a stack of its own, which lies anywhere.
            let outward = caller.stack() > self.stack()
                || is_interrupted
                || (is_first && caller.stack() == self.stack());
            if caller.instruction == 0 || !outward {
                break;
            }
            // No call ends before the instruction at which a signal arrived.
            let (address, place) = match is_interrupted {
                true => (caller.instruction.saturating_add(1), caller.instruction),
                false => (caller.instruction, caller.instruction - 1),
            };
            addresses.push(address);
            lookup = place;
            self = caller;
        }
        RawStack::of_addresses(addresses.into_iter().filter_map(|address| usize::try_from(address).ok()))
    }

    fn stack(&self) -> Option<u64> {
        self.values[STACK_POINTER]
    }

    fn value(&self, register: Register) -> Option<u64> {
        self.values.get(usize::from(register.0)).copied().flatten()
    }

    /// Returns the result of an expression. C libraries describe with expressions where the kernel saved the registers when it
    /// called a handler: they load words at fixed distances from the stack pointer. Others, such as those of the tables of
    /// jumps, which call nothing, have no result here.
    fn place(
        &self,
        expression: Expression<EndianSlice<'_, NativeEndian>>,
        encoding: Encoding,
        memory: &Memory,
    ) -> Option<u64> {
        let mut place = None;
        let mut operations = expression.operations(encoding);
        while let Some(operation) = operations.next().ok()? {
            place = match operation {
                Operation::RegisterOffset { register, offset, .. } if place.is_none() => {
                    self.value(register)?.checked_add_signed(offset)
                }
                Operation::PlusConstant { value } => place?.checked_add(value),
                Operation::Deref { size: 8, space: false, .. } => memory.word(place?),
                _ => None,
            };
            place?;
        }
        place
    }

    /// Returns the registers of the caller, if the function has not begun.
    fn caller_before_frame(&self, memory: &Memory) -> Option<Caller> {
        let mut caller = self.clone();
        if cfg!(target_arch = "x86_64") {
            let stack = self.stack()?;
            caller.instruction = memory.word(stack)?;
            caller.values[STACK_POINTER] = Some(stack.checked_add(8)?);
        } else {
            caller.instruction = code(self.values[RETURN_ADDRESS]?);
        }
        Some(Caller { registers: caller, is_interrupted: false })
    }
}

/// The caller of a function.
struct Caller {
    registers: Registers,
    /// Whether it did not call, but was interrupted by a signal, whose handler the function is.
    is_interrupted: bool,
}

/// The memory of this process.
#[derive(Debug)]
pub(crate) struct Memory(File);

impl Memory {
    /// Opens the memory; `None` where the system has no `/proc`, or forbids it.
    pub(crate) fn open() -> Option<Self> {
        File::open("/proc/self/mem").ok().map(Self)
    }

    /// Reads a word; `None` if it is not mapped.
    pub(crate) fn word(&self, address: u64) -> Option<u64> {
        let mut bytes = [0; 8];
        self.0.read_exact_at(&mut bytes, address).ok()?;
        Some(u64::from_ne_bytes(bytes))
    }

    /// Reads bytes up to a length, or to the first one that is not mapped.
    fn bytes(&self, address: u64, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        let mut read = 0;
        while let Some(rest) = bytes.get_mut(read..).filter(|rest| !rest.is_empty()) {
            match self.0.read_at(rest, address.saturating_add(read as u64)) {
                Ok(0) | Err(_) => break,
                Ok(more) => read += more,
            }
        }
        bytes.truncate(read);
        bytes
    }
}

/// The tables of the files that were needed so far.
#[derive(Default)]
struct Tables {
    images: Images,
    known: Vec<(u64, Option<Bytes>)>,
}

impl Tables {
    /// Returns the caller of the function at `lookup`.
    fn caller_of(&mut self, frame: &Registers, lookup: u64, memory: &Memory) -> Option<Caller> {
        self.images.look_up(&[usize::try_from(lookup).ok()?]);
        let image = Arc::clone(self.images.at(lookup)?);
        let at = match self.known.iter().position(|(address, _)| *address == image.image_addr) {
            Some(at) => at,
            None => {
                self.known.push((image.image_addr, Bytes::read(&image, memory)));
                self.known.len() - 1
            }
        };
        self.known[at]
            .1
            .as_ref()?
            .table()
            .at(lookup, |entries, function, row| caller(frame, entries, function, row, memory))
    }
}

/// The table of one file, copied, with the addresses of its two parts.
struct Bytes {
    index: (Vec<u8>, u64),
    entries: (Vec<u8>, u64),
}

impl Bytes {
    /// Reads the table of a loaded file; `None` if it has none.
    fn read(image: &Image, memory: &Memory) -> Option<Self> {
        let bias = image.image_addr.wrapping_sub(image.image_vmaddr);
        let head = memory.bytes(image.image_addr, HEAD);
        let header = FileHeader64::<Endianness>::parse(head.as_slice()).ok()?;
        let endian = header.endian().ok()?;
        let segments = header.program_headers(endian, head.as_slice()).ok()?;
        let index = segments.iter().find(|segment| segment.p_type(endian) == PT_GNU_EH_FRAME)?;
        let index_at = index.p_vaddr(endian).wrapping_add(bias);
        let length = index.p_memsz(endian).min(MAX_TABLE);
        let index = memory.bytes(index_at, usize::try_from(length).ok()?);
        let entries_at = table::entries_of(&index, index_at)?;
        // Its length is not stated, but it ends with the segment.
        let end = segments.iter().find_map(|segment| {
            let start = segment.p_vaddr(endian).wrapping_add(bias);
            let end = start.checked_add(segment.p_memsz(endian))?;
            (segment.p_type(endian) == PT_LOAD && (start..end).contains(&entries_at)).then_some(end)
        })?;
        let entries = memory.bytes(entries_at, usize::try_from((end - entries_at).min(MAX_TABLE)).ok()?);
        Some(Self { index: (index, index_at), entries: (entries, entries_at) })
    }

    fn table(&self) -> Table<'_> {
        Table::new((&self.index.0, self.index.1), (&self.entries.0, self.entries.1))
    }
}

/// Returns the caller of a frame with these rules.
fn caller(
    frame: &Registers,
    entries: &Entries<'_>,
    function: &Function<'_>,
    row: &Row,
    memory: &Memory,
) -> Option<Caller> {
    let place = |expression: &UnwindExpression<usize>| {
        frame.place(expression.get(entries).ok()?, function.cie().encoding(), memory)
    };
    let base = match row.cfa() {
        CfaRule::RegisterAndOffset { register, offset } => {
            frame.value(*register)?.checked_add_signed(*offset)?
        }
        CfaRule::Expression(expression) => place(expression)?,
    };
    let mut caller = frame.clone();
    // On x86-64 it is always a place in memory.
    if cfg!(target_arch = "x86_64") {
        caller.values[RETURN_ADDRESS] = None;
    }
    caller.values[STACK_POINTER] = Some(base);
    for (register, rule) in row.registers() {
        let Some(value) = caller.values.get_mut(usize::from(register.0)) else { continue };
        *value = match rule {
            RegisterRule::SameValue => continue,
            RegisterRule::Offset(offset) => memory.word(base.checked_add_signed(*offset)?),
            RegisterRule::ValOffset(offset) => base.checked_add_signed(*offset),
            RegisterRule::Register(other) => frame.value(*other),
            RegisterRule::Expression(expression) => place(expression).and_then(|place| memory.word(place)),
            _ => None,
        };
    }
    caller.instruction = code(caller.values[RETURN_ADDRESS]?);
    Some(Caller { registers: caller, is_interrupted: function.is_signal_trampoline() })
}

/// Returns an address of code without the signature that AArch64 may store in its upper bits.
fn code(address: u64) -> u64 {
    if cfg!(target_arch = "aarch64") { address & ((1 << 48) - 1) } else { address }
}
