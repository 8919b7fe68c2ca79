//! The measuring code that all contenders share, so that all are measured alike.
//!
//! A contender is a program with a list of [`Case`]s. The driver asks for the names (`--list`), then starts one
//! process per case (`--case NAME`), so that a case does not install or warm up anything for the next. A process
//! runs the case in batches, reads the calling thread's CPU time around each, and prints the median batch as one
//! line of JSON. With `--spans` it generates transactions for a sink instead, see [`load`].

mod alloc;
mod batches;
mod clock;
pub mod load;
mod poll;
mod process;
pub mod request;
#[cfg(feature = "web")]
pub mod web;

pub use batches::{Bench, Threads};
pub use clock::{process_cpu, thread_cpu};
pub use load::Load;
pub use poll::{YieldOnce, poll_once, run, yield_once};
pub use std::hint::black_box;

/// A case: its name, the same for all contenders, and the function that measures it.
pub type Case = (&'static str, fn(&Bench));

/// Runs the case or load that the driver requests.
pub fn main(cases: &[Case], load: Option<fn(&Load)>) {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name)?;
        arguments.get(place + 1).map(String::as_str)
    };
    if arguments.iter().any(|argument| argument == "--list") {
        for (name, _) in cases {
            println!("{name}");
        }
        if load.is_some() {
            println!("end_to_end");
        }
    } else if let Some(name) = value("--case") {
        let Some((name, case)) = cases.iter().find(|(known, _)| *known == name) else {
            eprintln!("unknown case `{name}`; --list prints the names");
            std::process::exit(2);
        };
        case(&Bench::new(name, value("--batches").and_then(|count| count.parse().ok())));
    } else if let (Some(url), Some(load)) = (value("--spans"), load) {
        let rate = value("--rate").and_then(|rate| rate.parse().ok()).unwrap_or(0);
        let count = value("--count").and_then(|count| count.parse().ok()).unwrap_or(200_000);
        load(&Load::new(url, count, rate, arguments.iter().any(|argument| argument == "--gzip")));
    } else {
        eprintln!(
            "usage: --list | --case NAME [--batches N] | --spans URL [--count N] [--rate PER_SECOND] [--gzip]"
        );
        std::process::exit(2);
    }
}
