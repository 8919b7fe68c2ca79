//! A cron job as a stand-alone program: with two attributes on `main`, Sentry knows when it ran and how it ended.
//!
//! Run it with `cargo run --example nightly_report`, and set `SENTRY_DSN` to send to a server. Pass a file that does
//! not exist to see a failed run: `cargo run --example nightly_report -- missing.csv`

use std::collections::BTreeMap;
use std::io;

/// The sales of today, used if no file is given.
const TODAY: &str = "lantern,2\ncandle,6\nlantern,1\nbulb,4\n";

#[sentry::span]
fn read_sales(path: Option<&str>) -> io::Result<String> {
    path.map_or_else(|| Ok(TODAY.to_owned()), std::fs::read_to_string)
}

#[sentry::span(attributes(report.bytes = sales.len()))]
fn add_up(sales: &str) -> io::Result<BTreeMap<&str, u32>> {
    let mut totals = BTreeMap::new();
    for line in sales.lines() {
        let (lamp, number) =
            line.split_once(',').ok_or_else(|| io::Error::other(format!("no comma in `{line}`")))?;
        *totals.entry(lamp).or_default() += number.trim().parse::<u32>().map_err(io::Error::other)?;
    }
    Ok(totals)
}

#[sentry::main(options = sentry::ClientOptions::new().traces_sample_rate(1.0).local(true))]
#[sentry::monitor("nightly-report", schedule = "0 3 * * *", timezone = "Europe/Vienna", max_runtime = "30m")]
fn main() -> io::Result<()> {
    let sales = read_sales(std::env::args().nth(1).as_deref())?;
    for (lamp, number) in add_up(&sales)? {
        println!("{lamp:>8}  {number}");
    }
    Ok(())
}
