//! Models of the alarm. A worker that nobody wakes, although something was handed over, sleeps for ever: the checker
//! reports a deadlock.
//!
//! Messages are plain flags without any order of their own: whatever the worker sees of them, it sees through the
//! alarm.

use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread::{self, JoinHandle};

use crate::alarm::Alarm;
use crate::model;

struct Worker {
    alarm: Alarm,
    messages: [AtomicBool; 2],
    token: Token,
    /// How often the worker was unparked.
    unparked: AtomicUsize,
}

/// The token of the worker's thread. The one of the checker's threads may be lost while they wait for something else.
struct Token(Mutex<bool>, Condvar);

impl Token {
    fn park(&self) {
        let mut given = self.0.lock().unwrap();
        while !*given {
            given = self.1.wait(given).unwrap();
        }
        *given = false;
    }

    fn unpark(&self) {
        *self.0.lock().unwrap() = true;
        self.1.notify_one();
    }
}

impl Worker {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            alarm: Alarm::new(),
            messages: [AtomicBool::new(false), AtomicBool::new(false)],
            token: Token(Mutex::new(false), Condvar::new()),
            unparked: AtomicUsize::new(0),
        })
    }

    /// Returns how many messages the worker sees.
    fn seen(&self) -> usize {
        self.messages.iter().filter(|message| message.load(Ordering::Relaxed)).count()
    }

    /// Looks round by round, until as many messages are seen. Sleeps between two rounds until it is woken. A nap before
    /// comes to its end, or only an unpark ends it.
    fn work(&self, wanted: usize, nap: Nap) {
        if nap != Nap::None {
            self.alarm.nap();
        }
        if nap == Nap::UntilWoken {
            self.sleep();
        }
        self.alarm.look();
        while self.seen() < wanted {
            self.sleep();
            self.alarm.look();
        }
    }

    fn sleep(&self) {
        if !self.alarm.is_rung() {
            self.token.park();
        }
    }

    fn hand_over(&self, message: usize, softly: bool) {
        self.messages[message].store(true, Ordering::Relaxed);
        if if softly { self.alarm.ring_softly() } else { self.alarm.ring() } {
            self.unparked.fetch_add(1, Ordering::Relaxed);
            self.token.unpark();
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Nap {
    None,
    Ends,
    UntilWoken,
}

/// Starts a caller that hands over one message.
fn caller(worker: &Arc<Worker>, message: usize, softly: bool) -> JoinHandle<()> {
    let worker = Arc::clone(worker);
    thread::spawn(move || worker.hand_over(message, softly))
}

pub(crate) fn check() {
    for nap in [Nap::None, Nap::Ends] {
        for softly in [[true, true], [true, false], [false, false]] {
            let name = format!("messages are seen: soft {softly:?}, a nap before: {}", nap == Nap::Ends);
            model(&name, move || {
                let worker = Worker::new();
                let callers = [0, 1].map(|message| caller(&worker, message, softly[message]));
                worker.work(2, nap);
                callers.into_iter().for_each(|caller| caller.join().unwrap());
            });
        }
    }

    model("what is urgent ends a nap, and with it what is not is seen", || {
        let worker = Worker::new();
        let callers = [caller(&worker, 0, true), caller(&worker, 1, false)];
        worker.work(2, Nap::UntilWoken);
        callers.into_iter().for_each(|caller| caller.join().unwrap());
    });

    model("one of two callers unparks a worker that sleeps", || {
        let worker = Worker::new();
        let callers = [0, 1].map(|message| caller(&worker, message, message == 0));
        callers.into_iter().for_each(|caller| caller.join().unwrap());
        assert_eq!(worker.unparked.load(Ordering::Relaxed), 1);
        worker.work(2, Nap::None);
    });

    model("a callback may use up the token with which the worker was unparked", || {
        let worker = Worker::new();
        let caller = caller(&worker, 0, false);
        worker.alarm.look();
        if worker.seen() == 0 {
            // The callback waits for something else.
            worker.token.park();
            worker.sleep();
        }
        worker.work(1, Nap::None);
        caller.join().unwrap();
    });
}
