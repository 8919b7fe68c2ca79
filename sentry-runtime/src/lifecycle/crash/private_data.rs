//! The private data in a minidump, which is erased before it leaves the machine: the environment, the arguments, the names of
//! open files, and the vector registers.
//!
//! The writer for Linux copies the first three into streams of their own. Vector registers have pieces of the texts that were
//! copied or compared last. Nothing of this is needed to find the frames of a stack.
//!
//! Spec: [the format of minidumps](https://learn.microsoft.com/en-us/windows/win32/api/minidumpapiset/ns-minidumpapiset-minidump_header),
//! [the streams of Linux](https://docs.rs/minidump-common/latest/minidump_common/format/enum.MINIDUMP_STREAM_TYPE.html)

use std::ops::Range;

/// An entry of the directory that means nothing.
const UNUSED: u32 = 0;
const THREADS: u32 = 3;
const EXCEPTION: u32 = 6;
const HANDLES: u32 = 12;
const ARGUMENTS: u32 = 0x4767_0006;
const ENVIRONMENT: u32 = 0x4767_0007;

/// The size of a thread in its stream, and the place of the location of its registers.
const THREAD: (usize, usize) = (48, 40);
/// The place of the location of the registers in the stream of the exception.
const REGISTERS_OF_EXCEPTION: usize = 160;

/// The places of the floating point and vector registers among all registers (`CONTEXT`): beginnings and ends.
const VECTORS: &[(usize, usize)] = if cfg!(target_arch = "x86_64") {
    &[(256, 1184)]
} else if cfg!(target_arch = "x86") {
    &[(28, 140), (204, 716)]
} else if cfg!(target_arch = "aarch64") {
    &[(272, usize::MAX)]
} else {
    &[(72, usize::MAX)]
};

/// Overwrites the private streams with zeros, and takes them out of the directory.
///
/// # Errors
/// The bytes are not a minidump. Nothing of them should be sent.
pub(super) fn erase(minidump: &mut [u8]) -> Result<(), String> {
    try_erase(minidump).ok_or_else(|| "the minidump has an unknown format".to_owned())
}

fn try_erase(minidump: &mut [u8]) -> Option<()> {
    if !minidump.starts_with(b"MDMP") {
        return None;
    }
    let streams = word(minidump, 8)?;
    let directory = index(word(minidump, 12)?)?;
    for entry in 0..index(streams)? {
        let entry = directory + 12 * entry;
        let stream = range(word(minidump, entry + 8)?, word(minidump, entry + 4)?)?;
        match word(minidump, entry)? {
            HANDLES => erase_handles(minidump, stream)?,
            THREADS => {
                for thread in 0..index(word(minidump, stream.start)?)? {
                    erase_vectors(minidump, stream.start + 4 + THREAD.0 * thread + THREAD.1)?;
                }
                continue;
            }
            EXCEPTION => {
                erase_vectors(minidump, stream.start + REGISTERS_OF_EXCEPTION)?;
                continue;
            }
            ARGUMENTS | ENVIRONMENT => minidump.get_mut(stream)?.fill(0),
            _ => continue,
        }
        minidump.get_mut(entry..entry + 4)?.copy_from_slice(&UNUSED.to_le_bytes());
        minidump.get_mut(entry + 4..entry + 12)?.fill(0);
    }
    Some(())
}

/// Erases the vector registers among the registers whose size and place are given here.
fn erase_vectors(minidump: &mut [u8], location: usize) -> Option<()> {
    let registers = range(word(minidump, location + 4)?, word(minidump, location)?)?;
    let registers = minidump.get_mut(registers)?;
    for &(start, end) in VECTORS {
        let end = end.min(registers.len());
        registers.get_mut(start.min(end)..end)?.fill(0);
    }
    Some(())
}

