//! The messages between the program and its monitor.
//!
//! The program writes frames to the standard input of the monitor: a kind, a length, a payload. The monitor answers on its
//! standard output, where code of the user may print before `init` is reached; so each answer begins with a random token,
//! and everything else is skipped. A letter and the id of the monitor's process follow.

use std::io::{self, Read, Write};

/// The kinds of frames.
pub(super) const CRASH: u8 = b'C';
pub(super) const ENVELOPE: u8 = b'E';
/// No event is to be sent: a callback or an option dropped it, or the program sends it.
pub(super) const NOTHING: u8 = b'N';
/// The program makes no event in time: the monitor makes it.
pub(super) const ALONE: u8 = b'A';

/// The kinds of answers.
/// The process of the monitor exists.
pub(super) const STARTED: u8 = b'P';
pub(super) const READY: u8 = b'R';
pub(super) const DUMPED: u8 = b'D';
pub(super) const SENT: u8 = b'S';

/// The largest frame that is read: an envelope with the largest attachments.
const MAX_BYTES: usize = 64 << 20;

/// Writes a frame. Does not allocate, so that a signal handler can use it.
pub(super) fn write(mut to: impl Write, kind: u8, payload: &[u8]) -> io::Result<()> {
    let mut header = [kind, 0, 0, 0, 0];
    let length = u32::try_from(payload.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    header[1..].copy_from_slice(&length.to_le_bytes());
    to.write_all(&header)?;
    to.write_all(payload)
}

/// Reads a frame; `None` at the end, or if what follows is no frame.
pub(super) fn read(from: &mut impl Read) -> Option<(u8, Vec<u8>)> {
    let mut header = [0; 5];
    from.read_exact(&mut header).ok()?;
    let [kind, length @ ..] = header;
    let length = usize::try_from(u32::from_le_bytes(length)).ok().filter(|&length| length <= MAX_BYTES)?;
    let mut payload = vec![0; length];
    from.read_exact(&mut payload).ok()?;
    Some((kind, payload))
}

/// The answers of the monitor.
pub(super) struct Answers<R> {
    from: R,
    token: Vec<u8>,
    unread: Vec<u8>,
}

impl<R: Read> Answers<R> {
    pub(super) fn new(from: R, token: &str) -> Self {
        Self { from, token: token.as_bytes().to_vec(), unread: Vec::new() }
    }
}

impl<R: Read> Iterator for Answers<R> {
    type Item = (u8, u32);

    fn next(&mut self) -> Option<(u8, u32)> {
        loop {
            let at = self.unread.windows(self.token.len()).position(|bytes| bytes == self.token);
            match at.map(|at| at + self.token.len()) {
                Some(end) => {
                    if let Some(&[kind, ref id @ ..]) = self.unread.get(end..end + 5) {
                        let id = id.try_into().map_or(0, u32::from_le_bytes);
                        self.unread.drain(..end + 5);
                        return Some((kind, id));
                    }
                }
                // The end may be the beginning of a token.
                None => {
                    let useless = self.unread.len().saturating_sub(self.token.len());
                    self.unread.drain(..useless);
                }
            }
            let mut chunk = [0; 1024];
            match self.from.read(&mut chunk) {
                Ok(0) => return None,
                Ok(read) => self.unread.extend_from_slice(&chunk[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return None,
            }
        }
    }
}

/// Writes an answer. A program that has ended does not read it.
pub(super) fn answer(token: &str, kind: u8) {
    let mut line = token.as_bytes().to_vec();
    line.push(kind);
    line.extend(std::process::id().to_le_bytes());
    let mut out = io::stdout().lock();
    let _ = out.write_all(&line).and_then(|()| out.flush());
}

/// Returns what writes an answer with the id of the process that calls it. Neither allocates nor locks, so that it can be
/// called after a fork.
#[cfg(unix)]
#[expect(
    unsafe_code,
    reason = "the lock of the standard output may be held by a thread that does not exist after a fork"
)]
pub(super) fn answer_after_fork(token: &str, kind: u8) -> impl FnMut() -> io::Result<()> + use<> {
    let mut line = token.as_bytes().to_vec();
    line.extend([kind, 0, 0, 0, 0]);
    let id = line.len() - 4;
    move || {
        line[id..].copy_from_slice(&std::process::id().to_le_bytes());
        // SAFETY: the bytes are valid for the call. So few are written to a pipe as a whole.
        match unsafe { libc::write(libc::STDOUT_FILENO, line.as_ptr().cast(), line.len()) } {
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_as_they_were_written() {
        let mut bytes = Vec::new();
        write(&mut bytes, CRASH, b"registers").unwrap();
        write(&mut bytes, NOTHING, b"").unwrap();
        let mut from = &*bytes;
        assert_eq!(read(&mut from), Some((CRASH, b"registers".to_vec())));
        assert_eq!(read(&mut from), Some((NOTHING, Vec::new())));
        assert_eq!(read(&mut from), None);
        assert_eq!(read(&mut &bytes[..9]), None, "the program was killed while it wrote");
        assert_eq!(read(&mut &[CRASH, 0xff, 0xff, 0xff, 0xff][..]), None, "no allocation of 4 GiB");
    }

    #[test]
    fn answers_are_found_among_what_the_program_prints() {
        let printed = b"Shop 1.4.2\ntok\xfftoken-aR\x07\x01\0\0token-token-aD\x07\x01\0\0more\n".as_slice();
        assert_eq!(Answers::new(printed, "token-a").collect::<Vec<_>>(), [(READY, 263), (DUMPED, 263)]);
        // In pieces of one byte.
        struct Slowly<'a>(&'a [u8]);
        impl Read for Slowly<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let length = self.0.len().min(1);
                buffer[..length].copy_from_slice(&self.0[..length]);
                self.0 = &self.0[length..];
                Ok(length)
            }
        }
        assert_eq!(
            Answers::new(Slowly(printed), "token-a").collect::<Vec<_>>(),
            [(READY, 263), (DUMPED, 263)]
        );
    }
}
