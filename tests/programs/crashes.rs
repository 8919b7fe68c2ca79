//! A program that crashes in many ways, with crash reports.
//!
//! The first argument selects the way. `SPOOL` is the folder of the spool, `MONITOR` says what happens to the monitor,
//! `PATIENCE` is the option `shutdown_timeout` in seconds, `CALLBACK` says what `before_send` does in this process,
//! with `LINGER` the program ends a second later, and `AT_EXIT` is the file that a handler of `atexit` writes.

use std::hint::black_box;
use std::io::Write as _;
use std::os::fd::AsRawFd as _;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::time::Duration;

/// Reads an address that is never mapped.
#[sentry::span]
fn read_null() {
    let text = black_box(*b"hunter2-on-the-stack-of-this-thread");
    black_box(&text);
    // SAFETY: none, on purpose: the system ends the program.
    unsafe { black_box(std::ptr::null::<u8>()).read_volatile() };
}

/// Calls an address that contains no code.
#[inline(never)]
fn call_null() {
    // SAFETY: none, on purpose: the system ends the program.
    let function: extern "C" fn() = unsafe { std::mem::transmute(black_box(NOT_CODE)) };
    function();
}

/// An address that the compiler does not know to be invalid.
const NOT_CODE: usize = 0;

fn overflow(depth: u64) -> u64 {
    black_box([depth; 64]);
    if depth == u64::MAX { 0 } else { overflow(depth + 1) + black_box(1) }
}

/// Reads just below the guard page of this thread, far from its stack pointer.
fn read_below_stack() {
    // SAFETY: the calls only write to the attributes. The last line has no safety: the system ends the program.
    unsafe {
        let (mut stack, mut size) = (std::ptr::null_mut(), 0);
        let mut attributes = std::mem::zeroed();
        libc::pthread_getattr_np(libc::pthread_self(), &raw mut attributes);
        libc::pthread_attr_getstack(&raw const attributes, &raw mut stack, &raw mut size);
        libc::pthread_attr_destroy(&raw mut attributes);
        black_box(stack.cast::<u8>().wrapping_sub(64)).read_volatile();
    }
}

/// The page to which [`write_to_page`] writes, and its size.
static PAGE: AtomicPtr<libc::c_void> = AtomicPtr::new(std::ptr::null_mut());
const PAGE_SIZE: usize = 64 << 10;

/// Writes to a page that cannot be written to until [`open_page`] was called.
fn write_to_page() {
    // SAFETY: the call has no requirements. The write has no safety: the system ends the program.
    unsafe {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let page = libc::mmap(std::ptr::null_mut(), PAGE_SIZE, libc::PROT_NONE, flags, -1, 0);
        PAGE.store(page, Ordering::SeqCst);
        page.cast::<u8>().write_volatile(1);
    }
    println!("the program went on");
}

fn open_page() {
    // SAFETY: no other code uses the page.
    unsafe {
        libc::mprotect(PAGE.load(Ordering::SeqCst), PAGE_SIZE, libc::PROT_READ | libc::PROT_WRITE);
    }
}

/// A signal handler that repairs the cause of the signal, as the runtimes of other languages do.
extern "C" fn repair(signal: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: the kernel has provided the information. The other calls only read, and write to the set.
    unsafe {
        let mut blocked = std::mem::zeroed();
        libc::pthread_sigmask(libc::SIG_BLOCK, std::ptr::null(), &raw mut blocked);
        let is_blocked = |signal| libc::sigismember(&raw const blocked, signal) == 1;
        if (*info).si_addr() == PAGE.load(Ordering::SeqCst)
            && (is_blocked(signal), is_blocked(libc::SIGUSR2), is_blocked(libc::SIGFPE))
                == (true, true, false)
        {
            open_page();
        }
    }
}

/// Installs [`repair`], with SIGUSR2 blocked while it runs.
fn install_repair() {
    // SAFETY: zeros are valid for the plain data, and the handler is a function of this signature.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = repair as *const () as libc::sighandler_t;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigaddset(&raw mut action.sa_mask, libc::SIGUSR2);
        libc::sigaction(libc::SIGSEGV, &raw const action, std::ptr::null_mut());
    }
}

extern "C" fn cannot_unwind() {
    panic!("the lamp broke");
}

struct Breaks;

impl Drop for Breaks {
    fn drop(&mut self) {
        std::process::abort();
    }
}

#[sentry::monitor("nightly-report", schedule = "0 3 * * *")]
fn job() {
    read_null();
}

fn crash() {
    // SAFETY: none, on purpose: the system ends the program.
    unsafe { black_box(std::ptr::null::<u8>()).read_volatile() };
}

