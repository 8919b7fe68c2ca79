//! The writing of minidumps, by the monitor.
//!
//! A minidump contains memory. Only the stacks of the threads are written, and of these only words that look like pointers
//! into a stack or into code: that is enough to find the frames, and leaves no text behind. What else the writers add is
//! erased afterwards, see `private_data`.

use crash_context::CrashContext;

#[cfg(windows)]
pub(super) use system::to_bytes;
pub(super) use system::{from_bytes, is_of};

use super::private_data;

/// Returns the minidump of the crashed process. If its threads have larger stacks than `limit` allows, they are cut.
pub(super) fn write(context: &CrashContext, limit: usize) -> Result<Vec<u8>, String> {
    let mut minidump = system::write(context, limit)?;
    private_data::erase(&mut minidump)?;
    Ok(minidump)
}

#[cfg(unix)]
mod system {
    use std::io::Cursor;

    use crash_context::CrashContext;
    use minidump_writer::CrashContextExt;
    use minidump_writer::minidump_writer::MinidumpWriterConfig;

    pub(in super::super) fn from_bytes(bytes: &[u8]) -> Option<CrashContext> {
        CrashContext::from_bytes(bytes)
    }

    /// Returns whether the registers are of a process. Nobody else may choose what the monitor reads.
    pub(in super::super) fn is_of(context: &CrashContext, process: Option<u32>) -> bool {
        u32::try_from(context.pid).is_ok_and(|id| Some(id) == process)
    }

    /// Nothing is written to the disk, which may be read-only.
    pub(in super::super) fn write(context: &CrashContext, limit: usize) -> Result<Vec<u8>, String> {
        let mut config = MinidumpWriterConfig::new(context.pid, context.tid);
        config.sanitize_stack();
        config.set_minidump_size_limit(limit as u64);
        config.set_crash_context(CrashContextExt { inner: context.clone() });
        let mut file = Cursor::new(Vec::new());
        config.write(&mut file).map_err(|error| error.to_string())?;
        Ok(file.into_inner())
    }
}

#[cfg(windows)]
mod system {
    use std::fs::OpenOptions;
    use std::io::{Read as _, Seek as _};
    use std::os::windows::fs::OpenOptionsExt as _;

    use crash_context::CrashContext;
    use minidump_writer::MinidumpType;
    use minidump_writer::minidump_writer::MinidumpWriter;

    /// The system deletes the file when its last handle is closed.
    const FILE_FLAG_DELETE_ON_CLOSE: u32 = 0x0400_0000;

    /// Returns the context for the monitor: an address in this process, and three numbers.
    pub(in super::super) fn to_bytes(context: &CrashContext) -> [u8; 20] {
        let mut bytes = [0; 20];
        bytes[..8].copy_from_slice(&(context.exception_pointers as u64).to_le_bytes());
        bytes[8..12].copy_from_slice(&context.exception_code.to_le_bytes());
        bytes[12..16].copy_from_slice(&context.process_id.to_le_bytes());
        bytes[16..].copy_from_slice(&context.thread_id.to_le_bytes());
        bytes
    }

    pub(in super::super) fn from_bytes(bytes: &[u8]) -> Option<CrashContext> {
        let bytes: &[u8; 20] = bytes.try_into().ok()?;
        let word = |at: usize| bytes[at..at + 4].try_into().map(u32::from_le_bytes).ok();
        let address = u64::from(word(0)?) | u64::from(word(4)?) << 32;
        Some(CrashContext {
            exception_pointers: usize::try_from(address).ok()? as *const _,
            exception_code: word(8)?.cast_signed(),
            process_id: word(12)?,
            thread_id: word(16)?,
        })
    }

    /// The process is not known here.
    pub(in super::super) fn is_of(_context: &CrashContext, _process: Option<u32>) -> bool {
        true
    }

    /// The system can only write it to a file.
    pub(in super::super) fn write(context: &CrashContext, _limit: usize) -> Result<Vec<u8>, String> {
        let path = std::env::temp_dir().join(format!("sentry-{}.dmp", context.process_id));
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        options.custom_flags(FILE_FLAG_DELETE_ON_CLOSE);
        let mut file = options.open(path).map_err(|error| error.to_string())?;
        MinidumpWriter::dump_crash_context(context, Some(MinidumpType::FilterMemory), &mut file)
            .map_err(|error| error.to_string())?;
        let mut minidump = Vec::new();
        file.rewind().and_then(|()| file.read_to_end(&mut minidump)).map_err(|error| error.to_string())?;
        Ok(minidump)
    }
}
