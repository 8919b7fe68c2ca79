//! A program that crashes in many ways, with crash reports.
//!
//! The first argument is the way. `SPOOL` is the folder of the spool, `MONITOR` what happens to the monitor, `PATIENCE` the
//! option `shutdown_timeout` in seconds, `STUCK` is set if `before_send` hangs in this process.

use std::hint::black_box;
use std::time::Duration;

/// Reads an address that no program has.
#[sentry::span]
fn read_null() {
    let text = black_box(*b"hunter2-on-the-stack-of-this-thread");
    black_box(&text);
    // SAFETY: none, that is the point: the system ends the program.
    unsafe { black_box(std::ptr::null::<u8>()).read_volatile() };
}

fn overflow(depth: u64) -> u64 {
    black_box([depth; 64]);
    if depth == u64::MAX { 0 } else { overflow(depth + 1) + black_box(1) }
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

fn wait() {
    std::thread::sleep(Duration::from_secs(120));
}

/// Forks, and lets the child do something.
fn fork(in_child: fn()) {
    // SAFETY: the child ends by itself.
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
            if std::env::var_os("STUCK").is_some() && !sentry::integrations::crash::is_monitor_process() {
                wait();
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
        "abort" => std::process::abort(),
        "illegal" => {
            // SAFETY: the call has no requirements.
            unsafe { libc::raise(libc::SIGILL) };
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
            // The thread that crashes holds the lock of the standard output, which other threads may want.
            let _locked = std::io::stdout().lock();
            read_null();
        }
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
        _ => {}
    }
}