extern "C" fn at_exit() {
    if let Some(file) = std::env::var_os("AT_EXIT") {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(file);
        let _ = writeln!(file.expect("a file"), "{}", std::process::id());
    }
}

extern "C" fn crash_in_handler(_: libc::c_int) {
    crash();
}

/// Raises a signal whose handler crashes.
#[inline(never)]
fn interrupted() {
    // SAFETY: the handler is a function of this signature.
    unsafe {
        libc::signal(libc::SIGUSR1, crash_in_handler as *const () as libc::sighandler_t);
        libc::raise(libc::SIGUSR1);
    }
    black_box(());
}

extern "C" fn crash_in_c(_: *mut libc::c_void) -> *mut libc::c_void {
    crash();
    std::ptr::null_mut()
}

/// Starts a thread that the standard library does not know, and that has no stack for signal handlers.
fn start_c_thread() {
    // SAFETY: the function has the signature of a thread, and reads no argument.
    unsafe {
        let mut thread = std::mem::zeroed();
        libc::pthread_create(&raw mut thread, std::ptr::null(), crash_in_c, std::ptr::null_mut());
        libc::pthread_join(thread, std::ptr::null_mut());
    }
}

/// Starts two threads that crash at the same time.
fn crash_twice() {
    let both = std::sync::Barrier::new(2);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                both.wait();
                crash();
            });
        }
    });
}

/// Becomes the user `nobody`.
fn drop_rights() {
    // SAFETY: the calls have no requirements.
    unsafe { assert_eq!((libc::setgid(65534), libc::setuid(65534)), (0, 0)) };
}

fn wait() {
    std::thread::sleep(Duration::from_secs(120));
}

/// Forks, and runs a function in the child.
fn fork(in_child: fn()) {
    // SAFETY: `in_child` ends the child.
    match unsafe { libc::fork() } {
        0 => in_child(),
        child => {
            let mut status = 0;
            // SAFETY: the status is written by the call.
            unsafe { libc::waitpid(child, &raw mut status, 0) };
            println!("child ended by {}", libc::WTERMSIG(status));
        }
    }
}

/// Waits for all children, like programs that do not know the number of their children.
fn wait_for_all_children() {
    // By then, the monitor runs.
    std::thread::sleep(Duration::from_secs(1));
    // SAFETY: the calls have no requirements. SIGALRM ends the program if the loop does not end.
    unsafe {
        libc::alarm(20);
        if libc::fork() == 0 {
            libc::_exit(0);
        }
        while libc::wait(std::ptr::null_mut()) > 0 {}
    }
}

/// Opens files while the monitor ends, and checks in this process and in the child of a fork that they stay open.
fn keep_files() {
    std::thread::sleep(Duration::from_secs(1));
    let files: Vec<_> = (0..64).map(|_| std::fs::File::open("/dev/null").expect("a file")).collect();
    std::thread::sleep(Duration::from_secs(1));
    // SAFETY: `fcntl` only reads.
    let open = || files.iter().all(|file| unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GETFD) } >= 0);
    assert!(open(), "closed in the program");
    let mut status = 0;
    // SAFETY: the child only reads and ends. The status is written by the call.
    unsafe {
        match libc::fork() {
            0 => libc::_exit(if open() { 0 } else { 1 }),
            child => libc::waitpid(child, &raw mut status, 0),
        };
    }
    assert_eq!(status, 0, "closed in the child");
}

fn options() -> sentry::ClientOptions {
    let patience = std::env::var("PATIENCE").unwrap_or("20".to_owned());
    let mut options = sentry::ClientOptions::new()
        .crash_reports(true)
        .release("shop@1.4.2")
        .environment("staging")
        .traces_sample_rate(1.0)
        .auto_session_tracking(true)
        .shutdown_timeout(Duration::from_secs(patience.parse().expect("a number")))
        .before_send(|mut event| {
            match std::env::var("CALLBACK").as_deref() {
                _ if sentry::integrations::crash::is_monitor_process() => {}
                Ok("hangs") => wait(),
                Ok("crashes") => crash(),
                Ok("opens the page") => open_page(),
                Ok("crashes once") if event.level != sentry::Level::Fatal => crash(),
                _ => {}
            }
            if event.tags.contains_key("drop") {
                return None;
            }
            event.tags.insert("seen".to_owned(), "by before_send".to_owned());
            Some(event)
        });
    if let Some(dir) = std::env::var_os("SPOOL") {
        options = options.spool_dir(dir);
    }
    options
}

