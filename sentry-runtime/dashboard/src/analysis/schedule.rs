//! When monitors run: schedules in words, the next run, and the runs that did not come.

use cronexpr::{Crontab, MakeTimestamp};
use jiff::tz::TimeZone;

use super::words;
use crate::model::job::{Job, Run, RunStatus, Schedule};

/// Sentry's defaults for a monitor without such a setting, in minutes
/// (<https://docs.sentry.io/product/monitors-and-alerts/monitors/crons/>).
const DEFAULT_MARGIN: f64 = 1.0;
const DEFAULT_MAX_RUNTIME: f64 = 30.0;

/// The most occurrences that are computed for an answer.
const MAX_STEPS: usize = 300;

/// The number of missed runs that are shown beside a full list of other runs.
const MAX_MISSED: usize = 30;

/// A schedule that can be asked for moments.
enum Clock {
    Cron(Box<Crontab>),
    Every(f64),
}

impl Clock {
    fn of(job: &Job) -> Option<Self> {
        match job.schedule.as_ref()? {
            Schedule::Crontab(crontab) => {
                // Sentry's own words and names, in the form that every parser knows.
                let crontab = sentry_rules::crontab::check(crontab).ok()?;
                let known = |zone: &&str| TimeZone::get(zone).is_ok();
                let zone = job.timezone.as_deref().filter(known).unwrap_or("UTC");
                Some(Self::Cron(Box::new(cronexpr::parse_crontab(&format!("{crontab} {zone}")).ok()?)))
            }
            Schedule::Interval(value, unit) => {
                let seconds = value * seconds_of(unit)?;
                (60.0..1e10).contains(&seconds).then_some(Self::Every(seconds))
            }
        }
    }

    /// Returns the first moment after another.
    fn after(&self, time: f64) -> Option<f64> {
        match self {
            Self::Every(seconds) => Some(time + seconds),
            Self::Cron(crontab) => {
                let time = MakeTimestamp::from_second(time as i64).ok()?;
                Some(crontab.find_next(time).ok()?.timestamp().as_second() as f64)
            }
        }
    }
}

fn seconds_of(unit: &str) -> Option<f64> {
    Some(match unit.trim_end_matches('s') {
        "minute" => 60.0,
        "hour" => 3600.0,
        "day" => 86_400.0,
        "week" => 604_800.0,
        "month" => 2_592_000.0,
        "year" => 31_536_000.0,
        _ => return None,
    })
}

/// The state of a monitor's schedule at a moment.
#[derive(Debug, Default)]
pub(crate) struct Outlook {
    /// The schedule as it was configured.
    pub(crate) schedule: Option<String>,
    /// The same in words.
    pub(crate) text: Option<String>,
    pub(crate) next_run: Option<f64>,
    /// The runs, those that did not come or did not end included; newest last.
    pub(crate) runs: Vec<Run>,
}

/// Computes what the schedule of a monitor says.
pub(crate) fn outlook(job: &Job, now: f64) -> Outlook {
    let mut runs: Vec<Run> = job.runs.iter().cloned().collect();
    let max_runtime = job.max_runtime_min.unwrap_or(DEFAULT_MAX_RUNTIME).max(0.0) * 60.0;
    for run in &mut runs {
        if run.status == RunStatus::Running && run.start + max_runtime < now {
            run.status = RunStatus::Timeout;
            run.duration_ms = Some(max_runtime * 1e3);
        }
    }
    let clock = Clock::of(job);
    let mut next_run = None;
    if let Some(clock) = &clock {
        let margin = job.margin_min.unwrap_or(DEFAULT_MARGIN).max(0.0) * 60.0;
        let missed = missed(&runs, clock, margin, now);
        // The next expected run follows the last run, or the last that did not come.
        let last = runs.iter().chain(&missed).map(|run| run.start).fold(f64::NEG_INFINITY, f64::max);
        next_run = match clock {
            Clock::Cron(..) => clock.after(now),
            Clock::Every(_) if last.is_finite() => clock.after(last),
            Clock::Every(_) => None,
        };
        // A program that was off for a night may not push the runs out that were.
        let skipped = missed.len().saturating_sub(MAX_MISSED.max(Job::MAX_RUNS.saturating_sub(runs.len())));
        runs.extend(missed.into_iter().skip(skipped));
        runs.sort_by(|a, b| a.start.total_cmp(&b.start));
    }
    if runs.len() > Job::MAX_RUNS {
        runs.drain(..runs.len() - Job::MAX_RUNS);
    }
    Outlook { schedule: plain(job), text: words(job), next_run, runs }
}

