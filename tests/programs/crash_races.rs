//! A program that crashes while it closes its client or ends, or whose report is held.
//!
//! The first argument is the way. `HOLD_MONITOR`, `HOLD_PROGRAM` and `HOLD_CALLBACK` are files for which wait: the monitor
//! before `init`, the program after it, and `before_send` in the program. `MONITOR` is set if the monitor ends at once. `PATIENCE` is the option
//! `shutdown_timeout` in seconds, `SPOOL` the folder of the spool.

use std::hint::black_box;
use std::sync::mpsc;
use std::time::Duration;

fn crash() {
    // SAFETY: none, that is the point: the system ends the program.
    unsafe { black_box(std::ptr::null::<u8>()).read_volatile() };
}

fn wait() {
    std::thread::sleep(Duration::from_secs(120));
}

fn wait_until(is_so: impl Fn() -> bool) {
    while !is_so() {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Waits until the test has made the file in this variable.
fn hold(variable: &str) {
    if let Some(file) = std::env::var_os(variable) {
        wait_until(|| std::fs::exists(&file).expect("a folder"));
    }
}

/// Lets another thread crash, and waits until its signal is handled.
fn crash_elsewhere() {
    let (number, of_thread) = mpsc::channel();
    std::thread::spawn(move || {
        sentry::configure_scope(|scope| scope.set_tag("thread", "the other"));
        // SAFETY: the call has no requirements.
        number.send(unsafe { libc::gettid() }).expect("a receiver");
        crash();
    });
    wait_for_crash_of(of_thread.recv().expect("a number"));
}

/// Waits until a signal of a thread is handled: then it is blocked.
fn wait_for_crash_of(thread: libc::pid_t) {
    let status = format!("/proc/self/task/{thread}/status");
    wait_until(|| {
        let status = std::fs::read_to_string(&status).expect("a thread");
        let blocked = status.lines().find_map(|line| line.strip_prefix("SigBlk:")).expect("its signals");
        u64::from_str_radix(blocked.trim(), 16).expect("a number") >> (libc::SIGSEGV - 1) & 1 == 1
    });
}

fn options() -> sentry::ClientOptions {
    let patience = std::env::var("PATIENCE").unwrap_or("20".to_owned());
    let mut options = sentry::ClientOptions::new()
        .crash_reports(true)
        .release("shop@1.4.2")
        .auto_session_tracking(true)
        .shutdown_timeout(Duration::from_secs(patience.parse().expect("a number")))
        .before_send(|event| {
            let is_crash = event.level == sentry::Level::Fatal;
            if is_crash && !sentry::integrations::crash::is_monitor_process() {
                println!("in the callback");
                hold("HOLD_CALLBACK");
            }
            Some(event)
        });
    if let Some(dir) = std::env::var_os("SPOOL") {
        options = options.spool_dir(dir);
    }
    options
}

fn main() {
    let how = std::env::args().nth(1).unwrap_or_default();
    if sentry::integrations::crash::is_monitor_process() {
        hold("HOLD_MONITOR");
        if std::env::var_os("MONITOR").is_some() {
            std::process::exit(3);
        }
    }
    let guard = sentry::init(options());
    sentry::configure_scope(|scope| scope.set_tag("shelf", "lamps"));
    println!("ready");
    hold("HOLD_PROGRAM");
    match how.as_str() {
        "crash" => crash(),
        "wait" => wait(),
        "crash, then close" => {
            crash_elsewhere();
            drop(guard);
            println!("closed");
            wait();
        }
        "crash, then return" => {
            crash_elsewhere();
            println!("leaving");
        }
        "crash, then exit" => {
            crash_elsewhere();
            println!("leaving");
            std::process::exit(0);
        }
        "crash, then exit elsewhere" => {
            // SAFETY: the call has no requirements.
            let main = unsafe { libc::gettid() };
            std::thread::spawn(move || {
                wait_for_crash_of(main);
                println!("leaving");
                std::process::exit(0);
            });
            crash();
        }
        "crash, then a signal" => {
            sentry::flush_on_signals().expect("handlers");
            crash_elsewhere();
            println!("crashed");
            wait();
        }
        "crash while closing" => {
            // The server holds its answer, for which the guard waits.
            sentry::capture_message("the lamp flickers", sentry::Level::Info);
            let client = std::sync::Arc::clone(&guard);
            std::thread::spawn(move || {
                sentry::configure_scope(|scope| scope.set_tag("thread", "the other"));
                wait_until(|| !client.is_enabled());
                crash();
            });
            drop(guard);
            wait();
        }
        "second client" => {
            let second = sentry::init(options());
            drop(guard);
            sentry::configure_scope(|scope| scope.set_tag("client", "second"));
            crash();
            drop(second);
        }
        _ => {}
    }
}
