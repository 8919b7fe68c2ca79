//! The dashboard inside a program: what it shows, where it listens, what happens to several programs, at a fork and at
//! the end. Each test runs programs of its own, and looks at the page's data from outside.

#![allow(clippy::unwrap_used, reason = "what cannot be read fails the test")]

mod alone;
mod shown;
mod together;
