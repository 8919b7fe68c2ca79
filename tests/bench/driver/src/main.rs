//! The benchmark driver: builds the contenders, runs them in turn, prints the tables and writes
//! `target/bench/results.json`.
//!
//! One process per contender and case, and the contenders in turn in each round: other load on the machine affects all
//! of them equally. The median of the rounds counts.

mod callgrind;
mod cases;
mod contenders;
mod end_to_end;
mod plot;
mod reach;
mod rounds;
mod table;

use std::path::PathBuf;

use serde_json::json;

/// Every error ends the run: a table with holes would be read as a result.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The options of the command line.
#[derive(Debug)]
struct Wanted {
    rounds: usize,
    only: Option<String>,
    callgrind: bool,
    plots: bool,
    calls: bool,
    end_to_end: bool,
}

const USAGE: &str = "\
Options:
  --rounds N       how often each case runs (default 5)
  --only TEXT      only cases whose name contains TEXT
  --callgrind      count instructions too, where valgrind is installed
  --plots          measure how cost grows, and draw it
  --no-calls       leave out the cost of instrumented calls
  --no-end-to-end  leave out the runs against a sink";

fn wanted() -> Result<Wanted> {
    let mut wanted =
        Wanted { rounds: 5, only: None, callgrind: false, plots: false, calls: true, end_to_end: true };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("`{argument}` needs a value"));
        match argument.as_str() {
            "--rounds" => wanted.rounds = value()?.parse::<usize>()?.max(1),
            "--only" => wanted.only = Some(value()?),
            "--callgrind" => wanted.callgrind = true,
            "--plots" => wanted.plots = true,
            "--no-calls" => wanted.calls = false,
            "--no-end-to-end" => wanted.end_to_end = false,
            _ => return Err(format!("`{argument}` is not an option\n{USAGE}").into()),
        }
    }
    Ok(wanted)
}

fn main() -> Result<()> {
    let wanted = wanted()?;
    let (contenders, target) = contenders::build()?;
    let output = target.join("bench");
    std::fs::create_dir_all(&output)?;

    let mut results = serde_json::Map::new();
    results.insert("machine".into(), machine());
    let mut calls = rounds::Costs::default();
    if wanted.calls {
        calls = rounds::calls(&contenders, &wanted)?;
        println!("{}", table::calls(&calls));
        println!("{}", table::allocations(&calls));
        results.insert("calls".into(), calls.to_json());
    }
    if wanted.callgrind {
        let instructions = callgrind::run(&contenders, &wanted, &output)?;
        println!("{}", table::instructions(&instructions));
        results.insert("instructions".into(), json!(instructions));
    }
    let mut loads = Vec::new();
    if wanted.end_to_end {
        loads = end_to_end::run(&contenders, &target, wanted.rounds.min(3))?;
        println!("{}", table::end_to_end(&loads));
        results.insert(
            "end_to_end".into(),
            json!(loads.iter().map(end_to_end::Row::to_json).collect::<Vec<_>>()),
        );
    }
    if wanted.plots {
        let growth = rounds::growth(&contenders, &wanted)?;
        println!("{}", table::growth(&growth));
        results.insert("growth".into(), growth.to_json());
        for file in plot::write(&growth, &output)? {
            println!("drawn: {}", file.display());
        }
    }
    let judged = reach::judge(&calls, &loads);
    println!("{}", table::reach(&judged));
    results.insert("reach".into(), json!(judged.iter().map(reach::Judged::to_json).collect::<Vec<_>>()));
    let file: PathBuf = output.join("results.json");
    std::fs::write(&file, serde_json::to_vec_pretty(&results)?)?;
    println!("written: {}", file.display());
    Ok(())
}

/// Describes the machine of the measurement.
fn machine() -> serde_json::Value {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        cpus.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split(": ").nth(1));
    let seconds =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |time| time.as_secs());
    json!({
        "cpu": model,
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "unix_time": seconds,
    })
}
