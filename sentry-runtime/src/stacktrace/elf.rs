//! The reader of ELF files: build id, segments in memory, and names of functions.
//!
//! Only the required parts are read, however large the file is.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use object::Endianness;
use object::elf::{ELF_NOTE_GNU, NT_GNU_BUILD_ID, PF_X, PT_LOAD, PT_NOTE, SHT_SYMTAB, STT_FUNC};
use object::read::elf::{FileHeader, NoteIterator, ProgramHeader as _, SectionHeader as _, Sym as _};

#[cfg(target_pointer_width = "64")]
type Header = object::elf::FileHeader64<Endianness>;
#[cfg(not(target_pointer_width = "64"))]
type Header = object::elf::FileHeader32<Endianness>;

/// The number of bytes read for the file's header and its table of segments, which are at the beginning.
const HEAD: u64 = 16 * 1024;
/// Notes and tables larger than this, in bytes, are not read.
const MAX_TABLE: u64 = 256 * 1024;
/// The most bytes read of a table of symbols.
const MAX_SYMBOLS: u64 = 256 * 1024 * 1024;
/// The most bytes read of one symbol's name.
const MAX_SYMBOL: u64 = 4096;
/// The number of bytes of code that are hashed if there is no build id.
const HASHED: u64 = 4096;
/// The maximum distance between a segment and the beginning of its mapping: the largest page size.
const MAX_PAGE: u64 = 64 * 1024;

/// One ELF file.
#[derive(Debug)]
pub(crate) struct Elf {
    /// The identifier that the linker wrote.
    pub(crate) build_id: Option<Vec<u8>>,
    /// The source of the debug id: the build id, or a hash of the code.
    pub(crate) identifier: Vec<u8>,
    /// The address that the first segment requests.
    pub(crate) vmaddr: u64,
    /// The number of bytes from the beginning of the first segment to the end of the last.
    pub(crate) size: u64,
    code: Vec<Code>,
}

/// A segment that holds code.
#[derive(Debug)]
struct Code {
    offset: u64,
    end: u64,
    vmaddr: u64,
}

impl Elf {
    /// Returns the load address of the file, if its code from `offset` on is mapped at `start`.
    pub(crate) fn loaded_at(&self, start: u64, offset: u64) -> Option<u64> {
        // A mapping begins with the page that the segment begins in.
        let segment = self
            .code
            .iter()
            .find(|code| offset < code.end && code.offset < offset.saturating_add(MAX_PAGE))?;
        // The offset of each stated address; 0 for a program that is not position independent.
        let bias = start.wrapping_sub(offset).wrapping_add(segment.offset).wrapping_sub(segment.vmaddr);
        Some(self.vmaddr.wrapping_add(bias))
    }
}

/// Reads a file; `None` if it is not an ELF file of this machine's width, or nothing in it identifies it.
pub(crate) fn read(path: &Path) -> Option<Elf> {
    // Checked before opening: opening a pipe would wait for its other end.
    std::fs::metadata(path).ok().filter(|meta| meta.is_file())?;
    let mut file = File::open(path).ok()?;
    let head = part(&mut file, 0, HEAD)?;
    let header = Header::parse(head.as_slice()).ok()?;
    let endian = header.endian().ok()?;
    let mut code = Vec::new();
    let (mut low, mut high) = (u64::MAX, 0);
    let mut build_id = None;
    for segment in header.program_headers(endian, head.as_slice()).ok()? {
        let (offset, length) = segment.file_range(endian);
        match segment.p_type(endian) {
            PT_LOAD => {
                let vmaddr = wide(segment.p_vaddr(endian));
                low = low.min(vmaddr & !0xfff);
                high = high.max(vmaddr.saturating_add(wide(segment.p_memsz(endian))));
                if segment.p_flags(endian).0 & PF_X.0 != 0 {
                    code.push(Code { offset, end: offset.saturating_add(length), vmaddr });
                }
            }
            PT_NOTE if build_id.is_none() => {
                let notes = part(&mut file, offset, length)?;
                build_id = gnu_build_id(endian, segment.p_align(endian), &notes);
            }
            _ => {}
        }
    }
    let identifier = match &build_id {
        Some(id) => id.clone(),
        None => hash_of_text(&mut file, header, endian)?.to_vec(),
    };
    Some(Elf { build_id, identifier, vmaddr: low, size: high.checked_sub(low)?, code })
}

fn gnu_build_id(endian: Endianness, align: <Header as FileHeader>::Word, notes: &[u8]) -> Option<Vec<u8>> {
    let mut notes = NoteIterator::<Header>::new(endian, align, notes).ok()?;
    while let Ok(Some(note)) = notes.next() {
        if note.name() == ELF_NOTE_GNU && note.n_type(endian) == NT_GNU_BUILD_ID && !note.desc().is_empty() {
            return Some(note.desc().to_vec());
        }
    }
    None
}

/// Hashes the beginning of `.text` by XOR of its blocks of 16 bytes, as the server's tools do if a linker writes no
/// build id.
fn hash_of_text(file: &mut File, header: &Header, endian: Endianness) -> Option<[u8; 16]> {
    let sections = sections(file, header, endian)?;
    let names = sections.get(usize::from(header.e_shstrndx(endian).0))?;
    let names = part(file, names.offset, names.size)?;
    let text = sections.iter().find(|section| {
        let name = names.get(section.name..);
        name.is_some_and(|name| name.starts_with(b".text\0"))
    })?;
    let bytes = part(file, text.offset, text.size.min(HASHED))?;
    Some(folded(&bytes))
}

