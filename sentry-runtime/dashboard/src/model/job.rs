//! Monitors and their runs.

use std::collections::VecDeque;

use super::text::Text;

/// When a monitor is expected to run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Schedule {
    Crontab(String),
    Interval(f64, String),
}

/// The outcome of a run, or that it still runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RunStatus {
    Running,
    Ok,
    Error,
    Missed,
    Timeout,
}

impl RunStatus {
    pub(crate) fn read(text: &str) -> Option<Self> {
        Some(match text {
            "in_progress" => Self::Running,
            "ok" => Self::Ok,
            "error" => Self::Error,
            "missed" => Self::Missed,
            "timeout" => Self::Timeout,
            _ => return None,
        })
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Running => "in_progress",
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Missed => "missed",
            Self::Timeout => "timeout",
        }
    }
}

/// A run of a monitor.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) id: u128,
    pub(crate) start: f64,
    pub(crate) duration_ms: Option<f64>,
    pub(crate) status: RunStatus,
    pub(crate) trace: u128,
}

/// A monitor in one environment of one service.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) slug: Text,
    pub(crate) service: Text,
    pub(crate) environment: Option<Text>,
    pub(crate) schedule: Option<Schedule>,
    pub(crate) timezone: Option<Text>,
    pub(crate) margin_min: Option<f64>,
    pub(crate) max_runtime_min: Option<f64>,
    /// By start, newest last.
    pub(crate) runs: VecDeque<Run>,
    pub(crate) first_seen: f64,
    pub(crate) changed: u64,
}

/// A check-in as it was read.
#[derive(Debug)]
pub(crate) struct CheckIn {
    pub(crate) id: u128,
    pub(crate) at: f64,
    pub(crate) status: RunStatus,
    pub(crate) duration_ms: Option<f64>,
    pub(crate) trace: u128,
}

impl Job {
    /// The maximum number of runs that are kept.
    pub(crate) const MAX_RUNS: usize = 100;

    /// Takes a check-in in, in any order. Returns whether it begins a run.
    pub(crate) fn add(&mut self, check_in: &CheckIn) -> bool {
        let start = check_in.at - check_in.duration_ms.map_or(0.0, |duration| duration / 1e3);
        if let Some(run) = self.runs.iter_mut().rev().find(|run| run.id == check_in.id && run.id != 0) {
            run.trace = if run.trace == 0 { check_in.trace } else { run.trace };
            if check_in.status == RunStatus::Running {
                // The start overtook by the end.
                run.start = run.start.min(check_in.at);
                return false;
            }
            run.status = check_in.status;
            run.duration_ms = check_in.duration_ms.or(Some((check_in.at - run.start).max(0.0) * 1e3));
            return false;
        }
        let run = Run {
            id: check_in.id,
            start,
            duration_ms: check_in.duration_ms,
            status: check_in.status,
            trace: check_in.trace,
        };
        let at = self.runs.iter().rposition(|run| run.start <= start).map_or(0, |at| at + 1);
        self.runs.insert(at, run);
        if self.runs.len() > Self::MAX_RUNS {
            self.runs.pop_front();
        }
        true
    }

    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + 128 + self.runs.capacity() * size_of::<Run>()
    }
}

#[cfg(test)]
mod tests {
    use super::{CheckIn, Job, RunStatus};

    fn job() -> Job {
        Job {
            slug: "job".into(),
            service: "s".into(),
            environment: None,
            schedule: None,
            timezone: None,
            margin_min: None,
            max_runtime_min: None,
            runs: std::collections::VecDeque::new(),
            first_seen: 0.0,
            changed: 0,
        }
    }

    fn check_in(id: u128, at: f64, status: RunStatus) -> CheckIn {
        CheckIn { id, at, status, duration_ms: None, trace: 0 }
    }

    #[test]
    fn start_and_end_are_one_run_in_either_order() {
        for order in [[0, 1], [1, 0]] {
            let mut job = job();
            let both = [check_in(7, 10.0, RunStatus::Running), check_in(7, 12.0, RunStatus::Ok)];
            for at in order {
                job.add(&both[at]);
            }
            assert_eq!(job.runs.len(), 1);
            assert_eq!((job.runs[0].start, job.runs[0].status), (10.0, RunStatus::Ok));
        }
    }

    #[test]
    fn the_oldest_run_goes_first() {
        let mut job = job();
        for id in 1..=150_u32 {
            job.add(&check_in(id.into(), f64::from(id), RunStatus::Ok));
        }
        assert_eq!(job.runs.len(), Job::MAX_RUNS);
        assert_eq!(job.runs[0].id, 51);
    }
}