/// Returns the runs that were due after the first known one and did not begin within the margin.
fn missed(runs: &[Run], clock: &Clock, margin: f64, now: f64) -> Vec<Run> {
    let mut missed = Vec::new();
    let Some(first) = runs.first() else { return missed };
    let mut after = first.start;
    // Of a monitor that runs each minute, days may have passed: what was due last counts.
    if let Some(step) = clock.after(after).map(|next| next - after) {
        after = after.max(now - step.max(60.0) * MAX_STEPS as f64 / 2.0);
    }
    let begin = after;
    let mut starts = runs.iter().map(|run| run.start).filter(|start| *start > begin).peekable();
    for _ in 0..MAX_STEPS {
        let Some(due) = clock.after(after) else { break };
        // A run that comes early (by hand) is one, but not the one that was due.
        let mut came = None;
        while let Some(start) = starts.next_if(|start| *start <= due + margin) {
            came = Some(start);
        }
        let is_in_time = |start: f64| match clock {
            Clock::Cron(..) => start >= due - margin,
            // An interval counts from the last run.
            Clock::Every(_) => true,
        };
        match came {
            Some(start) if is_in_time(start) => {
                after = if matches!(clock, Clock::Every(_)) { start } else { due.max(start) }
            }
            _ if due + margin >= now => break,
            _ => {
                missed.push(Run {
                    id: 0,
                    start: due,
                    duration_ms: None,
                    status: RunStatus::Missed,
                    trace: 0,
                });
                after = due;
            }
        }
    }
    missed
}

fn plain(job: &Job) -> Option<String> {
    Some(match job.schedule.as_ref()? {
        Schedule::Crontab(crontab) => crontab.clone(),
        Schedule::Interval(value, unit) => format!("{value} {unit}"),
    })
}

