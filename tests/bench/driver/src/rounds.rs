//! The rounds: run the cases, one contender after the other, round after round.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::{Value, json};

use crate::cases::CASES;
use crate::contenders::Contender;
use crate::{Result, Wanted};

/// The cost of one case for one contender.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cost {
    pub(crate) ns: Vec<f64>,
    pub(crate) allocations: f64,
}

impl Cost {
    pub(crate) fn median(&self) -> f64 {
        median(&self.ns)
    }
}

pub(crate) fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Costs by case, then by contender.
#[derive(Debug, Default)]
pub(crate) struct Costs(pub(crate) BTreeMap<String, BTreeMap<&'static str, Cost>>);

impl Costs {
    pub(crate) fn get(&self, case: &str, contender: &str) -> Option<&Cost> {
        self.0.get(case)?.get(contender)
    }

    pub(crate) fn to_json(&self) -> Value {
        let cost =
            |cost: &Cost| json!({"ns": cost.median(), "allocations": cost.allocations, "rounds": cost.ns});
        let by_contender = |costs: &BTreeMap<&'static str, Cost>| -> Value {
            costs
                .iter()
                .map(|(title, of)| ((*title).to_owned(), cost(of)))
                .collect::<serde_json::Map<_, _>>()
                .into()
        };
        self.0
            .iter()
            .map(|(case, costs)| (case.clone(), by_contender(costs)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }
}

/// Runs a contender and parses the last line it prints.
pub(crate) fn answer(command: &mut Command) -> Result<Value> {
    let output = command.output()?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{command:?} failed: {errors}").into());
    }
    let line = String::from_utf8(output.stdout)?;
    let line = line.lines().last().ok_or_else(|| format!("{command:?} printed nothing"))?;
    Ok(serde_json::from_str(line)?)
}

/// Measures the cost of instrumented calls.
pub(crate) fn calls(contenders: &[Contender], wanted: &Wanted) -> Result<Costs> {
    let names: Vec<String> = CASES.iter().map(|(name, _)| (*name).to_owned()).collect();
    run(contenders, &names, wanted)
}

/// Measures how the cost of this project grows.
pub(crate) fn growth(contenders: &[Contender], wanted: &Wanted) -> Result<Costs> {
    let all = contenders.iter().flat_map(|contender| &contender.cases);
    let names: Vec<String> = all.filter(|case| case.starts_with("grow/")).cloned().collect();
    run(contenders, &names, wanted)
}

fn run(contenders: &[Contender], cases: &[String], wanted: &Wanted) -> Result<Costs> {
    let mut costs = Costs::default();
    let chosen = |case: &&String| wanted.only.as_ref().is_none_or(|text| case.contains(text.as_str()));
    for round in 1..=wanted.rounds {
        eprintln!("round {round} of {}", wanted.rounds);
        for case in cases.iter().filter(chosen) {
            for contender in contenders.iter().filter(|contender| contender.cases.contains(case)) {
                let answer = answer(Command::new(&contender.program).args(["--case", case]))?;
                let cost = costs.0.entry(case.clone()).or_default().entry(contender.title).or_default();
                cost.ns.push(answer["ns"].as_f64().ok_or("a contender did not say how long it took")?);
                cost.allocations = answer["allocations"].as_f64().unwrap_or(f64::NAN);
            }
        }
    }
    Ok(costs)
}
