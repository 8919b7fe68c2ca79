//! Tests of every way in which a program ends or continues as another process: fork, signals, crashes, abort, exit.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod abort;
mod crash;
mod exit;
mod fork;
mod no_threads;
mod own_hook;
mod signals;
mod stuck_panic;