fn main() {
    let how = std::env::args().nth(1).unwrap_or_default();
    // SAFETY: the handler is a function of the program.
    unsafe { libc::atexit(at_exit) };
    if how == "repaired page" {
        install_repair();
    }
    if how == "abort in the hook before" {
        std::panic::set_hook(Box::new(|_| std::process::abort()));
    }
    if sentry::integrations::crash::is_monitor_process() {
        println!("printed before `init`");
        match std::env::var("MONITOR").as_deref() {
            Ok("fails") => std::process::exit(3),
            Ok("hangs") => wait(),
            _ => {}
        }
    }
    let _guard = sentry::init(options());
    assert!(!sentry::integrations::crash::is_monitor_process());
    sentry::configure_scope(|scope| {
        scope.set_tag("shelf", "lamps");
        scope.set_user(Some(sentry::User { id: Some("7".into()), ..sentry::User::default() }));
    });
    sentry::add_breadcrumb(sentry::Breadcrumb {
        message: Some("opened the shelf".into()),
        ..Default::default()
    });
    sentry::logger_info!("at work");
    println!("ready");
    match how.as_str() {
        "null" => read_null(),
        "span" => sentry::start_span("checkout", |_| read_null()),
        "isolated" => sentry::with_isolation_scope(|| {
            sentry::configure_scope(|scope| scope.set_tag("request", "42"));
            read_null();
        }),
        "job" => job(),
        "null function" => call_null(),
        "abort" => std::process::abort(),
        "signal handler" => interrupted(),
        "illegal" => {
            // SAFETY: the call has no requirements.
            unsafe { libc::raise(libc::SIGILL) };
        }
        // SAFETY: the system ends the program.
        #[cfg(target_arch = "x86_64")]
        "trap" => unsafe { std::arch::asm!("int3") },
        "sent trap" => {
            // SAFETY: the call has no requirements.
            unsafe { libc::raise(libc::SIGTRAP) };
        }
        "overflow" => drop(black_box(overflow(0))),
        "thread" => {
            let thread = std::thread::Builder::new().name("lamplighter".into()).spawn(|| {
                sentry::add_breadcrumb(sentry::Breadcrumb {
                    message: Some("lit".into()),
                    ..Default::default()
                });
                read_null();
            });
            drop(thread.map(std::thread::JoinHandle::join));
        }
        "small overflow" => {
            let thread = std::thread::Builder::new().stack_size(16 << 10).spawn(|| black_box(overflow(0)));
            drop(thread.map(std::thread::JoinHandle::join));
        }
        "c thread" => start_c_thread(),
        "twice" => crash_twice(),
        "in a callback" => {
            sentry::capture_message("the lamp flickers", sentry::Level::Info);
            wait();
        }
        "while closing" => {
            sentry::capture_message("the lamp flickers", sentry::Level::Info);
            drop(_guard);
            wait();
        }
        "abort in the hook before" => panic!("the lamp broke"),
        "abort in the hook after" => {
            std::panic::set_hook(Box::new(|_| std::process::abort()));
            panic!("the lamp broke");
        }
        "dropped rights" => {
            // Waits until the test reports that the monitor has started.
            drop(std::io::read_to_string(std::io::stdin()));
            drop_rights();
            read_null();
        }
        "thread overflow" => drop(std::thread::spawn(|| black_box(overflow(0))).join()),
        "dropped" => {
            sentry::configure_scope(|scope| scope.set_tag("drop", "yes"));
            read_null();
        }
        "panic" => cannot_unwind(),
        "abort while panicking" => {
            let _breaks = Breaks;
            panic!("the lamp broke");
        }
        "caught panic" => {
            drop(std::panic::catch_unwind(|| panic!("the lamp broke")));
            std::process::abort();
        }
        "locked" => {
            // The crashing thread holds the lock of the standard output, which other threads may want.
            let _locked = std::io::stdout().lock();
            read_null();
        }
        "locked errors" => {
            // Holds the lock like `eprintln!("{value}")` with a value whose `Display` crashes.
            let _locked = std::io::stderr().lock();
            read_null();
        }
        "page" | "repaired page" => write_to_page(),
        "below the stack" => drop(std::thread::spawn(read_below_stack).join()),
        "unnamed thread" => drop(std::thread::spawn(read_null).join()),
        "fork" => fork(read_null),
        "fork and record" => fork(|| {
            sentry::capture_message("in the child", sentry::Level::Info);
            sentry::flush(Duration::from_secs(20));
            read_null();
        }),
        "closed" => {
            drop(_guard);
            read_null();
        }
        "wait" => wait(),
        "lines" => drop(std::io::read_to_string(std::io::stdin())),
        "children" => wait_for_all_children(),
        "files" => keep_files(),
        "closes everything" => {
            std::thread::sleep(Duration::from_secs(1));
            // SAFETY: none, but programs do it when they become daemons.
            unsafe { libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, 0) };
            keep_files();
        }
        _ if std::env::var_os("LINGER").is_some() => std::thread::sleep(Duration::from_secs(1)),
        _ => {}
    }
}
