//! A program that installs a panic hook of its own after `sentry::init`; the argument selects what panics.

use std::panic::{catch_unwind, resume_unwind, set_hook, take_hook};
use std::pin::pin;
use std::task::{Context, Waker};

use sentry::SentryFutureExt as _;

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut task = Context::from_waker(Waker::noop());
    loop {
        if let std::task::Poll::Ready(value) = future.as_mut().poll(&mut task) {
            return value;
        }
    }
}

#[inline(never)]
fn breaks(what: &str) -> u32 {
    panic!("the {what} broke")
}

/// Calls an annotated function on drop.
struct Tidy;

impl Drop for Tidy {
    fn drop(&mut self) {
        tidy();
    }
}

#[sentry::span]
fn tidy() {}

#[sentry::span]
fn inner(what: &str) -> u32 {
    breaks(what)
}

#[sentry::span]
fn tidies(what: &str) -> u32 {
    let _tidy = Tidy;
    inner(what)
}

#[sentry::span]
fn outer(what: &str) -> u32 {
    inner(what) + 1
}

#[sentry::span]
async fn later(what: &str) -> u32 {
    std::future::ready(()).await;
    inner(what) + 1
}

#[sentry::server_action]
fn action(what: &str) -> u32 {
    inner(what)
}

#[sentry::api_handler("/lamps")]
async fn handler(what: &str) -> Result<u32, String> {
    std::future::ready(()).await;
    Ok(outer(what))
}

#[sentry::monitor("nightly-report")]
fn job(what: &str) {
    inner(what);
}

#[sentry::server_action]
async fn resumes(payload: Box<dyn std::any::Any + Send>) {
    std::future::ready(()).await;
    resume_unwind(payload)
}

fn caught<R>(run: impl FnOnce() -> R) {
    drop(catch_unwind(std::panic::AssertUnwindSafe(run)));
}

fn replace_hook() {
    set_hook(Box::new(|_| {}));
}

/// The timeout is long, because a busy machine looks up function names slowly.
fn options() -> sentry::ClientOptions {
    sentry::ClientOptions::new().shutdown_timeout(std::time::Duration::from_secs(60)).traces_sample_rate(1.0)
}

#[sentry::main(options = options())]
fn main() {
    match std::env::args().nth(1).unwrap_or_default().as_str() {
        "main" => {
            replace_hook();
            breaks("lamp");
        }
        "inside main" => {
            replace_hook();
            inner("lamp");
        }
        "span" => {
            replace_hook();
            let thread = std::thread::spawn(|| {
                caught(|| outer("lamp"));
                caught(|| outer("shelf"));
            });
            drop(thread.join());
        }
        "async" => {
            replace_hook();
            drop(std::thread::spawn(|| block_on(later("lamp"))).join());
        }
        "handlers" => {
            replace_hook();
            caught(|| action("lamp"));
            caught(|| block_on(handler("shelf")));
            caught(|| job("door"));
        }
        "caught inside" => {
            replace_hook();
            sentry::with_server_action("shop", sentry::ServerActionOptions::new(), || {
                caught(|| outer("lamp"))
            });
        }
        "resumed" => caught(|| block_on(resumes(Box::new("out of lamps")))),
        "resumed from a thread" => {
            let payload = std::thread::spawn(|| breaks("lamp")).join();
            caught(|| {
                if let Err(payload) = payload {
                    block_on(resumes(payload));
                }
            });
        }
        "resumed from a task" => {
            let task = async { breaks("lamp") }.bind_scope();
            let payload = std::thread::spawn(|| block_on(task)).join();
            caught(|| {
                if let Err(payload) = payload {
                    block_on(resumes(payload));
                }
            });
        }
        "resumed from an action in a task" => {
            let task = async { action("lamp") }.bind_scope();
            let payload = std::thread::spawn(|| block_on(task)).join();
            caught(|| {
                if let Err(payload) = payload {
                    block_on(resumes(payload));
                }
            });
        }
        "resumed in a span" => {
            caught(|| {
                let run = || {
                    if let Err(payload) = std::thread::spawn(|| breaks("lamp")).join() {
                        resume_unwind(payload);
                    }
                };
                sentry::start_span("root", |_| {
                    let _guard = sentry::enter_span!("waits");
                    run();
                });
            });
        }
        "seen" => {
            caught(|| tidies("lamp"));
            caught(|| {
                sentry::with_server_action("shop", sentry::ServerActionOptions::new(), || tidies("shelf"))
            });
            sentry::with_server_action("shop", sentry::ServerActionOptions::new(), || {
                caught(|| tidies("door"))
            });
        }
        "tidied" => {
            replace_hook();
            tidies("lamp");
        }
        "own handler" => {
            set_hook(Box::new(sentry::integrations::panic::panic_handler));
            caught(|| outer("lamp"));
        }
        "own handler, then ours" => {
            // No annotated function is on the stack of this panic.
            let breaks_alone = || caught(|| breaks("lamp"));
            for registers in [false, true] {
                match registers {
                    false => set_hook(Box::new(sentry::integrations::panic::panic_handler)),
                    true => sentry::integrations::panic::register_panic_handler(),
                }
                breaks_alone();
            }
            let breaks_in_spans = || caught(|| outer("shelf"));
            let ours = take_hook();
            set_hook(Box::new(sentry::integrations::panic::panic_handler));
            breaks_in_spans();
            set_hook(ours);
            breaks_in_spans();
        }
        "own handler and ours" => {
            let ours = take_hook();
            set_hook(Box::new(move |info| {
                sentry::integrations::panic::panic_handler(info);
                ours(info);
            }));
            for _ in 0..2 {
                caught(|| outer("lamp"));
            }
        }
        "registered again" => {
            let ours = take_hook();
            set_hook(Box::new(move |info| ours(info)));
            sentry::integrations::panic::register_panic_handler();
            for _ in 0..2 {
                caught(|| outer("lamp"));
            }
        }
        _ => {}
    }
}
