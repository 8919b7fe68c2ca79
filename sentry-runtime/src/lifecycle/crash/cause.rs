//! The cause of a crash: a signal, or an exception of Windows.

use crash_context::CrashContext;

use crate::protocol::{Event, Exception, Level, Mechanism, Thread, ThreadId};
#[cfg(unix)]
use crate::protocol::{Map, MechanismMeta, PosixSignal, Value};

/// The cause of a crash and the thread on which it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cause {
    /// The number of the signal, or the code of the exception.
    pub(super) number: i32,
    /// The code of the signal, which says how it came about.
    pub(super) code: i32,
    /// The id that the system gave the thread.
    pub(super) thread: u32,
    /// The address that could not be accessed, or that of the instruction, if the system says one.
    pub(super) address: Option<usize>,
}

impl Cause {
    #[cfg(unix)]
    pub(super) fn of(context: &CrashContext) -> Self {
        let (number, code) = (context.siginfo.ssi_signo.cast_signed(), context.siginfo.ssi_code);
        let has_address = [libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGSEGV].contains(&number);
        // Other codes are of signals that a process has sent, or of addresses that the processor does not name.
        let is_known = (1..SI_KERNEL).contains(&code);
        Self {
            number,
            code,
            thread: context.tid.cast_unsigned(),
            address: (has_address && is_known).then(|| address_in(context)).flatten(),
        }
    }

    #[cfg(windows)]
    pub(super) fn of(context: &CrashContext) -> Self {
        Self { number: context.exception_code, code: 0, thread: context.thread_id, address: None }
    }

    /// Returns whether the signal is one of those for bad accesses to memory, but was sent by a process, as by `kill`.
    #[cfg(unix)]
    pub(super) fn is_sent_fault(self) -> bool {
        // The kernel's own codes are positive.
        [libc::SIGSEGV, libc::SIGBUS].contains(&self.number) && self.code <= 0
    }

    #[cfg(windows)]
    pub(super) fn is_sent_fault(self) -> bool {
        false
    }

    /// Returns whether the instruction that led to the signal is not executed again when its handler
    /// returns, such as a breakpoint.
    #[cfg(all(unix, not(target_os = "linux")))]
    pub(super) fn is_trap(self) -> bool {
        self.number == libc::SIGTRAP && self.code > 0
    }

    #[cfg(windows)]
    pub(super) fn is_trap(self) -> bool {
        false
    }

    /// Returns whether the program ended itself.
    #[cfg(unix)]
    pub(super) fn is_abort(self) -> bool {
        self.number == libc::SIGABRT
    }

    /// Returns whether the program ended itself (`STATUS_FATAL_APP_EXIT`).
    #[cfg(windows)]
    pub(super) fn is_abort(self) -> bool {
        self.number == 0x4000_0015
    }

    /// Returns whether the crash is a stack overflow, which the system reports as a bad access to memory. Windows has
    /// an exception of its own for it.
    #[cfg(walks_crashed_threads)]
    pub(super) fn is_overflow(self, context: &CrashContext) -> bool {
        let address = self.address.filter(|_| self.number == libc::SIGSEGV);
        address.is_some_and(|address| super::overflow::is_cause(address, context))
    }

    #[cfg(not(walks_crashed_threads))]
    pub(super) fn is_overflow(self, _context: &CrashContext) -> bool {
        false
    }

    /// Returns the event of the crash, without what scopes and the client add.
    pub(super) fn event(self, is_overflow: bool) -> Event<'static> {
        let (ty, mut value) = names(self.number);
        if is_overflow {
            value = "Stack overflow".to_owned();
        }
        let id = ThreadId::from(u64::from(self.thread));
        let exception = Exception {
            ty,
            value: Some(value),
            thread_id: Some(id.clone()),
            mechanism: Some(self.mechanism()),
            ..Exception::default()
        };
        let thread = Thread {
            name: name_of(self.thread),
            id: Some(id),
            crashed: true,
            current: true,
            ..Thread::default()
        };
        Event {
            level: Level::Fatal,
            exception: vec![exception].into(),
            threads: vec![thread].into(),
            ..Event::default()
        }
    }

    /// Returns the address under the name that Sentry's SDKs for native programs give it.
    #[cfg(unix)]
    fn data(self) -> Map<String, Value> {
        let address =
            self.address.map(|address| ("relevant_address".to_owned(), format!("{address:#x}").into()));
        address.into_iter().collect()
    }

    #[cfg(unix)]
    fn mechanism(self) -> Mechanism {
        let signal =
            PosixSignal { name: Some(names(self.number).0), ..PosixSignal::from((self.number, self.code)) };
        Mechanism {
            ty: "signalhandler".to_owned(),
            handled: Some(false),
            synthetic: Some(true),
            data: self.data(),
            meta: MechanismMeta { signal: Some(signal), ..MechanismMeta::default() },
            ..Mechanism::default()
        }
    }

    #[cfg(windows)]
    fn mechanism(self) -> Mechanism {
        Mechanism {
            ty: "unhandled_exception".to_owned(),
            handled: Some(false),
            synthetic: Some(true),
            ..Mechanism::default()
        }
    }
}

