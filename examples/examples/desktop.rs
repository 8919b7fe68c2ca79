//! A program on a desktop: no server, no async runtime, a window's thread and a thread for slow work.
//!
//! `cargo run --example desktop` prints what was recorded. The session of the program goes from its start to its end, and
//! counts the errors in between: releases are compared by the share of sessions without them. Data that cannot be sent,
//! because the machine is offline, waits on disk for the next start.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::{env, fs, io, thread};

use sentry::{Breadcrumb, ClientOptions, Level, SessionMode, User};

/// An action of the user.
#[derive(Debug)]
enum Click {
    Open(&'static str),
    Close,
}

/// The window's thread: each click is a transaction of its own, and becomes a breadcrumb of later items.
fn window(clicks: &Receiver<Click>, work: &Sender<Box<dyn FnOnce() + Send>>) {
    for click in clicks {
        sentry::add_breadcrumb(Breadcrumb {
            category: Some("ui.click".into()),
            message: Some(format!("{click:?}")),
            ..Breadcrumb::default()
        });
        match click {
            Click::Open(name) => open_clicked(name, work),
            Click::Close => break,
        }
    }
}

/// Slow work runs on another thread. `bind_scope` takes the active span and the scopes along, so that the work belongs to
/// the click.
#[sentry::span("open document", op = "ui.action.click")]
fn open_clicked(name: &'static str, work: &Sender<Box<dyn FnOnce() + Send>>) {
    let (done, opened) = channel();
    let job = sentry::bind_scope(move || {
        let _ = done.send(open(name).is_ok());
    });
    if work.send(Box::new(job)).is_ok() {
        println!("{name} opened: {}", opened.recv().unwrap_or(false));
    }
}

#[sentry::span(op = "file.read", err)]
fn open(name: &str) -> io::Result<usize> {
    if name == "notes.txt" { Ok(7) } else { fs::read(name).map(|text| text.len()) }
}

fn main() {
    let options = ClientOptions::new()
        .release(sentry::release_name!())
        .traces_sample_rate(1.0)
        .auto_session_tracking(true)
        .session_mode(SessionMode::Application)
        .spool_dir(env::temp_dir().join("sentry-example-desktop"))
        .local(true);
    let _guard = sentry::init(options);
    // An id that says nothing about the person.
    sentry::set_user(Some(User { id: Some("installation-7".into()), ..User::default() }));
    sentry::capture_message("started", Level::Info);

    let (work, jobs) = channel::<Box<dyn FnOnce() + Send>>();
    let (click, clicks) = channel();
    let worker = thread::spawn(move || jobs.into_iter().for_each(|job| job()));
    let window = thread::spawn(move || window(&clicks, &work));
    for action in [Click::Open("notes.txt"), Click::Open("/missing.txt"), Click::Close] {
        let _ = click.send(action);
    }
    assert!(window.join().is_ok() && worker.join().is_ok());
    // The guard ends the session as `exited`. After `sentry::exit(code)` it would be the same, after a panic `crashed`.
}