/// Describes the schedule: `At 02:30, only on Monday`, `Every 10 minutes`.
fn words(job: &Job) -> Option<String> {
    match job.schedule.as_ref()? {
        Schedule::Crontab(crontab) => Some(match sentry_rules::crontab::check(crontab) {
            Ok(crontab) => words::of(&crontab),
            Err(_) => format!("{crontab} (not a valid crontab)"),
        }),
        Schedule::Interval(value, unit) => {
            let unit = unit.trim_end_matches('s');
            Some(if *value == 1.0 { format!("Every {unit}") } else { format!("Every {value} {unit}s") })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::{Job, Run, RunStatus, Schedule, outlook};

    /// 2026-03-28T00:00:00Z, a day before clocks go forward in Vienna.
    const MIDNIGHT: f64 = 1_774_656_000.0;

    fn job(schedule: Schedule, timezone: Option<&str>, starts: &[f64]) -> Job {
        let runs: VecDeque<Run> = starts
            .iter()
            .map(|&start| Run { id: 1, start, duration_ms: Some(5.0), status: RunStatus::Ok, trace: 0 })
            .collect();
        Job {
            slug: "job".into(),
            service: "s".into(),
            environment: None,
            schedule: Some(schedule),
            timezone: timezone.map(Into::into),
            margin_min: Some(2.0),
            max_runtime_min: Some(10.0),
            runs,
            first_seen: 0.0,
            changed: 0,
        }
    }

    fn crontab(text: &str) -> Schedule {
        Schedule::Crontab(text.to_owned())
    }

    fn missed(job: &Job, now: f64) -> Vec<f64> {
        let runs = outlook(job, now).runs;
        runs.iter().filter(|run| run.status == RunStatus::Missed).map(|run| run.start).collect()
    }

    #[test]
    fn the_next_run_follows_the_time_zone_over_the_change_of_clocks() {
        let job = job(crontab("30 1 * * *"), Some("Europe/Vienna"), &[]);
        assert_eq!(outlook(&job, MIDNIGHT).next_run, Some(MIDNIGHT + 30.0 * 60.0));
        // On the 29th 01:30 is still winter time, on the 30th it is summer time: an hour earlier in UTC.
        assert_eq!(outlook(&job, MIDNIGHT + 86_400.0).next_run, Some(MIDNIGHT + 86_400.0 + 30.0 * 60.0));
        assert_eq!(
            outlook(&job, MIDNIGHT + 2.0 * 86_400.0 - 1800.0).next_run,
            Some(MIDNIGHT + 2.0 * 86_400.0 - 1800.0 + 86_400.0)
        );
    }

    #[test]
    fn schedules_are_put_into_words() {
        let words = |schedule| outlook(&job(schedule, None, &[]), MIDNIGHT).text.unwrap_or_default();
        assert!(words(crontab("@daily")).contains("00:00"), "{}", words(crontab("@daily")));
        assert!(words(crontab("0 9 * * mon")).contains("Monday"), "{}", words(crontab("0 9 * * mon")));
        assert_eq!(words(Schedule::Interval(10.0, "minute".to_owned())), "Every 10 minutes");
        assert_eq!(words(Schedule::Interval(1.0, "hour".to_owned())), "Every hour");
        assert!(words(crontab("61 * * * *")).contains("not a valid crontab"));
    }

    #[test]
    fn a_run_that_does_not_begin_within_the_margin_is_missed() {
        let hour = 3600.0;
        let job = job(crontab("0 * * * *"), None, &[MIDNIGHT + 5.0, MIDNIGHT + 2.0 * hour + 60.0]);
        assert_eq!(missed(&job, MIDNIGHT + hour + 119.0), [0.0; 0]);
        assert_eq!(missed(&job, MIDNIGHT + 2.5 * hour), [MIDNIGHT + hour]);
        assert_eq!(missed(&job, MIDNIGHT + 3.5 * hour), [MIDNIGHT + hour, MIDNIGHT + 3.0 * hour]);
    }

    #[test]
    fn an_interval_counts_from_the_last_run() {
        let job = job(Schedule::Interval(10.0, "minute".to_owned()), None, &[MIDNIGHT, MIDNIGHT + 605.0]);
        assert_eq!(missed(&job, MIDNIGHT + 1300.0), [0.0; 0]);
        assert_eq!(missed(&job, MIDNIGHT + 1400.0), [MIDNIGHT + 1205.0]);
        assert_eq!(outlook(&job, MIDNIGHT + 700.0).next_run, Some(MIDNIGHT + 1205.0));
    }

    #[test]
    fn a_run_without_an_end_times_out() {
        let mut job = job(crontab("0 0 * * *"), None, &[MIDNIGHT]);
        job.runs[0].status = RunStatus::Running;
        assert_eq!(outlook(&job, MIDNIGHT + 599.0).runs[0].status, RunStatus::Running);
        assert_eq!(outlook(&job, MIDNIGHT + 601.0).runs[0].status, RunStatus::Timeout);
    }

    #[test]
    fn years_of_silence_are_bounded() {
        let job = job(crontab("* * * * *"), None, &[MIDNIGHT]);
        let runs = outlook(&job, MIDNIGHT + 1e9).runs;
        assert!(runs.len() <= Job::MAX_RUNS);
        assert!(runs.last().is_some_and(|run| run.start > MIDNIGHT + 1e9 - 600.0));
    }
}