/// The code of a signal of the kernel that has no address.
#[cfg(unix)]
const SI_KERNEL: i32 = 0x80;

/// Returns the address in a signal. The context has the bytes of the kernel's `siginfo_t` under another type.
#[cfg(unix)]
fn address_in(context: &CrashContext) -> Option<usize> {
    /// After three numbers, and a gap on 64-bit systems.
    const PLACE: usize =
        std::mem::offset_of!(CrashContext, siginfo) + (3 * 4_usize).next_multiple_of(size_of::<usize>());
    let bytes = context.as_bytes().get(PLACE..PLACE + size_of::<usize>())?;
    Some(usize::from_ne_bytes(bytes.try_into().ok()?))
}

/// Returns the name of a signal and a description.
#[cfg(unix)]
fn names(number: i32) -> (String, String) {
    let (name, text) = match number {
        libc::SIGABRT => ("SIGABRT", "Aborted"),
        libc::SIGBUS => ("SIGBUS", "Bus error"),
        libc::SIGFPE => ("SIGFPE", "Arithmetic exception"),
        libc::SIGILL => ("SIGILL", "Illegal instruction"),
        libc::SIGSEGV => ("SIGSEGV", "Segmentation fault"),
        libc::SIGTRAP => ("SIGTRAP", "Trace or breakpoint trap"),
        _ => return (format!("signal {number}"), "Ended by a signal".to_owned()),
    };
    (name.to_owned(), text.to_owned())
}

/// Returns the name of an exception of Windows and a description.
#[cfg(windows)]
fn names(number: i32) -> (String, String) {
    let (name, text) = match number.cast_unsigned() {
        0x4000_0015 => ("STATUS_FATAL_APP_EXIT", "Aborted"),
        0x8000_0003 => ("EXCEPTION_BREAKPOINT", "Breakpoint"),
        0xc000_0005 => ("EXCEPTION_ACCESS_VIOLATION", "Access violation"),
        0xc000_000d => ("STATUS_INVALID_PARAMETER", "Invalid parameter of a C function"),
        0xc000_001d => ("EXCEPTION_ILLEGAL_INSTRUCTION", "Illegal instruction"),
        0xc000_0094 => ("EXCEPTION_INT_DIVIDE_BY_ZERO", "Integer division by zero"),
        0xc000_00fd => ("EXCEPTION_STACK_OVERFLOW", "Stack overflow"),
        0xc000_0374 => ("STATUS_HEAP_CORRUPTION", "Heap corruption"),
        code => return (format!("exception {code:#010x}"), "Unhandled exception".to_owned()),
    };
    (name.to_owned(), text.to_owned())
}

/// Returns the name that the system knows of a thread of this process, which is cut at 15 bytes. The system names the
/// main thread after the program; other events call it as the standard library does. A thread without a name of its own
/// has the name of the thread that started it, so the name of the program does not count.
#[cfg(unix)]
fn name_of(thread: u32) -> Option<String> {
    let main = std::process::id();
    if thread == main {
        return Some("main".to_owned());
    }
    let name_of = |thread: u32| std::fs::read_to_string(format!("/proc/self/task/{thread}/comm")).ok();
    let name = name_of(thread).filter(|name| Some(name) != name_of(main).as_ref())?;
    Some(name.trim_end().to_owned()).filter(|name| !name.is_empty())
}

#[cfg(windows)]
fn name_of(_thread: u32) -> Option<String> {
    None
}