/// A named section of the file.
#[derive(Debug)]
struct Section {
    name: usize,
    symbols: bool,
    offset: u64,
    size: u64,
    link: usize,
}

fn sections(file: &mut File, header: &Header, endian: Endianness) -> Option<Vec<Section>> {
    let count = usize::from(header.e_shnum(endian));
    let size = u64::from(header.e_shentsize(endian)) * u64::from(header.e_shnum(endian));
    let table = part(file, wide(header.e_shoff(endian)), size)?;
    let (sections, _) =
        object::pod::slice_from_bytes::<<Header as FileHeader>::SectionHeader>(&table, count).ok()?;
    let section = |section: &<Header as FileHeader>::SectionHeader| Section {
        name: section.sh_name(endian) as usize,
        symbols: section.sh_type(endian) == SHT_SYMTAB,
        offset: wide(section.sh_offset(endian)),
        size: wide(section.sh_size(endian)),
        link: section.sh_link(endian) as usize,
    };
    Some(sections.iter().map(section).collect())
}

/// Returns the mangled names of the functions at the given addresses from the file's table of symbols; `None` for an
/// address outside of all functions.
///
/// The table is read in pieces and not kept: it may have many megabytes, and is read once for each position that
/// fails.
pub(crate) fn function_names(path: &Path, addresses: &[u64]) -> Option<Vec<Option<Vec<u8>>>> {
    let mut file = File::open(path).ok()?;
    let head = part(&mut file, 0, HEAD)?;
    let header = Header::parse(head.as_slice()).ok()?;
    let endian = header.endian().ok()?;
    let sections = sections(&mut file, header, endian)?;
    let table = sections.iter().find(|section| section.symbols)?;
    let texts = sections.get(table.link)?;

    let mut names: Vec<Option<u64>> = vec![None; addresses.len()];
    let entry = size_of::<<Header as FileHeader>::Sym>() as u64;
    let piece = MAX_TABLE / entry * entry;
    for start in (0..table.size.min(MAX_SYMBOLS)).step_by(usize::try_from(piece).ok()?) {
        let bytes = part(&mut file, table.offset.checked_add(start)?, piece.min(table.size - start))?;
        let count = bytes.len() / size_of::<<Header as FileHeader>::Sym>();
        let (symbols, _) =
            object::pod::slice_from_bytes::<<Header as FileHeader>::Sym>(&bytes, count).ok()?;
        for symbol in symbols.iter().filter(|symbol| symbol.st_type() == STT_FUNC) {
            let from = wide(symbol.st_value(endian));
            let size = wide(symbol.st_size(endian));
            for (address, name) in addresses.iter().zip(&mut names) {
                if address.checked_sub(from).is_some_and(|offset| offset < size) {
                    *name = Some(u64::from(symbol.st_name(endian)));
                }
            }
        }
    }
    let mut text = |name: u64| {
        let longest = texts.size.checked_sub(name)?.min(MAX_SYMBOL);
        let bytes = part(&mut file, texts.offset.checked_add(name)?, longest)?;
        bytes.split(|&byte| byte == 0).next().map(<[u8]>::to_vec)
    };
    Some(names.into_iter().map(|name| name.and_then(&mut text)).collect())
}

fn folded(bytes: &[u8]) -> [u8; 16] {
    let mut hash = [0; 16];
    for (index, byte) in bytes.iter().enumerate() {
        hash[index % 16] ^= byte;
    }
    hash
}

/// Widens a word, which has 32 or 64 bits depending on the machine.
fn wide(word: impl Into<u64>) -> u64 {
    word.into()
}

fn part(file: &mut File, offset: u64, length: u64) -> Option<Vec<u8>> {
    if length > MAX_TABLE {
        return None;
    }
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(offset)).ok()?;
    file.take(length).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_laid_over_each_other() {
        let mut bytes = [0_u8; 40];
        (bytes[0], bytes[16], bytes[33]) = (0b11, 0b01, 7);
        let hash = folded(&bytes);
        assert_eq!((hash[0], hash[1], hash[2]), (0b10, 7, 0));
    }

    #[test]
    fn the_segment_of_the_code_gives_the_place() {
        // The values that `readelf -lW` and `/proc/self/maps` show for one program.
        let code = vec![Code { offset: 0x13790, end: 0x51e50, vmaddr: 0x14790 }];
        let elf = Elf { build_id: None, identifier: Vec::new(), vmaddr: 0, size: 0x58142, code };
        assert_eq!(elf.loaded_at(0x557f_b835_6000, 0x13000), Some(0x557f_b834_2000));
        assert_eq!(elf.loaded_at(0x557f_b835_6000, 0x52000), None);
    }

    #[test]
    fn what_is_no_program_is_nothing() {
        for path in ["/nowhere", "/dev/zero", "/", file!()] {
            assert!(read(Path::new(path)).is_none(), "{path}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn without_a_build_id_the_code_identifies_the_file() {
        let mut file = File::open("/proc/self/exe").unwrap();
        let head = part(&mut file, 0, HEAD).unwrap();
        let header = Header::parse(head.as_slice()).unwrap();
        let hash = hash_of_text(&mut file, header, header.endian().unwrap()).unwrap();
        assert_ne!(hash, [0; 16]);
    }
}
