//! The signals that end a program on Linux, and their handlers.
//!
//! The crate `crash-handler` does the same on other systems. On Linux it also replaces `pthread_create` in every program that
//! is linked with it, even if nothing is handled: a program that is linked statically with glibc cannot start a thread then, and
//! sanitizers lose sight of threads. Without that, threads that C code starts have no stack for handlers, so that their stack
//! overflows end the program before anyone is called. The threads of Rust's standard library have one.

#![expect(unsafe_code, reason = "handlers of signals read what the kernel hands them")]

mod alternate_stack;
pub(super) mod exit;
mod previous;

use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};
use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering};
use std::time::Duration;

use crash_context::CrashContext;

use super::state::{AfterCrash, State};

/// The signals of crashes.
const SIGNALS: [c_int; 6] =
    [libc::SIGABRT, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGSEGV, libc::SIGTRAP];

/// The functions that handlers call, and the previous handlers.
struct Installed {
    on_crash: fn(&CrashContext) -> AfterCrash,
    /// Called with the thread of a further crash, before it waits for the first one.
    on_second_crash: fn(u32),
    before: [libc::sigaction; SIGNALS.len()],
}

static INSTALLED: OnceLock<Installed> = OnceLock::new();

/// The process that may read the memory of this one while a crash is handled; 0 without one.
static READER: AtomicU32 = AtomicU32::new(0);

/// The progress of the first crash: it has begun, it was handled, and the previous handlers have not ended the
/// program. Other crashes wait for the last two.
static CRASHED: AtomicBool = AtomicBool::new(false);
static HANDLED: AtomicBool = AtomicBool::new(false);
static SURVIVED: AtomicBool = AtomicBool::new(false);

/// The thread of the first crash; 0 before it.
static CRASHED_THREAD: AtomicI32 = AtomicI32::new(0);

/// How long other threads wait for the previous handlers, which end the program after the first crash and may print text.
const END_TIMEOUT: Duration = Duration::from_secs(2);

/// The registers of the first crash: too large for the stack of a handler.
struct Slot(UnsafeCell<std::mem::MaybeUninit<CrashContext>>);

// SAFETY: the thread that has set `CRASHED` is the only one that writes, before anybody else learns of the address.
unsafe impl Sync for Slot {}

static CONTEXT: Slot = Slot(UnsafeCell::new(std::mem::MaybeUninit::zeroed()));

/// Installs the handlers. They stay for the life of the program.
pub(super) fn install(on_crash: fn(&CrashContext) -> AfterCrash, on_second_crash: fn(u32)) -> io::Result<()> {
    alternate_stack::ensure();
    let mut before: [libc::sigaction; SIGNALS.len()] = [default_action(); SIGNALS.len()];
    for (signal, before) in SIGNALS.into_iter().zip(&mut before) {
        set(signal, None, Some(before))?;
    }
    let _ = INSTALLED.set(Installed { on_crash, on_second_crash, before });
    SIGNALS.into_iter().try_for_each(|signal| set(signal, Some(&own()), None))?;
    exit::watch();
    Ok(())
}

/// Allows a process, and no other one, to read the memory of this one while a crash is handled. Linux forbids that by
/// default on many systems.
pub(super) fn allow(process: u32) {
    READER.store(process, Ordering::SeqCst);
    if CRASHED.load(Ordering::SeqCst) && !HANDLED.load(Ordering::SeqCst) {
        set_reader(process);
    }
}

/// Forgets a crash of the parent, in the child of a fork.
pub(super) fn reset_after_fork() {
    READER.store(0, Ordering::SeqCst);
    CRASHED.store(false, Ordering::SeqCst);
    HANDLED.store(false, Ordering::SeqCst);
    SURVIVED.store(false, Ordering::SeqCst);
}

fn default_action() -> libc::sigaction {
    // SAFETY: zeros are valid for the plain data: the default action.
    unsafe { std::mem::zeroed() }
}

/// Returns what happens at a signal now.
fn action_of(signal: c_int) -> Option<libc::sigaction> {
    let mut present = default_action();
    set(signal, None, Some(&mut present)).is_ok().then_some(present)
}

fn own() -> libc::sigaction {
    let mut action = default_action();
    action.sa_sigaction = handle as *const () as usize;
    action.sa_flags = libc::SA_ONSTACK | libc::SA_SIGINFO;
    // A crash in a handler ends the program at once.
    for signal in SIGNALS {
        // SAFETY: the call writes to the set alone.
        unsafe { libc::sigaddset(&raw mut action.sa_mask, signal) };
    }
    action
}

