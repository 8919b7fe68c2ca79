//! The modules whose unwind tables are read: those that cannot be unloaded while this code runs.
//!
//! They are the main executable, the file that contains this code, and the C library that it is linked with. Rules of any
//! other file could be those of code that is gone, and replaced by other code at the same address.

#![expect(unsafe_code, reason = "reads the headers of loaded files")]

use std::ffi::{c_int, c_void};
use std::slice;

use crate::base::fork::PerProcess;
use crate::stacktrace::unwind::table::{self, Table};

/// The maximum number of modules.
const MAX: usize = 3;

/// A module with a table.
#[derive(Debug, Clone)]
pub(super) struct Module {
    /// The address of the first segment.
    start: usize,
    /// The address behind the last segment.
    end: usize,
    table: Table<'static>,
}

impl Module {
    pub(super) fn table(&self) -> &Table<'static> {
        &self.table
    }
}

/// The modules that stay loaded, each once.
#[derive(Debug, Clone)]
pub(super) struct Modules(Vec<Module>);

impl Modules {
    /// Returns the module that contains an address, and a key of the address: a number of 34 bits, not zero.
    #[inline]
    pub(super) fn find(&self, address: usize) -> Option<(u64, &Module)> {
        let number = self.0.iter().position(|module| module.start <= address && address < module.end)?;
        let module = &self.0[number];
        // Two bits are enough for the number, and the offset has at most 32, see `read`. Code does not begin at 0.
        Some((((number as u64) << 32) | (address - module.start) as u64, module))
    }
}

/// Returns the modules that stay loaded.
#[inline]
pub(super) fn staying() -> &'static Modules {
    static MODULES: PerProcess<Modules> = PerProcess::new();
    // In the child of a fork they are the same, and a thread that is gone may hold the lock of the loader.
    MODULES.get_or_make(|parent| parent.cloned().unwrap_or_else(read))
}

#[cold]
fn read() -> Modules {
    /// The function that `dl_iterate_phdr` calls for each file.
    unsafe extern "C" fn visit(info: *mut libc::dl_phdr_info, _size: usize, data: *mut c_void) -> c_int {
        // SAFETY: both pointers are valid for this call, and `data` is the one that was handed in below.
        let (info, modules) = unsafe { (&*info, &mut *data.cast::<Modules>()) };
        if info.dlpi_phdr.is_null() {
            return 0;
        }
        // SAFETY: the headers of a loaded file are as many as it says.
        let headers = unsafe { slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) };
        if let Some(module) = module(info.dlpi_addr as usize, headers)
            && modules.0.len() < MAX
        {
            modules.0.push(module);
        }
        0
    }
    let mut modules = Modules(Vec::with_capacity(MAX));
    // SAFETY: the callback does not unwind, as the list has room for all modules, and the list outlives the call.
    unsafe { libc::dl_iterate_phdr(Some(visit), (&raw mut modules).cast()) };
    modules
}

/// Returns an address in each of the modules that stay loaded.
fn landmarks() -> [usize; MAX] {
    // SAFETY: the function reads a table that the kernel fills in.
    let executable = unsafe { libc::getauxval(libc::AT_PHDR) };
    [executable as usize, read as fn() -> Modules as usize, libc::gnu_get_libc_version as *const () as usize]
}

/// Returns a file as a module, if it stays loaded and has a table that nobody writes.
fn module(base: usize, headers: &[libc::Elf64_Phdr]) -> Option<Module> {
    let place = |header: &libc::Elf64_Phdr| base.wrapping_add(header.p_vaddr as usize);
    let loaded = || headers.iter().filter(|header| header.p_type == libc::PT_LOAD);
    let start = loaded().map(place).min()?;
    let end = loaded().map(|header| place(header).wrapping_add(header.p_memsz as usize)).max()?;
    if !landmarks().iter().any(|landmark| start <= *landmark && *landmark < end) {
        return None;
    }
    // The key of an address has room for an offset of 32 bits.
    u32::try_from(end.checked_sub(start)?).ok()?;
    let index = place(headers.iter().find(|header| header.p_type == libc::PT_GNU_EH_FRAME)?);
    let segment = loaded().find(|header| {
        let first = place(header);
        let is_constant = header.p_flags & (libc::PF_R | libc::PF_W) == libc::PF_R;
        is_constant && first <= index && index - first < header.p_filesz as usize
    })?;
    let first = place(segment);
    // SAFETY: the segment is mapped and readable as long as the module is loaded, which is as long as this code runs, and
    // nobody writes to it.
    let bytes = unsafe { slice::from_raw_parts(first as *const u8, segment.p_filesz as usize) };
    Some(Module { start, end, table: table_in(bytes, first, index)? })
}

