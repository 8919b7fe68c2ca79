//! Tests of the dashboard inside a program: its data, its address, several programs, forks and the end of the program.
//! Each test runs programs of its own, and reads the data of the page from outside.

#![allow(clippy::unwrap_used, reason = "what cannot be read fails the test")]

mod alone;
mod shown;
mod together;