fn set(signal: c_int, new: Option<&libc::sigaction>, old: Option<&mut libc::sigaction>) -> io::Result<()> {
    let new = new.map_or(std::ptr::null(), std::ptr::from_ref);
    let old = old.map_or(std::ptr::null_mut(), std::ptr::from_mut);
    // SAFETY: both are null or valid, and the handler is a function of this signature.
    match unsafe { libc::sigaction(signal, new, old) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Handles a signal. Neither allocates nor locks.
unsafe extern "C" fn handle(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let Some(installed) = INSTALLED.get() else { return };
    if has_lost_arguments(signal) {
        // The signal comes again when this function returns, with its arguments.
        let _ = set(signal, Some(&own()), None);
        return;
    }
    let is_first = !CRASHED.swap(true, Ordering::SeqCst);
    let after = if is_first {
        CRASHED_THREAD.store(thread_id(), Ordering::SeqCst);
        // SAFETY: the kernel has handed over both. This is the only thread that comes here.
        let context = unsafe { fill(info, context) };
        let was_readable = set_readable(true);
        set_reader(READER.load(Ordering::SeqCst));
        let after = (installed.on_crash)(context);
        HANDLED.store(true, Ordering::SeqCst);
        set_reader(0);
        if !was_readable {
            set_readable(false);
        }
        after
    } else {
        (installed.on_second_crash)(thread_id().cast_unsigned());
        let_first_end();
        AfterCrash::Previous
    };
    match after {
        AfterCrash::Previous => {
            for (signal, before) in SIGNALS.into_iter().zip(&installed.before) {
                let _ = set(signal, Some(before), None);
            }
        }
        AfterCrash::Default => {
            let _ = set(signal, Some(&default_action()), None);
        }
    }
    // SAFETY: the kernel has handed over the information and the context. The calls have no requirements.
    unsafe {
        let is_fault = (*info).si_code > 0 && signal != libc::SIGABRT;
        let before = SIGNALS.into_iter().zip(&installed.before).find(|(other, _)| *other == signal);
        match before {
            Some((_, before)) if is_fault => previous::end(signal, before, info, context),
            // Signals that somebody has sent have to be sent again; `abort` has, too.
            _ => {
                if libc::syscall(libc::SYS_tgkill, libc::getpid(), thread_id(), signal) != 0 {
                    libc::_exit(1);
                }
            }
        }
    }
    if is_first {
        SURVIVED.store(true, Ordering::SeqCst);
    }
}

/// Lets the first crash end the program.
fn let_first_end() {
    // It never takes longer than its deadlines.
    State::wait(Duration::MAX, || HANDLED.load(Ordering::SeqCst));
    State::wait(END_TIMEOUT, || SURVIVED.load(Ordering::SeqCst));
}

/// Returns whether other code has taken the handler out and put it back by `signal`, which forgets that it takes three
/// arguments.
fn has_lost_arguments(signal: c_int) -> bool {
    action_of(signal).is_some_and(|present| {
        present.sa_sigaction == handle as *const () as usize && present.sa_flags & libc::SA_SIGINFO == 0
    })
}

/// Returns the registers and the signal, in the form that writers of minidumps read.
///
/// # Safety
/// Both are what the kernel hands to a handler, and only one thread calls this.
unsafe fn fill(info: *const libc::siginfo_t, context: *const c_void) -> &'static CrashContext {
    let slot = CONTEXT.0.get().cast::<CrashContext>();
    // SAFETY: the slot is zeros, which are valid for the plain data. The kernel's structures are as large as those that are
    // copied: the signal has 128 bytes under any name, and above the context lies the state of the vector registers.
    unsafe {
        let from = context.cast::<crash_context::ucontext_t>();
        std::ptr::copy_nonoverlapping(info.cast::<libc::signalfd_siginfo>(), &raw mut (*slot).siginfo, 1);
        std::ptr::copy_nonoverlapping(from, &raw mut (*slot).context, 1);
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        {
            let floats = (*from).uc_mcontext.fpregs;
            if !floats.is_null() {
                std::ptr::copy_nonoverlapping(floats.cast(), &raw mut (*slot).float_state, 1);
            }
        }
        #[cfg(target_arch = "aarch64")]
        {
            let floats = (&raw const (*from).uc_mcontext.__reserved).cast::<crash_context::fpsimd_context>();
            if (*floats).head.magic == crash_context::FPSIMD_MAGIC {
                std::ptr::copy_nonoverlapping(floats, &raw mut (*slot).float_state, 1);
            }
        }
        (*slot).pid = libc::getpid();
        (*slot).tid = thread_id();
        &*slot
    }
}

/// Returns the id that the system gave this thread.
pub(super) fn thread_id() -> libc::pid_t {
    // SAFETY: the call has no requirements. Its result is an id.
    unsafe { libc::syscall(libc::SYS_gettid) as libc::pid_t }
}

/// Lets others with the same rights read this process, or forbids it, and returns whether they could before. The system forbids
/// it after a program has changed its user.
fn set_readable(readable: bool) -> bool {
    // SAFETY: the calls have no requirements.
    unsafe {
        let before = libc::prctl(libc::PR_GET_DUMPABLE) == 1;
        if before != readable {
            libc::prctl(libc::PR_SET_DUMPABLE, libc::c_ulong::from(readable));
        }
        before
    }
}

/// Lets a process pass the restriction of `ptrace` that many systems have (Yama); none if it is 0.
fn set_reader(process: u32) {
    // SAFETY: the call has no requirements. Systems without the restriction answer with an error.
    unsafe { libc::prctl(libc::PR_SET_PTRACER, libc::c_ulong::from(process)) };
}
