//! Instructions per operation on the calling thread, counted by valgrind: exact where times are noisy.
//!
//! Every case runs twice, with few and with more batches; the difference is the cost of the operations. Only
//! instructions inside the measured loop are collected.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::cases::{CASES, is_single_threaded};
use crate::contenders::{Contender, OURS};
use crate::rounds::answer;
use crate::{Result, Wanted};

const FEW: usize = 1;
const MORE: usize = 4;

/// Instructions by case, then by contender.
pub(crate) type Instructions = BTreeMap<String, BTreeMap<&'static str, f64>>;

/// Counts instructions; empty if valgrind is not installed. Writes a profile of each of our cases to `output`.
pub(crate) fn run(contenders: &[Contender], wanted: &Wanted, output: &Path) -> Result<Instructions> {
    let mut instructions = Instructions::new();
    if Command::new("valgrind").arg("--version").output().is_err() {
        eprintln!("instructions are not counted: valgrind is not installed");
        return Ok(instructions);
    }
    let profiles = output.join("callgrind");
    std::fs::create_dir_all(&profiles)?;
    for (case, _) in CASES.iter().filter(|(case, _)| is_single_threaded(case)) {
        if wanted.only.as_ref().is_some_and(|text| !case.contains(text.as_str())) {
            continue;
        }
        for contender in
            contenders.iter().filter(|contender| contender.cases.iter().any(|known| known == case))
        {
            eprintln!("callgrind: {case}, {}", contender.title);
            let (few, _) = count(contender, case, FEW, &profiles)?;
            let (more, operations) = count(contender, case, MORE, &profiles)?;
            let each = (more - few) / (operations * (MORE - FEW) as f64);
            instructions.entry((*case).to_owned()).or_default().insert(contender.title, each);
        }
    }
    Ok(instructions)
}

/// Returns the instructions of the first thread in the measured loop, and the number of operations per batch.
fn count(contender: &Contender, case: &str, batches: usize, profiles: &Path) -> Result<(f64, f64)> {
    let name = format!("{}.{case}", contender.title.replace([' ', ','], "_"));
    let out = profiles.join(&name);
    let mut command = Command::new("valgrind");
    command
        .args(["--tool=callgrind", "--separate-threads=yes", "--toggle-collect=*measured_section*"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(&contender.program)
        .args(["--case", case, "--batches", &batches.to_string()]);
    let answer = answer(&mut command)?;
    // With one thread, or with several that are all counted, the first one's file ends in -01.
    let first = profiles.join(format!("{name}-01"));
    let file = if first.exists() { first } else { out.clone() };
    let text = std::fs::read_to_string(&file)?;
    let total =
        text.lines().find_map(|line| line.strip_prefix("totals: ").or(line.strip_prefix("summary: ")));
    let total = total.and_then(|total| total.split_whitespace().next()?.parse().ok()).unwrap_or(0.0);
    if contender.title == OURS && batches == MORE {
        let listing =
            Command::new("callgrind_annotate").args(["--threshold=100", "--auto=no"]).arg(&file).output()?;
        let costs = by_function(&String::from_utf8_lossy(&listing.stdout));
        std::fs::write(profiles.join(format!("{case}.txt")), costs)?;
    }
    for entry in std::fs::read_dir(profiles)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|file| file.to_string_lossy().starts_with(&name)) {
            std::fs::remove_file(path)?;
        }
    }
    Ok((total, answer["operations"].as_f64().unwrap_or(f64::NAN)))
}

/// Adds up the lines of each function: inlining gives the listing one line per function and file.
fn by_function(listing: &str) -> String {
    let mut costs: BTreeMap<&str, u64> = BTreeMap::new();
    for line in listing.lines() {
        // `  1,234 (12.3%)  file.rs:function [object]`
        let Some((count, place)) = line.split_once(')') else { continue };
        let Some((_, function)) = place.trim().split_once(':') else { continue };
        let digits = count.split('(').next().unwrap_or_default().replace([',', ' '], "");
        let Ok(count) = digits.parse::<u64>() else { continue };
        let function = function.split(" [").next().unwrap_or(function).trim();
        *costs.entry(function).or_default() += count;
    }
    let total: u64 = costs.values().sum();
    let mut costs: Vec<_> = costs.into_iter().collect();
    costs.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let line = |(function, count): (&str, u64)| {
        format!("{:5.1} %  {count:>12}  {function}\n", count as f64 / total as f64 * 100.0)
    };
    costs.into_iter().take(40).map(line).collect()
}
