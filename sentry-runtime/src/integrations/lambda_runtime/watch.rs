//! The thread of an invocation. It reports an invocation that is about to exceed its time, and flushes at the end, so
//! that neither blocks a thread of the program's async runtime.
//!
//! It lives no longer than its invocation, because the process is frozen afterwards.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use crate::api;
use crate::base::{diagnostics, thread_role};
use crate::client::Client;
use crate::context::active;
use crate::context::entered;
use crate::context::thread_context::Context;
use crate::protocol::Level;
use crate::trace::ids::Lineage;

/// The invocation's end of its thread.
#[derive(Debug)]
pub(super) struct Watch {
    client: Option<Arc<Client>>,
    /// The end of the invocation's time.
    deadline: Option<Instant>,
    /// `None` if no thread could be started.
    end: Option<Sender<FlushRequest>>,
    /// Present when the invocation has ended.
    flush: Option<Arc<Flush>>,
}

/// A flush that the invocation waits for.
#[derive(Debug, Default)]
struct Flush {
    done: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

/// The request for a flush. Whatever becomes of it, also if the thread panics, the invocation stops waiting for it.
#[derive(Debug, PartialEq)]
struct FlushRequest(Arc<Flush>);

impl Drop for FlushRequest {
    fn drop(&mut self) {
        self.0.finish();
    }
}

/// The thread's end.
struct Watcher {
    function: String,
    client: Arc<Client>,
    context: Option<Arc<Context>>,
    active: Lineage,
    /// The time that the invocation has in total.
    time: Duration,
    deadline: Instant,
    warning: Option<Duration>,
    end: Receiver<FlushRequest>,
}

impl Watch {
    /// Starts the thread. Must be called inside the invocation.
    pub(super) fn start(function: &str, time: Option<Duration>, warning: Option<Duration>) -> Self {
        let Some(client) = active::client() else {
            return Self { client: None, deadline: None, end: None, flush: None };
        };
        let now = Instant::now();
        let deadline = time.and_then(|time| now.checked_add(time));
        let (say, end) = bounded(1);
        let watcher = Watcher {
            function: function.to_owned(),
            client: Arc::clone(&client),
            context: active::own_context(),
            active: active::lineage(),
            time: time.unwrap_or_default(),
            deadline: deadline.unwrap_or(now),
            // Without a deadline, and with less time than that, there is nothing to warn of.
            warning: warning.filter(|warning| deadline.is_some() && time > Some(*warning)),
            end,
        };
        let started = std::thread::Builder::new().name("sentry-lambda".to_owned()).spawn(|| watcher.run());
        let end = started.is_ok().then_some(say);
        Self { client: Some(client), deadline, end, flush: None }
    }

    /// Ready when everything was sent, or when the time for that is over.
    pub(super) fn poll_flushed(&mut self, task: &mut TaskContext<'_>) -> Poll<()> {
        let Some(client) = &self.client else { return Poll::Ready(()) };
        if self.flush.is_none() {
            let flush = Arc::new(Flush::default());
            self.flush = Some(Arc::clone(&flush));
            flush.set_waker(task);
            let asked = self.end.take().is_some_and(|end| end.try_send(FlushRequest(flush)).is_ok());
            if !asked {
                send(client, self.deadline);
                return Poll::Ready(());
            }
        }
        let Some(flush) = &self.flush else { return Poll::Ready(()) };
        flush.set_waker(task);
        // After the waker is set: the thread reads them in the other order.
        if flush.done.load(Ordering::SeqCst) { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Flush {
    fn set_waker(&self, task: &TaskContext<'_>) {
        *self.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(task.waker().clone());
    }

    fn finish(&self) {
        self.done.store(true, Ordering::SeqCst);
        let waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Watcher {
    fn run(self) {
        thread_role::mark();
        let mut ended = match self.warning.and_then(|warning| self.deadline.checked_sub(warning)) {
            Some(limit) => self.end.recv_deadline(limit),
            None => self.end.recv().map_err(RecvTimeoutError::from),
        };
        if ended == Err(RecvTimeoutError::Timeout) {
            self.warn();
            ended = self.end.recv().map_err(RecvTimeoutError::from);
        }
        // Without an answer the invocation was dropped: nobody waits for a flush.
        if let Ok(_request) = ended {
            send(&self.client, (!self.time.is_zero()).then_some(self.deadline));
        }
    }

    /// Captures that the invocation may exceed its time, and sends everything that it has captured.
    fn warn(&self) {
        let Some(context) = self.context.clone() else { return };
        let seconds = self.time.as_secs_f64().ceil();
        let (minutes, rest) = ((seconds / 60.0).floor(), seconds % 60.0);
        let time = if minutes > 0.0 { format!("{minutes}m{rest}s") } else { format!("{rest}s") };
        let entered = entered::enter(context, self.active);
        api::with_scope(
            |scope| scope.set_tag("timeout", &time),
            || {
                let text = format!("Possible function timeout: {}", self.function);
                api::capture_message(&text, Level::Warning);
            },
        );
        drop(entered);
        self.client.flush(self.deadline.saturating_duration_since(Instant::now()));
    }
}

impl PartialEq for Flush {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

/// Sends everything, within the option `shutdown_timeout` and before the end of the invocation's time.
fn send(client: &Client, deadline: Option<Instant>) {
    let mut patience = client.options().shutdown_timeout;
    if let Some(deadline) = deadline {
        patience = patience.min(deadline.saturating_duration_since(Instant::now()));
    }
    if !client.flush(patience) {
        diagnostics::debug(format_args!("some data of this invocation was not sent before its end"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invocation_does_not_wait_for_a_thread_that_panics() {
        let flush = Arc::new(Flush::default());
        let request = FlushRequest(Arc::clone(&flush));
        let thread = std::thread::spawn(move || {
            let _request = request;
            std::panic::resume_unwind(Box::new("a bug"));
        });
        assert!(thread.join().is_err());
        assert!(flush.done.load(Ordering::SeqCst));
    }

    #[test]
    fn an_invocation_does_not_wait_for_a_request_that_nobody_took() {
        let flush = Arc::new(Flush::default());
        let (say, end) = bounded(1);
        say.try_send(FlushRequest(Arc::clone(&flush))).unwrap();
        // The invocation drops its end with the request, and a thread that panics the other one.
        drop((say, end));
        assert!(flush.done.load(Ordering::SeqCst));
    }
}