/// Erases the descriptors of handles, and the names to which they point.
fn erase_handles(minidump: &mut [u8], stream: Range<usize>) -> Option<()> {
    let (header, size) = (index(word(minidump, stream.start)?)?, index(word(minidump, stream.start + 4)?)?);
    for number in 0..index(word(minidump, stream.start + 8)?)? {
        let descriptor = stream.start + header + number * size;
        // After the handle, of 8 bytes: the places of the names of its type and of its object.
        for name in [descriptor + 8, descriptor + 12] {
            let name = word(minidump, name)?;
            if name != 0 {
                let text = range(name.checked_add(4)?, word(minidump, index(name)?)?)?;
                minidump.get_mut(text)?.fill(0);
            }
        }
    }
    minidump.get_mut(stream)?.fill(0);
    Some(())
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn index(word: u32) -> Option<usize> {
    usize::try_from(word).ok()
}

fn range(start: u32, length: u32) -> Option<Range<usize>> {
    let start = index(start)?;
    Some(start..start.checked_add(index(length)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a minidump with streams of these types and contents.
    fn minidump(streams: &[(u32, &[u8])]) -> Vec<u8> {
        let mut bytes = b"MDMP\x93\xa7\0\0".to_vec();
        let directory = 32_u32;
        bytes.extend((streams.len() as u32).to_le_bytes());
        bytes.extend(directory.to_le_bytes());
        bytes.resize(32, 0);
        let mut at = directory + 12 * streams.len() as u32;
        for (ty, content) in streams {
            for word in [*ty, content.len() as u32, at] {
                bytes.extend(word.to_le_bytes());
            }
            at += content.len() as u32;
        }
        streams.iter().for_each(|(_, content)| bytes.extend_from_slice(content));
        bytes
    }

    fn has(bytes: &[u8], text: &[u8]) -> bool {
        bytes.windows(text.len()).any(|part| part == text)
    }

    #[test]
    fn environment_and_arguments_are_erased_and_the_rest_stays() {
        let mut bytes =
            minidump(&[(ENVIRONMENT, b"PASSWORD=hunter2\0"), (ARGUMENTS, b"--key=k3y\0"), (4, b"modules")]);
        let length = bytes.len();
        erase(&mut bytes).unwrap();
        assert!(!has(&bytes, b"hunter2") && !has(&bytes, b"k3y") && has(&bytes, b"modules"));
        assert_eq!(bytes.len(), length);
        assert_eq!([word(&bytes, 32), word(&bytes, 44), word(&bytes, 56)], [Some(0), Some(0), Some(4)]);
    }

    #[test]
    fn names_of_open_files_are_erased() {
        let at = 32 + 12;
        let mut stream = Vec::new();
        for word in [16_u32, 32, 1, 0] {
            stream.extend(word.to_le_bytes());
        }
        let name = at + stream.len() as u32 + 32;
        stream.extend(7_u64.to_le_bytes());
        stream.extend(0_u32.to_le_bytes());
        stream.extend(name.to_le_bytes());
        stream.resize(16 + 32, 0);
        let mut bytes = minidump(&[(HANDLES, &stream)]);
        bytes.extend(8_u32.to_le_bytes());
        bytes.extend(b"/a/b/c/d");
        erase(&mut bytes).unwrap();
        assert!(!has(&bytes, b"/a/b"), "{bytes:?}");
    }

    #[test]
    fn vector_registers_are_erased_and_others_stay() {
        let (threads, registers) = (32 + 24, 32 + 24 + 52 + 168);
        let mut location = 1232_u32.to_le_bytes().to_vec();
        location.extend((registers as u32).to_le_bytes());
        let mut thread = 1_u32.to_le_bytes().to_vec();
        thread.resize(4 + 40, 0);
        thread.extend(&location);
        let mut exception = vec![0; 160];
        exception.extend(&location);
        let mut bytes = minidump(&[(THREADS, &thread), (EXCEPTION, &exception)]);
        assert_eq!(word(&bytes, threads), Some(1));
        bytes.resize(registers + 1232, 7);
        erase(&mut bytes).unwrap();
        for &(start, end) in VECTORS {
            let end = end.min(1232);
            assert!(bytes[registers + start..registers + end].iter().all(|&byte| byte == 0));
            assert_eq!(bytes[registers + start - 1], 7);
        }
    }

    #[test]
    fn what_is_no_minidump_is_refused() {
        for bytes in [&b""[..], b"MDMP", b"ELF\x7f", &minidump(&[(ENVIRONMENT, b"x")])[..44]] {
            assert!(erase(&mut bytes.to_vec()).is_err(), "{bytes:?}");
        }
        // A length beyond the end.
        let mut bytes = minidump(&[(ENVIRONMENT, b"x")]);
        bytes[36..40].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(erase(&mut bytes).is_err());
    }
}
