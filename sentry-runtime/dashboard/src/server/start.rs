//! The start: the address, the files, the threads.

use std::io;
use std::net::TcpListener;
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

use super::access::Access;
use super::handle::{Handle, Submitted};
use super::limits::LimitedListener;
use super::shared::{Shared, now};
use super::{api, token};
use crate::history::{self, Log};
use crate::model::{Limits, Received};
use crate::options::{Dashboard, StartError};
use crate::query::{Facts, Store};

/// The maximum number of submitted envelopes that wait.
const QUEUE: usize = 1024;

impl Dashboard {
    /// Starts the dashboard on threads of its own. It runs until the handle is dropped.
    ///
    /// # Errors
    ///
    /// An option is invalid, the address is taken, a file cannot be used, or no thread can be started.
    pub fn start(self) -> Result<Handle, StartError> {
        self.check()?;
        start(self)
    }
}

fn start(options: Dashboard) -> Result<Handle, StartError> {
    let listen = |error| StartError::Listen(options.address, error);
    let listener = TcpListener::bind(options.address).map_err(listen)?;
    listener.set_nonblocking(true).map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;

    let token = match options.token {
        Some(token) => token,
        None if address.ip().is_loopback() => token::of_user(),
        None => token::random(),
    };
    let facts = Facts {
        started: now(),
        keep: options.keep.as_ref().map(|path| path.display().to_string()),
        editor: options.editor,
        ..Facts::default()
    };
    let store = Store::new(Limits { memory: options.memory });
    let access = Access::new(token, address, options.allow_remote);
    let in_file = |path: &Path| {
        let path = path.to_owned();
        move |error| StartError::File(path, error)
    };
    let log = options.keep.as_deref().map(|path| Log::open(path).map_err(in_file(path))).transpose()?;
    let shared = Arc::new(Shared::new(store, log, access, facts));

    let files =
        options.open.iter().map(|path| (path, true)).chain(options.keep.iter().map(|path| (path, false)));
    for (path, is_old_run) in files {
        let name: Option<Arc<str>> = is_old_run.then(|| path.display().to_string().into());
        // More than fits into the memory need not be read; what is evicted is larger than what is kept of it.
        let budget = 4 * options.memory as u64;
        history::read(path, budget, |envelope, at| {
            // Counted, if it cannot be read.
            let _ = shared.show(&envelope, Received { at, project: None, file: name.clone() });
        })
        .map_err(in_file(path))?;
    }

    let (queue, submitted) = sync_channel(QUEUE);
    let (stop, stopped) = oneshot::channel();
    let mark = options.on_thread_start.unwrap_or(|| {});
    let reader = Arc::clone(&shared);
    spawn("sentry-dash-in", move || {
        mark();
        take_submitted(&reader, &submitted);
    })
    .map_err(StartError::Server)?;
    let (report, reported) = mpsc::channel();
    let served = Arc::clone(&shared);
    let server = spawn("sentry-dashboard", move || {
        mark();
        serve(listener, served, stopped, mark, &report);
    })
    .map_err(StartError::Server)?;
    match reported.recv() {
        Ok(Ok(())) => {}
        Ok(Err(error)) => return Err(StartError::Server(error)),
        Err(_) => return Err(StartError::Server(io::Error::other("the server's thread ended"))),
    }
    Ok(Handle { shared, address, queue, stop: Some(stop), server: Some(server) })
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<thread::JoinHandle<()>> {
    thread::Builder::new().name(name.to_owned()).spawn(run)
}

/// Takes what the program submits, until the handle is gone.
fn take_submitted(shared: &Shared, submitted: &Receiver<Submitted>) {
    while let Ok(submitted) = submitted.recv() {
        match submitted {
            Submitted::Envelope(envelope) => {
                // Counted, if it cannot be read.
                let _ = shared.take(&envelope, None);
                shared.release(envelope.len());
            }
            // Whoever waited may have given up.
            Submitted::Flush(done) => drop(done.try_send(())),
        }
    }
}

fn serve(
    listener: TcpListener,
    shared: Arc<Shared>,
    stopped: oneshot::Receiver<()>,
    mark: fn(),
    report: &mpsc::Sender<io::Result<()>>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .max_blocking_threads(4)
        .thread_keep_alive(Duration::from_secs(10))
        .thread_name("sentry-dash-read")
        .on_thread_start(mark)
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return drop(report.send(Err(error))),
    };
    let listener = {
        let _entered = runtime.enter();
        match tokio::net::TcpListener::from_std(listener) {
            Ok(listener) => LimitedListener::new(listener),
            Err(error) => return drop(report.send(Err(error))),
        }
    };
    let _ = report.send(Ok(()));
    runtime.block_on(async move {
        tokio::select! {
            // Live streams do not end, so that there is nothing to wait for.
            _ = stopped => {}
            _ = async { axum::serve(listener, api::router(shared)).await } => {}
        }
    });
    runtime.shutdown_background();
}
