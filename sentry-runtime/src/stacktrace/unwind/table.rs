//! The unwind table of a file: `.eh_frame`, and the index of it that the linker sorts by address.
//!
//! [Spec](https://refspecs.linuxfoundation.org/LSB_5.0.0/LSB-Core-generic/LSB-Core-generic/ehframechpt.html)

use gimli::{
    BaseAddresses, DW_EH_PE_udata4, EhFrame, EhFrameHdr, EhFrameOffset, EndianSlice, FrameDescriptionEntry,
    NativeEndian, ParsedEhFrameHdr, Pointer, Register, RegisterRule, UnwindContext, UnwindContextStorage,
    UnwindSection as _, UnwindTableRow,
};

type Bytes<'a> = EndianSlice<'a, NativeEndian>;

/// The entries: the descriptions of all functions, `.eh_frame`.
pub(super) type Entries<'a> = EhFrame<Bytes<'a>>;

/// The description of a function.
pub(super) type Function<'a> = FrameDescriptionEntry<Bytes<'a>>;

/// The rules by which the caller of a frame is found.
pub(super) type Row = UnwindTableRow<usize, OffStack>;

/// Where rules are kept while a description is evaluated: in allocated memory, because errors are captured on threads with
/// small stacks, on which a build without optimisation has several copies of what is in place.
#[derive(Debug)]
pub(super) struct OffStack;

impl UnwindContextStorage<usize> for OffStack {
    /// One for each register.
    type Rules = Vec<(Register, RegisterRule<usize>)>;
    /// The current row, and those that are remembered. Descriptions that remember more are not understood.
    type Stack = [Row; 4];
}

/// The number of bytes of an address.
const ADDRESS: u8 = size_of::<usize>() as u8;

/// The table of a file: its two parts, and their addresses.
#[derive(Debug, Clone)]
pub(super) struct Table<'a> {
    pub(super) index: &'a [u8],
    pub(super) index_at: u64,
    pub(super) entries: &'a [u8],
    pub(super) entries_at: u64,
}

impl<'a> Table<'a> {
    /// Returns a table of the bytes of the index, `.eh_frame_hdr`, and of the entries, with the addresses of both.
    pub(super) fn new((index, index_at): (&'a [u8], u64), (entries, entries_at): (&'a [u8], u64)) -> Self {
        Self { index, index_at, entries, entries_at }
    }

    /// Returns what `read` makes of the entries, of the function at an address, and of its rules there. `None` if the table does not
    /// contain the address or is not understood.
    #[cold]
    #[inline(never)]
    pub(super) fn at<T>(
        &self,
        address: u64,
        read: impl FnOnce(&Entries<'_>, &Function<'_>, &Row) -> Option<T>,
    ) -> Option<T> {
        let bases = BaseAddresses::default().set_eh_frame_hdr(self.index_at).set_eh_frame(self.entries_at);
        let index = parsed(self.index, &bases)?;
        let entries = EhFrame::new(self.entries, NativeEndian);
        let Pointer::Direct(entry) = index.table()?.lookup(address, &bases).ok()? else { return None };
        // Not `pointer_to_offset`, which overflows if the index is wrong.
        let offset = EhFrameOffset(usize::try_from(entry.checked_sub(self.entries_at)?).ok()?);
        let function = entries.fde_from_offset(&bases, offset, EhFrame::cie_from_offset).ok()?;
        if !function.contains(address) {
            return None;
        }
        let mut context = UnwindContext::new_in();
        let row = function.unwind_info_for_address(&entries, &bases, &mut context, address).ok()?;
        read(&entries, &function, row)
    }
}

/// Returns the address of the entries, as the index tells.
pub(super) fn entries_of(index: &[u8], index_at: u64) -> Option<u64> {
    match parsed(index, &BaseAddresses::default().set_eh_frame_hdr(index_at))?.eh_frame_ptr() {
        Pointer::Direct(address) => Some(address),
        Pointer::Indirect(_) => None,
    }
}

fn parsed<'a>(index: &'a [u8], bases: &BaseAddresses) -> Option<ParsedEhFrameHdr<Bytes<'a>>> {
    // Four bytes, unsigned: the search overflows with a count of eight bytes that is wrong, and no linker writes one.
    if index.get(2) != Some(&DW_EH_PE_udata4.0) {
        return None;
    }
    EhFrameHdr::new(index, NativeEndian).parse(bases, ADDRESS).ok()
}
