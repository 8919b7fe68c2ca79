//! The program: a dashboard for many programs.

fn main() {}
