//! The tables, in Markdown: readable in a terminal, and ready to be pasted.

use std::fmt::Write;

use crate::callgrind::Instructions;
use crate::cases::{CASES, PLOTS};
use crate::contenders::OURS;
use crate::end_to_end::Row;
use crate::reach::Judged;
use crate::rounds::{Cost, Costs};

/// The contenders, in the order of the columns.
const COLUMNS: [&str; 10] = [
    "plain function",
    "tracing",
    "fastrace",
    "tracing-opentelemetry",
    "sentry, by hand",
    "sentry, tracing layer",
    "hotpath",
    "tokio-console",
    "dial9",
    "ours",
];

fn number(value: f64) -> String {
    match value {
        value if !value.is_finite() => "–".to_owned(),
        value if value.abs() >= 100.0 => format!("{value:.0}"),
        value if value.abs() >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

fn head(title: &str, last: &str) -> String {
    let dashes: String = COLUMNS.iter().map(|_| "---:|").collect();
    format!("| {title} | {} | {last} |\n|---|{dashes}---:|\n", COLUMNS.join(" | "))
}

/// Writes one row per case and one column per contender. `ratio` says whether the last column compares with the best
/// peer.
fn costs(title: &str, ratio: bool, of: impl Fn(&str, &str) -> Option<f64>) -> String {
    let mut table = head(title, if ratio { "ours, of the best peer's" } else { "" });
    for (case, heading) in CASES {
        let values: Vec<Option<f64>> = COLUMNS.iter().map(|contender| of(case, contender)).collect();
        if values.iter().all(Option::is_none) {
            continue;
        }
        let cells: Vec<String> =
            values.iter().map(|value| value.map_or_else(|| "–".to_owned(), number)).collect();
        // The plain function and this project are not peers, nor is `tracing` where its registry records nothing.
        let peers = if case.starts_with("off_") { 1 } else { 2 };
        let best = values[peers..COLUMNS.len() - 1].iter().flatten().copied().reduce(f64::min);
        let last = match (of(case, OURS), best) {
            (Some(ours), Some(best)) if ratio => number(ours / best),
            _ => String::new(),
        };
        let _infallible = writeln!(table, "| {heading} | {} | {last} |", cells.join(" | "));
    }
    table
}

/// Nanoseconds per call.
pub(crate) fn calls(calls: &Costs) -> String {
    costs("CPU ns per call, on the calling thread", true, |case, who| calls.get(case, who).map(Cost::median))
}

/// Allocations per call.
pub(crate) fn allocations(calls: &Costs) -> String {
    costs("allocations per call, on the calling thread", false, |case, who| {
        calls.get(case, who).map(|cost| cost.allocations)
    })
}

/// Instructions per call.
pub(crate) fn instructions(instructions: &Instructions) -> String {
    costs("instructions per call, on the calling thread", true, |case, who| {
        instructions.get(case)?.get(who).copied()
    })
}

/// The cost of delivery.
pub(crate) fn end_to_end(rows: &[Row]) -> String {
    let mut table = "\
| end to end | spans/s | CPU s per million spans | … that arrived | … without the plain program's | wall s | peak MiB | bytes per span | requests | lost | counted as lost |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
"
    .to_owned();
    let plain = |rate| rows.iter().find(|row| row.requests == 0.0 && row.rate == rate).map(|row| row.cpu);
    for row in rows {
        if row.requests == 0.0 {
            let _infallible = writeln!(
                table,
                "| {} | {} | {} | | | {} | {} | | | | |",
                row.contender,
                rate_text(row.rate),
                number(row.cpu),
                number(row.wall_s),
                number(row.peak_mib),
            );
            continue;
        }
        let above = plain(row.rate).map_or(f64::NAN, |plain| (row.cpu - plain) / (1.0 - row.lost));
        let rate = rate_text(row.rate);
        let gzip = if row.gzip { ", gzip" } else { "" };
        let counted = row.counted.map_or_else(|| "–".to_owned(), |lost| format!("{:.1} %", lost * 100.0));
        let _infallible = writeln!(
            table,
            "| {}{gzip} | {rate} | {} | {} | {} | {} | {} | {:.0} | {} | {:.1} % | {counted} |",
            row.contender,
            number(row.cpu),
            number(row.cpu_of_arrived),
            number(above),
            number(row.wall_s),
            number(row.peak_mib),
            row.bytes_a_span,
            row.requests,
            row.lost * 100.0,
        );
    }
    table
}

fn rate_text(rate: u64) -> String {
    if rate == 0 { "free".to_owned() } else { rate.to_string() }
}

/// The growth of costs.
pub(crate) fn growth(growth: &Costs) -> String {
    let mut table =
        "| how it grows | what varies | ns at each size | the last, as a multiple of the second |\n|---|---|---|---:|\n"
            .to_owned();
    for (plot, heading, varies) in PLOTS {
        let points = points(growth, plot);
        let cells: Vec<String> = points.iter().map(|(size, ns)| format!("{size}: {}", number(*ns))).collect();
        let ratio = match (points.get(1), points.last()) {
            (Some((_, second)), Some((_, last))) => number(last / second),
            _ => String::new(),
        };
        let _infallible = writeln!(table, "| {heading} | {varies} | {} | {ratio} |", cells.join(" · "));
    }
    table
}

/// Returns the points of a plot, by size.
pub(crate) fn points(growth: &Costs, plot: &str) -> Vec<(u64, f64)> {
    let prefix = format!("grow/{plot}/");
    let mut points: Vec<(u64, f64)> = growth
        .0
        .iter()
        .filter_map(|(case, costs)| {
            let size = case.strip_prefix(&prefix)?.parse().ok()?;
            Some((size, costs.get(OURS)?.median()))
        })
        .collect();
    points.sort_by_key(|(size, _)| *size);
    points
}

/// The goals, met and not met.
pub(crate) fn reach(judged: &[Judged]) -> String {
    let mut table = "| goal | measured | at most | |\n|---|---:|---:|---|\n".to_owned();
    for one in judged {
        let verdict = match one.is_met() {
            true => "met".to_owned(),
            false if one.limit == 0.0 => "not met".to_owned(),
            false => format!("not met: {} times the limit", number(one.value / one.limit)),
        };
        let value = if one.value < 0.1 { format!("{:.4}", one.value) } else { number(one.value) };
        let _infallible = writeln!(table, "| {} | {value} | {} | {verdict} |", one.what, one.limit);
    }
    table
}
