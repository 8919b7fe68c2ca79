//! The monitor process: waits for a crash of the program, writes the minidump and sends the report.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::Receiver;

use super::cause::Cause;
use super::{MARK, dump, frames};
use crate::base::{diagnostics, thread_role};
use crate::client::Client;
use crate::intake::message::Capture;
use crate::options::{ClientOptions, LocalView, Spotlight};
use crate::pipeline;
use crate::protocol::nesting::Shallow;
use crate::protocol::{Attachment, AttachmentType, Envelope, Event};
use crate::scope::Scope;

/// How long the monitor waits for the program, which decides much earlier who makes the event. Only a program that is stopped
/// meanwhile takes as long.
const PROGRAM_TIMEOUT: Duration = Duration::from_secs(30);
/// How long the monitor sends a report that it cannot keep on disk. The program does not wait as long.
const SEND_TIMEOUT: Duration = Duration::from_secs(20);
/// The time after which the monitor ends, whatever hangs.
const LIFE_AFTER_CRASH: Duration = Duration::from_secs(60);

/// Runs the monitor. Ends the process when the program has ended, or its crash has been reported.
pub(crate) fn run(options: ClientOptions) -> ! {
    thread_role::mark();
    let code = match serve(options) {
        Ok(()) => 0,
        Err(reason) => {
            diagnostics::debug(format_args!("the crash monitor does not work: {reason}"));
            1
        }
    };
    end(code)
}

/// Ends this process. Handlers of `atexit` are for the program: they may delete its files.
fn end(code: i32) -> ! {
    #[cfg(unix)]
    #[expect(unsafe_code, reason = "the safe function runs the handlers")]
    // SAFETY: the call has no requirements.
    unsafe {
        libc::_exit(code)
    }
    #[cfg(windows)]
    std::process::exit(code)
}

fn serve(options: ClientOptions) -> Result<(), String> {
    let token = std::env::var(MARK).map_err(|error| error.to_string())?;
    outlive_signals();
    let client = Arc::new(Client::build(for_monitor(options)).map_err(|error| error.to_string())?);
    leave_folder();
    let frames = frames();
    // The name in lists of processes.
    #[cfg(unix)]
    let _ = std::fs::write("/proc/self/comm", "sentry-monitor");
    frames::answer(&token, frames::READY);
    // The program has ended without a crash.
    let Ok((frames::CRASH, context)) = frames.recv() else { return Ok(()) };
    end_after(LIFE_AFTER_CRASH);
    let context = dump::from_bytes(&context).ok_or("the program has sent registers of another system")?;
    if !dump::is_of(&context, program()) {
        return Err("another process has sent the registers".to_owned());
    }
    // Made before the minidump: the program waits for that alone, and may have ended when its own event does not come.
    let cause = Cause::of(&context);
    let replacement = cause.event(cause.is_overflow(&context));
    let minidump = dump::write(&context, client.options().max_attachment_size)
        .map_err(|error| diagnostics::debug(format_args!("the minidump could not be written: {error}")));
    frames::answer(&token, frames::DUMPED);
    if let Some(mut envelope) = envelope(&frames, &client, replacement) {
        if let Ok(buffer) = minidump {
            envelope.add_item(Attachment {
                buffer,
                filename: "minidump.dmp".to_owned(),
                content_type: None,
                ty: Some(AttachmentType::Minidump),
            });
        }
        send(&client, envelope);
    }
    frames::answer(&token, frames::SENT);
    Ok(())
}

/// Returns the options without what only the program itself needs.
fn for_monitor(mut options: ClientOptions) -> ClientOptions {
    options.local = LocalView::Off;
    options.spotlight = Spotlight::Off;
    options.otlp_endpoint = None;
    #[cfg(feature = "dashboard")]
    {
        options.dashboard = false.into();
    }
    options.integrations.clear();
    // The monitor leaves the folder to which the path may be relative.
    options.spool_dir = options.spool_dir.map(|dir| std::path::absolute(&dir).unwrap_or(dir));
    options
}

/// Reads the frames of the program on a thread of its own, so that waiting for them can end.
fn frames() -> Receiver<(u8, Vec<u8>)> {
    let (sender, frames) = crossbeam_channel::bounded(1);
    let read = move || {
        let mut input = std::io::stdin().lock();
        while let Some(frame) = frames::read(&mut input) {
            if sender.send(frame).is_err() {
                break;
            }
        }
    };
    // Without the thread the channel is closed, which reads as the end of the program.
    let _ = std::thread::Builder::new().name("sentry-input".to_owned()).spawn(read);
    frames
}

/// Returns the envelope that the program has built; one with the replacement, which is what the monitor knows, if the
/// program does not build it or has ended; `None` if nothing is to be sent.
fn envelope(
    frames: &Receiver<(u8, Vec<u8>)>,
    client: &Arc<Client>,
    replacement: Event<'static>,
) -> Option<Envelope> {
    let built = match frames.recv_timeout(PROGRAM_TIMEOUT) {
        Ok((frames::NOTHING, _)) => return None,
        Ok((frames::ENVELOPE, bytes)) => Envelope::from_slice(&bytes).ok(),
        _ => None,
    };
    built.or_else(|| {
        let event = Shallow::of(replacement);
        pipeline::crash_envelope(Capture::alone(event, Arc::clone(client), &Scope::default()))
    })
}

fn send(client: &Client, envelope: Envelope) {
    let Some(transport) = client.transport() else { return };
    let options = client.options();
    let limit = if options.spool_dir.is_some() { options.shutdown_timeout } else { SEND_TIMEOUT };
    transport.send_envelope(envelope);
    let in_time = transport.shutdown(limit);
    diagnostics::debug(format_args!("the crash report was sent or given up in time: {in_time}"));
}

/// Ends this process later.
fn end_after(limit: Duration) {
    let late = move || -> Infallible {
        std::thread::sleep(limit);
        end(1)
    };
    let _ = std::thread::Builder::new().name("sentry-limit".to_owned()).spawn(late);
}

/// Leaves the folder of the program, whose file system could not be unmounted otherwise.
fn leave_folder() {
    #[cfg(unix)]
    let _ = std::env::set_current_dir("/");
}

/// Returns the process that has made the standard input: the program.
#[cfg(unix)]
#[expect(unsafe_code, reason = "there is no safe way to ask a socket for its maker")]
fn program() -> Option<u32> {
    // SAFETY: zeros are valid for the plain data, and the call writes no more than its length.
    let program = unsafe {
        let mut program: libc::ucred = std::mem::zeroed();
        let mut length = libc::socklen_t::try_from(size_of_val(&program)).ok()?;
        let place = (&raw mut program).cast();
        match libc::getsockopt(
            libc::STDIN_FILENO,
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            place,
            &raw mut length,
        ) {
            0 => program.pid,
            _ => return None,
        }
    };
    // 0 is a process that this one cannot see.
    u32::try_from(program).ok().filter(|&id| id != 0)
}

/// Windows does not say who has made a pipe. There, an executable gives nobody other rights than their own.
#[cfg(windows)]
fn program() -> Option<u32> {
    None
}

/// Signals that ask the program to end are for the program: it may crash while it shuts down.
fn outlive_signals() {
    #[cfg(unix)]
    #[expect(unsafe_code, reason = "there is no safe way to ignore a signal")]
    for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGQUIT, libc::SIGPIPE] {
        // SAFETY: to ignore a signal has no requirements.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
}
