//! Child programs in a pseudo terminal with a given number of columns.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::{FromRawFd as _, OwnedFd};
use std::process::{Command, Stdio};
use std::ptr;

/// Opens a pseudo terminal. Returns the end that a person would see, and the end that the program writes to.
#[allow(unsafe_code, reason = "the standard library knows no pseudo terminals")]
fn open(columns: u16) -> io::Result<(OwnedFd, OwnedFd)> {
    let (mut screen, mut terminal) = (-1, -1);
    let mut size = libc::winsize { ws_row: 50, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: all pointers are to local variables of the required types, or null where the call allows null.
    let answer = unsafe {
        libc::openpty(&raw mut screen, &raw mut terminal, ptr::null_mut(), ptr::null_mut(), &raw mut size)
    };
    if answer != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has opened both descriptors, and no other code has them.
    Ok(unsafe { (OwnedFd::from_raw_fd(screen), OwnedFd::from_raw_fd(terminal)) })
}

/// Runs a program to its end with only the given environment and stderr in a terminal of this width. Returns what it
/// printed there, with `\n` at the end of each line.
pub fn run_in_terminal(program: &str, columns: u16, environment: &[(&str, &str)]) -> String {
    let (screen, terminal) = open(columns).expect("the system has pseudo terminals");
    let mut command = Command::new(program);
    command.env_clear().envs(environment.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(terminal);
    let mut child = command.spawn().expect("the program runs");
    // The command holds the last descriptor of the terminal. Without it, reading ends when the program ends.
    drop(command);
    let (mut screen, mut shown) = (File::from(screen), Vec::new());
    let mut buffer = [0; 4096];
    // Linux reports the end of the output as an error.
    while let Ok(read @ 1..) = screen.read(&mut buffer) {
        shown.extend_from_slice(&buffer[..read]);
    }
    child.wait().expect("the program ends");
    String::from_utf8(shown).expect("readable output").replace("\r\n", "\n")
}