/// Returns the table in a segment that begins at the address `first`, with the index at the address `index`.
fn table_in(segment: &[u8], first: usize, index: usize) -> Option<Table<'_>> {
    let from =
        |address: u64| Some((segment.get(usize::try_from(address).ok()?.checked_sub(first)?..)?, address));
    let index = from(index as u64)?;
    // The length of the entries is not stated, but they end with the segment.
    Some(Table::new(index, from(table::entries_of(index.0, index.1)?)?))
}

#[cfg(test)]
mod tests {
    use gimli::DW_EH_PE_udata8;

    use super::*;

    #[test]
    fn the_program_and_the_c_library_stay_loaded() {
        for landmark in landmarks() {
            assert!(staying().find(landmark).is_some(), "{landmark:#x} {:?}", staying().0.len());
        }
        assert!(staying().find(0).is_none() && staying().find(usize::MAX).is_none());
        let local = 0;
        assert!(staying().find(&raw const local as usize).is_none(), "the stack");
    }

    #[test]
    fn a_table_outside_of_the_segment_is_none() {
        for (first, index) in [(8, 0), (0, 8), (0, usize::MAX), (usize::MAX, 0), (usize::MAX, usize::MAX)] {
            assert!(table_in(&[1; 8], first, index).is_none(), "{first:#x} {index:#x}");
        }
        // A version, encodings, and an address that lies before the segment.
        assert!(table_in(&[1, 0x1b, 0x03, 0x3b, 0, 0, 0, 0x80, 0, 0, 0, 0], 1 << 20, 1 << 20).is_none());
    }

    /// Each byte of the index and of the description of this function is damaged in turn.
    #[test]
    fn damaged_tables_are_read_without_a_panic() {
        fn read(index: (&[u8], u64), entries: (&[u8], u64), address: u64) -> Option<usize> {
            _ = table::entries_of(index.0, index.1);
            Table::new(index, entries).at(address, |_, function, row| {
                _ = format!("{row:?}");
                Some(function.offset())
            })
        }
        let address = damaged_tables_are_read_without_a_panic as fn() as usize;
        let table = staying().find(address).expect("the tests stay loaded").1.table();
        let address = address as u64;
        let (index_at, entries_at) = (table.index_at, table.entries_at);
        let description = table.at(address, |_, function, _| Some(function.offset())).expect("undamaged");
        let (mut index, mut entries) = (table.index.to_vec(), table.entries.to_vec());
        for damage in [0, 1, 0x7f, 0x80, 0xff] {
            for at in 0..16 {
                let whole = std::mem::replace(&mut index[at], damage);
                _ = read((&index, index_at), (&entries, entries_at), address);
                index[at] = whole;
            }
            for at in description..description + 64 {
                let whole = std::mem::replace(&mut entries[at], damage);
                _ = read((&index, index_at), (&entries, entries_at), address);
                entries[at] = whole;
            }
        }
        // A count of eight bytes, larger than all memory.
        let mut large = index.clone();
        large[2] = DW_EH_PE_udata8.0;
        large[8..16].fill(0xff);
        _ = read((&large, index_at), (&entries, entries_at), address);
        for length in [0, 1, 11, 12, 100] {
            _ = read((&index[..length], index_at), (&entries, entries_at), address);
        }
        for length in [0, 1, description, description + 3, description + 20] {
            _ = read((&index, index_at), (&entries[..length], entries_at), address);
        }
        for elsewhere in [0, 1, u64::MAX - 1, u64::MAX] {
            _ = read((&index, elsewhere), (&entries, entries_at), address);
            _ = read((&index, index_at), (&entries, elsewhere), address);
            _ = read((&index, index_at), (&entries, entries_at), elsewhere);
        }
        assert_eq!(read((&index, index_at), (&entries, entries_at), address), Some(description), "repaired");
    }
}
